import { resolvePointer } from '../documents/pointer.ts';
import type { HttpExchange } from '../ports/transport.ts';
import { type CheckFailure, failure } from './check-failure.ts';
import { type Content, mentions, readContent } from './content.ts';
import type { SchemaBook } from './formats/json-schema.ts';
import { headerValue, mediaTypeOf } from './formats/openapi.ts';
import { mismatches, written } from './matcher.ts';
import type { Expectation } from './vector.ts';

/** Everything in an answer that a vector did not expect. Templates of `expected` are already replaced. */
export function expectationFailures(
  expected: Expectation,
  answer: HttpExchange,
  book: SchemaBook,
): readonly CheckFailure[] {
  const content = readContent(answer.body);
  const statuses = typeof expected.status === 'number' ? [expected.status] : expected.status;
  if (!statuses.includes(answer.status)) {
    // With another status all else differs too; the body often says why.
    const body = content.text === '' ? 'no body' : `body ${content.text}`;
    return [failure('status', statuses.join(' or '), `${answer.status}, ${body}`)];
  }
  return [
    ...headerFailures(expected, answer, book),
    ...(expected.empty === undefined ? [] : emptyFailures(expected.empty, content)),
    ...contentFailures('body', expected, content, book),
    ...(expected.excludes ?? [])
      .filter((text) => answer.headers.some(([, value]) => value.includes(text)))
      .map((text) => failure('headers', `nowhere ${written(text)}`, 'it is in a header')),
  ];
}

/** What a body and a message's data have in common. */
export function contentFailures(
  name: string,
  expected: Pick<Expectation, 'json' | 'text' | 'absent' | 'excludes'>,
  content: Content,
  book: SchemaBook,
): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (expected.text !== undefined) {
    failures.push(...mismatches(expected.text, content.text, book).map((it) => failure(name, it.expected, it.actual)));
  }
  if ((expected.json !== undefined || expected.absent !== undefined) && content.json === undefined) {
    failures.push(failure(name, 'JSON in UTF-8', content.text === '' ? 'nothing' : content.text));
  } else if (expected.json !== undefined) {
    const found = mismatches(expected.json, content.json?.value, book);
    failures.push(...found.map((it) => failure(`${name} ${it.pointer}`.trimEnd(), it.expected, it.actual)));
  }
  for (const pointer of expected.absent ?? []) {
    const there = resolvePointer(content.json?.value, pointer);
    if (there.found) failures.push(failure(`${name} ${pointer}`, 'absent', written(there.value)));
  }
  for (const text of expected.excludes ?? []) {
    if (mentions(content, text)) failures.push(failure(name, `nowhere ${written(text)}`, content.text));
  }
  return failures;
}

function headerFailures(expected: Expectation, answer: HttpExchange, book: SchemaBook): readonly CheckFailure[] {
  const failures = Object.entries(expected.headers ?? {}).flatMap(([name, wanted]) => {
    const value = headerValue(answer, name.toLowerCase());
    if (value === undefined) return [failure(`header ${name}`, written(wanted), 'absent')];
    return mismatches(wanted, value, book).map((it) => failure(`header ${name}`, it.expected, it.actual));
  });
  if (expected.contentType === undefined) return failures;
  const actual = headerValue(answer, 'content-type');
  return mediaTypeOf(actual) === mediaTypeOf(expected.contentType)
    ? failures
    : [...failures, failure('header content-type', expected.contentType, actual ?? 'absent')];
}

function emptyFailures(wanted: boolean, content: Content): readonly CheckFailure[] {
  if (wanted === (content.text === '')) return [];
  return [failure('body', wanted ? 'no body' : 'a body', wanted ? content.text : 'no body')];
}
