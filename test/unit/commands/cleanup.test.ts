import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanup } from '../../../src/commands/cleanup.ts';
import type { CleanupRequest } from '../../../src/config/request.ts';
import { InfrastructureError, UsageError } from '../../../src/domain/errors.ts';
import { baselineTag } from '../../../src/plan/baseline-tags.ts';
import { ownedLabels, ownerHash, RUN_LABEL } from '../../../src/plan/naming.ts';
import type { RegistryEntry } from '../../../src/ports/image-registry.ts';
import type { DeployedService, Platform } from '../../../src/ports/platform.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { loadRun, saveBaseline, saveMetadata } from '../../../src/results/runs.ts';
import { exampleMetadata, variedRun } from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';
import { runPorts } from '../../helpers/run-ports.ts';
import { TagRegistry } from '../../helpers/tag-registry.ts';

const OWNER = 'org';
const RUN = 'run-20261121-124800-x7k2q9';
const NOW_MS = Date.parse('2026-11-21T15:00:00.000Z');
const HOUR_MS = 3_600_000;

function service(name: string, ageMs: number, labels: Readonly<Record<string, string>> = {}): DeployedService {
  return { name, createdAtMs: NOW_MS - ageMs, labels: { ...ownedLabels(OWNER), [RUN_LABEL]: RUN, ...labels } };
}

interface World {
  readonly services?: readonly DeployedService[];
  readonly images?: readonly RegistryEntry[];
  /** What happens once the images have been listed. */
  readonly afterList?: (registry: TagRegistry) => Promise<void> | void;
  /** Names and digests that cannot be removed. */
  readonly stuck?: readonly string[];
  /** Which lists cannot be read. */
  readonly unreadable?: readonly string[];
}

function world({ services = [], images, afterList, stuck = [], unreadable = [] }: World) {
  const calls: string[] = [];
  const attempt = (what: string, name: string) => {
    if (what !== 'list') calls.push(`${what} ${name}`);
    if ([...stuck, ...unreadable].includes(name))
      throw new InfrastructureError('permission-denied', `no permission for ${name}`);
  };
  const platform: Partial<Platform> = {
    list: async (labels) => {
      attempt('list', 'services');
      return services.filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value));
    },
    remove: async (name) => attempt('remove', name),
  };
  const registry = new TagRegistry(images ?? [], attempt, afterList);
  const made = runPorts({
    platform: async () => platform as Platform,
    stopLeftovers: async () => [],
    ...(images === undefined ? {} : { imageRegistry: async () => registry }),
  });
  const run = (request: Partial<CleanupRequest>) =>
    cleanup(
      { command: 'cleanup', verbose: false, dryRun: false, all: false, ...request },
      'cloudrun',
      made.ports,
      new AbortController().signal,
    );
  return { ...made, calls, run, registry };
}

test('the newest goes first; one that cannot be removed stops nobody, is named at the end and fails', async () => {
  const services = [service('first', 3000), service('second', 2000), service('third', 1000)];
  const { run, calls, lines, printed } = world({ services, stuck: ['second'] });
  const { exitCodes } = await run({ run: RUN });
  assert.deepEqual(calls, ['remove third', 'remove second', 'remove first']);
  assert.deepEqual(exitCodes, [1]);
  assert.deepEqual(printed, ['removed service third\n', 'removed service first\n']);
  assert.deepEqual(lines, ['error could not remove service second: no permission for second']);
});

test('a list that cannot be read stops neither the other kind nor the account of what failed', async () => {
  const images = [image('x', '1', mine('head'))];
  const services = [service('a', 2), service('b', 1)];
  const blind = world({ services, images, stuck: ['a'], unreadable: ['images'] });
  await assert.rejects(blind.run({ run: RUN }), /no permission for images/);
  assert.deepEqual(blind.calls, ['remove b', 'remove a']);
  assert.deepEqual(blind.lines, ['error could not remove service a: no permission for a']);
  const other = world({ services, images, unreadable: ['services'] });
  await assert.rejects(other.run({ run: RUN }), /no permission for services/);
  assert.match(other.printed.join(''), /^left image r\/x@sha256:1+: no stored baseline/);
  const both = world({ images, unreadable: ['services', 'images'] });
  await assert.rejects(both.run({ run: RUN }), /no permission for services/);
  assert.deepEqual(both.lines, ['error no permission for images']);
});

