import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaBook } from '../../../src/contract/formats/json-schema.ts';
import { mismatches } from '../../../src/contract/matcher.ts';

const book = new SchemaBook(new Map([['schemas/id.json', { type: 'string', minLength: 3 }]]));

test('matcher: deep subset with embedded schemas', () => {
  const cases: [string, unknown, unknown, string[]][] = [
    ['extra members are fine', { a: 1 }, { a: 1, b: 2 }, []],
    ['missing member', { a: 1 }, {}, ['/a: 1, absent']],
    ['null is not absent', { a: null }, {}, ['/a: null, absent']],
    ['null matches null', { a: null }, { a: null }, []],
    ['text is not number', { type: 1 }, { type: '1' }, ['/type: 1, "1"']],
    ['true is not 1', { type: 1 }, { type: true }, ['/type: 1, true']],
    ['minus zero', 0, -0, []],
    ['nested', { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2, d: 3 }] } }, ['/a/b/0/c: 1, 2']],
    ['members of list items may be more', [{ a: 1 }], [{ a: 1, b: 2 }], []],
    ['lists have one length', [1], [1, 2], [': a list of 1, a list of 2: [1,2]']],
    ['list is no object', {}, [], [': {}, []']],
    ['object is no list', [], {}, [': [], {}']],
    ['inherited members are not there', { constructor: {} }, {}, ['/constructor: {}, absent']],
    [
      'own __proto__',
      JSON.parse('{"__proto__": {"a": 1}}'),
      JSON.parse('{"__proto__": {"a": 2}}'),
      ['/__proto__/a: 1, 2'],
    ],
    ['pointer escapes', { 'a/b~c': 1 }, { 'a/b~c': 2 }, ['/a~1b~0c: 1, 2']],
    ['schema holds', { a: { $schema: { pattern: '^x' } } }, { a: 'xy' }, []],
    ['schema fails', { a: { $schema: { pattern: '^x' } } }, { a: 'y' }, ['/a: it to match pattern "^x", "y"']],
    ['schema deep', { $schema: { properties: { b: { const: 1 } } } }, { b: 2 }, ['/b: 1, 2']],
    ['schema needs the member', { a: { $schema: {} } }, {}, ['/a: a value that fulfils {}, absent']],
    [
      'schema by file',
      { $schema: { $ref: 'schemas/id.json' } },
      'ab',
      [': it to NOT have fewer than 3 characters, "ab"'],
    ],
    ['format', { $schema: { format: 'date-time' } }, 'yesterday', [': it to match format "date-time", "yesterday"']],
    ['$schema beside others is data', { $schema: { a: 1 }, b: 1 }, { $schema: { a: 1 }, b: 1 }, []],
  ];
  for (const [name, expected, actual, wanted] of cases) {
    const found = mismatches(expected, actual, book).map((it) => `${it.pointer}: ${it.expected}, ${it.actual}`);
    assert.deepEqual(found, wanted, name);
  }
});

test('schemas: own ids, references between files, caching, and errors', () => {
  const files = new Map<string, unknown>([
    ['a.json', { $id: 'https://example.com/a', properties: { b: { $ref: 'sub/b.json#/$defs/n' } } }],
    ['sub/b.json', { $defs: { n: { type: 'integer' } } }],
  ]);
  const own = new SchemaBook(files);
  assert.equal(own.compileAt('a.json', '')({ b: 'x' }), false);
  assert.equal(own.check({ $ref: 'https://example.com/a' }, 1).length, 0);
  assert.equal(own.compile({ type: 'string' }), own.compile({ type: 'string' }));
  for (let i = 0; i < 1200; i += 1) assert.deepEqual(own.check({ const: `u-${i}` }, `u-${i}`), []);
  for (const schema of [{ type: 'strng' }, { typo: 1 }, { $ref: 'none.json' }, { pattern: '[' }]) {
    assert.throws(() => own.compile(schema), JSON.stringify(schema));
  }
});
