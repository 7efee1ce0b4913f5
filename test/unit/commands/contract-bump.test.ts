import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContractBumps } from '../../../src/commands/contract-bump.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { PerfError } from '../../../src/domain/errors.ts';
import type { ServiceRepository } from '../../../src/domain/implementation.ts';
import { DIFFED, edited } from '../../helpers/diffed-contract.ts';

const BREAKING = { file: 'openapi.yaml', from: 'required: [name]', to: 'required: [name, size]' };
const version = (to: string) => ({ file: 'contract.yaml', from: 'version: 1.0.0', to: `version: ${to}` });
const repository = (serviceType = 'small') =>
  ({ source: '.', root: '/work', manifest: { serviceType } }) as unknown as ServiceRepository;

interface World {
  readonly before?: ReadonlyMap<string, string> | undefined;
  readonly after: ReadonlyMap<string, string>;
  readonly majors?: readonly number[];
  readonly baseType?: string;
  readonly based?: boolean;
}

async function bump({ before = DIFFED, after, majors = [], baseType = 'small', based = true }: World) {
  const filesOf = (root: string) => (root === '/work' ? after : before);
  const ports = {
    contractMajors: async () => majors,
    sources: { treeAt: async (_: string, commit: string) => ({ root: `/at/${commit}` }) },
    fileTree: (root: string) => ({
      root,
      list: async () => [...filesOf(root).keys()].map((path) => `contract/${path}`),
      read: async (path: string) => filesOf(root).get(path.slice('contract/'.length)),
    }),
  } as unknown as Ports;
  const manifest = repository(baseType).manifest;
  const bases = new Map(based ? [['/work', { commit: 'abc', manifest }]] : []);
  await checkContractBumps([repository()], bases, ports, new AbortController().signal);
}

test('a breaking change with too small a step is refused with exit code 3, and says what breaks', async () => {
  for (const edits of [[BREAKING], [BREAKING, version('1.1.0')], [BREAKING, version('0.9.0')]]) {
    await assert.rejects(bump({ after: edited(edits) }), (error) => {
      assert.ok(error instanceof PerfError);
      assert.deepEqual([error.code, error.exitCode], ['contract-bump', 3]);
      assert.match(error.message, /a major bump is needed.*which is too little/);
      assert.match(
        error.problems.map(({ message }) => message).join('\n'),
        /breaking: openapi\.yaml .*"size" is required now/,
      );
      assert.match(error.hint ?? '', /one major step from 1\.0\.0/);
      return true;
    });
  }
});

test('what has the step that it needs, or is not to be judged, passes', async () => {
  const after = edited([BREAKING]);
  const cases: readonly [string, World][] = [
    ['no change', { after: DIFFED }],
    ['a great enough step', { after: edited([BREAKING, version('2.0.0')]) }],
    ['the first contract', { before: new Map(), after }],
    ['a contract that could not be read before', { before: new Map([['contract.yaml', 'type: [']]), after }],
    ['a copy of a shipped one', { after, majors: [1] }],
    ['another type', { after, baseType: 'other' }],
    ['no base', { after, based: false }],
  ];
  for (const [name, world] of cases) await assert.doesNotReject(bump(world), name);
});
