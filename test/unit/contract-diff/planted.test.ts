import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadContract } from '../../../src/contract/contract.ts';
import { compareVersionsOf } from '../../../src/contract/diff/contract-diff.ts';
import { bumpFor } from '../../../src/domain/contract-change.ts';
import { DIFFED, edited } from '../../helpers/diffed-contract.ts';
import { PLANTED } from './planted.ts';

// A contract that names another type names it in its vectors too.
const consistent = (files: ReadonlyMap<string, string>) => {
  const type = /^type: (.*)$/m.exec(files.get('contract.yaml') ?? '')?.[1] ?? '';
  return new Map([...files].map(([file, text]) => [file, text.replace('"contract":"small"', `"contract":"${type}"`)]));
};

const BASE = loadContract(DIFFED);
/** What is read from elsewhere than documents has to be loaded anew, which takes a tenth of a second. */
const LOADED_ANEW = ['CONTRACT_FILE', 'VECTORS'];

for (const [format, rows] of Object.entries(PLANTED)) {
  describe(`changes planted in ${format}`, () => {
    for (const row of rows) {
      test(row.name, () => {
        const files = consistent(edited([row]));
        const contract = LOADED_ANEW.includes(format) ? loadContract(files) : BASE;
        const diff = compareVersionsOf({ files: DIFFED, contract: BASE }, { files, contract });
        const shown = diff.changes.map(({ kind, message }) => `${kind}: ${message}`);
        assert.ok(
          diff.changes.some(({ kind, message }) => kind === row.kind && row.message.test(message)),
          shown.join('\n'),
        );
        assert.equal(diff.needed, bumpFor([row]), shown.join('\n'));
        assert.equal(diff.enough, false, 'the version stayed');
      });
    }
  });
}

test('what was planted in documents leaves contracts that are valid', () => {
  for (const format of ['OPENAPI', 'PROTO', 'GRAPHQL', 'ASYNCAPI'] as const)
    for (const row of PLANTED[format].slice(0, 2)) assert.doesNotThrow(() => loadContract(edited([row])), row.name);
});

test('every format has at least ten planted changes', () => {
  for (const [format, rows] of Object.entries(PLANTED)) assert.ok(format === 'TEXT' || rows.length >= 10, format);
});
