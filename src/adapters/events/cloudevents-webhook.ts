import { createHmac } from 'node:crypto';
import type { RunEvent } from '../../domain/event.ts';
import { signingKey } from '../../domain/notifications.ts';
import type { EventSink } from '../../ports/event-sink.ts';
import type { Deliver } from './delivery.ts';
import type { Message } from './post.ts';

const DATA_SCHEMA = 'https://raw.githubusercontent.com/org/cloudrun-perf/v1/contracts/schemas/event.schema.json';

/** The event in CloudEvents 1.0, JSON format. */
export function toCloudEvent({ type, id, time, ...data }: RunEvent): Readonly<Record<string, unknown>> {
  return {
    specversion: '1.0',
    id,
    source: sourceOf(data),
    type: `org.cloudrun-perf.${type}.v1`,
    subject: data.runId,
    time,
    datacontenttype: 'application/json',
    dataschema: DATA_SCHEMA,
    data,
  };
}

/** Posts events to an address, signed by Standard Webhooks. */
export function createWebhookSink(
  target: { readonly url: string; readonly secret: string },
  deliver: Deliver,
): EventSink {
  const key = signingKey(target.secret);
  if (key === undefined) throw new TypeError('found a secret that no key can be made of');
  const destination = { name: 'the webhook', url: target.url };
  return {
    send: (event) => deliver(destination, event, (epochMs) => signed(event, key, epochMs)),
  };
}

/** Each attempt is signed anew: receivers refuse a timestamp that is minutes old. The id stays. */
function signed(event: RunEvent, key: Uint8Array, epochMs: number): Message {
  const body = JSON.stringify(toCloudEvent(event));
  // The parts of what is signed are joined by full stops, so none may be in the id.
  const id = event.id.replace(/[^\w-]/g, '-');
  const timestamp = String(Math.floor(epochMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return {
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'cloudrun-perf',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
}

function sourceOf({ url, repository, runId }: Pick<RunEvent, 'url' | 'repository' | 'runId'>): string {
  const address = url === undefined ? null : URL.parse(url);
  if (address !== null && /^https?:$/.test(address.protocol)) return address.href;
  const path = [...repository.split('/'), 'runs', runId].filter((segment) => segment !== '');
  return path.map((segment) => `/${encodeURIComponent(segment.toWellFormed())}`).join('');
}
