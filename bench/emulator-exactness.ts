/**
 * How exact the embedded Cloud Run is, in one run and on this machine:
 * - cold: time to first byte that the client sees, less the platform's scheduling as the sample splits it off, against
 *   the process's own account from its start to its first answer; median within 5 ms;
 * - warm: p50 through the front end, against p50 on a direct connection to the same process; less than 0.5 ms more.
 * Fails (exit code 1) when a bound is broken. Other load on the machine shows up here: run it alone.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloudRunPlatform } from '../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../src/adapters/system/clock.ts';
import { createHttpTransport } from '../src/adapters/transports/http.ts';
import { DEFAULT_PROFILE } from '../src/config/profiles.ts';
import { startEmulator } from '../src/emulator/emulator.ts';
import { createProcessRuntime } from '../src/emulator/instances/process.ts';
import type { RevisionSpec } from '../src/emulator/model.ts';
import type { HttpConnection } from '../src/ports/transport.ts';
import { percentile } from '../src/stats/percentile.ts';

const COLD_STARTS = 21;
const WARM_REQUESTS = 3000;
const ROUNDS = 5;
const COLD_BOUND_MS = 5;
const WARM_BOUND_MS = 0.5;

const root = mkdtempSync(join(tmpdir(), 'cloudrun-perf-bench-'));
const images = join(root, 'images');
mkdirSync(images);
const hex = createHash('sha256').update('accounting-service').digest('hex');
const image = `local/accounting@sha256:${hex}`;
const run = [process.execPath, join(import.meta.dirname, 'accounting-service.mjs')];
writeFileSync(join(images, `${hex}.json`), JSON.stringify({ image, directory: root, run }));

const clock = createClock();
const silent = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error, progress: () => {} };
const transport = createHttpTransport();
const emulator = await startEmulator({
  imagesDirectory: images,
  stateDirectory: join(root, 'state'),
  idleTimeoutMs: 60_000,
});
const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
const platform = await createCloudRunPlatform({
  name: 'local',
  project,
  region,
  admin: { host, port },
  loggingUrl,
  clock,
  logger: silent,
});
let failed = false;
try {
  const tags = Array.from({ length: COLD_STARTS }, (_, index) => `c${index}`);
  const { revisions } = await platform.deploy({
    name: 'accounting',
    image,
    profile: DEFAULT_PROFILE,
    env: {},
    labels: {},
    tags,
  });
  const get = { method: 'GET', path: '/', headers: [] };
  const differences: number[] = [];
  const ttfbs: number[] = [];
  const schedules: number[] = [];
  for (const { url, revision } of revisions) {
    const answer = await transport.exchange(url, get, { timeoutMs: 30_000 });
    const again = await transport.exchange(url, get, { timeoutMs: 30_000 });
    const { firstAnswerMs } = JSON.parse(Buffer.from(again.body).toString()) as { firstAnswerMs: number };
    const events = await platform.instanceLog({ service: 'accounting', revision, sinceMs: answer.sentAtMs - 1 });
    const startedAtMs = events.find(({ kind }) => kind === 'start')?.atMs ?? Number.NaN;
    const scheduleMs = startedAtMs - answer.sentAtMs;
    schedules.push(scheduleMs);
    ttfbs.push(answer.firstByteMs);
    differences.push(answer.firstByteMs - scheduleMs - firstAnswerMs);
  }
  report('cold: scheduling, ms', schedules);
  report('cold: sample minus process, ms', differences);
  report('cold: time to first byte, ms', ttfbs);
  failed =
    bound('cold start agrees with the process at the median', Math.abs(percentile(differences, 0.5)), COLD_BOUND_MS) ||
    failed;

  const runtime = createProcessRuntime(emulator.settings);
  const direct = await runtime.start(
    { service: 'direct', name: 'direct-1', image, env: {}, command: [], args: [] } as unknown as RevisionSpec,
    'direct0',
  );
  try {
    const through = transport.open(revisions[0]?.url ?? '', { timeoutMs: 10_000 });
    const beside = transport.open(`http://127.0.0.1:${direct.port}`, { timeoutMs: 10_000 });
    await untilUp(beside);
    const medians: { through: number[]; beside: number[] } = { through: [], beside: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      const beside50 = percentile(await latencies(beside), 0.5);
      const through50 = percentile(await latencies(through), 0.5);
      if (round === 0) continue; // Warm-up of both code paths.
      medians.beside.push(beside50);
      medians.through.push(through50);
    }
    report('warm p50 direct, ms', medians.beside);
    report('warm p50 through the front end, ms', medians.through);
    failed =
      bound(
        'front end adds at p50',
        percentile(medians.through, 0.5) - percentile(medians.beside, 0.5),
        WARM_BOUND_MS,
      ) || failed;
    await Promise.all([through.close(), beside.close()]);
  } finally {
    await direct.stop();
  }
} finally {
  await platform.remove('accounting').catch(() => undefined);
  await platform.close();
  await emulator.close();
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

function latencies(connection: HttpConnection): Promise<number[]> {
  const found: number[] = [];
  return new Promise((resolve, reject) => {
    const next = () =>
      connection.send({ method: 'GET', path: '/', headers: [] }, (outcome) => {
        if (!outcome.ok) return reject(new Error(`request failed: ${outcome.failure}`));
        found.push(outcome.latencyMs);
        if (found.length === WARM_REQUESTS) resolve(found);
        else next();
      });
    next();
  });
}

async function untilUp(connection: HttpConnection): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const up = await new Promise((resolve) =>
      connection.send({ method: 'GET', path: '/', headers: [] }, ({ ok }) => resolve(ok)),
    );
    if (up) return;
    await clock.sleep(20);
  }
  throw new Error('the direct service did not come up');
}

function report(what: string, values: readonly number[]): void {
  const at = (q: number) => percentile(values, q).toFixed(3);
  process.stdout.write(`${what}: p50 ${at(0.5)}  min ${at(0)}  max ${at(1)}  n ${values.length}\n`);
}

function bound(what: string, value: number, limit: number): boolean {
  const broken = !(value < limit);
  process.stdout.write(`${broken ? 'BROKEN' : 'ok'}: ${what} ${value.toFixed(3)} ms, bound ${limit} ms\n`);
  return broken;
}
