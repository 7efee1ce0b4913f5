import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BaselineSource, baseOf, resolveBaseline } from '../../../src/commands/baseline-source.ts';
import { compareAll } from '../../../src/commands/compare-run.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { RunRecorder } from '../../../src/commands/recorder.ts';
import type { Baseline } from '../../../src/domain/baseline.ts';
import type { ServiceRepository } from '../../../src/domain/implementation.ts';
import { parseManifest } from '../../../src/manifest/parse.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { saveBaseline } from '../../../src/results/runs.ts';
import { exampleImplementation, exampleMetadata, exampleResults, exampleTags } from '../../helpers/example-run.ts';
import { exampleJob } from '../../helpers/job-ports.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';

const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/manifest.schema.json'), 'utf8'),
) as object;
const manifestOf = (names: readonly string[], folder: string) =>
  `service_type: discord-webhook\ncontract_version: 1.0.0\nimplementations:\n${names
    .map((name) => `  - { name: ${name}, path: ${folder}/${name} }\n`)
    .join('')}`;

const [OLD, NEW, GONE] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];
/** What the commits of the repository hold: paths moved meanwhile, and one implementation came. */
const COMMITS = new Map([
  [OLD, manifestOf(['steady', 'slower'], 'old')],
  [NEW, manifestOf(['steady', 'slower', 'unstored'], 'new')],
]);
const HEAD_NAMES = ['steady', 'slower', 'unstored', 'brand-new'];

function repositoryAt(root: string): ServiceRepository {
  const file = 'manifest.yaml';
  const parsed = parseManifest({ text: manifestOf(HEAD_NAMES, 'head'), file }, { manifest });
  return { source: '.', root, manifestPath: file, manifest: parsed };
}

const asked: string[] = [];
function portsWith(changes: Partial<Ports> = {}) {
  asked.length = 0;
  const sources = {
    treeAt: async (root: string, commit: string) => {
      asked.push(commit);
      return root === '/repo' && COMMITS.has(commit) ? { root: `/tree/${commit}`, commit } : undefined;
    },
    baseOf: async (root: string, { baseSha }: { readonly baseSha: string }) => (root === '/repo' ? baseSha : undefined),
  } as unknown as Ports['sources'];
  const fileTree = (root: string) =>
    ({ root, read: async () => COMMITS.get(root.replace('/tree/', '')) }) as unknown as ReturnType<Ports['fileTree']>;
  return runPorts({ sources, fileTree, schemas: { ...RESULT_SCHEMAS, manifest } as Ports['schemas'], ...changes });
}

type Stored = readonly {
  readonly name: string;
  readonly commit: string;
  readonly day: number;
  readonly profile?: string;
}[];

