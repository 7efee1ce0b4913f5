import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from '../../../src/documents/locate.ts';
import { nearest } from '../../../src/documents/nearest.ts';
import { parseDocument } from '../../../src/documents/parse-document.ts';
import { formatError, UsageError } from '../../../src/domain/errors.ts';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[a-z]+$', description: 'a name of lower-case letters' },
    version: { type: 'string' },
    kind: { enum: ['node-http', 'go-net-http'] },
    ports: { type: 'array', items: { type: 'integer', minimum: 1 } },
    size: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    token: { type: 'string' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    anything: {},
  },
};

function told(text: string, file = 'm.yaml', schema: object = SCHEMA): string {
  try {
    parseDocument({ text, file }, schema, { what: 'manifest' });
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return 'accepted';
}

test('documents: what is told about wrong ones', () => {
  const cases: [string, string, RegExp][] = [
    [
      'unknown key with the nearest',
      'name: a\nversoin: "1"\n',
      /m\.yaml:2:1: unknown key "versoin".*\n {2}hint: Did you mean "version"\?/,
    ],
    [
      'unknown value with the nearest',
      'name: a\nkind: node-htp\n',
      /m\.yaml:2:7: found "node-htp" at \/kind, wanted "node-http" or "go-net-http"\n.*"node-http"/,
    ],
    [
      'type and quotes',
      'name: a\nversion: 1.10\n',
      /m\.yaml:2:10: found 1\.1 at \/version, wanted a text\n {2}hint: Write it in quotes/,
    ],
    ['deep position', 'name: a\nports:\n  - 80\n  - 0\n', /m\.yaml:4:5: found 0 at \/ports\/1, wanted it to be >= 1/],
    ['own words', 'name: A1\n', /m\.yaml:1:7: found "A1" at \/name, wanted a name of lower-case letters/],
    [
      'missing, with the misspelling',
      'nmae: a\n',
      /"name" is missing in the document\n {2}hint: Is "nmae" a misspelling/,
    ],
    ['two problems at once', 'name: 1\nkind: x\n', /this manifest has 2 problems/],
    [
      'a union as one finding',
      'name: a\nsize: []\n',
      /1 problem \[document-invalid\]\nm\.yaml:2:7: found an empty list at \/size, wanted a text or a whole number$/,
    ],
    ['syntax', 'name: [a\n', /m\.yaml:\d+:\d+: /],
    ['duplicate key', 'name: a\nname: b\n', /m\.yaml:2:1: the same key is given twice/],
    ['several documents', 'name: a\n---\nname: b\n', /several documents/],
    ['unknown tag', 'name: !!js/function "x"\n', /m\.yaml:1:7: .*tag/],
    ['empty', '', /found null at the document, wanted an object/],
    ['too deep', `anything: ${'['.repeat(70)}${']'.repeat(70)}`, /64 levels of nesting/],
    ['many aliases', `anything: [&a 1, ${'*a, '.repeat(101)}]`, /more than 100 aliases/],
    ['alias bomb', bomb(), /alias/i],
    ['too large', `name: ${'a'.repeat(1024 * 1024)}`, /wanted at most 1048576/],
    ['masked', 'name: a\ntoken: 12345\n', /found a masked value at \/token/],
    ['escaped', 'name: "a\\x1b[31m\\u202e"\n', /found "a\\u001b\[31m\\u202e" at/],
  ];
  for (const [name, text, wanted] of cases) assert.match(told(text), wanted, name);
  assert.match(told('{"name": "a",}', 'm.json'), /m\.json:1:14: not valid JSON/);
  assert.match(told('name: a', 'm.json'), /not valid JSON/);
  assert.doesNotMatch(told('name: a\ntoken: 12345\n'), /12345/);
});

function bomb(): string {
  const levels = Array.from({ length: 8 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
  return `name: a\nenv: {}\nanything:\n  l0: &l0 [x]\n${levels.map((line) => `  ${line}\n`).join('')}`;
}

test('documents: right ones, merge keys and anchors included', () => {
  const text = 'name: a\nanything:\n  base: &b {x: 1, y: 2}\n  use:\n    <<: *b\n    y: 3\n';
  assert.deepEqual(parseDocument({ text, file: 'm.yaml' }, SCHEMA), {
    name: 'a',
    anything: { base: { x: 1, y: 2 }, use: { x: 1, y: 3 } },
  });
  assert.deepEqual(parseDocument({ text: '\ufeff{\n\t"name": "a\\/\\ud83d\\ude00"\n}', file: 'm.json' }, {}), {
    name: 'a/😀',
  });
  const polluted = parseDocument<object>({ text: '{"__proto__": {"x": 1}}', file: 'm.json' }, {});
  assert.equal(Object.getPrototypeOf(polluted), Object.prototype);
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('locate: value, key, and the nearest object of what is missing', () => {
  const source = { text: 'a:\n  b:\n    - c: 1\n      d~/e: 2\n', file: 'x.yaml' };
  assert.deepEqual(locate(source, '/a/b/0/c'), { file: 'x.yaml', line: 3, column: 10 });
  assert.deepEqual(locate(source, '/a/b/0/c', 'key'), { file: 'x.yaml', line: 3, column: 7 });
  assert.deepEqual(locate(source, '/a/b/0/d~0~1e'), { file: 'x.yaml', line: 4, column: 13 });
  assert.deepEqual(locate(source, '/a/zzz/1'), { file: 'x.yaml', line: 1, column: 1 });
});

test('nearest: by edits, blind to case and separators', () => {
  const cases: [string, string[], string | undefined][] = [
    ['contract-verison', ['contract_version', 'name'], 'contract_version'],
    ['Name', ['name'], 'name'],
    ['nmae', ['name', 'path'], 'name'],
    ['zzz', ['name', 'path'], undefined],
    ['x'.repeat(5000), ['name'], undefined],
  ];
  for (const [name, candidates, wanted] of cases) assert.equal(nearest(name, candidates), wanted, name.slice(0, 20));
});