test('by age: old and expired, in a time that is known', async () => {
  const soon = String(NOW_MS / 1000 + 60);
  const past = String(NOW_MS / 1000 - 60);
  const services = [
    service('old', 25 * HOUR_MS, { 'perf-expires': past }),
    service('old-and-alive', 25 * HOUR_MS, { 'perf-expires': soon }),
    service('young-and-expired', HOUR_MS, { 'perf-expires': past }),
    service('old-without-expiry', 25 * HOUR_MS),
    service('hours-without-expiry', 23 * HOUR_MS),
    service('old-with-nonsense', 25 * HOUR_MS, { 'perf-expires': 'never' }),
    { ...service('of-unknown-age', 0, { 'perf-expires': past }), createdAtMs: 0 },
  ];
  const { run, printed } = world({ services });
  await run({ olderThanMs: 2 * HOUR_MS });
  const removed = printed.flatMap((text) => /^removed service (\S+)/.exec(text)?.[1] ?? []);
  assert.deepEqual(removed.sort(), ['old', 'old-with-nonsense', 'old-without-expiry']);
  const kept = printed.flatMap((text) => /^left service (\S+: .*)/.exec(text)?.[1] ?? []);
  assert.deepEqual(kept.sort(), [
    'hours-without-expiry: it has not expired',
    'of-unknown-age: its creation time is unknown',
    'old-and-alive: it has not expired',
    'young-and-expired: it is not old enough',
  ]);
});

test('a dry run removes nothing and says what it would', async () => {
  const { run, calls, printed } = world({ services: [service('a', 1)] });
  await run({ all: true, dryRun: true });
  assert.deepEqual([calls, printed], [[], ['would remove service a\n']]);
});

test('without a scope nothing happens', async () => {
  const { run, calls } = world({ services: [service('a', 1)] });
  await assert.rejects(run({}), (error) => error instanceof UsageError && error.code === 'cleanup-scope');
  assert.deepEqual(calls, []);
});

const mine = (side: string, run = RUN) => `${run}-${side}-${ownerHash(OWNER)}`;
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const image = (name: string, digit: string, ...tags: string[]): RegistryEntry => ({
  repository: `r/${name}`,
  digest: digit.startsWith('sha256:') ? digit : digest(digit),
  tags,
});

test('images: by digest, tags first; not what a baseline names, others tag, or nobody of us has tagged', async () => {
  const run = variedRun();
  const [group] = run.results;
  assert.ok(group);
  const baseline = updateBaseline(undefined, group, run.metadata);
  const kept = Object.values(baseline.serviceTypes)[0]?.[0]?.runs[0]?.digest ?? '';
  assert.match(kept, /^sha256:/);
  const images = [
    image('gone', '1', mine('head'), mine('base')),
    image('kept', kept, mine('head')),
    image('shared', '3', mine('head'), 'v1.0.0'),
    image('of-another', '4', `${RUN}-head-bbbbbbbb`),
    image('of-another-run', '5', mine('head', 'run-20261121-124801-x7k2q9')),
    image('released', '6', 'latest'),
  ];
  const { run: clean, calls, printed, store } = world({ images });
  await saveBaseline(store, baseline, RESULT_SCHEMAS);
  assert.deepEqual((await clean({ run: RUN })).exitCodes, []);
  assert.deepEqual(calls, [
    `tag r/kept@${kept} ${baselineTag(OWNER, kept)}`,
    `untag r/gone:${mine('head')}+${mine('base')}`,
    `remove ${digest('1')}`,
    `untag r/shared:${mine('head')}`,
  ]);
  assert.deepEqual(printed, [
    `left image r/kept@${kept}: a stored baseline names it\n`,
    `left image r/shared@${digest('3')}: it has other tags, only those of the run are removed\n`,
    `removed image r/gone@${digest('1')}\n`,
  ]);
});

test('images that the baseline of another configuration names stay; an own baseline is wanted nevertheless', async () => {
  const { results, metadata } = variedRun();
  const [group] = results;
  assert.ok(group);
  const baseline = updateBaseline(undefined, group, metadata);
  const kept = Object.values(baseline.serviceTypes)[0]?.[0]?.runs[0]?.digest ?? '';
  const images = [image('gone', '1', mine('head')), image('kept', kept, mine('head'))];
  const { run: clean, calls, store } = world({ images });
  await saveBaseline(store, baseline, RESULT_SCHEMAS, { path: 'baselines/team/main.json' });
  await clean({ run: RUN });
  assert.deepEqual(calls, [], 'nothing is known of an own baseline');
  const empty = { ...baseline, serviceTypes: {} };
  await saveBaseline(store, empty, RESULT_SCHEMAS);
  await clean({ run: RUN });
  const tagged = `tag r/kept@${kept} ${baselineTag(OWNER, kept)}`;
  assert.deepEqual(calls, [tagged, `untag r/gone:${mine('head')}`, `remove ${digest('1')}`]);
});

/** A store with the baseline of an example run, and a digest that it names. */
async function withBaseline(made: ReturnType<typeof world>): Promise<string> {
  const { results, metadata } = variedRun();
  const [group] = results;
  assert.ok(group);
  const baseline = updateBaseline(undefined, group, metadata);
  await saveBaseline(made.store, baseline, RESULT_SCHEMAS);
  return Object.values(baseline.serviceTypes)[0]?.[0]?.artifact.digest ?? '';
}

