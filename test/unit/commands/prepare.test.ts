import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PreparePorts, prepare, removeServices, type StageError } from '../../../src/commands/prepare.ts';
import { ResourceLog } from '../../../src/commands/resource-log.ts';
import type { ServiceSpec } from '../../../src/domain/deployment.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { Plan, PlatformName } from '../../../src/domain/plan.ts';
import { NO_RESOURCES, type RunResources } from '../../../src/domain/resources.ts';
import { NOT_OURS, type Platform } from '../../../src/ports/platform.ts';
import { EXAMPLE_PROFILE, exampleArtifact } from '../../helpers/example-run.ts';
import { runPorts } from '../../helpers/run-ports.ts';

const SERVICE = 'node-http-head-x7k2q9';

function planOn(platform: PlatformName): Plan {
  const planned = {
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
    services: [{ side: 'head', name: SERVICE, sampleTags: ['s01'] }],
  };
  return { runId: 'run-1', platform, project: 'my-project', implementations: [planned] } as unknown as Plan;
}

interface World {
  readonly platform?: PlatformName;
  /** What the deployment fails with. */
  readonly deploy?: Error;
  /** How many removals fail. */
  readonly stuck?: number;
  readonly topics?: string[];
}

/** Prepares the one implementation of a plan, and tells what came of it. */
async function world({ platform = 'cloudrun', deploy, stuck = 0, topics }: World) {
  const plan = planOn(platform);
  const [planned] = plan.implementations;
  assert.ok(planned !== undefined);
  const deployed: ServiceSpec[] = [];
  const removals: string[] = [];
  let resources: RunResources = NO_RESOURCES;
  const cloud: Partial<Platform> = {
    deploy: async (spec) => {
      deployed.push(spec);
      if (deploy !== undefined) throw deploy;
      return { service: spec.name, image: spec.image, url: 'u', revisions: [], deployedAtMs: 0, deployMs: 0 };
    },
    remove: async (name) => {
      removals.push(name);
      if (removals.length <= stuck) throw new InfrastructureError('permission-denied', 'no permission to delete');
    },
  };
  const { ports, lines } = runPorts({
    builder: { unavailable: async () => undefined, build: async () => exampleArtifact() },
    platform: async () => cloud as Platform,
    messageBus: async () =>
      topics === undefined
        ? undefined
        : {
            project: 'p',
            emulatorHost: '127.0.0.1:1',
            ensureTopic: async (topic) => void topics.push(topic),
            subscribe: () => assert.fail('nothing is watched yet'),
          },
  });
  const log = new ResourceLog(async (found) => {
    resources = found;
  });
  const preparing: PreparePorts = { ...ports, resources: log };
  const signal = new AbortController().signal;
  const prepared = await prepare(plan, planned, {}, preparing, () => undefined, signal).catch(
    (error: StageError) => error,
  );
  return {
    prepared,
    deployed,
    removals,
    lines,
    resources: () => resources,
    removeAll: () => removeServices(planned, preparing, () => undefined),
  };
}

test('on Cloud Run services publish to the topic of the set-up, and none is made', async () => {
  const { deployed } = await world({});
  assert.equal(deployed[0]?.env.PUBSUB_TOPIC, 'perf-discord-webhook');
  assert.equal(deployed[0]?.env.PUBSUB_EMULATOR_HOST, undefined);
});

test('on this machine each run has a topic of its own, which is there before anything publishes', async () => {
  const topics: string[] = [];
  const { deployed } = await world({ platform: 'local', topics });
  assert.deepEqual(topics, ['perf-run-1-node-http']);
  assert.equal(deployed[0]?.env.PUBSUB_TOPIC, 'perf-run-1-node-http');
});

const FAILED = new InfrastructureError('deploy-failed', 'the container did not start');
const created = [{ kind: 'service', name: SERVICE }] as const;

test('a half-made service is removed once, and written down as removed', async () => {
  const { resources, removals, prepared, removeAll } = await world({ deploy: FAILED });
  assert.equal((prepared as StageError).cause, FAILED);
  await removeAll();
  assert.deepEqual(removals, [SERVICE]);
  assert.deepEqual(resources(), { created, removed: created, left: [] });
});

test('a half-made service that cannot be removed is told, and is in the leak line until it is gone', async () => {
  const { resources, removals, prepared, lines, removeAll } = await world({ deploy: FAILED, stuck: 1 });
  assert.equal((prepared as StageError).cause, FAILED, 'the deployment is what failed');
  const left = [{ kind: 'service', name: SERVICE, reason: 'no permission to delete' }];
  assert.deepEqual(resources(), { created, removed: [], left });
  assert.deepEqual(
    lines.filter((line) => line.startsWith('warn')),
    [`warn service ${SERVICE} is half-made and could not be removed: no permission to delete`],
  );
  await removeAll();
  assert.deepEqual(removals, [SERVICE, SERVICE], 'the end of the run tries again');
  assert.deepEqual(resources(), { created, removed: created, left: [] });
});

test("somebody else's service of the same name is neither removed nor counted as ours", async () => {
  const taken = new InfrastructureError(NOT_OURS, 'a service of that name already exists');
  const { resources, removals, prepared, removeAll } = await world({ deploy: taken });
  assert.equal((prepared as StageError).cause, taken);
  await removeAll();
  assert.deepEqual(removals, []);
  assert.deepEqual(resources(), NO_RESOURCES);
});
