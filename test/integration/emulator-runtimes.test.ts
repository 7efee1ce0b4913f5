import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDataPlane } from '../../src/emulator/data-plane.ts';
import { createAutoRuntime } from '../../src/emulator/instances/auto.ts';
import { containerName, containerRunArguments } from '../../src/emulator/instances/container-arguments.ts';
import { runCli } from '../../src/emulator/instances/container-engine.ts';
import { stopLeftovers } from '../../src/emulator/instances/leftovers.ts';
import { createProcessRuntime, instanceEnvironment } from '../../src/emulator/instances/process.ts';
import { fieldsAfterName, startIdentity } from '../../src/emulator/instances/start-identity.ts';
import { type Bench, isAlive, openBench, revisionOf, until } from '../fixtures/services/instances/bench.ts';

const PROBE = { initialDelayMs: 0, timeoutMs: 100, periodMs: 150, failureThreshold: 3 } as const;
const benches: Bench[] = [];
function open(change: Parameters<typeof openBench>[0] = {}): Bench {
  const bench = openBench(change);
  benches.push(bench);
  return bench;
}
after(() => Promise.all(benches.map((bench) => bench.close())));

const text = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
};

test('failures to start say what happened, in the log and in the health check', async (t) => {
  const bench = open({ startupTimeoutMs: 400 });
  const missing = { image: `local/none@sha256:${'0'.repeat(64)}` };
  const cases = [
    [
      'exiting-service.mjs',
      {},
      /^exited with code 3 before it listened on port \d+; its last output: cannot find my config/,
    ],
    ['silent-service.mjs', {}, /^did not listen on port \d+ within 400 ms; its last output: thinking$/],
    ['http-service.mjs', missing, /^Image local\/none@sha256:0+ has not been prepared here\.$/],
    ['http-service.mjs', { command: ['/no/such/program'] }, /^\/no\/such\/program cannot be started: .*ENOENT/],
    ['http-service.mjs', { startupProbe: { ...PROBE, kind: 'http', path: '/none' } }, /^the http start-up probe/],
    [
      'silent-service.mjs',
      { startupProbe: { ...PROBE, kind: 'tcp', periodMs: 110 } },
      /^the tcp start-up probe failed 3 times/,
    ],
    ['http-service.mjs', { startupProbe: { ...PROBE, kind: 'grpc' } }, /^the grpc start-up probe/],
  ] as const;
  for (const [index, [program, spec, expected]] of cases.entries()) {
    await t.test(`${program} ${Object.keys(spec)}`, async () => {
      const service = `fails${index}`;
      const origin = await bench.serve(program, { service, ...spec });
      const answer = await text(origin);
      assert.equal(answer.status, 503);
      assert.match(answer.body, /could not start/);
      const [failure] = bench.events('start-failed', service);
      assert.match(failure?.detail ?? '', expected);
      const health = await bench.dataPlane.checkHealth(`${service}-1`);
      assert.match(health.healthy ? 'healthy' : health.reason, expected);
      const reasons = bench.events('start', service).map((event) => event.reason);
      assert.deepEqual(reasons, ['AUTOSCALING', 'DEPLOYMENT_ROLLOUT']);
      const [request] = bench.events('request', service);
      assert.deepEqual([request?.status, request?.instanceId], [503, '']);
    });
  }
  await until('no instance is left on record', () => bench.records().length === 0);
});

test('a health check that passes leaves a warm instance; an HTTP probe is waited for', async () => {
  const bench = open();
  const startupProbe = { ...PROBE, kind: 'http', path: '/pid', failureThreshold: 50 } as const;
  const origin = await bench.serve('http-service.mjs', { service: 'healthy', startupProbe });
  assert.deepEqual(await bench.dataPlane.checkHealth('healthy-1'), { healthy: true });
  assert.equal((await text(`${origin}/pid`)).status, 200);
  assert.deepEqual(
    bench.events('start', 'healthy').map((event) => event.reason),
    ['DEPLOYMENT_ROLLOUT'],
  );
});

