import { randomUUID } from 'node:crypto';
import { expand, expandText, type TemplateSource } from '../template.ts';
import type { DeliverStep } from '../vector.ts';

/**
 * The JSON body of a Pub/Sub push, with both spellings of the names, as Pub/Sub sends it. Templates of the step are
 * replaced; then its `envelope` is merged over it.
 */
export function pushBody({ deliver }: DeliverStep, source: TemplateSource): unknown {
  const { channel, attributes, orderingKey, deliveryAttempt, envelope } = deliver;
  const data = dataOf(deliver, source);
  const messageId = deliver.messageId === undefined ? newMessageId(source) : expandText(deliver.messageId, source);
  const publishTime =
    deliver.publishTime === undefined ? new Date(source.nowMs).toISOString() : expandText(deliver.publishTime, source);
  const made = {
    message: {
      ...(attributes === undefined ? {} : { attributes: textsOf(attributes, source) }),
      ...(data.length === 0 ? {} : { data: data.toString('base64') }),
      messageId,
      message_id: messageId,
      ...(orderingKey === undefined ? {} : { orderingKey: expandText(orderingKey, source) }),
      publishTime,
      publish_time: publishTime,
    },
    subscription: `projects/cloudrun-perf/subscriptions/vectors-${channel}`,
    ...(deliveryAttempt === undefined ? {} : { deliveryAttempt: expand(deliveryAttempt, source) }),
  };
  return envelope === undefined ? made : merged(made, expand(envelope, source));
}

function dataOf({ json, text, base64 }: DeliverStep['deliver'], source: TemplateSource): Buffer {
  if (json !== undefined) return Buffer.from(JSON.stringify(expand(json, source)));
  if (base64 !== undefined) return Buffer.from(expandText(base64, source), 'base64');
  return Buffer.from(expandText(text ?? '', source));
}

function textsOf(texts: Readonly<Record<string, string>>, source: TemplateSource) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expandText(text, source)]));
}

/** Pub/Sub's ids are numbers as text. */
function newMessageId({ uuid = randomUUID }: TemplateSource): string {
  return BigInt(`0x${uuid().replaceAll('-', '').slice(0, 14)}`).toString();
}

/** JSON Merge Patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name), value));
  }
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
