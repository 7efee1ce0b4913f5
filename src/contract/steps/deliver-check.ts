import { nearest } from '../../documents/nearest.ts';
import { alternatives, printable } from '../../documents/show.ts';
import type { Channel } from '../contract.ts';
import type { DocumentedMessage } from '../documents.ts';
import { messageFailures } from '../formats/asyncapi.ts';
import { findings, type SchemaFinding } from '../formats/json-schema.ts';
import { written } from '../matcher.ts';
import { isTemplated } from '../template.ts';
import type { DeliverStep } from '../vector.ts';
import type { VectorProblem } from '../vector-check.ts';
import type { StepSurroundings } from './step-kind.ts';

const ON_PURPOSE = 'when that is on purpose, say "valid": false';

/** A channel that nothing can be delivered on, and a message that the contract does not have on it. */
export function deliveryProblems(
  delivery: DeliverStep['deliver'],
  pointer: string,
  { channels, documents }: StepSurroundings,
): readonly VectorProblem[] {
  const channel = Object.hasOwn(channels, delivery.channel) ? channels[delivery.channel] : undefined;
  if (channel?.pushPath === undefined) return [unknownChannel(delivery.channel, pointer, channels)];
  if (delivery.valid === false) return [];
  const { address, message, attributes } = channel;
  const messages = documents.channels?.received(address);
  const data = dataOf(delivery);
  if (data === undefined) return [];
  const isChecked = messages !== undefined || message !== undefined;
  const wrong =
    isChecked && 'text' in data
      ? [`found ${printable(written(data.text), 80)}, wanted JSON`]
      : [
          ...(messages === undefined ? [] : undocumented(messages, data.json, delivery.attributes ?? {})),
          ...(message === undefined ? [] : sentences(findings(message, data.json))),
        ];
  const wrongAttributes = attributes === undefined ? [] : sentences(findings(attributes, delivery.attributes ?? {}));
  return [...wrong, ...wrongAttributes].map((found) => ({
    code: 'delivery-invalid',
    pointer,
    message: `the message does not fit the channel ${printable(delivery.channel)}: ${found}`,
    hint: ON_PURPOSE,
  }));
}

function unknownChannel(name: string, pointer: string, channels: Readonly<Record<string, Channel>>): VectorProblem {
  const pushed = Object.entries(channels).flatMap(([key, { pushPath }]) => (pushPath === undefined ? [] : [key]));
  const near = nearest(name, pushed);
  const wanted = pushed.length === 0 ? 'and the contract has none with a push_path' : `wanted ${alternatives(pushed)}`;
  const message = `found channel ${printable(JSON.stringify(name))}, ${wanted}`;
  const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
  return { code: 'channel-unbound', pointer: `${pointer}/channel`, message, ...hint };
}

/** Undefined when templates decide what it is. */
function dataOf({ json, text, base64 }: DeliverStep['deliver']) {
  if (json !== undefined) return { json };
  const plain = base64 === undefined ? (text ?? '') : Buffer.from(base64, 'base64').toString();
  if (isTemplated(base64 ?? text)) return undefined;
  try {
    return { json: JSON.parse(plain) as unknown };
  } catch {
    return { text: plain };
  }
}

/** It has to be one of the messages. */
function undocumented(
  messages: readonly DocumentedMessage[],
  json: unknown,
  headers: Readonly<Record<string, string>>,
): readonly string[] {
  const lenient = messages.map((message) => ({
    ...message,
    check: (payload: unknown, given?: unknown) => message.check(payload, given).filter(isDecided),
  }));
  return messageFailures(lenient, json, headers).map(({ check, expected, actual }) => {
    return `${check}: found ${printable(actual, 80)}, wanted ${printable(expected, 160)}`;
  });
}

function sentences(found: readonly SchemaFinding[]): readonly string[] {
  return found.filter(isDecided).map(({ pointer, value, wanted }) => {
    const where = pointer === '' ? '' : ` at ${printable(pointer)}`;
    return `found ${printable(written(value), 80)}${where}, wanted ${printable(wanted, 160)}`;
  });
}

/** What a template stands for is not known before it is replaced. */
const isDecided = ({ value }: SchemaFinding) => !isTemplated(value);