test('an instance that goes deaf fails its liveness probe: what it was doing ends with 503, the next request starts another', async () => {
  const bench = open({ shutdownGraceMs: 200 });
  const livenessProbe = { ...PROBE, kind: 'http', path: '/pid', periodMs: 110, failureThreshold: 3 } as const;
  const origin = await bench.serve('http-service.mjs', { service: 'deaf', livenessProbe });
  const first = Number((await text(`${origin}/pid`)).body);
  const [held, last] = await Promise.all([text(`${origin}/hang`), text(`${origin}/deaf`)]);
  assert.deepEqual([held.status, last.status], [503, 503]);
  const next = await text(`${origin}/pid`);
  assert.equal(next.status, 200);
  assert.notEqual(Number(next.body), first);
  await until('it is gone, by SIGKILL, since it hears no other', () => !isAlive(first));
  const [start, another, ...more] = bench.events('start', 'deaf');
  assert.deepEqual([start?.reason, another?.reason, more], ['AUTOSCALING', 'AUTOSCALING', []]);
  await until('its record is gone', () => bench.records().length === 1);
  const stops = bench.events('stop', 'deaf');
  assert.deepEqual(
    stops.map(({ instanceId, detail }) => [instanceId, detail]),
    [
      [
        start?.instanceId,
        'LIVENESS HTTP probe failed 3 times consecutively for container "deaf-1" on port 8080 path "/pid". The instance has been shut down.',
      ],
    ],
  );
});

test('idle stop, then a start with a new id; the record on disk follows', async () => {
  const bench = open({ idleTimeoutMs: 300 });
  const origin = await bench.serve('http-service.mjs', { service: 'idle' });
  const first = Number((await text(`${origin}/pid`)).body);
  assert.equal(bench.records().length, 1);
  await until('it is stopped', () => bench.events('stop').length === 1);
  const [request] = bench.events('request');
  const [stop] = bench.events('stop');
  assert.match(stop?.detail ?? '', /^idle/);
  assert.ok((stop?.atMs ?? 0) - (request?.atMs ?? 0) >= 300);
  assert.equal(isAlive(first), false);
  assert.deepEqual(bench.records(), []);
  assert.notEqual(Number((await text(`${origin}/pid`)).body), first);
  const [one, two] = bench.events('start');
  assert.notEqual(one?.instanceId, two?.instanceId);
});

test('an instance gets its own environment and nothing of ours', async () => {
  process.env.FAKE_TOKEN = 'do-not-leak-me';
  try {
    const bench = open();
    const env = { GREETING: 'hi', PORT: '1', K_SERVICE: 'forged' };
    const origin = await bench.serve('http-service.mjs', { service: 'env', env });
    const { body } = await text(`${origin}/env`);
    assert.equal(body.includes('do-not-leak-me'), false);
    const seen: Record<string, string> = JSON.parse(body);
    assert.equal(seen.GREETING, 'hi');
    assert.equal(seen.K_SERVICE, 'env');
    assert.equal(seen.K_REVISION, 'env-1');
    assert.equal(seen.K_CONFIGURATION, 'env');
    assert.notEqual(seen.PORT, '1');
    const allowed = [
      'GREETING',
      'HOME',
      'K_CONFIGURATION',
      'K_REVISION',
      'K_SERVICE',
      'LANG',
      'PATH',
      'PORT',
      'TMPDIR',
    ];
    assert.deepEqual(
      Object.keys(seen).filter((name) => !allowed.includes(name)),
      [],
    );
  } finally {
    delete process.env.FAKE_TOKEN;
  }
});

