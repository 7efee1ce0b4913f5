import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare, type StageError } from '../../../src/commands/prepare.ts';
import type { Side } from '../../../src/domain/deployment.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { EXAMPLE_PROFILE, exampleArtifact } from '../../helpers/example-run.ts';
import { runPorts } from '../../helpers/run-ports.ts';

const PLAN = {
  runId: 'run-1',
  platform: 'cloudrun',
  project: 'my-project',
  implementations: [
    {
      implementation: {
        name: 'node-http',
        serviceType: 'discord-webhook',
        path: 'node-http',
        dockerfile: 'Dockerfile',
        buildArgs: {},
        supportedFeatures: [],
      },
      repositoryRoot: '/repo',
      contractVersion: '1.0.0',
      profile: EXAMPLE_PROFILE,
      labels: {},
      services: (['base', 'head'] as const).map((side) => ({ side, name: `s-${side}`, sampleTags: ['c01'] })),
    },
  ],
} as unknown as Plan;

type Step = `${'build' | 'deploy'} ${Side}`;
type Steps = Readonly<Partial<Record<Step, Promise<void>>>>;

/** Prepares both sides; each step takes as long, and ends, as its promise does. */
async function both(steps: Steps, signal = new AbortController().signal) {
  const begun: string[] = [];
  const removed: string[] = [];
  const baseFailures: StageError[] = [];
  const step = async (name: Step) => {
    begun.push(name);
    await steps[name];
  };
  const cloud: Partial<Platform> = {
    deploy: async ({ name, image }, stop) => {
      stop?.throwIfAborted();
      const aborted = new Promise<never>((_, reject) => stop?.addEventListener('abort', () => reject(stop.reason)));
      await Promise.race([step(`deploy ${name.slice(2) as Side}`), aborted]);
      return { service: name, image, url: 'u', revisions: [], deployedAtMs: 0, deployMs: 0 };
    },
    remove: async (name) => void removed.push(name),
  };
  const { ports } = runPorts({
    builder: {
      unavailable: async () => undefined,
      build: async ({ label }) => {
        await step(label.includes('head') ? 'build head' : 'build base');
        return exampleArtifact();
      },
    },
    platform: async () => cloud as Platform,
    messageBus: async () => undefined,
  });
  const [planned] = PLAN.implementations;
  assert.ok(planned !== undefined);
  const told = (error: StageError) => void baseFailures.push(error);
  const outcome = await prepare(PLAN, planned, {}, ports, told, signal).catch((error: unknown) => error);
  return { outcome, begun, removed, baseFailures: baseFailures.map(({ message }) => message) };
}

const sidesOf = (outcome: unknown) => (outcome as { sides: { side: Side }[] }).sides.map(({ side }) => side);
const FAILED = new InfrastructureError('deploy-failed', 'no');

test('both sides are built and deployed at the same time, and the head comes first', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Neither side's steps end before the other's have begun.
  const meeting = both({ 'build head': promise, 'deploy base': promise });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  resolve();
  const { outcome, begun, baseFailures } = await meeting;
  assert.deepEqual(begun, ['build head', 'build base', 'deploy base', 'deploy head']);
  assert.deepEqual([sidesOf(outcome), baseFailures], [['head', 'base'], []]);
});

test('a base that fails is told and left out, whether it fails first or last', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const [head, base] of [
    [promise, Promise.reject(FAILED)],
    [undefined, promise.then(() => Promise.reject(FAILED))],
  ] as const) {
    base.catch(() => undefined);
    const meeting = both({ ...(head === undefined ? {} : { 'deploy head': head }), 'deploy base': base });
    resolve();
    const { outcome, baseFailures, removed } = await meeting;
    assert.deepEqual([sidesOf(outcome), baseFailures, removed], [['head'], ['no'], ['s-base']]);
  }
});

test('a head that fails is what is told, and the base is deployed no further', async () => {
  const never = new Promise<void>(() => undefined);
  const failing = Promise.reject(FAILED);
  failing.catch(() => undefined);
  const late = await both({ 'build head': failing, 'deploy base': never });
  assert.deepEqual([(late.outcome as StageError).stage, (late.outcome as StageError).cause], ['build', FAILED]);
  assert.deepEqual([late.baseFailures, late.removed], [[], ['s-base']]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const meeting = both({ 'build head': failing, 'build base': promise });
  await new Promise(setImmediate);
  resolve();
  const early = await meeting;
  assert.equal((early.outcome as StageError).cause, FAILED);
  assert.deepEqual(
    early.begun,
    ['build head', 'build base'],
    'the base is built for whoever shares it, and not deployed',
  );
});

test('an abort ends both, and is no failure of the base', async () => {
  const controller = new AbortController();
  const never = new Promise<void>(() => undefined);
  const meeting = both({ 'deploy head': never, 'deploy base': never }, controller.signal);
  await new Promise(setImmediate);
  controller.abort(new Error('stop'));
  const { outcome, removed, baseFailures } = await meeting;
  assert.ok(outcome instanceof Error);
  assert.deepEqual([removed.toSorted(), baseFailures], [['s-base', 's-head'], []]);
});
