import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { DEFAULT_PROFILE } from '../../src/config/profiles.ts';
import type { ServiceSpec } from '../../src/domain/deployment.ts';
import { PerfError } from '../../src/domain/errors.ts';
import type { Profile } from '../../src/domain/profile.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { Platform } from '../../src/ports/platform.ts';

const VALUE = 'planted-secret-value';
const ECHO = `
import { createServer } from 'node:http';
const { PLAIN, SHARED, API_TOKEN } = process.env;
const begun = Date.now();
createServer((request, response) => {
  if (request.url === '/ready') response.statusCode = Date.now() - begun < 300 ? 503 : 200;
  response.end(JSON.stringify({ PLAIN, SHARED, tokenLength: API_TOKEN?.length, aliveMs: Date.now() - begun }));
}).listen(Number(process.env.PORT));
`;
const LEAKY = "console.log('my token is ' + process.env.API_TOKEN); process.exit(1);";

const root = mkdtempSync(join(tmpdir(), 'profile-fields-'));
const lines: string[] = [];
const images = new Map<string, string>();
let emulator: Emulator;
let platform: Platform;

function prepare(name: string, write: (file: string) => void): void {
  const directory = join(root, name);
  mkdirSync(directory);
  write(join(directory, 'server.mjs'));
  const digest = createHash('sha256').update(name).digest('hex');
  const image = `local/${name}@sha256:${digest}`;
  const run = [process.execPath, 'server.mjs'];
  writeFileSync(join(root, 'images', `${digest}.json`), JSON.stringify({ image, directory, run }));
  images.set(name, image);
}

before(async () => {
  process.env.PERF_SECRET_API_TOKEN = VALUE;
  mkdirSync(join(root, 'images'));
  mkdirSync(join(root, 'state'));
  prepare('echo', (file) => writeFileSync(file, ECHO));
  prepare('leaky', (file) => writeFileSync(file, LEAKY));
  const h2c = join(import.meta.dirname, '../fixtures/services/instances/h2c-service.mjs');
  prepare('h2c', (file) => copyFileSync(h2c, file));
  emulator = await startEmulator({
    imagesDirectory: join(root, 'images'),
    stateDirectory: join(root, 'state'),
    runtime: 'process',
  });
  const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
  const keep = (...said: unknown[]) => void lines.push(JSON.stringify(said));
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, progress: keep };
  const clock = { epochMs: Date.now, monotonicMs: () => performance.now(), sleep: (ms: number) => sleep(ms) };
  platform = await createCloudRunPlatform({
    name: 'local',
    project,
    region,
    admin: { host, port },
    loggingUrl,
    clock,
    logger,
  });
});
after(async () => {
  await platform?.close();
  await emulator?.close();
  delete process.env.PERF_SECRET_API_TOKEN;
  rmSync(root, { recursive: true, force: true });
});

async function deploy(image: string, name: string, profile: Partial<Profile>): Promise<string> {
  const spec: ServiceSpec = {
    name,
    image: images.get(image) ?? '',
    profile: { ...DEFAULT_PROFILE, ...profile },
    env: { SHARED: 'of the contract' },
    labels: {},
    tags: ['c01'],
  };
  return (await platform.deploy(spec)).revisions[0]?.url ?? '';
}
const secrets = { API_TOKEN: { secret: 'api-token', version: '3' } };
const times = { initialDelaySeconds: 0, timeoutSeconds: 1, periodSeconds: 1, failureThreshold: 5 };

test('variables, secrets and the start-up probe of a profile reach the instance', async () => {
  const url = await deploy('echo', 'svc', {
    serviceAccount: 'runner@my-project.iam.gserviceaccount.com',
    env: { PLAIN: '1', SHARED: 'lost' },
    secrets,
    startupProbe: { type: 'http', path: '/ready', ...times },
    livenessProbe: { type: 'http', path: '/', ...times },
  });
  const told = (await (await fetch(url)).json()) as Record<string, unknown>;
  assert.deepEqual([told.PLAIN, told.SHARED, told.tokenLength], ['1', 'of the contract', VALUE.length]);
  assert.ok(Number(told.aliveMs) >= 300, `a request came before the probe had passed, after ${told.aliveMs} ms`);
});

test('a service that speaks HTTP/2 without TLS is reached on its own port', async () => {
  const url = await deploy('h2c', 'svc-h2c', { port: { protocol: 'h2c', number: 50_051 } });
  const response = await fetch(url);
  assert.equal(response.status, 200, await response.text());
});

test('a secret without a value here is told by the variable that is missing', async () => {
  const missing = { OTHER: { secret: 'other', version: 'latest' } };
  await assert.rejects(deploy('echo', 'svc-missing', { secrets: missing }), (error) => {
    assert.ok(error instanceof PerfError);
    assert.equal(error.code, 'platform-refused');
    assert.match(error.message, /secret 'other' has no value on this machine: set PERF_SECRET_OTHER/);
    return true;
  });
});

test('the value of a secret is in no log and no record, not even when the service prints it and dies', async () => {
  const url = await deploy('leaky', 'svc-leaky', { secrets });
  const response = await fetch(url);
  const body = await response.text();
  assert.equal(response.status, 503);
  const events = await platform.instanceLog({ service: 'svc-leaky', sinceMs: 0 });
  assert.match(events.find(({ kind }) => kind === 'start-failed')?.detail ?? '', /my token is \*\*\*/);
  assert.ok(!JSON.stringify([events, lines, body]).includes(VALUE));
});