test('SIGTERM that is ignored: SIGKILL after the grace period, to descendants too', async () => {
  const bench = open({ shutdownGraceMs: 300 });
  const origin = await bench.serve('http-service.mjs', { service: 'stubborn', env: { IGNORE_SIGTERM: '1' } });
  const pid = Number((await text(`${origin}/pid`)).body);
  const descendant = Number((await text(`${origin}/descendant`)).body);
  assert.ok(isAlive(descendant));
  await bench.dataPlane.setScaling('stubborn', { mode: 'manual', instanceCount: 0 });
  assert.equal(isAlive(pid), false);
  await until('the descendant is gone', () => !isAlive(descendant));
  assert.match(bench.events('stop')[0]?.detail ?? '', /^manual scaling: gone [\d.]+ ms after SIGTERM, signal SIGKILL$/);
});

test('an instance that exits takes its descendants with it', async () => {
  const bench = open();
  const origin = await bench.serve('http-service.mjs', { service: 'parent' });
  const descendant = Number((await text(`${origin}/descendant`)).body);
  assert.equal((await text(`${origin}/exit`)).status, 503);
  await until('the descendant is gone', () => !isAlive(descendant));
});

test('container runtime: run, serve, stop, and leftovers, by the calls that it makes', async () => {
  const bench = open({ containerCli: join(import.meta.dirname, '../fixtures/services/instances/container-cli.mjs') });
  const { stateDirectory } = bench.settings;
  const cliState = bench.settings.imagesDirectory;
  process.env.CONTAINER_CLI_STATE = cliState;
  const dataPlane = createDataPlane(bench.settings, createAutoRuntime(bench.settings));
  try {
    const image = `registry/app@sha256:${'5'.repeat(64)}`;
    const revision = revisionOf(bench.settings, 'http-service.mjs', { service: 'boxed', image });
    dataPlane.addRevision(revision);
    const origin = await dataPlane.openEndpoint('boxed', () => revision.name);
    const pid = Number((await text(`${origin}/pid`)).body);
    assert.equal(readdirSync(stateDirectory).length, 1);
    assert.deepEqual(await stopLeftovers(stateDirectory), [], 'its run lives');
    await dataPlane.setScaling('boxed', { mode: 'manual', instanceCount: 0 });
    assert.equal(startIdentity(pid), undefined);
    assert.deepEqual(readdirSync(stateDirectory), []);
    assert.match(
      dataPlane.log.entries().find((event) => event.kind === 'stop')?.detail ?? '',
      /^manual scaling: gone [\d.]+ ms after SIGTERM, code 0$/,
    );
    const calls = readFileSync(join(cliState, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const names = calls.map(([command]) => command);
    assert.deepEqual(names.slice(0, 4), ['network', 'image', 'image', 'run']);
    assert.deepEqual(new Set(names.slice(4)), new Set(['logs', 'wait', 'stop', 'rm']));
    assert.equal(calls[3].at(-1), `sha256:${'5'.repeat(64)}`, 'built here only: known by its id');
    assert.deepEqual(calls.find(([command]) => command === 'stop').slice(1, 3), ['--time', '2']);

    await dataPlane.setScaling('boxed', { mode: 'automatic' });
    const orphan = Number((await text(`${origin}/pid`)).body);
    const [name = ''] = readdirSync(stateDirectory);
    const record = JSON.parse(readFileSync(join(stateDirectory, name), 'utf8'));
    writeFileSync(
      join(stateDirectory, name),
      JSON.stringify({ ...record, owner: { pid: 4_000_000, identity: 'x:1' } }),
    );
    const [stopped] = await stopLeftovers(stateDirectory);
    assert.deepEqual([stopped?.kind, stopped?.container], ['container', record.runs.container]);
    await until('the container is gone', () => startIdentity(orphan) === undefined);
  } finally {
    await dataPlane.close();
    delete process.env.CONTAINER_CLI_STATE;
  }
});

test('close ends starting instances, waiting requests, ports and records', async () => {
  const bench = open();
  const origin = await bench.serve('http-service.mjs', { service: 'closing', env: { BOOT_MS: '10000' } });
  const running = await bench.serve('http-service.mjs', { service: 'running' });
  const pid = Number((await text(`${running}/pid`)).body);
  const waiting = text(origin);
  await until('it is starting', () => bench.records().length === 2);
  await bench.dataPlane.close();
  assert.equal((await waiting).status, 503);
  assert.equal(isAlive(pid), false);
  assert.deepEqual(bench.records(), []);
  await assert.rejects(fetch(origin));
  assert.throws(() => bench.dataPlane.addRevision(revisionOf(bench.settings, 'http-service.mjs')), /shutting down/);
});

test('auto: without a prepared image and without an engine the error names both', async () => {
  const bench = open({ containerCli: '/no/such/docker', runtime: 'auto' });
  const revision = revisionOf(bench.settings, 'http-service.mjs', { image: `x/y@sha256:${'1'.repeat(64)}` });
  const dataPlane = createDataPlane(bench.settings, createAutoRuntime(bench.settings));
  dataPlane.addRevision(revision);
  const health = await dataPlane.checkHealth(revision.name);
  assert.match(
    health.healthy ? '' : health.reason,
    /^Image x\/y@sha256:1+ was not prepared as a process, and no container can be started: \/no\/such\/docker cannot be started/,
  );
  await dataPlane.close();
});

test('kill -9 of a run leaves its instance; stopLeftovers ends it, and only it', async () => {
  const bench = open();
  // An instance of a run that lives, in the same directory.
  const own = await bench.serve('http-service.mjs', { service: 'living' });
  const ownPid = Number((await text(`${own}/pid`)).body);

  const revision = revisionOf(bench.settings, 'http-service.mjs', { service: 'orphan' });
  const script = join(import.meta.dirname, '../fixtures/services/instances/data-plane-run.ts');
  const run = spawn(process.execPath, [script, JSON.stringify({ settings: bench.settings, revision })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  run.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  try {
    await until('the run prints its origin', () => printed.includes('\n'));
    const pid = Number((await text(`${printed.trim()}/pid`)).body);
    const port = JSON.parse((await text(`${printed.trim()}/env`)).body).PORT;
    assert.equal(bench.records().length, 2);
    assert.deepEqual(await stopLeftovers(bench.settings.stateDirectory), [], 'both runs live');
    const ended = new Promise((resolve) => run.once('close', resolve));
    run.kill('SIGKILL');
    await ended;
    assert.ok(isAlive(pid));

    const stopped = await stopLeftovers(bench.settings.stateDirectory);
    assert.deepEqual(
      stopped.map(({ kind, service, revision: name, pid: ofPid }) => [kind, service, name, ofPid]),
      [['process', 'orphan', 'orphan-1', pid]],
    );
    assert.equal(startIdentity(pid), undefined);
    // The kernel closes its port when the last of its threads has ended.
    let refused = false;
    const tryPort = () =>
      connect({ host: '127.0.0.1', port: Number(port) })
        .once('connect', function (this: Socket) {
          this.destroy();
        })
        .once('error', () => {
          refused = true;
        });
    await until('its port is closed', () => {
      tryPort();
      return refused;
    });
    assert.equal((await text(`${own}/pid`)).body, String(ownPid));
    assert.equal(bench.records().length, 1);
    assert.deepEqual(await stopLeftovers(bench.settings.stateDirectory), []);
  } finally {
    run.kill('SIGKILL');
  }
});

test('a recycled pid is never killed; corrupt records go, foreign files stay', async () => {
  const bench = open();
  const directory = bench.settings.stateDirectory;
  mkdirSync(directory, { recursive: true });
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const pid = bystander.pid ?? 0;
  const dead = { pid: 4_000_000, identity: 'boot:1' };
  const record = (process: unknown, owner: unknown = dead) => ({
    instanceId: 'x',
    service: 's',
    revision: 'r',
    port: 1,
    owner,
    runs: { kind: 'process', process },
  });
  const files: Record<string, string> = {
    [`${'a'.repeat(64)}.json`]: JSON.stringify(record({ pid, identity: 'another boot:123' })),
    [`${'b'.repeat(64)}.json`]: JSON.stringify(record({ pid: -1, identity: 'x' })),
    [`${'c'.repeat(64)}.json`]: JSON.stringify(record({ pid: 0, identity: 'x' })),
    [`${'d'.repeat(64)}.json`]: '{"half":',
    [`${'e'.repeat(64)}.json`]: 'null',
    [`${'f'.repeat(64)}.json`]: JSON.stringify({
      ...record(dead),
      runs: { kind: 'container', cli: 'sh', container: '-c' },
    }),
    'package.json': '{}',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  try {
    assert.deepEqual(await stopLeftovers(directory), []);
    assert.ok(isAlive(pid));
    assert.deepEqual(readdirSync(directory), ['package.json']);
  } finally {
    bystander.kill('SIGKILL');
  }
  assert.deepEqual(await stopLeftovers(join(directory, 'missing')), []);
});

test('descendants whose leader has ended are found by their environment', {
  skip: process.platform !== 'linux',
}, async () => {
  const bench = open();
  mkdirSync(bench.settings.stateDirectory, { recursive: true });
  const env = { PATH: process.env.PATH, PORT: '12345', K_SERVICE: 's', K_REVISION: 'r' };
  const program = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).unref()`;
  const leader = spawn(process.execPath, ['-e', program], { detached: true, env, stdio: 'ignore' });
  const group = leader.pid ?? 0;
  await new Promise((resolve) => leader.once('close', resolve));
  const members = () =>
    readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/stat`)) return false;
      const fields = fieldsAfterName(readFileSync(`/proc/${name}/stat`, 'utf8'));
      return fields[2] === String(group) && fields[0] !== 'Z';
    });
  const record = (port: number) => ({
    instanceId: 'x',
    service: 's',
    revision: 'r',
    port,
    owner: { pid: 4_000_000, identity: 'boot:1' },
    runs: { kind: 'process', process: { pid: group, identity: 'gone' } },
  });
  try {
    assert.equal(members().length, 1);
    const path = join(bench.settings.stateDirectory, `${'9'.repeat(64)}.json`);
    writeFileSync(path, JSON.stringify(record(54321)));
    assert.deepEqual(await stopLeftovers(bench.settings.stateDirectory), []);
    assert.equal(members().length, 1, 'another port: not this instance');
    writeFileSync(path, JSON.stringify(record(12345)));
    assert.equal((await stopLeftovers(bench.settings.stateDirectory)).length, 1);
    await until('the descendant is gone', () => members().length === 0);
  } finally {
    for (const member of members()) process.kill(Number(member), 'SIGKILL');
  }
});

