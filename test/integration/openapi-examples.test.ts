import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readDocuments } from '../../src/contract/formats/documents.ts';
import { SchemaBook } from '../../src/contract/formats/json-schema.ts';
import { parseText } from '../../src/documents/parse-document.ts';
import type { PerfError } from '../../src/domain/errors.ts';
import { filesBelow } from '../helpers/shipped-contract.ts';

const EXAMPLES = join(import.meta.dirname, '../../../shared/data/openapi-3.1-examples/examples/v3.1');
const isThere = existsSync(EXAMPLES);
const skip = isThere || process.env.REQUIRE_REAL === '1' ? false : 'the official OpenAPI examples are not here';
const documents = isThere ? [...filesBelow(EXAMPLES)].filter(([path]) => /\.(ya?ml|json)$/.test(path)) : [];

type Members = Record<string, unknown>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Read as a contract's document is, under the name that the file has. */
function read(path: string, content: unknown) {
  const text = JSON.stringify(content, null, 1);
  const problems: PerfError[] = [];
  const parsed = { source: { text, file: path }, content };
  const book = new SchemaBook(new Map([[path, content]]));
  const { operations = [] } = readDocuments([{ path, text, parsed, files: new Map([[path, text]]) }], book, problems);
  return { operations, problems };
}

/** Changes the first object that fits, depth first; false when there is none. */
function changeFirst(value: unknown, change: (found: Members) => boolean): boolean {
  if (isMembers(value) && change(value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some((it) => changeFirst(it, change));
}

const set = (value: Members, name: string, member: unknown) => Reflect.set(value, name, member);

/** Each makes a right document wrong, and says which words the refusal has. */
const BREAKS: readonly (readonly [name: string, words: RegExp, change: (document: Members) => boolean])[] = [
  ['another version', /wanted 3\.1/, (document) => set(document, 'openapi', '3.0.3')],
  ['a version that is a number', /wanted 3\.1/, (document) => set(document, 'openapi', 3.1)],
  [
    'a reference to nothing',
    /nothing in this document|schema is wrong/,
    (document) => changeFirst(document, (it) => '$ref' in it && set(it, '$ref', '#/components/nowhere')),
  ],
  [
    'a type that JSON Schema does not have',
    /schema is wrong/,
    (document) =>
      changeFirst(document, (it) => isMembers(it.schema) && !('$ref' in it.schema) && set(it.schema, 'type', 'strng')),
  ],
  [
    'a status that is none',
    /found status/,
    ({ paths }) =>
      changeFirst(paths, ({ responses }) => {
        if (!isMembers(responses)) return false;
        const [status = ''] = Object.keys(responses);
        return set(responses, '2000', responses[status]) && Reflect.deleteProperty(responses, status);
      }),
  ],
  [
    'empty responses',
    /without responses/,
    ({ paths }) => changeFirst(paths, (it) => 'responses' in it && set(it, 'responses', {})),
  ],
  ['no info', /a member "info"/, (document) => Reflect.deleteProperty(document, 'info')],
  ['no title', /a member "title"/, ({ info }) => isMembers(info) && Reflect.deleteProperty(info, 'title')],
  [
    'a version of the API that is a number',
    /it to be string/,
    ({ info }) => isMembers(info) && set(info, 'version', 1),
  ],
  [
    'nothing but info',
    /a member "(paths|components|webhooks)"/,
    (document) => ['paths', 'components', 'webhooks'].every((name) => Reflect.deleteProperty(document, name)),
  ],
  ['paths as a list', /it to be object/, (document) => 'paths' in document && set(document, 'paths', [])],
  ['an unknown member', /no member "path"/, (document) => set(document, 'path', {})],
  [
    'a misspelt method',
    /no member "gte"/,
    ({ paths }) =>
      changeFirst(paths, (it) => 'get' in it && set(it, 'gte', it.get) && Reflect.deleteProperty(it, 'get')),
  ],
  [
    'misspelt responses',
    /no member "respones"/,
    ({ paths }) => changeFirst(paths, (it) => 'responses' in it && set(it, 'respones', it.responses)),
  ],
  [
    'a response without description',
    /a member "description"/,
    ({ paths }) =>
      changeFirst(paths, ({ responses }) => {
        const first = isMembers(responses) ? Object.values(responses)[0] : undefined;
        return isMembers(first) && 'description' in first && Reflect.deleteProperty(first, 'description');
      }),
  ],
  [
    'a parameter that is nowhere',
    /one of \["query"/,
    (document) => changeFirst(document, (it) => 'in' in it && 'name' in it && 'schema' in it && set(it, 'in', 'body')),
  ],
  [
    'a path parameter that may be left out',
    /true|a member "required"/,
    (document) => changeFirst(document, (it) => it.in === 'path' && set(it, 'required', false)),
  ],
  [
    'a request body without content',
    /a member "content"/,
    (document) =>
      changeFirst(
        document,
        ({ requestBody }) => isMembers(requestBody) && Reflect.deleteProperty(requestBody, 'content'),
      ),
  ],
  [
    'a path without its slash',
    /must start with a slash/,
    (document) => {
      const [first] = isMembers(document.paths) ? Object.keys(document.paths) : [];
      if (first === undefined || !isMembers(document.paths)) return false;
      return set(document.paths, first.slice(1), document.paths[first]);
    },
  ],
  [
    'a path parameter that is not declared',
    /\{nobody\} is not declared/,
    (document) => {
      const [first] = isMembers(document.paths) ? Object.keys(document.paths) : [];
      if (first === undefined || !isMembers(document.paths)) return false;
      return set(document.paths, `${first}/{nobody}`, document.paths[first]);
    },
  ],
  [
    'an operationId twice',
    /is used twice/,
    ({ paths }) => {
      const operations: Members[] = [];
      changeFirst(paths, (it) => 'responses' in it && operations.push(it) > 1);
      return operations.length > 1 && operations.every((it) => set(it, 'operationId', 'same'));
    },
  ],
];

describe('the official OpenAPI 3.1 examples', { skip }, () => {
  test('are all accepted, with every operation that they have', () => {
    assert.ok(documents.length >= 6, `${documents.length} documents`);
    for (const [path, text] of documents) {
      const content = parseText({ text, file: path }, 'example') as Members;
      const { operations, problems } = read(path, content);
      assert.deepEqual(
        problems.map(({ message }) => message),
        [],
        path,
      );
      const paths = isMembers(content.paths) ? Object.values(content.paths) : [];
      const methods = paths.flatMap((it) => Object.keys(it as Members).filter((key) => /^(get|put|post)$/.test(key)));
      assert.equal(operations.length, methods.length, path);
    }
  });

  for (const [name, words, change] of BREAKS) {
    test(`are refused with ${name}`, () => {
      let broken = 0;
      for (const [path, text] of documents) {
        const content = parseText({ text, file: path }, 'example') as Members;
        if (!change(content)) continue;
        broken += 1;
        const { problems } = read(path, content);
        assert.ok(
          problems.some(({ message }) => words.test(message)),
          `${path}: ${problems.map(({ message }) => message).join('; ') || 'accepted'}`,
        );
        for (const { at } of problems) assert.equal(at?.file, path);
      }
      assert.ok(broken > 0, 'no example could be broken so');
    });
  }
});
