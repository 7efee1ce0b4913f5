import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AUDIENCE, createPrivateServices } from '../../src/adapters/google/private-services.ts';
import { openClients } from '../../src/adapters/platforms/cloud-run/clients.ts';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { newWorkspace } from '../helpers/cli.ts';
import { type Bench, startBench } from '../helpers/google-fake/client.ts';
import { verified } from '../helpers/google-fake/jwt.ts';
import { ACCOUNT, PROVIDER } from '../helpers/google-fake.ts';

/** Tells what it was sent. */
const SOURCE = `
import { createServer } from 'node:http';
createServer((request, response) => response.end(request.headers.authorization ?? 'none'))
  .listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
`;
const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const workspace = newWorkspace();
let emulator: Emulator;
let bench: Bench;
let image = '';

before(async () => {
  bench = await startBench();
  const images = join(workspace.directory, 'images');
  const directory = join(workspace.directory, 'service');
  for (const path of [images, directory]) mkdirSync(path);
  writeFileSync(join(directory, 'server.mjs'), SOURCE);
  const digest = createHash('sha256').update(SOURCE).digest('hex');
  image = `local/private@sha256:${digest}`;
  const run = [process.execPath, 'server.mjs'];
  writeFileSync(join(images, `${digest}.json`), JSON.stringify({ image, directory, run }));
  emulator = await startEmulator({ imagesDirectory: images, stateDirectory: workspace.state, runtime: 'process' });
});
after(async () => {
  await emulator?.close();
  await bench?.close();
  workspace.remove();
});

test('a private service is deployed with its audience, and all of its revisions are called with one token', async () => {
  const admin = { host: emulator.adminHost, port: emulator.adminPort };
  const place = { project: emulator.project, region: emulator.region };
  const options = { name: 'local', admin, loggingUrl: emulator.loggingUrl, clock: createClock(), logger } as const;
  const inner = await createCloudRunPlatform({ ...options, ...place, privateAudience: AUDIENCE });
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  const services = createPrivateServices(createHttpTransport(), identity, bench.clock);
  const platform = services.platform(inner);
  const clients = await openClients(admin);
  try {
    const profile = {
      name: 'default',
      cpu: '1',
      memory: '512Mi',
      concurrency: 80,
      minInstances: 0,
      maxInstances: 2,
      executionEnvironment: 'gen2',
      startupCpuBoost: false,
      cpuIdle: true,
      timeoutMs: 30_000,
    } as const;
    const spec = { name: 'private', image, profile, env: {}, labels: {}, tags: ['c01', 'c02', 'c03'] };
    const deployment = await platform.deploy(spec);
    const [found] = await clients.services.getService({
      name: `projects/${place.project}/locations/${place.region}/services/private`,
    });
    assert.equal(found.invokerIamDisabled, false);
    assert.deepEqual(found.customAudiences, [AUDIENCE]);
    const said = new Set<string>();
    for (const { url } of deployment.revisions) {
      const request = { method: 'GET', path: '/', headers: [] };
      const { status, body } = await services.transport.exchange(url, request, { timeoutMs: 20_000 });
      assert.equal(status, 200);
      said.add(Buffer.from(body).toString());
    }
    assert.equal(said.size, 1);
    const [, token = ''] = /^Bearer (.+)$/.exec([...said][0] ?? '') ?? [];
    assert.equal(verified(token, bench.google.state.google.jwks())?.aud, AUDIENCE);
    assert.equal(bench.google.counts.idToken, 1);
    await platform.remove('private');
  } finally {
    await clients.close();
    await platform.close();
  }
});