test('process runtime: command replaces the run command, args are added', async () => {
  const bench = open();
  const runtime = createProcessRuntime(bench.settings);
  const print = 'console.log(JSON.stringify(process.argv.slice(1)))';
  const revision = revisionOf(bench.settings, 'http-service.mjs', {
    command: [process.execPath, '-e', print],
    args: ['a b', '$HOME'],
  });
  const instance = await runtime.start(revision, 'a'.repeat(64));
  assert.deepEqual(await instance.ended, { exitCode: 0 });
  assert.equal(instance.outputTail().trim(), '["a b","$HOME"]');
  await instance.stop();

  const flood = revisionOf(bench.settings, 'http-service.mjs', {
    command: [process.execPath, '-e', 'console.log("x".repeat(100000) + "end")'],
  });
  const loud = await runtime.start(flood, 'b'.repeat(64));
  await loud.ended;
  assert.equal(loud.outputTail().length, 4_096);
  assert.match(loud.outputTail(), /xend\n$/);
});

test('environment of an instance: ours is a short list', () => {
  const bench = open();
  const revision = revisionOf(bench.settings, 'http-service.mjs', { service: 'svc', env: { A: '1', PATH: '/own' } });
  assert.deepEqual(instanceEnvironment(revision, 8_123, { PATH: '/bin', HOME: '/h', GITHUB_TOKEN: 'secret' }), {
    PATH: '/own',
    HOME: '/h',
    A: '1',
    PORT: '8123',
    K_SERVICE: 'svc',
    K_REVISION: 'svc-1',
    K_CONFIGURATION: 'svc',
  });
});

