import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDataPlane } from '../../../src/emulator/data-plane.ts';
import { createContainerRuntime } from '../../../src/emulator/instances/container.ts';
import { stopLeftovers } from '../../../src/emulator/instances/leftovers.ts';
import type { DataPlane, EmulatorSettings, RevisionSpec } from '../../../src/emulator/model.ts';
import { describeDocker, docker, instanceContainers, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';

const TEST_MS = 90_000;
const SERVER = `
  process.on('SIGTERM', () => process.env.STUBBORN || process.exit(0));
  const held = [];
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/fill') for (;;) held.push(Buffer.alloc(8 * 2 ** 20, 1));
    if (request.url === '/exit') process.exit(7);
    response.end(JSON.stringify({ pid: process.pid, env: process.env }));
  }).listen(process.env.PORT, () => console.log('listening'));
`;

/** Waits for what the engine brings about, for at most 30 s. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadlineMs, `not within 30 s: ${what}`);
    await sleep(100);
  }
}

describeDocker('container runtime', () => {
  const planes: DataPlane[] = [];
  let removeBase: () => void;
  let root: string;

  before(() => {
    removeBase = provideBase(NODE_IMAGE);
    root = mkdtempSync(join(tmpdir(), 'docker-instances-'));
  });
  after(async () => {
    for (const plane of planes) await plane.close();
    removeBase();
    rmSync(root, { recursive: true, force: true });
  });

  function settingsOf(name: string, change: Partial<EmulatorSettings> = {}): EmulatorSettings {
    const stateDirectory = join(root, name);
    mkdirSync(stateDirectory);
    const limits = { idleTimeoutMs: 900_000, startupTimeoutMs: 30_000, shutdownGraceMs: 10_000 };
    return {
      ...limits,
      runtime: 'container',
      imagesDirectory: root,
      stateDirectory,
      containerCli: 'docker',
      ...change,
    };
  }

  function revisionOf(service: string, program: string, change: Partial<RevisionSpec> = {}): RevisionSpec {
    return {
      service,
      name: `${service}-1`,
      image: NODE_IMAGE,
      command: ['node', '--eval', program],
      args: [],
      env: {},
      portName: 'http1',
      cpu: 1,
      memoryBytes: 256 * 2 ** 20,
      concurrency: 80,
      minInstances: 0,
      maxInstances: 1,
      timeoutMs: 30_000,
      startupProbe: { kind: 'tcp', initialDelayMs: 0, timeoutMs: 240_000, periodMs: 240_000, failureThreshold: 1 },
      ...change,
    };
  }

  async function serve(settings: EmulatorSettings, revision: RevisionSpec) {
    const dataPlane = createDataPlane(settings, createContainerRuntime(settings));
    planes.push(dataPlane);
    dataPlane.addRevision(revision);
    const origin = await dataPlane.openEndpoint(revision.service, () => revision.name);
    const event = (kind: string) => dataPlane.log.entries().find((entry) => entry.kind === kind);
    return { dataPlane, origin, event };
  }

  it('gives an instance its own environment, and nothing of ours', { timeout: TEST_MS }, async () => {
    process.env.FAKE_TOKEN = 'do-not-leak-me';
    try {
      const env = { GREETING: 'a "b" $HOME', PORT: '1' };
      const { origin } = await serve(settingsOf('env'), revisionOf('env', SERVER, { env }));
      const body = await (await fetch(origin)).text();
      assert.doesNotMatch(body, /do-not-leak-me/);
      const { pid, env: seen } = JSON.parse(body);
      assert.equal(pid, 1, 'the service itself gets SIGTERM');
      assert.deepEqual([seen.GREETING, seen.K_SERVICE, seen.K_REVISION], ['a "b" $HOME', 'env', 'env-1']);
      assert.notEqual(seen.PORT, '1');
    } finally {
      delete process.env.FAKE_TOKEN;
    }
  });

  it('kills what ignores SIGTERM after the grace period', { timeout: TEST_MS }, async () => {
    const settings = settingsOf('stubborn', { shutdownGraceMs: 1_000 });
    const revision = revisionOf('stubborn', SERVER, { env: { STUBBORN: 'yes' } });
    const { dataPlane, origin, event } = await serve(settings, revision);
    assert.equal((await fetch(origin)).status, 200);
    await dataPlane.setScaling('stubborn', { mode: 'manual', instanceCount: 0 });
    assert.match(event('stop')?.detail ?? '', /^manual scaling: gone \d{4,}\.\d ms after SIGTERM, code 137$/);
    assert.deepEqual(instanceContainers('stubborn'), []);
    assert.deepEqual(readdirSync(settings.stateDirectory), []);
  });

  it('stops an instance that has been idle', { timeout: TEST_MS }, async () => {
    const settings = settingsOf('idle', { idleTimeoutMs: 500 });
    const { origin, event } = await serve(settings, revisionOf('idle', SERVER));
    assert.equal((await fetch(origin)).status, 200);
    await until('it is stopped', () => event('stop') !== undefined);
    assert.match(event('stop')?.detail ?? '', /^idle.*code 0$/);
  });

  it('kills an instance that exceeds its memory, and tells it', { timeout: TEST_MS }, async () => {
    const settings = settingsOf('memory');
    const { origin, event } = await serve(settings, revisionOf('memory', SERVER, { memoryBytes: 128 * 2 ** 20 }));
    assert.equal((await fetch(origin)).status, 200);
    assert.equal((await fetch(`${origin}/fill`)).status, 503);
    await until('its end is logged', () => event('stop') !== undefined);
    assert.match(event('stop')?.detail ?? '', /^exited with code 137; its last output: listening$/);
  });

  it('tells how a container that cannot start has failed', { timeout: TEST_MS }, async () => {
    const exits = "console.error('cannot find my config'); process.exit(3)";
    const failures: [string, Partial<RevisionSpec>, RegExp][] = [
      ['exits', { command: ['node', '--eval', exits] }, /^exited with code 3 before .*: cannot find my config$/],
      ['no-program', { command: ['/no/such/program'] }, /^docker cannot run node:24-slim: .*\/no\/such\/program/],
      ['no-image', { image: `127.0.0.1:1/none@sha256:${'0'.repeat(64)}` }, /^docker cannot run 127.*: .*refused/],
    ];
    for (const [service, change, expected] of failures) {
      const settings = settingsOf(service);
      const { origin, event } = await serve(settings, revisionOf(service, SERVER, change));
      assert.equal((await fetch(origin)).status, 503);
      assert.match(event('start-failed')?.detail ?? '', expected);
      await until('nothing is left', () => instanceContainers(service).length === 0);
      await until('no record is left', () => readdirSync(settings.stateDirectory).length === 0);
    }
  });

  it('ends the containers of a run that was killed, and only them', { timeout: TEST_MS }, async () => {
    const settings = settingsOf('killed');
    const { origin: living } = await serve(settings, revisionOf('living', SERVER));
    assert.equal((await fetch(living)).status, 200);
    const argument = JSON.stringify({ settings, revision: revisionOf('orphan', SERVER) });
    const run = spawn(process.execPath, [join(import.meta.dirname, 'docker-owner.ts'), argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [printed] = await once(run.stdout, 'data');
      assert.equal((await fetch(String(printed).trim())).status, 200);
      assert.deepEqual(await stopLeftovers(settings.stateDirectory), [], 'both runs live');
      const ended = once(run, 'exit');
      run.kill('SIGKILL');
      await ended;
      assert.equal(instanceContainers('orphan').length, 1);

      const real = process.env.DOCKER_HOST;
      process.env.DOCKER_HOST = `unix://${join(root, 'no.sock')}`;
      try {
        assert.deepEqual(await stopLeftovers(settings.stateDirectory), [], 'the engine does not answer');
      } finally {
        if (real === undefined) delete process.env.DOCKER_HOST;
        else process.env.DOCKER_HOST = real;
      }
      assert.equal(readdirSync(settings.stateDirectory).length, 2, 'a later attempt must find it');

      const stopped = await stopLeftovers(settings.stateDirectory);
      assert.deepEqual(
        stopped.map(({ kind, service, revision }) => [kind, service, revision]),
        [['container', 'orphan', 'orphan-1']],
      );
      await until('its container is gone', () => instanceContainers('orphan').length === 0);
      assert.equal(instanceContainers('living').length, 1);
      assert.equal((await fetch(living)).status, 200);
    } finally {
      run.kill('SIGKILL');
    }
  });

  it('leaves no container and no record when it is closed', { timeout: TEST_MS }, async () => {
    const settings = settingsOf('closed');
    const { dataPlane, origin } = await serve(settings, revisionOf('closed', SERVER));
    assert.equal((await fetch(origin)).status, 200);
    const [container = ''] = instanceContainers('closed');
    assert.equal(docker('inspect', '--format', '{{.State.Running}}', container), 'true');
    await dataPlane.close();
    assert.deepEqual(instanceContainers('closed'), []);
    assert.deepEqual(existsSync(settings.stateDirectory) ? readdirSync(settings.stateDirectory) : [], []);
  });
});
