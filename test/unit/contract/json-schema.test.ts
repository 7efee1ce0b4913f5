import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaBook } from '../../../src/contract/formats/json-schema.ts';

const book = new SchemaBook(
  new Map<string, unknown>([
    ['schemas/common.json', { $id: 'https://example.com/common', $defs: { id: { type: 'string', pattern: '^i-' } } }],
    ['schemas/item.json', { properties: { id: { $ref: 'https://example.com/common#/$defs/id' } } }],
    ['schemas/near.json', { properties: { id: { $ref: 'common.json#/$defs/id' } } }],
  ]),
);
const wanted = (schema: object, value: unknown) => book.check(schema, value).map((found) => found.wanted);

test('json schema: a part of a file is found by the id that the file gives itself, and by where it lies', () => {
  for (const path of ['schemas/item.json', 'schemas/near.json']) {
    const validate = book.compileAt(path, '');
    assert.ok(validate({ id: 'i-1' }), path);
    assert.ok(!validate({ id: 'x' }), path);
  }
  assert.deepEqual(wanted({ $ref: 'https://example.com/common#/$defs/id' }, 'x').length, 1);
});

test('json schema: what every object inherits is no member', () => {
  assert.deepEqual(wanted({ type: 'object', required: ['toString', 'constructor'] }, {}), [
    'a member "toString"',
    'a member "constructor"',
  ]);
  assert.deepEqual(wanted({ required: ['toString'] }, { toString: 1 }), []);
});

test('json schema: tuples are as long as the schema says, and no shorter by default', () => {
  const pair = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] };
  assert.deepEqual(wanted(pair, ['a', 1, 'more']), []);
  assert.deepEqual(wanted(pair, ['a']), []);
  assert.deepEqual(wanted({ ...pair, items: false }, ['a', 1, 'more']).length, 1);
  assert.deepEqual(wanted(pair, [1, 'a']).length, 2);
});

test('json schema: misspelt words are refused, formats that nobody can check are not', () => {
  assert.throws(() => book.compile({ type: 'strng' }));
  assert.throws(() => book.compile({ propertees: {} }), /propertees/);
  assert.throws(() => book.compile({ type: 'string', format: 'no-such-format' }), /no-such-format/);
  assert.deepEqual(wanted({ type: 'string', format: 'iri' }, 'https://ö.example'), []);
});
