import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readAsyncApi } from '../../src/contract/formats/asyncapi-document.ts';
import { SchemaBook } from '../../src/contract/formats/json-schema.ts';
import { parseText } from '../../src/documents/parse-document.ts';
import type { PerfError } from '../../src/domain/errors.ts';
import { filesBelow } from '../helpers/shipped-contract.ts';

const EXAMPLES = join(import.meta.dirname, '../../../shared/data/asyncapi-2.6-examples/examples');
const isThere = existsSync(EXAMPLES);
const skip = isThere || process.env.REQUIRE_REAL === '1' ? false : 'the official AsyncAPI examples are not here';

const files = isThere ? filesBelow(EXAMPLES) : new Map<string, string>();
/** The others are parts that documents refer to. */
const documents = [...files].filter(([path, text]) => /\.ya?ml$/.test(path) && /^asyncapi:/m.test(text));

function problemsOf(path: string, content: unknown): readonly PerfError[] {
  const text = JSON.stringify(content, null, 1);
  const problems: PerfError[] = [];
  const changed = new Map([...files, [path, text]]);
  const parsed = { source: { text, file: path }, content };
  readAsyncApi({ path, text, parsed, files: changed }, new SchemaBook(), problems);
  return problems;
}

type Members = Record<string, unknown>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Changes the first object that fits, depth first; false when there is none. Bindings are no business of ours. */
function changeFirst(value: unknown, change: (found: Members) => boolean): boolean {
  if (isMembers(value) && change(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, it]) => key !== 'bindings' && changeFirst(it, change));
}

const set = (value: Members, name: string, member: unknown) => Reflect.set(value, name, member);
const rename = (value: Members, from: string, to: string) =>
  from in value && set(value, to, value[from]) && Reflect.deleteProperty(value, from);

/** Each makes a right document wrong. */
const BREAKS: Readonly<Record<string, (document: Members) => boolean>> = {
  'no info': (document) => Reflect.deleteProperty(document, 'info'),
  'no channels': (document) => Reflect.deleteProperty(document, 'channels'),
  'another version': (document) => set(document, 'asyncapi', '2.5.0'),
  'channels as a list': (document) => set(document, 'channels', []),
  'a title that is a number': (document) => set(document, 'info', { title: 1, version: '1' }),
  'a misspelt operation': ({ channels }) =>
    changeFirst(channels, (it) => rename(it, 'publish', 'publis') || rename(it, 'subscribe', 'subscrib')),
  'a misspelt message': ({ channels }) => changeFirst(channels, (it) => rename(it, 'message', 'mesage')),
  'a reference to nothing': (document) =>
    changeFirst(document, (it) => '$ref' in it && set(it, '$ref', '#/components/nowhere')),
  'a type that JSON Schema does not have': (document) =>
    changeFirst(document, (it) => 'properties' in it && set(it, 'type', 'objekt')),
};

describe('the official AsyncAPI 2.6 examples', { skip }, () => {
  test('are all accepted', () => {
    assert.ok(documents.length >= 21, `found ${documents.length} documents`);
    for (const [path, text] of documents) {
      const told = problemsOf(path, parseText({ text, file: path })).map(({ message }) => message);
      assert.deepEqual(told, [], path);
    }
  });

  test('are refused when they are broken, each break with a place', () => {
    let broken = 0;
    for (const [path, text] of documents) {
      for (const [name, change] of Object.entries(BREAKS)) {
        const content = parseText({ text, file: path }) as Members;
        if (!change(content)) continue;
        broken += 1;
        const problems = problemsOf(path, content);
        assert.ok(problems.length > 0, `${path}: ${name}`);
        assert.ok(
          problems.every(({ at }) => at?.file !== undefined && at.line !== undefined),
          `${path}: ${name}`,
        );
      }
    }
    assert.ok(broken >= 120, `${broken} broken documents`);
  });
});
