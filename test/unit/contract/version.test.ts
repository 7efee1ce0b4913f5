import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractDrift } from '../../../src/contract/drift.ts';
import {
  checkContractVersion,
  compareVersions,
  deprecationText,
  supportedMajors,
} from '../../../src/contract/version.ts';

test('versions: which are supported', () => {
  const cases: [string, string, string][] = [
    ['1.0.0', '1.0.0', 'ok'],
    ['1.0.9', '1.0.0', 'ok'],
    ['1.0.0', '1.4.2', 'ok'],
    ['1.5.0', '1.4.2', 'contract-version-newer'],
    ['2.0.0', '1.4.2', 'contract-version-newer'],
    ['1.9.0', '2.1.0', 'ok'],
    ['1.0.0', '3.0.0', 'contract-version-older'],
    ['1.0', '1.0.0', 'contract-version-invalid'],
    ['v1.0.0', '1.0.0', 'contract-version-invalid'],
  ];
  for (const [wanted, current, outcome] of cases) {
    const check = () => checkContractVersion(wanted, current);
    if (outcome === 'ok') assert.doesNotThrow(check, wanted);
    else assert.throws(check, { name: 'UsageError', code: outcome }, wanted);
  }
  assert.ok(compareVersions('1.10.0', '1.9.9') > 0);
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0);
});

test('the current major and the one before are supported, and the older one is told when it ends', () => {
  assert.deepEqual(supportedMajors([3, 2, 1]), [3, 2]);
  assert.deepEqual(supportedMajors([3, 1]), [3]);
  assert.deepEqual(supportedMajors([1]), [1]);
  const contract = { type: 'small', version: '1.4.0', supportedUntil: '2027-06-30' };
  assert.equal(
    deprecationText(contract, '2027-06-30'),
    'small 1.x is deprecated and supported until 2027-06-30; the current version is 2.x',
  );
  assert.match(deprecationText(contract, '2027-07-01'), /until 2027-06-30, which is over: the next release may refuse/);
  assert.match(deprecationText({ type: 'small', version: '1.4.0' }, '2027-07-01'), /until small 3 ships/);
});

test('drift: differing, missing and additional files, sorted; line ends do not count', () => {
  const shipped = new Map([
    ['openapi.yaml', 'a\nb\n'],
    ['contract.yaml', 'x'],
    ['vectors/a.json', '{}'],
  ]);
  assert.deepEqual(contractDrift(shipped, new Map(shipped).set('openapi.yaml', 'a\r\nb\r\n')), []);
  const local = new Map([
    ['openapi.yaml', 'a\nB\n'],
    ['contract.yaml', 'x'],
    ['README.md', 'own'],
  ]);
  assert.deepEqual(contractDrift(shipped, local), ['README.md', 'openapi.yaml', 'vectors/a.json']);
});
