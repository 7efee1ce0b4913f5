import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractFor, deprecationOf } from '../../../src/commands/contracts.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { SMALL_CONTRACT } from '../../helpers/small-contract.ts';

const TYPE = 'discord-webhook';

function version(text: string, more = ''): ReadonlyMap<string, string> {
  const contract = (SMALL_CONTRACT.get('contract.yaml') ?? '').replace('version: 1.2.0', `version: ${text}\n${more}`);
  return new Map([...SMALL_CONTRACT, ['contract.yaml', contract]]);
}

const SHIPPED = new Map([
  [1, version('1.2.0')],
  [2, version('2.3.0', 'supported_until: 2027-06-30')],
  [3, version('3.0.0')],
]);

function ports(majors: readonly number[], own: ReadonlyMap<string, string> = new Map()): Ports {
  const tree = {
    root: '/repo',
    list: async () => [...own.keys()].map((path) => `contract/${path}`),
    read: async (path: string) => own.get(path.slice('contract/'.length)),
    exists: async () => true,
  };
  return {
    contractMajors: async () => majors,
    contractFiles: async (_: string, major: number) => SHIPPED.get(major),
    fileTree: () => tree,
  } as unknown as Ports;
}

const load = (contractVersion: string | undefined, from: Ports) =>
  contractFor({ serviceType: TYPE, repositoryRoot: '/repo', ...(contractVersion && { contractVersion }) }, from);

test('of a shipped type the major chooses, and the oldest supported one stands for none', async () => {
  for (const [majors, wanted, found] of [
    [[3, 2, 1], '3.0.0', '3.0.0'],
    [[3, 2, 1], '2.0.0', '2.3.0'],
    [[3, 2, 1], undefined, '2.3.0'],
    [[2, 1], undefined, '1.2.0'],
    [[3], undefined, '3.0.0'],
  ] as const)
    assert.equal((await load(wanted, ports(majors))).version, found, `${wanted}`);
  for (const [majors, wanted, code] of [
    [[3, 2, 1], '1.2.0', 'contract-version-older'],
    [[3, 2, 1], '4.0.0', 'contract-version-newer'],
    [[3, 2, 1], '2.4.0', 'contract-version-newer'],
    [[3, 2, 1], '3.1.0', 'contract-version-newer'],
    [[3], '2.0.0', 'contract-version-older'],
  ] as const)
    await assert.rejects(load(wanted, ports(majors)), { code }, wanted);
});

test('the major before the current one is told to be deprecated, with the date', async () => {
  const told = (contractVersion: string, date: string) =>
    deprecationOf({ serviceType: TYPE, contractVersion }, ports([3, 2]), Date.parse(date));
  assert.equal(await told('3.0.0', '2026-11-21'), undefined);
  assert.match(
    (await told('2.1.0', '2026-11-21')) ?? '',
    /discord-webhook 2\.x is deprecated and supported until 2027-06-30;/,
  );
  assert.match((await told('2.1.0', '2027-07-01')) ?? '', /which is over/);
  assert.equal(await deprecationOf({ serviceType: 'own' }, ports([]), 0), undefined);
});

test('a contract of the repository itself is there in one version', async () => {
  const own = ports([], version('2.1.0'));
  assert.equal((await load('2.0.0', own)).version, '2.1.0');
  assert.equal((await load(undefined, own)).version, '2.1.0');
  await assert.rejects(load('1.0.0', own), {
    code: 'contract-version-older',
    message: /contract\/ of the .* holds 2\.1\.0/,
  });
  await assert.rejects(load('2.2.0', own), { code: 'contract-version-newer' });
  await assert.rejects(load('3.0.0', own), { code: 'contract-version-newer' });
});
