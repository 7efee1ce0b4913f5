import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASSUMPTIONS, draw } from '../../bench/cloud/assumptions.ts';
import { Places, type Process, Simulation } from '../../bench/cloud/engine.ts';
import { type Scenario, simulateRun } from '../../bench/cloud/model.ts';
import * as scenarios from '../../bench/cloud/scenarios.ts';
import { seededRandom } from '../../src/stats/random.ts';

const RUNS = 40;
const MINUTE_MS = 60_000;
const { quota } = ASSUMPTIONS;

function simulated(scenario: Scenario) {
  const outcomes = Array.from({ length: RUNS }, (_, seed) => simulateRun(scenario, seed));
  const minutes = outcomes.map(({ wallMs }) => wallMs / MINUTE_MS).toSorted((a, b) => a - b);
  return {
    /** What 19 of 20 runs do not exceed. */
    minutes: minutes[Math.ceil(0.95 * RUNS) - 1] ?? Number.NaN,
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

test('the same seed gives the same run', () => {
  assert.deepEqual(simulateRun(scenarios.pullRequestToday, 3), simulateRun(scenarios.pullRequestToday, 3));
  assert.notEqual(simulateRun(scenarios.pullRequestToday, 3).wallMs, simulateRun(scenarios.pullRequestToday, 4).wallMs);
});

test('a pull request with one changed implementation has its verdict in under 10 minutes, as proposed', () => {
  const { minutes, mostWrites, mostCpus } = simulated(scenarios.pullRequestProposed);
  assert.ok(minutes < 10, `${minutes} minutes`);
  assert.ok(mostWrites <= 40, `${mostWrites} writes a minute`);
  assert.ok(mostCpus <= quota.cpus, `${mostCpus} vCPU`);
});

test('the full suite of 19 takes under 60 minutes on default quotas, as proposed', () => {
  for (const scenario of [scenarios.fullProposed, scenarios.fullWithoutIdle]) {
    const { minutes, mostWrites, mostCpus } = simulated(scenario);
    assert.ok(minutes < 60, `${minutes} minutes`);
    assert.ok(mostWrites < quota.writesPerMinute, `${mostWrites} writes a minute`);
    assert.ok(mostCpus <= quota.cpus, `${mostCpus} vCPU`);
  }
});

test('20 implementations of 20 revisions never write more than 40 times a minute', () => {
  for (const scenario of [scenarios.writesOfOneJob, scenarios.writesOfTwentyJobs]) {
    const { writes, mostWrites } = simulated(scenario);
    assert.ok(writes >= 20 * 21, `${writes} writes`);
    assert.ok(mostWrites <= 40, `${mostWrites} writes a minute`);
  }
});

test('the bounds are no matter of course: each falls when what keeps it is taken away', () => {
  const { pullRequestProposed, fullProposed, fullToday, writesOfTwentyJobs } = scenarios;
  assert.ok(simulated({ ...pullRequestProposed, proofs: 'each', sidesAtOnce: false }).minutes > 10);
  assert.ok(simulated({ ...fullProposed, proofs: 'each' }).minutes > 60);
  assert.ok(simulated({ ...fullProposed, writesPerMinute: 10 }).minutes > 60);
  assert.ok(simulated({ ...writesOfTwentyJobs, writesPerMinute: 400 }).mostWrites > quota.writesPerMinute);
  // One of eight jobs that takes the limit for itself, and the only job that takes an eighth.
  assert.ok(simulated({ ...fullToday, writesPerMinute: 8 * 40 }).mostWrites > quota.writesPerMinute);
  assert.ok(simulated({ ...pullRequestProposed, writesPerMinute: 40 / 8 }).minutes > 10);
  const { instancesAtOnce: _, ...unlimited } = fullProposed;
  assert.ok(simulated(unlimited).mostCpus > quota.cpus);
});
