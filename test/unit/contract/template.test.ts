import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand, expandText, unknownTemplates, withoutTemplates } from '../../../src/contract/template.ts';

const source = {
  scope: new Map<string, unknown>([
    ['id', 'abc'],
    ['n', 7],
    ['list', [1, { a: true }]],
  ]),
  nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  uuid: () => 'u-1',
};

test('templates: expansion keeps types and leaves the rest alone', () => {
  const cases: [unknown, unknown][] = [
    ['{{id}}', 'abc'],
    ['x-{{id}}-{{n}}', 'x-abc-7'],
    ['{{n}}', 7],
    ['{{list}}', [1, { a: true }]],
    [
      { a: ['{{n}}', { b: '{{id}}' }], c: null, d: 1.5 },
      { a: [7, { b: 'abc' }], c: null, d: 1.5 },
    ],
    ['{{$uuid}}', 'u-1'],
    ['{{$timestamp}}', 1767323045],
    ['t={{$timestamp}}', 't=1767323045'],
    ['{{$isoTimestamp}}', '2026-01-02T03:04:05.678Z'],
    ['{{$repeat:ab:3}}', 'ababab'],
    ['{{$repeat:[:2}}{{$repeat:]:2}}', '[[]]'],
    ['{{$repeat:0:0}}!', '!'],
    ['{{ id }} {{}} {{"a":1}}', '{{ id }} {{}} {{"a":1}}'],
  ];
  for (const [value, wanted] of cases) assert.deepEqual(expand(value, source), wanted, JSON.stringify(value));
  assert.equal(expandText('{{n}}', source), '7');
  assert.equal((expand('{{$repeat:x:262144}}', source) as string).length, 262_144);
});

test('templates: a value cannot smuggle in another template', () => {
  const scope = new Map<string, unknown>([['evil', '{{$repeat:x:99999999}}{{id}}']]);
  assert.equal(expand('a{{evil}}', { ...source, scope }), 'a{{$repeat:x:99999999}}{{id}}');
});

test('templates: unknown names', () => {
  const known = new Set(['id']);
  const cases: [unknown, string[]][] = [
    ['{{id}} {{$uuid}} {{$timestamp}} {{$isoTimestamp}} {{$repeat:x:5}}', []],
    [{ a: ['{{ID}}', '{{other}}', '{{other}}'] }, ['ID', 'other']],
    ['{{$guid}}', ['$guid']],
    ['{{$repeat:x:99999999}}', ['$repeat:x:99999999']],
  ];
  for (const [value, wanted] of cases) assert.deepEqual(unknownTemplates(value, known), wanted);
  assert.deepEqual(withoutTemplates({ pattern: '^{{id}}$' }), { pattern: '^x$' });
});
