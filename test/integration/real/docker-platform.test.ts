import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import type { Deployment, ServiceSpec } from '../../../src/domain/deployment.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { describeDocker, docker, instanceContainers, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';
import { shippedProtocol } from '../../helpers/shipped-contract.ts';

const SERVICE = 'boxed-node-http';
const TEST_MS = 60_000;
const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const clock = createClock();

/** Limits as the kernel enforces them, by cgroup v2 or v1, read inside the container. */
const READ_LIMITS = `
  const { readFileSync } = require('node:fs');
  const first = (...names) => names.flatMap((name) => {
    try { return [readFileSync('/sys/fs/cgroup/' + name, 'utf8').trim()]; } catch { return []; }
  })[0];
  const [quota, period] = (first('cpu.max') ?? first('cpu/cpu.cfs_quota_us', 'cpu,cpuacct/cpu.cfs_quota_us') + ' '
    + first('cpu/cpu.cfs_period_us', 'cpu,cpuacct/cpu.cfs_period_us')).split(' ');
  const memory = first('memory.max', 'memory/memory.limit_in_bytes');
  console.log(JSON.stringify({ cpu: quota / period, memoryBytes: Number(memory) }));
`;

describeDocker('Cloud Run adapter over containers', () => {
  let removeBase: () => void;
  let root: string;
  let emulator: Emulator;
  let platform: Platform;
  let deployment: Deployment;
  let image: string;

  before(async () => {
    removeBase = provideBase(NODE_IMAGE);
    root = mkdtempSync(join(tmpdir(), 'docker-platform-'));
    const artifact = await createDockerBuilder({ containerCli: 'docker', clock }).build({
      implementation: {
        name: 'node-http',
        serviceType: 'discord-webhook',
        path: 'implementations/node-http',
        dockerfile: 'Dockerfile',
        buildArgs: {},
        supportedFeatures: [],
      },
      repositoryRoot: join(import.meta.dirname, '../../../template-service-repo'),
      label: 'test/platform',
    });
    image = artifact.image;
    emulator = await startEmulator({
      runtime: 'container',
      imagesDirectory: join(root, 'images'),
      stateDirectory: join(root, 'state'),
    });
    const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
    platform = await createCloudRunPlatform({
      ...{ name: 'local', project, region, admin: { host, port }, loggingUrl, clock, logger },
    });
    deployment = await platform.deploy(specOf(image));
  });
  after(async () => {
    await platform?.close();
    await emulator?.close();
    if (image !== undefined) docker('image', 'rm', '--force', image.slice(image.indexOf('@') + 1));
    removeBase();
    rmSync(root, { recursive: true, force: true });
  });

  function urlOf(tag: string): string {
    return deployment.revisions.find((revision) => revision.tag === tag)?.url ?? '';
  }

  async function eventsOf(kind: string, count: number) {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const events = await platform.instanceLog({ service: SERVICE, sinceMs: 0 });
      const found = events.filter((event) => event.kind === kind);
      if (found.length >= count) return found;
      await clock.sleep(100);
    }
    return assert.fail(`not within 10 s: ${count} events ${kind}`);
  }

  it('starts nothing at deploy time, then one container for the first request', { timeout: TEST_MS }, async () => {
    assert.deepEqual(instanceContainers(SERVICE), []);
    const answer = await fetch(`${urlOf('a')}/health`);
    assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }]);
    const [start] = await eventsOf('start', 1);
    const [ready] = await eventsOf('ready', 1);
    const [request] = await eventsOf('request', 1);
    assert.equal(start?.reason, 'AUTOSCALING');
    assert.deepEqual([ready?.instanceId, request?.instanceId], [start?.instanceId, start?.instanceId]);
    assert.ok((start?.atMs ?? 0) >= (request?.atMs ?? 0), 'it was started for this request');
    assert.ok((ready?.atMs ?? 0) - (start?.atMs ?? 0) < 30_000);
    assert.equal(instanceContainers(SERVICE).length, 1);
  });

  it("holds the profile's limits of CPU and memory", { timeout: TEST_MS }, () => {
    const [container = ''] = instanceContainers(SERVICE);
    const [{ HostConfig: host }] = JSON.parse(docker('inspect', container));
    assert.deepEqual([host.NanoCpus, host.Memory, host.MemorySwap], [0.5e9, 2 ** 28, 2 ** 28]);
    const limits = JSON.parse(docker('exec', container, 'node', '--eval', READ_LIMITS));
    assert.deepEqual(limits, { cpu: 0.5, memoryBytes: 2 ** 28 });
  });

  it('scales to zero by SIGTERM, and starts anew', { timeout: TEST_MS }, async () => {
    await platform.scaleToZero(SERVICE, []);
    assert.deepEqual(instanceContainers(SERVICE), []);
    const [stop] = await eventsOf('stop', 1);
    assert.match(stop?.detail ?? '', /manual scaling: gone [\d.]+ ms after SIGTERM, code 0$/);
    assert.equal((await fetch(`${urlOf('a')}/health`)).status, 200);
    const [first, second] = await eventsOf('start', 2);
    assert.notEqual(first?.instanceId, second?.instanceId);
  });

  it('leaves no container and no record when the service is removed', { timeout: TEST_MS }, async () => {
    assert.equal((await fetch(`${urlOf('b')}/health`)).status, 200);
    assert.equal(instanceContainers(SERVICE).length, 2);
    await platform.remove(SERVICE);
    assert.deepEqual(instanceContainers(SERVICE), []);
    assert.deepEqual(readdirSync(join(root, 'state')), []);
  });
});

function specOf(image: string): ServiceSpec {
  return {
    name: SERVICE,
    image,
    profile: {
      name: 'small',
      cpu: '0.5',
      memory: '256Mi',
      concurrency: 1,
      minInstances: 0,
      maxInstances: 1,
      executionEnvironment: 'gen1',
      startupCpuBoost: false,
      cpuIdle: true,
      timeoutMs: 30_000,
    },
    // Nothing listens there: no test here publishes.
    env: shippedProtocol('discord-webhook').environment({ project: 'p', topic: 't', pubsubHost: '127.0.0.1:1' }),
    labels: {},
    tags: ['a', 'b'],
  };
}
