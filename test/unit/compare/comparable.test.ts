import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incomparable, incomparableLoad } from '../../../src/compare/comparable.ts';
import { compareStored } from '../../../src/compare/stored.ts';
import type { Probe, Profile } from '../../../src/domain/profile.ts';
import type { MeasurementTags } from '../../../src/domain/run.ts';
import { driverText, machineOf } from '../../../src/domain/run.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { exampleMetadata, exampleResults } from '../../helpers/example-run.ts';
import { type Numbers, resultOf, roundsOf, TAGS } from '../../helpers/measured-results.ts';

const PROBE: Probe = {
  type: 'http',
  path: '/health',
  initialDelaySeconds: 0,
  timeoutSeconds: 1,
  periodSeconds: 10,
  failureThreshold: 3,
};
const FULL: Profile = {
  ...TAGS.profile,
  serviceAccount: 'a@p.iam.gserviceaccount.com',
  env: { LOG_LEVEL: 'warn', WORKERS: '2' },
  secrets: { API_TOKEN: { secret: 'api', version: '1' } },
  port: { protocol: 'http1', number: 8080 },
  startupProbe: PROBE,
  livenessProbe: PROBE,
};
const withProfile = (changes: Partial<Profile>): MeasurementTags => ({ ...TAGS, profile: { ...FULL, ...changes } });
const without = (...fields: readonly (keyof Profile)[]): MeasurementTags => ({
  ...TAGS,
  profile: Object.fromEntries(
    Object.entries(FULL).filter(([name]) => !fields.includes(name as keyof Profile)),
  ) as unknown as Profile,
});
const same = withProfile({});

test('every field that changes the number refuses the comparison, and is named', () => {
  const cases: readonly (readonly [MeasurementTags, string])[] = [
    [{ ...same, region: 'us-east1' }, 'region europe-west1 against us-east1'],
    [{ ...same, platform: 'local' }, 'platform cloudrun against local'],
    [withProfile({ executionEnvironment: 'gen1' }), 'executionEnvironment gen2 against gen1'],
    [withProfile({ startupCpuBoost: true }), 'startupCpuBoost false against true'],
    [withProfile({ cpuIdle: false }), 'cpuIdle true against false'],
    [withProfile({ minInstances: 1 }), 'minInstances 0 against 1'],
    [withProfile({ maxInstances: 2 }), 'maxInstances 1 against 2'],
    [withProfile({ timeoutMs: 1000 }), 'timeoutMs 60000 against 1000'],
    [withProfile({ env: { LOG_LEVEL: 'warn', WORKERS: '4' } }), 'env WORKERS'],
    [withProfile({ env: { WORKERS: '2', MORE: '', LOG_LEVEL: 'debug' } }), 'env LOG_LEVEL, env MORE'],
    [without('env'), 'env LOG_LEVEL, env WORKERS'],
    [without('secrets'), 'secrets API_TOKEN'],
    [withProfile({ port: { protocol: 'h2c', number: 8080 } }), 'protocol http1 against h2c'],
    [without('startupProbe'), 'startupProbe http against none'],
    [withProfile({ startupProbe: { ...PROBE, periodSeconds: 1 } }), 'startupProbe periodSeconds 10 against 1'],
    [withProfile({ startupProbe: { ...PROBE, path: '/' } }), 'startupProbe path /health against /'],
    [withProfile({ livenessProbe: { ...PROBE, type: 'grpc' } }), 'livenessProbe type http against grpc'],
  ];
  for (const [head, difference] of cases) assert.equal(incomparable(same, head), `not comparable: ${difference}`);
  assert.equal(incomparable(without('livenessProbe'), same), 'not comparable: livenessProbe none against http');
});

