import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadJob, refuseUnreachableStore } from '../../../src/commands/load-job.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { ResourceLog } from '../../../src/commands/resource-log.ts';
import { meetingPlace, runtimeOf } from '../../../src/context-parts.ts';
import { InfrastructureError, UsageError } from '../../../src/domain/errors.ts';
import type { ExecutionEnd, JobSpec } from '../../../src/domain/load.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { RunResources } from '../../../src/domain/resources.ts';
import { STORE_VARIABLE } from '../../../src/measure/load-files.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';

const RUN = 'run-20261121-124800-x7k2q9';
const IMAGE = 'r.test/cloudrun-perf-load@sha256:aa';

interface Given {
  readonly fails?: { readonly image?: Error; readonly deploy?: Error; readonly remove?: Error };
  readonly image?: string;
  readonly audience?: string;
}

function loadJob({ fails = {}, image, audience }: Given = {}) {
  const calls: string[] = [];
  const specs: JobSpec[] = [];
  const failures: unknown[] = [];
  let resources: RunResources = { created: [], removed: [], left: [] };
  const log = new ResourceLog(async (found) => {
    resources = found;
  });
  const did = (call: string, error?: Error) => {
    calls.push(call);
    if (error !== undefined) throw error;
  };
  const jobs: JobRunner = {
    async deploy(spec) {
      specs.push(spec);
      // Written down before it is made: a kill in between must not hide it.
      assert.deepEqual(resources.created.map(({ kind }) => kind).includes('job'), true);
      did('deploy', fails.deploy);
    },
    run: async (_job, { taskCount, env }): Promise<ExecutionEnd> => {
      did(`run ${taskCount} of ${env[STORE_VARIABLE]}`);
      return { execution: 'e', tasks: [] };
    },
    list: async () => [],
    remove: async () => did('remove', fails.remove),
  };
  const store = createMemoryStore();
  const ports = {
    platform: async () => ({ jobs }),
    loadImage: async ({ image: given, label }: { image?: string; label: string }) => {
      did(`image ${given ?? 'own'} ${label.slice(0, label.lastIndexOf('-'))}`, fails.image);
      return { kind: 'container', image: given ?? IMAGE, digest: 'sha256:aa', buildMs: 1 };
    },
    logger: { info: () => undefined, warn: (message: string) => void calls.push(message), debug: () => undefined },
    clock: { epochMs: () => 1_800_000_000_000 },
    tool: { owner: 'org/services' },
    randomText: () => '0123456789abcdef',
    contractMajors: async () => [1],
    ...(audience === undefined ? {} : { privateAudience: audience }),
  } as unknown as Ports;
  const settings = { warm: { connections: 2, requests: 10, warmupRequests: 2 }, load: { from: 'job', tasks: 3 } };
  const plan = { runId: RUN, platform: 'cloudrun', settings } as unknown as Plan;
  const own = image === undefined ? {} : { image };
  const config = { from: 'job', tasks: 3, cpu: '2', memory: '1Gi', serviceAccount: 'load@p', ...own } as const;
  const job = new LoadJob({ plan, config, store, ports, resources: log, signal: AbortSignal.any([]) });
  const remove = () => job.remove((error) => void failures.push(error));
  return { job, calls, specs, failures, store, remove, resources: () => resources };
}

const round = {
  blocks: [{ id: 'a', url: 'http://a.test' }],
  warm: { connections: 2, requests: 10, warmupRequests: 2 },
  requestTimeoutMs: 1,
} as unknown as Parameters<Awaited<ReturnType<LoadJob['driver']>>['run']>[0];

test('one job for all implementations: made before the first, removed after the last', async () => {
  const { job, calls, specs, store, remove, resources, failures } = loadJob({ audience: 'cloudrun-perf' });
  job.begin();
  const [one, other] = [
    await job.driver({ serviceType: 'discord-webhook' }),
    await job.driver({ serviceType: 'discord-webhook' }),
  ];
  await one.run(round);
  await other.run(round);
  await remove();
  await remove();
  assert.deepEqual(calls, [
    `image own ${RUN}-head`,
    '3 tasks share 2 connections: 1 have nothing to do',
    'deploy',
    'run 3 of memory',
    calls[4],
    'run 3 of memory',
    calls[6],
    'remove',
  ]);
  const [{ name, image, labels, cpu, memory, serviceAccount }] = specs as [JobSpec];
  assert.match(name, /^perf-load-[a-z0-9]{8}$/);
  assert.deepEqual([image, cpu, memory, serviceAccount], [IMAGE, '2', '1Gi', 'load@p']);
  assert.deepEqual(Object.keys(labels).sort(), ['managed-by', 'perf-expires', 'perf-owner', 'perf-run-id']);
  assert.equal(labels['perf-run-id'], RUN);
  const plans = [...store.texts].filter(([path]) => path.endsWith('plan.json'));
  assert.deepEqual(
    plans.map(([path]) => path),
    [1, 2].map((n) => `runs/${RUN}/load/0123456789abcdef-${n}/plan.json`),
  );
  assert.deepEqual(
    plans.map(([, text]) => JSON.parse(text).audience),
    ['cloudrun-perf', 'cloudrun-perf'],
  );
  const { created, removed, left } = resources();
  assert.deepEqual(
    created.map(({ kind, name: made }) => [kind, made]),
    [
      ['image', IMAGE],
      ['job', name],
    ],
  );
  assert.deepEqual([removed, left.map(({ kind }) => kind), failures], [[{ kind: 'job', name }], ['image'], []]);
});