test('an image that somebody else tags between list and removal stays theirs', async () => {
  const images = [image('raced', '1', mine('head')), image('gone', '2', mine('head'))];
  const afterList = (registry: TagRegistry) => registry.tag('r/raced', digest('1'), 'run-of-somebody-else');
  const made = world({ images, afterList });
  await withBaseline(made);
  assert.deepEqual((await made.run({ run: RUN })).exitCodes, []);
  assert.deepEqual(await made.registry.list(), [image('raced', '1', 'run-of-somebody-else')]);
  assert.match(made.printed.join(''), /^left image r\/raced@sha256:1+: it has been tagged by others meanwhile/m);
  assert.match(made.printed.join(''), /^removed image r\/gone@sha256:2+$/m);
});

test('an image that becomes the baseline between list and removal stays', async () => {
  const { results, metadata } = variedRun();
  const [group] = results;
  assert.ok(group);
  const baseline = updateBaseline(undefined, group, metadata);
  const named = Object.values(baseline.serviceTypes)[0]?.[0]?.artifact.digest ?? '';
  const images = [image('kept', named, mine('head'))];
  const made = world({ images, afterList: () => saveBaseline(made.store, baseline, RESULT_SCHEMAS).then(() => {}) });
  await saveBaseline(made.store, { ...baseline, serviceTypes: {} }, RESULT_SCHEMAS);
  await made.run({ run: RUN });
  assert.deepEqual(await made.registry.list(), [image('kept', named, mine('head'), baselineTag(OWNER, named))]);
});

test('what a baseline named once keeps its tag in the cleanup of a run, and loses it in a sweep', async () => {
  const old = digest('1');
  const theirs = baselineTag('others', old);
  const images = [image('old', '1', baselineTag(OWNER, old), theirs), image('cache', '2', 'buildcache')];
  const made = world({ images });
  await withBaseline(made);
  await made.run({ run: RUN });
  assert.deepEqual(made.calls, []);
  await made.run({ olderThanMs: HOUR_MS, dryRun: true });
  assert.deepEqual(made.calls, []);
  await made.run({ olderThanMs: HOUR_MS });
  assert.deepEqual(made.calls, [`untag r/old:${baselineTag(OWNER, old)}`]);
  assert.deepEqual(await made.registry.list(), [image('old', '1', theirs), image('cache', '2', 'buildcache')]);
});

test('the cleanup of a run tags its own images only, a sweep all that the baseline names', async () => {
  const named = await withBaseline(world({}));
  const images = [image('of-another-run', named, mine('head', 'run-20261121-124801-x7k2q9'))];
  const made = world({ images });
  await withBaseline(made);
  await made.run({ run: RUN });
  assert.deepEqual(made.calls, []);
  await made.run({ olderThanMs: HOUR_MS });
  assert.deepEqual(made.calls, [`tag r/of-another-run@${named} ${baselineTag(OWNER, named)}`]);
});

test('an image that cannot be tagged is a warning, and the rest is removed', async () => {
  const named = await withBaseline(world({}));
  const images = [image('kept', named, mine('head')), image('gone', '2', mine('head'))];
  const made = world({ images, stuck: [`r/kept@${named} ${baselineTag(OWNER, named)}`] });
  await withBaseline(made);
  assert.deepEqual((await made.run({ run: RUN })).exitCodes, []);
  assert.match(made.lines.join(), /^warn the image of the baseline was not tagged r\/kept@/);
  assert.match(made.printed.join(''), /^removed image r\/gone@/m);
});

test('without a baseline nobody knows what it would name: images stay', async () => {
  const { run, calls, printed } = world({ images: [image('x', '1', mine('head'))] });
  await run({ run: RUN });
  assert.deepEqual(calls, []);
  assert.match(printed.join(''), /left image r\/x@sha256:1+: no stored baseline/);
});

test('a stored run learns what became of what it had left', async () => {
  const services = [service('a', 2), service('b', 1)];
  const { run, store, ports } = world({ services, stuck: ['b'] });
  const created = services.map(({ name }) => ({ kind: 'service', name }) as const);
  const resources = { created, removed: [], left: [] };
  await saveMetadata(store, exampleMetadata({ runId: RUN, state: 'running', resources }), RESULT_SCHEMAS);
  await run({ run: RUN });
  const { metadata } = await loadRun(store, RUN, ports.schemas);
  assert.deepEqual(metadata.resources, {
    created,
    removed: [{ kind: 'service', name: 'a' }],
    left: [{ kind: 'service', name: 'b', reason: 'no permission for b' }],
  });
});