test('container arguments: limits, labels, environment, port, entry point', () => {
  const bench = open();
  const revision = revisionOf(bench.settings, 'http-service.mjs', { service: 'svc', env: { A: 'x y' }, cpu: 0.5 });
  const instanceId = 'ab'.repeat(50);
  const start = { revision, instanceId, image: 'name@sha256:1', port: 20_001 };
  assert.equal(containerName(instanceId), `cloudrun-perf-${'ab'.repeat(12)}`);
  const environment = (port: number) => [
    ...['--env', 'A=x y', '--env', `PORT=${port}`, '--env', 'K_SERVICE=svc'],
    ...['--env', 'K_REVISION=svc-1', '--env', 'K_CONFIGURATION=svc'],
  ];
  const common = [
    ...['run', '--detach', '--name', `cloudrun-perf-${'ab'.repeat(12)}`],
    ...['--label', 'cloudrun-perf=instance', '--label', 'cloudrun-perf.service=svc'],
    ...['--label', 'cloudrun-perf.revision=svc-1', '--cpus', '0.5', '--memory', '536870912b'],
    ...['--memory-swap', '536870912b'],
  ];
  assert.deepEqual(containerRunArguments({ ...start, network: 'bridge' }), [
    ...[...common, ...environment(8080), '--publish', '127.0.0.1:20001:8080', 'name@sha256:1'],
  ]);
  const commanded = { ...revision, command: ['/bin/app', '--serve'], args: ['-v'] };
  assert.deepEqual(containerRunArguments({ ...start, revision: commanded, network: 'host' }), [
    ...[...common, ...environment(20_001), '--network', 'host', '--entrypoint', '/bin/app'],
    ...['name@sha256:1', '--serve', '-v'],
  ]);
});