function baselineOf(entries: Stored): Baseline {
  const speed = { head: { coldMs: 100, warmMs: 2 } };
  const baseline = entries.reduce<Baseline | undefined>((previous, { name, commit, day, profile }) => {
    const runId = `run-${day}`;
    const changes = { runId, ...(profile === undefined ? {} : { profile }) };
    const result = exampleImplementation(name, speed, { tags: exampleTags({ implementation: name, commit }) });
    const startedAt = `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;
    return updateBaseline(
      previous,
      exampleResults([result], undefined, changes),
      exampleMetadata({ runId, startedAt }),
    );
  }, undefined);
  assert.ok(baseline !== undefined);
  return baseline;
}

async function latest(entries: Stored | undefined, changes: Partial<Ports> = {}, roots = ['/repo']) {
  const { ports } = portsWith(changes);
  if (entries !== undefined) await saveBaseline(ports.store, baselineOf(entries), ports.schemas);
  const repositories = roots.map(repositoryAt);
  return resolveBaseline({ kind: 'latest' }, repositories, ports, new AbortController().signal);
}

const shown = (source: BaselineSource, name: string, profile?: string) => {
  const base = baseOf(source, '/repo', name, profile);
  return base === undefined ? undefined : `${base.commit} ${base.root} ${base.implementation.path}`;
};

test('each implementation is measured beside its own newest baseline, with the paths of that commit', async () => {
  const source = await latest([
    { name: 'steady', commit: OLD, day: 1 },
    { name: 'slower', commit: OLD, day: 1 },
    { name: 'steady', commit: NEW, day: 2 },
  ]);
  assert.equal(shown(source, 'steady'), `${NEW} /tree/${NEW} new/steady`);
  assert.equal(shown(source, 'slower'), `${OLD} /tree/${OLD} old/slower`);
  assert.equal(shown(source, 'unstored'), `${NEW} /tree/${NEW} new/unstored`);
  assert.equal(shown(source, 'brand-new'), undefined);
  assert.match(
    source.reason,
    /^base is each implementation's own commit of the stored baseline \(2{12}, 1{12}\), measured/,
  );
  assert.deepEqual(source.reference, { runIds: ['run-2', 'run-1'], commit: NEW, date: '2026-11-02T00:00:00.000Z' });
  assert.deepEqual(asked.toSorted(), [OLD, NEW], 'each commit is looked for once');
});

test('with one commit for all, the reason names it', async () => {
  const source = await latest([{ name: 'steady', commit: NEW, day: 2 }]);
  assert.equal(
    source.reason,
    `base is commit ${'2'.repeat(12)} of the stored baseline, measured beside the head in this run`,
  );
});

test('a profile is measured beside its own baseline, else beside that of the implementation', async () => {
  const source = await latest([
    { name: 'steady', commit: NEW, day: 3 },
    { name: 'steady', commit: OLD, day: 1, profile: 'cpu2' },
    { name: 'steady', commit: GONE, day: 2, profile: 'cpu4' },
    { name: 'slower', commit: OLD, day: 1, profile: 'cpu2' },
  ]);
  assert.match(shown(source, 'steady', 'cpu2') ?? '', new RegExp(`^${OLD}`));
  assert.match(shown(source, 'steady', 'cpu1') ?? '', new RegExp(`^${NEW}`));
  assert.match(shown(source, 'steady') ?? '', new RegExp(`^${NEW}`));
  assert.equal(shown(source, 'steady', 'cpu4'), undefined, 'its own is gone: no other commit stands in for it');
  assert.match(shown(source, 'slower') ?? '', new RegExp(`^${OLD}`));
});

for (const [title, commit] of [
  ['is gone', GONE],
  ['had files that differed', `${NEW}-dirty`],
] as const) {
  test(`an implementation whose commit ${title} is not compared with another one`, async () => {
    const source = await latest([
      { name: 'slower', commit, day: 1 },
      { name: 'steady', commit: NEW, day: 2 },
    ]);
    assert.equal(shown(source, 'slower'), undefined);
    assert.match(shown(source, 'steady') ?? '', new RegExp(`^${NEW}`));
    const { ports } = portsWith();
    const recorder = new RunRecorder(exampleMetadata(), ports);
    const sides = { base: { coldMs: 100, warmMs: 2 }, head: { coldMs: 100, warmMs: 2 } };
    const group = { serviceType: 'discord-webhook' };
    await recorder.record(group, '1.0.0', exampleImplementation('steady', sides));
    for (const name of ['slower', 'brand-new'])
      await recorder.record(group, '1.0.0', exampleImplementation(name, { head: sides.head }));
    await compareAll(testConfig(), source, recorder);
    const { comparison } = recorder.run.results[0] ?? {};
    assert.equal(comparison?.mode, 'side-by-side');
    const judged = new Map(comparison.implementations.map((one) => [one.implementation, one]));
    assert.equal(judged.get('slower')?.verdict, 'inconclusive');
    assert.equal(
      judged.get('slower')?.reason,
      `its baseline, ${commit}, cannot be built from this repository any more`,
    );
    assert.equal(judged.get('brand-new')?.state, 'new');
  });
}

test('without any tree the stored numbers are used', async () => {
  const source = await latest([{ name: 'steady', commit: GONE, day: 1 }]);
  assert.equal(source.trees.size, 0);
  assert.ok(source.stored !== undefined);
  assert.match(source.reason, /names no commit that this repository still has/);
});

test('before there is a baseline, a pull request is measured beside its base', async () => {
  const pullRequest = { ...exampleJob().pullRequest, baseSha: OLD } as NonNullable<
    ReturnType<typeof exampleJob>['pullRequest']
  >;
  const source = await latest(undefined, { job: exampleJob({ pullRequest }) }, ['/repo', '/elsewhere']);
  assert.match(shown(source, 'steady') ?? '', new RegExp(`^${OLD}`));
  assert.equal(shown(source, 'unstored'), undefined, 'new since the base');
  assert.equal(
    source.reason,
    `memory holds no baseline yet: base is commit ${'1'.repeat(12)} that the pull request starts from, measured beside the head in this run`,
  );
  assert.deepEqual(source.reference, { runIds: [], commit: OLD });
  assert.deepEqual([...source.trees.keys()], ['/repo']);
});

test('before there is a baseline, nothing else has one', async () => {
  const { pullRequest: _, ...push } = exampleJob({ event: 'push' });
  for (const changes of [{}, { job: push }]) {
    const source = await latest(undefined, changes);
    assert.deepEqual([source.trees.size, source.reason], [0, 'memory holds no baseline yet']);
  }
});