test('what changes no number refuses nothing', () => {
  const alike: readonly MeasurementTags[] = [
    withProfile({ name: 'renamed' }),
    withProfile({ serviceAccount: 'b@p.iam.gserviceaccount.com' }),
    without('serviceAccount'),
    withProfile({ env: { WORKERS: '2', LOG_LEVEL: 'warn' } }),
    withProfile({ secrets: { API_TOKEN: { secret: 'api', version: '2' } } }),
    withProfile({ port: { protocol: 'http1', number: 9000 } }),
    without('port'),
    withProfile({ startupProbe: JSON.parse(JSON.stringify(PROBE)) }),
    { ...same, toolVersion: '9.9.9', commit: 'other' },
  ];
  for (const head of alike) assert.equal(incomparable(same, head), undefined, JSON.stringify(head));
  assert.equal(incomparable({ ...same, profile: { ...FULL, env: {} } }, without('env')), undefined);
});

test('how warm load was made counts; what an earlier version did not record does not', () => {
  const by = (from: 'runner' | 'job', tasks: number, connections: number) => ({
    ...TAGS,
    load: { from, tasks, connections },
  });
  assert.equal(incomparableLoad(TAGS, by('runner', 1, 4)), undefined);
  assert.equal(incomparableLoad(TAGS, by('job', 1, 4)), 'not comparable: load from runner against job');
  assert.equal(incomparableLoad(by('job', 1, 4), by('job', 4, 4)), 'not comparable: tasks 1 against 4');
  assert.equal(incomparableLoad(by('runner', 1, 4), by('runner', 1, 10)), 'not comparable: connections 4 against 10');
  assert.equal(incomparable(by('runner', 1, 4), by('job', 4, 10)), undefined);
});

const NUMBERS: Numbers = { coldMs: 800, p50Ms: 20, rps: 400 };
const runOf = (tags: MeasurementTags, factor = 1) => {
  const jitter = (order: number) => 1 + (order % 5) / 100;
  let order = 0;
  return resultOf(
    'one',
    roundsOf(
      2,
      10,
      () => {
        order += 1;
        return { ...NUMBERS, coldMs: NUMBERS.coldMs * factor * jitter(order), p50Ms: NUMBERS.p50Ms * jitter(order) };
      },
      ['head'],
    ),
    { tags },
  );
};
const storedOf = (tags: MeasurementTags) =>
  updateBaseline(undefined, exampleResults([runOf(tags)]), exampleMetadata()).serviceTypes['discord-webhook'] ?? [];

test('load from elsewhere makes warm numbers inconclusive, and leaves cold starts to be judged', () => {
  const load = { from: 'job', tasks: 4, connections: 4 } as const;
  const outcome = compareStored([runOf({ ...TAGS, load }, 3)], storedOf(TAGS));
  const metrics = outcome.implementations[0]?.metrics ?? [];
  const [cold, ...warm] = metrics.filter(({ gate }) => gate);
  assert.equal(cold?.verdict, 'regression');
  assert.deepEqual(
    warm.map(({ verdict, reason }) => [verdict, reason]),
    warm.map(() => ['inconclusive', 'not comparable: load from runner against job']),
  );
  assert.equal(warm.length, 2);
});

test('a baseline keeps fresh revisions only: strata are never pooled', () => {
  const result = runOf(TAGS);
  const { measurement } = result;
  assert.ok(measurement !== undefined);
  const [first] = measurement.samples;
  assert.ok(first !== undefined);
  const forced = { ...first, stratum: 'forced-zero' as const, cold: { ...first.cold, ttfbMs: 1 } };
  const mixed = { ...result, measurement: { ...measurement, samples: [...measurement.samples, forced] } };
  const [entry] =
    updateBaseline(undefined, exampleResults([mixed]), exampleMetadata()).serviceTypes['discord-webhook'] ?? [];
  assert.equal(entry?.runs[0]?.values['cold-ttfb']?.length, 20);
  assert.ok(!entry.runs[0].values['cold-ttfb']?.includes(1));
});

test('what makes the warm load is told with the driver, and compared by itself', () => {
  const driver = driverText('linux x64, 2 CPUs', 'from 4 tasks of a job');
  assert.match(driver, /warm load from 4 tasks of a job$/);
  assert.equal(machineOf({ driver }), 'linux x64, 2 CPUs');
  assert.equal(machineOf({ driver: driverText('linux x64, 2 CPUs', undefined) }), 'linux x64, 2 CPUs');
});
