import { type CheckFailure, failure } from '../check-failure.ts';
import type { Content } from '../content.ts';
import type { ContractDocuments, DocumentedMessage } from '../documents.ts';
import { messageFailures } from '../formats/asyncapi.ts';
import { isJson } from '../formats/openapi.ts';

/** What a service may send on a channel; undefined: the contract has no document that says so. */
export type DocumentedAnswers = readonly DocumentedMessage[] | undefined;

/** The channel of a path is the path without its query. */
export function addressOf(path: string): string {
  return path.split(/[?#]/)[0] ?? '';
}

export function documentedAnswers({ channels }: ContractDocuments, path: string): DocumentedAnswers {
  return channels === undefined ? undefined : (channels.sent(addressOf(path)) ?? []);
}

/** What the AsyncAPI document does not allow about a message of the service. */
export function documentedFailures(
  messages: DocumentedAnswers,
  binary: boolean,
  content: Content,
): readonly CheckFailure[] {
  if (messages === undefined) return [];
  const wantsJson = messages.every(({ contentType }) => contentType === undefined || isJson(contentType));
  if (!wantsJson) return messageFailures(messages, content.json?.value ?? content.text);
  if (binary) return [failure('document message', 'JSON in a text frame', 'a binary frame')];
  if (content.json === undefined) return [failure('document message', 'JSON', content.text)];
  return messageFailures(messages, content.json.value);
}
