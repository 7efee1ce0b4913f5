import { printable } from '../../documents/show.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import type { DocumentedMessage } from '../documents.ts';
import { written } from '../matcher.ts';
import type { SchemaFinding } from './json-schema.ts';

/**
 * What an AsyncAPI document does not allow about a message: it has to be one of `messages`. The findings are those of the
 * message that it comes nearest to. Checks are named `document message ...`.
 */
export function messageFailures(
  messages: readonly DocumentedMessage[],
  payload: unknown,
  headers?: unknown,
): readonly CheckFailure[] {
  const checked = messages.map((message) => ({ message, found: message.check(payload, headers) }));
  if (checked.some(({ found }) => found.length === 0)) return [];
  const [nearest, ...others] = checked.sort((a, b) => distance(a.found) - distance(b.found));
  if (nearest === undefined) return [failure('document message', 'no message on this channel', written(payload))];
  const isClear = others.length === 0 || wrongMarks(nearest.found) === 0;
  if (isClear) {
    return nearest.found.map(({ pointer, wanted, value }) =>
      failure(`document message ${printable(nearest.message.name)} ${pointer}`.trimEnd(), wanted, written(value)),
    );
  }
  const names = messages.map(({ name }) => printable(name)).join(', ');
  return [failure('document message', `one of ${names}`, written(payload))];
}

/** Constants tell messages from each other, so a wrong one counts for more than all else. */
function distance(found: readonly SchemaFinding[]): number {
  return 1000 * wrongMarks(found) + found.length;
}

function wrongMarks(found: readonly SchemaFinding[]): number {
  return found.filter(({ isConstant }) => isConstant === true).length;
}
