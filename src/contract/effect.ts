import type { Clock } from '../ports/clock.ts';
import type { ReceivedMessage } from '../ports/message-bus.ts';
import { type CheckFailure, failure } from './check-failure.ts';
import { type Content, readContent } from './content.ts';
import type { Channel } from './contract.ts';
import type { DocumentedChannels } from './documents.ts';
import { contentFailures } from './expectation.ts';
import { messageFailures as undocumented } from './formats/asyncapi.ts';
import { findings, type SchemaBook } from './formats/json-schema.ts';
import { isJson } from './formats/openapi.ts';
import { mismatches, written } from './matcher.ts';
import type { MessagePool } from './message-pool.ts';
import { durationMs, type Effect } from './vector.ts';

const DEFAULT_WITHIN_MS = 5000;
/** Proving that nothing comes needs a wait; a vector with a fence sets its own. */
const DEFAULT_ABSENCE_MS = 400;

export interface EffectContext {
  readonly pool: MessagePool;
  readonly channel: Channel;
  /** Of the contract's AsyncAPI document, where it has one. */
  readonly documented?: DocumentedChannels;
  readonly book: SchemaBook;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Waits for an effect's messages, then judges them. Templates of `effect` are already replaced. */
export async function effectFailures(effect: Effect, context: EffectContext): Promise<readonly CheckFailure[]> {
  const { pool, clock, signal } = context;
  const fits = (message: ReceivedMessage) => isSelected(effect, message, context.book);
  if (effect.count > 0) {
    const withinMs = effect.within === undefined ? DEFAULT_WITHIN_MS : durationMs(effect.within);
    await pool.waitFor(fits, effect.count, withinMs, clock, signal);
  }
  const settleMs =
    effect.settle === undefined ? (effect.count === 0 ? DEFAULT_ABSENCE_MS : 0) : durationMs(effect.settle);
  if (settleMs > 0) await pool.waitFor(fits, effect.count + 1, settleMs, clock, signal);
  return judgeEffect(effect, context);
}

/** Judges what has arrived so far: number first, then every selected message. */
export function judgeEffect(effect: Effect, context: EffectContext): readonly CheckFailure[] {
  const messages = context.pool.matching((message) => isSelected(effect, message, context.book));
  if (messages.length !== effect.count) {
    const expected = `${plural(effect.count)} where ${written(effect.where)}`;
    const first = messages[0];
    const actual =
      first === undefined ? plural(0) : `${plural(messages.length)}, the first: ${readContent(first.data).text}`;
    return [failure(`effect ${effect.channel}`, expected, actual)];
  }
  const judged = messages.map((message) => messageFailures(effect, message, context));
  return judged.find((failures) => failures.length > 0) ?? [];
}

function plural(count: number): string {
  return `${count} message${count === 1 ? '' : 's'}`;
}

function isSelected(effect: Effect, message: ReceivedMessage, book: SchemaBook): boolean {
  const { attributes, json } = effect.where;
  if (attributes !== undefined && mismatches(attributes, message.attributes, book).length > 0) return false;
  if (json === undefined) return true;
  const content = readContent(message.data);
  return content.json !== undefined && mismatches(json, content.json.value, book).length === 0;
}

function messageFailures(effect: Effect, message: ReceivedMessage, context: EffectContext): readonly CheckFailure[] {
  const name = `effect ${effect.channel}`;
  const content = readContent(message.data);
  const expected = effect.message ?? {};
  const attributes = mismatches(expected.attributes ?? {}, message.attributes, context.book);
  const attributeTexts = Object.entries(message.attributes).flat();
  return [
    ...attributes.map((it) => failure(`${name} attribute ${it.pointer.slice(1)}`, it.expected, it.actual)),
    ...contentFailures(`${name} body`, expected, content, context.book),
    ...(expected.excludes ?? [])
      .filter((text) => attributeTexts.some((it) => it.includes(text)))
      .map((text) => failure(`${name} attributes`, `nowhere ${written(text)}`, written(message.attributes))),
    ...schemaFailures(name, message, content, context.channel),
    ...documentedFailures(name, message, content, context),
  ];
}

/** The contract's own schemas of the channel: what every message must look like, whatever the vector says. */
function schemaFailures(
  name: string,
  message: ReceivedMessage,
  content: Content,
  channel: Channel,
): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (channel.attributes !== undefined) {
    for (const it of findings(channel.attributes, message.attributes)) {
      failures.push(failure(`${name} document attributes ${it.pointer}`.trimEnd(), it.wanted, written(it.value)));
    }
  }
  if (channel.message === undefined) return failures;
  if (content.json === undefined) return [...failures, failure(`${name} document`, 'JSON in UTF-8', content.text)];
  for (const it of findings(channel.message, content.json.value)) {
    failures.push(failure(`${name} document ${it.pointer}`.trimEnd(), it.wanted, written(it.value)));
  }
  return failures;
}

/** The same of the AsyncAPI document, whose headers are the attributes. */
function documentedFailures(
  name: string,
  message: ReceivedMessage,
  content: Content,
  { channel, documented }: EffectContext,
): readonly CheckFailure[] {
  if (documented === undefined) return [];
  const sent = documented.sent(channel.address);
  // A channel that only a schema of its own describes.
  if (sent === undefined && channel.message !== undefined) return [];
  const messages = sent ?? [];
  const wantsJson = messages.every(({ contentType }) => contentType === undefined || isJson(contentType));
  if (wantsJson && content.json === undefined)
    return [failure(`${name} document message`, 'JSON in UTF-8', content.text)];
  const found = undocumented(messages, content.json?.value ?? content.text, message.attributes);
  return found.map((it) => ({ ...it, check: `${name} ${it.check}` }));
}
