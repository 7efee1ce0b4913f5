import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractDiff } from '../../../src/contract/diff/contract-diff.ts';
import { DIFFED, edited } from '../../helpers/diffed-contract.ts';

const version = (to: string) => ({ file: 'contract.yaml', from: 'version: 1.0.0', to: `version: ${to}` });
const BREAKING = { file: 'vectors/main.json', from: '"status":200', to: '"status":201' };
const COMPATIBLE = { file: 'contract.yaml', from: '  extra:', to: '  more: { since: 1.1.0 }\n  extra:' };
const TEXT = { file: 'README.md', from: 'for.', to: 'good for.' };

test('a contract does not differ from itself, whatever its line ends', () => {
  const windows = new Map([...DIFFED].map(([file, text]) => [file, text.replaceAll('\n', '\r\n')]));
  for (const after of [DIFFED, windows]) {
    const { changes, needed, made, enough } = contractDiff(DIFFED, after);
    assert.deepEqual([changes, needed, made, enough], [[], 'none', 'none', true]);
  }
});

const BUMPS = [
  { change: BREAKING, to: '1.9.9', made: 'minor', enough: false },
  { change: BREAKING, to: '2.0.0', made: 'major', enough: true },
  { change: COMPATIBLE, to: '1.0.1', made: 'patch', enough: false },
  { change: COMPATIBLE, to: '1.1.0', made: 'minor', enough: true },
  { change: TEXT, to: '1.0.1', made: 'patch', enough: true },
  { change: TEXT, to: '1.0.0', made: 'none', enough: false },
  { change: TEXT, to: '0.9.0', made: 'lower', enough: false },
] as const;

for (const { change, to, made, enough } of BUMPS) {
  test(`${change.file} changed with version ${to}: ${enough ? 'enough' : 'too little'}`, () => {
    const diff = contractDiff(DIFFED, edited([change, ...(to === '1.0.0' ? [] : [version(to)])]));
    assert.deepEqual([diff.made, diff.enough], [made, enough]);
  });
}

test('a version alone is no change, and going down is refused', () => {
  assert.deepEqual(contractDiff(DIFFED, edited([version('1.0.1')])).changes, []);
  assert.equal(contractDiff(DIFFED, edited([version('0.9.0')])).enough, false);
});

test('the worst comes first, and the worst decides', () => {
  const { changes, needed } = contractDiff(DIFFED, edited([TEXT, COMPATIBLE, BREAKING]));
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['breaking', 'compatible', 'documentation'],
  );
  assert.equal(needed, 'major');
});

test('a schema that is written in another place is the same schema', () => {
  const inline =
    '{ type: object, required: [name], properties: { name: { type: string, maxLength: 100 }, colour: { enum: [red, green] }, size: { type: integer } } }';
  const after = edited([{ file: 'openapi.yaml', from: "{ $ref: '#/components/schemas/NewItem' }", to: inline }]);
  assert.equal(contractDiff(DIFFED, after).needed, 'patch');
});

test('what one reader sends and another takes is weighed both ways', () => {
  // Items are answered and, now, taken too: a value more is an offer to clients that send it, and news to those that read it.
  const request = "          application/json: { schema: { $ref: '#/components/schemas/NewItem' } }";
  const shared = {
    file: 'openapi.yaml',
    from: request,
    to: request.replace("'#/components/schemas/NewItem'", 'schemas/item.json'),
  };
  const before = edited([shared]);
  const after = edited([shared, { file: 'schemas/item.json', from: '"new", "old"', to: '"new", "old", "lost"' }]);
  assert.equal(contractDiff(before, after).needed, 'major');
});

test('one that is no contract is refused', () => {
  const broken = edited([{ file: 'items.proto', from: 'returns (Item)', to: 'returns (Nothing)' }]);
  assert.throws(() => contractDiff(DIFFED, broken), { code: 'contract-invalid' });
});

test('what a part of a path is called makes no difference', () => {
  const renamed = (text: string) => text.replaceAll('{id}', '{key}').replaceAll('name: id', 'name: key');
  const after = new Map([...DIFFED].map(([file, text]) => [file, file === 'openapi.yaml' ? renamed(text) : text]));
  assert.equal(contractDiff(DIFFED, after).needed, 'patch');
});