test('values of secrets reach the instance, and neither a list of processes nor the log', async () => {
  const bench = open({ startupTimeoutMs: 400 });
  const secrets = { KEY: 'find my', OTHER: 'con' };
  const revision = revisionOf(bench.settings, 'http-service.mjs', { service: 'svc', secrets, containerPort: 9_000 });
  const environment = instanceEnvironment({ ...revision, secrets: { ...secrets, PORT: 'no' } }, 8_123, {});
  assert.deepEqual([environment.KEY, environment.PORT], ['find my', '8123']);
  const start = { revision, instanceId: 'a'.repeat(64), image: 'i', port: 20_001, network: 'bridge' } as const;
  const argv = containerRunArguments(start).join(' ');
  assert.match(argv, /--env KEY --env OTHER --publish 127\.0\.0\.1:20001:9000/);
  assert.ok(argv.includes('PORT=9000') && !argv.includes('find my'), argv);
  const told = await runCli(process.execPath, ['-e', 'process.stdout.write(process.env.KEY)'], secrets);
  assert.equal(told.stdout, 'find my');
  await bench.serve('exiting-service.mjs', { service: 'leaky', secrets });
  const health = await bench.dataPlane.checkHealth('leaky-1');
  assert.match(health.healthy ? 'healthy' : health.reason, /its last output: cannot \*\*\* config/);
});

test('start identity: own process, nobody, names with parentheses', () => {
  assert.match(startIdentity(process.pid) ?? '', /./);
  assert.equal(startIdentity(process.pid), startIdentity(process.pid));
  assert.equal(startIdentity(4_194_999), undefined);
  assert.deepEqual(fieldsAfterName('12 (a) b) (c)) S 1 2 3').slice(0, 3), ['S', '1', '2']);
});
