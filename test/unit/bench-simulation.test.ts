import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ASSUMPTIONS, draw } from '../../bench/cloud/assumptions.ts';
import { Places, type Process, Simulation } from '../../bench/cloud/engine.ts';
import { type Scenario, simulateRun } from '../../bench/cloud/model.ts';
import * as scenarios from '../../bench/cloud/scenarios.ts';
import { seededRandom } from '../../src/stats/random.ts';

const RUNS = 60;
const MINUTE_MS = 60_000;
const { quota } = ASSUMPTIONS;

function simulated(scenario: Scenario) {
  const outcomes = Array.from({ length: RUNS }, (_, seed) => simulateRun(scenario, seed));
  const minutes = outcomes.map(({ wallMs }) => wallMs / MINUTE_MS).toSorted((a, b) => a - b);
  return {
    /** What 19 of 20 runs do not exceed. */
    minutes: minutes[Math.ceil(0.95 * RUNS) - 1] ?? Number.NaN,
    mostReads: Math.max(...outcomes.map(({ mostReadsAMinute }) => mostReadsAMinute)),
    mostWrites: Math.max(...outcomes.map(({ mostWritesAMinute }) => mostWritesAMinute)),
    mostCpus: Math.max(...outcomes.map(({ mostCpus }) => mostCpus)),
    writes: Math.min(...outcomes.map(({ writes }) => writes)),
  };
}

test('events come in order of time, and of their making where the time is the same', () => {
  const simulation = new Simulation();
  const seen: string[] = [];
  const places = new Places(1);
  function* visit(name: string, stayMs: number): Process {
    yield* places.take();
    seen.push(`${name} ${simulation.nowMs}`);
    yield stayMs;
    places.give();
  }
  function* whole(): Process {
    yield* simulation.all([visit('a', 5), visit('b', 0), visit('c', 7)]);
    yield* simulation.all([]);
    seen.push(`end ${simulation.nowMs}`);
  }
  simulation.spawn(whole());
  simulation.run();
  assert.deepEqual(seen, ['a 0', 'b 5', 'c 5', 'end 12']);
});

test('durations have the median and the tail that are written down', () => {
  const random = seededRandom(12_345_678);
  const spread = ASSUMPTIONS.operation;
  const drawn = Array.from({ length: 4000 }, () => draw(spread, random)).toSorted((a, b) => a - b);
  const at = (share: number) => drawn[Math.floor(share * drawn.length)] ?? Number.NaN;
  assert.ok(Math.abs(at(0.5) / spread.medianMs - 1) < 0.06, String(at(0.5)));
  assert.ok(Math.abs(at(0.95) / spread.p95Ms - 1) < 0.12, String(at(0.95)));
  assert.ok(at(0) >= spread.leastMs && (drawn.at(-1) ?? 0) <= spread.mostMs);
});

const { pullRequest, fullSuite, ownWindows, writes } = scenarios;

test('the same seed gives the same run', () => {
  assert.deepEqual(simulateRun(pullRequest(), 3), simulateRun(pullRequest(), 3));
  assert.notEqual(simulateRun(pullRequest(), 3).wallMs, simulateRun(pullRequest(), 4).wallMs);
});

test('a pull request with one changed implementation has its verdict in under 10 minutes, in 19 of 20 runs', () => {
  const { minutes, mostWrites, mostReads, mostCpus } = simulated(pullRequest());
  assert.ok(minutes < 10, `${minutes} minutes`);
  assert.ok(mostWrites <= 40, `${mostWrites} writes a minute`);
  assert.ok(mostReads <= quota.logReadsPerMinute, `${mostReads} readings a minute`);
  assert.ok(mostCpus <= quota.cpus, `${mostCpus} vCPU`);
});

test('the full suite of 19 takes under 60 minutes on default quotas, in 19 of 20 runs', () => {
  const { minutes, mostWrites, mostReads, mostCpus } = simulated(fullSuite());
  assert.ok(minutes < 60, `${minutes} minutes`);
  assert.ok(mostWrites <= 40, `${mostWrites} writes a minute`);
  assert.ok(mostReads <= quota.logReadsPerMinute, `${mostReads} readings a minute`);
  assert.ok(mostCpus <= quota.cpus, `${mostCpus} vCPU`);
});

test('20 implementations of 20 revisions never write more than 40 times a minute, nor hold more than 20 vCPU', () => {
  for (const jobs of [1, 20]) {
    const found = simulated(writes(jobs));
    assert.ok(found.writes >= 20 * 21, `${found.writes} writes`);
    assert.ok(found.mostWrites <= 40, `${found.mostWrites} writes a minute`);
    assert.ok(found.mostCpus <= quota.cpus, `${found.mostCpus} vCPU`);
  }
});

test('what is simulated is what the product does, and what perf.yml says', () => {
  const perf = readFileSync(new URL('../../.github/workflows/perf.yml', import.meta.url), 'utf8');
  const [, maxParallel] = /max-parallel:\n +description: .*\n +type: number\n +default: (\d+)/.exec(perf) ?? [];
  assert.equal(Number(maxParallel), scenarios.MAX_PARALLEL);
  const { settings, idle } = fullSuite();
  assert.deepEqual([settings.settings.scaleToZeroTimeoutMs, settings.instancesAtOnce], [0, 4]);
  assert.ok((idle?.settings.scaleToZeroTimeoutMs ?? 0) > 900_000);
});

test('the bounds are no matter of course: each falls when what keeps it is taken away', () => {
  const full = fullSuite();
  assert.ok(simulated(pullRequest({ samplesPerRound: 6 })).minutes > 10, 'twelve instances a side');
  assert.ok(simulated(pullRequest({}, 5)).minutes > 10, 'an only job that takes a fifth of the quotas');
  assert.ok(simulated(ownWindows()).minutes > 60, 'each job waits for idleness by itself');
  assert.ok(simulated(fullSuite({}, 8)).minutes > 60, 'eight jobs at once');
  assert.ok(
    simulated({ ...full, toldJobs: 1 }).mostWrites > quota.writesPerMinute,
    'jobs that do not know of each other',
  );
  const { settings } = full;
  assert.ok(simulated({ ...full, settings: { ...settings, instancesAtOnce: 99 } }).mostCpus > quota.cpus, 'no stops');
});