test('a given image is taken as it is, and is nothing that the run has made', async () => {
  const { job, calls, remove, resources } = loadJob({ image: 'x.test/load@sha256:bb' });
  await job.driver({ serviceType: 'discord-webhook' });
  await remove();
  assert.ok(calls.includes(`image x.test/load@sha256:bb ${RUN}-head`), calls.join('\n'));
  assert.deepEqual(resources().left, []);
});

test('what cannot be made is told to every implementation, once tried; and nothing is left', async () => {
  const error = new InfrastructureError('load-image-unbuildable', 'no Docker');
  const { job, calls, remove, resources } = loadJob({ fails: { image: error } });
  job.begin();
  await assert.rejects(job.driver({ serviceType: 'discord-webhook' }), error);
  await assert.rejects(job.driver({ serviceType: 'discord-webhook' }), error);
  await remove();
  assert.equal(calls.filter((call) => call.startsWith('image')).length, 1);
  assert.ok(!calls.includes('deploy') && !calls.includes('remove'));
  assert.deepEqual(resources().created, []);
});

test('a job whose deploy failed is removed all the same: it may be there', async () => {
  const { job, calls, remove, resources } = loadJob({ fails: { deploy: new Error('lost answer') } });
  await assert.rejects(job.driver({ serviceType: 'discord-webhook' }), /lost answer/);
  await remove();
  assert.deepEqual(calls.filter((call) => call === 'remove').length, 1);
  assert.equal(resources().removed.length, 1);
});

test('a job that cannot be removed is left, with the reason', async () => {
  const { job, remove, resources, failures } = loadJob({ fails: { remove: new Error('503') } });
  await job.driver({ serviceType: 'discord-webhook' });
  await remove();
  const left = resources().left.filter(({ kind }) => kind === 'job');
  assert.deepEqual(
    left.map(({ reason }) => reason),
    ['503'],
  );
  assert.match(String(failures[0]), /could not remove job perf-load-/);
});

test('a run that never came to its first round has no job', async () => {
  const { job, calls, remove } = loadJob();
  job.begin();
  await remove();
  assert.deepEqual(calls, [`image own ${RUN}-head`]);
});

test('tasks have to see the store', () => {
  const job = { load: { from: 'job' } } as const;
  const refused = (code: string) => (error: unknown) => error instanceof UsageError && error.code === code;
  assert.throws(() => refuseUnreachableStore(job, 'cloudrun', { location: '/results' }), refused('load-needs-bucket'));
  assert.throws(() => refuseUnreachableStore(job, 'local', { location: 'gs://b' }), refused('load-needs-directory'));
  refuseUnreachableStore(job, 'cloudrun', { location: 'gs://b/p' });
  refuseUnreachableStore(job, 'local', { location: '/results' });
  refuseUnreachableStore({}, 'cloudrun', { location: '/results' });
});

test('tasks meet in a bucket, also where the results of a job go to a directory', () => {
  const config = { storage: { resultsBucket: 'gs://configured' } } as Parameters<typeof meetingPlace>[2];
  const none = { storage: {} } as typeof config;
  assert.equal(meetingPlace('/tmp/shards', 'cloudrun', config), 'gs://configured');
  assert.equal(meetingPlace('gs://given', 'cloudrun', config), 'gs://given');
  assert.equal(meetingPlace('/tmp/shards', 'cloudrun', none), '/tmp/shards');
  assert.equal(meetingPlace('/tmp/shards', 'local', config), '/tmp/shards');
  assert.equal(meetingPlace(undefined, 'local', none), undefined);
});

test('tasks are processes where services are containers', () => {
  const request = (command: string, loadFrom?: string) => ({ command, loadFrom }) as Parameters<typeof runtimeOf>[0];
  const config = (runtime: string, from = 'runner') =>
    ({ emulator: { runtime }, load: { from } }) as Parameters<typeof runtimeOf>[1];
  assert.equal(runtimeOf(request('benchmark', 'job'), config('container')), 'auto');
  assert.equal(runtimeOf(request('benchmark'), config('container', 'job')), 'auto');
  assert.equal(runtimeOf(request('benchmark', 'runner'), config('container', 'job')), 'container');
  assert.equal(runtimeOf(request('emulate'), config('container', 'job')), 'container');
  assert.equal(runtimeOf(request('benchmark', 'job'), config('process')), 'process');
});
