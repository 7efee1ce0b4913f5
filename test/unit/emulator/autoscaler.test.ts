import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Autoscaler, createAutoscaler } from '../../../src/emulator/autoscaler.ts';
import type {
  AutoscalerLimits,
  Decision,
  ScalingEvent,
  ScalingTarget,
} from '../../../src/emulator/autoscaler-model.ts';
import { pendingLimitMs } from '../../../src/emulator/pending-queue.ts';

const LIMITS: AutoscalerLimits = { concurrency: 80, minInstances: 0, maxInstances: 100, idleTimeoutMs: 900_000 };
const MANUAL_0: ScalingTarget = { mode: 'manual', floor: 0, ceiling: 0 };
const MANUAL_2: ScalingTarget = { mode: 'manual', floor: 2, ceiling: 2 };
const TAG_ONLY: ScalingTarget = { mode: 'manual', floor: 0, ceiling: 1 };
const AUTOMATIC: ScalingTarget = { mode: 'automatic' };

/** `start 1 AUTOSCALING`, `stop 1 idle`, `assign r1 to 1`, `reject r1 429`: one word per decision, for readable tables. */
function say(decision: Decision): string {
  switch (decision.kind) {
    case 'start':
      return `start ${decision.instance} ${decision.reason}`;
    case 'stop':
      return `stop ${decision.instance} ${decision.why}`;
    case 'assign':
      return `assign r${decision.request} to ${decision.instance}`;
    case 'reject':
      return `reject r${decision.request} ${decision.status}`;
  }
}

type Step = readonly [event: ScalingEvent, expected: readonly string[]];

const arrive = (atMs: number, request: number): ScalingEvent => ({ kind: 'request-arrived', atMs, request });
const end = (atMs: number, request: number): ScalingEvent => ({ kind: 'request-ended', atMs, request });
const ready = (atMs: number, instance: number): ScalingEvent => ({ kind: 'instance-ready', atMs, instance });
const failed = (atMs: number, instance: number): ScalingEvent => ({ kind: 'start-failed', atMs, instance });
const gone = (atMs: number, instance: number): ScalingEvent => ({ kind: 'instance-ended', atMs, instance });
const aim = (atMs: number, target: ScalingTarget): ScalingEvent => ({ kind: 'target-changed', atMs, target });
const pass = (atMs: number): ScalingEvent => ({ kind: 'time-passed', atMs });
const check = (atMs: number): ScalingEvent => ({ kind: 'health-check', atMs });
const retire = (atMs: number): ScalingEvent => ({ kind: 'retired', atMs });

const TABLE: readonly { name: string; limits?: Partial<AutoscalerLimits>; steps: readonly Step[]; wakeMs?: number }[] =
  [
    {
      name: 'nothing starts without a request',
      steps: [
        [aim(0, AUTOMATIC), []],
        [pass(1e9), []],
      ],
    },
    {
      name: 'cold start from zero: start, then assign when ready',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(50, 1), ['assign r1 to 1']],
        [end(60, 1), []],
      ],
      wakeMs: 900_060,
    },
    {
      name: 'a warm request needs no decision but its assignment',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(5, 1), ['assign r1 to 1']],
        [arrive(6, 2), ['assign r2 to 1']],
      ],
    },
    {
      name: 'a burst to zero that fits one instance starts one',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(0, 2), []],
        [arrive(0, 3), []],
        [ready(9, 1), ['assign r1 to 1', 'assign r2 to 1', 'assign r3 to 1']],
      ],
    },
    {
      name: 'concurrency 1: one instance per request of a burst',
      limits: { concurrency: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(0, 2), ['start 2 AUTOSCALING']],
        [arrive(0, 3), ['start 3 AUTOSCALING']],
        [ready(9, 2), ['assign r1 to 2']],
        [ready(10, 1), ['assign r2 to 1']],
        [end(11, 1), ['assign r3 to 2']],
        [ready(12, 3), []],
      ],
    },
    {
      name: 'spill to a second instance, then the least loaded is taken',
      limits: { concurrency: 2 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(1, 1), ['assign r1 to 1']],
        [arrive(2, 2), ['assign r2 to 1']],
        [arrive(3, 3), ['start 2 AUTOSCALING']],
        [ready(9, 2), ['assign r3 to 2']],
        [end(10, 1), []],
        [end(10, 2), []],
        [arrive(11, 4), ['assign r4 to 1']],
        [arrive(12, 5), ['assign r5 to 1']],
        [arrive(13, 6), ['assign r6 to 2']],
      ],
    },
    {
      name: 'max instances reached: queue in order, 429 after 10 s',
      limits: { concurrency: 1, maxInstances: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(100, 1), ['assign r1 to 1']],
        [arrive(200, 2), []],
        [arrive(300, 3), []],
        [pass(10_199), []],
        [pass(10_200), ['reject r2 429']],
        [end(10_250, 1), ['assign r3 to 1']],
      ],
    },
    {
      name: 'wake-up for the oldest waiting request',
      limits: { concurrency: 1, maxInstances: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(100, 1), ['assign r1 to 1']],
        [arrive(200, 2), []],
      ],
      wakeMs: 10_200,
    },
    {
      name: 'slow starts make the queue longer: 3.5 times the average',
      limits: { concurrency: 1, maxInstances: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(10_000, 1), ['assign r1 to 1']],
        [arrive(10_000, 2), []],
        [pass(44_999), []],
        [pass(45_000), ['reject r2 429']],
      ],
    },
    {
      name: 'while an instance is starting no request is rejected; afterwards the limit counts',
      limits: { concurrency: 1, maxInstances: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(1, 2), []],
        [pass(200_000), []],
        [ready(210_000, 1), ['assign r1 to 1']],
        [pass(735_000), []],
        [pass(735_001), ['reject r2 429']],
      ],
    },
    {
      name: 'no wake-up for the queue while an instance is starting',
      steps: [[arrive(0, 1), ['start 1 AUTOSCALING']]],
    },
    {
      name: 'a failed start rejects those who wait, and nothing restarts by itself',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(1, 2), []],
        [failed(50, 1), ['reject r1 503', 'reject r2 503']],
        [pass(1e6), []],
        [arrive(1e6 + 1, 3), ['start 2 AUTOSCALING']],
      ],
    },
    {
      name: 'one failed start of two: the other one serves the queue',
      limits: { concurrency: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(0, 2), ['start 2 AUTOSCALING']],
        [failed(5, 1), []],
        [ready(9, 2), ['assign r1 to 2', 'start 3 AUTOSCALING']],
      ],
    },
    {
      name: 'idle stop, then a new number for the next start',
      limits: { idleTimeoutMs: 1_000 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(5, 1), ['assign r1 to 1']],
        [end(10, 1), []],
        [pass(1_009), []],
        [pass(1_010), ['stop 1 idle']],
        [arrive(1_011, 2), ['start 2 AUTOSCALING']],
        [gone(1_020, 1), []],
      ],
    },
    {
      name: 'a request resets the idle time; one in flight prevents the stop',
      limits: { idleTimeoutMs: 1_000 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(5, 1), ['assign r1 to 1']],
        [end(10, 1), []],
        [arrive(900, 2), ['assign r2 to 1']],
        [pass(5_000), []],
        [end(6_000, 2), []],
        [pass(6_999), []],
        [pass(7_000), ['stop 1 idle']],
      ],
    },
    {
      name: 'min instances start at once, are kept when idle, and are replaced',
      limits: { minInstances: 2, idleTimeoutMs: 1_000, concurrency: 1 },
      steps: [
        [aim(0, AUTOMATIC), ['start 1 MIN_INSTANCES', 'start 2 MIN_INSTANCES']],
        [ready(5, 1), []],
        [ready(6, 2), []],
        [pass(100_000), []],
        [arrive(100_001, 1), ['assign r1 to 1']],
        [arrive(100_002, 2), ['assign r2 to 2']],
        [arrive(100_003, 3), ['start 3 AUTOSCALING']],
        [ready(100_010, 3), ['assign r3 to 3']],
        [end(100_020, 1), []],
        [end(100_020, 2), []],
        [end(100_020, 3), []],
        [pass(101_020), ['stop 1 idle']],
        [pass(200_000), []],
        [gone(200_001, 2), ['start 4 MIN_INSTANCES']],
      ],
    },
    {
      name: 'a kept instance that cannot start is tried again every 10 s only',
      limits: { minInstances: 1 },
      steps: [
        [aim(0, AUTOMATIC), ['start 1 MIN_INSTANCES']],
        [failed(50, 1), []],
        [pass(10_049), []],
        [pass(10_050), ['start 2 MIN_INSTANCES']],
        [failed(10_060, 2), []],
      ],
      wakeMs: 20_060,
    },
    {
      name: 'a kept instance that crashes after its start is restarted at that pace too',
      limits: { minInstances: 1 },
      steps: [
        [aim(0, AUTOMATIC), ['start 1 MIN_INSTANCES']],
        [ready(20, 1), []],
        [gone(30, 1), []],
        [pass(10_000), ['start 2 MIN_INSTANCES']],
      ],
    },
    {
      name: 'manual 0 stops all, rejects who waits and who comes; back to automatic serves again',
      limits: { concurrency: 1, maxInstances: 2 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(5, 1), ['assign r1 to 1']],
        [arrive(6, 2), ['start 2 AUTOSCALING']],
        [arrive(7, 3), []],
        [aim(8, MANUAL_0), ['stop 2 manual scaling', 'stop 1 manual scaling', 'reject r2 503', 'reject r3 503']],
        [end(9, 1), []],
        [gone(10, 1), []],
        [gone(10, 2), []],
        [arrive(11, 4), ['reject r4 503']],
        [aim(12, AUTOMATIC), []],
        [arrive(13, 5), ['start 3 AUTOSCALING']],
      ],
    },
    {
      name: 'manual n starts n, without idle stop and without more for load',
      limits: { concurrency: 1, idleTimeoutMs: 10 },
      steps: [
        [aim(0, MANUAL_2), ['start 1 MANUAL_SCALING', 'start 2 MANUAL_SCALING']],
        [ready(1, 1), []],
        [ready(1, 2), []],
        [pass(1e6), []],
        [arrive(1e6, 1), ['assign r1 to 1']],
        [arrive(1e6, 2), ['assign r2 to 2']],
        [arrive(1e6, 3), []],
        [end(1e6 + 1, 2), ['assign r3 to 2']],
      ],
    },
    {
      name: 'from three automatic to manual 2: the idle one goes',
      limits: { concurrency: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [arrive(0, 2), ['start 2 AUTOSCALING']],
        [arrive(0, 3), ['start 3 AUTOSCALING']],
        [ready(1, 1), ['assign r1 to 1']],
        [ready(1, 2), ['assign r2 to 2']],
        [ready(1, 3), ['assign r3 to 3']],
        [end(2, 1), []],
        [aim(3, MANUAL_2), ['stop 1 manual scaling']],
      ],
    },
    {
      name: 'a revision with a tag only, under manual scaling: at most one, for a request',
      limits: { concurrency: 1, idleTimeoutMs: 1_000 },
      steps: [
        [aim(0, TAG_ONLY), []],
        [arrive(1, 1), ['start 1 AUTOSCALING']],
        [arrive(2, 2), []],
        [ready(3, 1), ['assign r1 to 1']],
        [end(4, 1), ['assign r2 to 1']],
        [end(5, 2), []],
        [pass(1_005), ['stop 1 idle']],
      ],
    },
    {
      name: 'an instance that dies rejects what it was answering, and the queue gets a new one',
      limits: { concurrency: 2, maxInstances: 1 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(1, 1), ['assign r1 to 1']],
        [arrive(2, 2), ['assign r2 to 1']],
        [arrive(3, 3), []],
        [gone(4, 1), ['reject r1 503', 'reject r2 503', 'start 2 AUTOSCALING']],
        [ready(5, 2), ['assign r3 to 2']],
      ],
    },
    {
      name: 'a request that is given up while it waits is not assigned later',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [end(5, 1), []],
        [ready(9, 1), []],
      ],
    },
    {
      name: 'a stopping instance gets nothing new, and its requests may still end',
      limits: { concurrency: 2 },
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [ready(1, 1), ['assign r1 to 1']],
        [aim(2, MANUAL_0), ['stop 1 manual scaling']],
        [aim(3, AUTOMATIC), []],
        [arrive(4, 2), ['start 2 AUTOSCALING']],
        [end(5, 1), []],
        [gone(6, 1), []],
        [ready(7, 2), ['assign r2 to 2']],
      ],
    },
    {
      name: 'health check: one start of its own, which then serves and idles out',
      limits: { idleTimeoutMs: 1_000 },
      steps: [
        [check(0), ['start 1 DEPLOYMENT_ROLLOUT']],
        [ready(5, 1), []],
        [arrive(6, 1), ['assign r1 to 1']],
        [end(7, 1), []],
        [pass(1_007), ['stop 1 idle']],
      ],
    },
    {
      name: 'health check at manual 0 is skipped',
      steps: [
        [aim(0, MANUAL_0), []],
        [check(1), []],
      ],
    },
    {
      name: 'late news of a stopped or unknown instance changes nothing',
      steps: [
        [arrive(0, 1), ['start 1 AUTOSCALING']],
        [aim(1, MANUAL_0), ['stop 1 manual scaling', 'reject r1 503']],
        [ready(2, 1), []],
        [failed(3, 1), []],
        [gone(4, 1), []],
        [gone(5, 99), []],
        [end(6, 99), []],
      ],
    },
    {
      name: 'retired: stop all, reject all, start nothing',
      limits: { concurrency: 1, minInstances: 1, maxInstances: 1 },
      steps: [
        [aim(0, AUTOMATIC), ['start 1 MIN_INSTANCES']],
        [ready(1, 1), []],
        [arrive(2, 1), ['assign r1 to 1']],
        [arrive(3, 2), []],
        [retire(4), ['stop 1 deleted', 'reject r2 503']],
        [gone(5, 1), ['reject r1 503']],
        [arrive(6, 3), ['reject r3 503']],
        [pass(1e7), []],
      ],
    },
  ];

for (const { name, limits, steps, wakeMs } of TABLE) {
  test(`autoscaler: ${name}`, () => {
    const autoscaler = createAutoscaler({ ...LIMITS, ...limits });
    for (const [index, [event, expected]] of steps.entries()) {
      assert.deepEqual(autoscaler.apply(event).map(say), expected, `step ${index}: ${JSON.stringify(event)}`);
    }
    if (wakeMs !== undefined) assert.equal(autoscaler.nextWakeUpMs(), wakeMs);
  });
}

test('pending limit: 10 s, or 3.5 times the average start-up when that is longer', () => {
  assert.deepEqual([undefined, 0, 2_857, 4_000, 28_000].map(pendingLimitMs), [10_000, 10_000, 10_000, 14_000, 98_000]);
});

/** A small linear congruential generator: the same sequence every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('under random events no limit is ever broken and every request gets exactly one end', () => {
  for (let seed = 1; seed <= 200; seed += 1) runRandomly(seed);
});

function runRandomly(seed: number): void {
  const next = numbers(seed);
  const limits = { concurrency: 1 + next(3), minInstances: next(2), maxInstances: 1 + next(4), idleTimeoutMs: 50 };
  const autoscaler: Autoscaler = createAutoscaler(limits);
  const waiting = new Set<number>();
  const load = new Map<number, Set<number>>();
  const starting = new Set<number>();
  let atMs = 0;
  let lastRequest = 0;
  const pick = (from: Iterable<number>) => {
    const all = [...from];
    return all[next(all.length)];
  };

  function apply(event: ScalingEvent): void {
    for (const decision of autoscaler.apply(event)) {
      if (decision.kind === 'start') starting.add(decision.instance);
      else if (decision.kind === 'stop') {
        starting.delete(decision.instance);
        assert.equal(load.get(decision.instance)?.size ?? 0, 0, 'automatic scaling stops idle instances only');
        load.delete(decision.instance);
      } else if (decision.kind === 'assign') {
        assert.ok(waiting.delete(decision.request), `r${decision.request} was waiting`);
        const requests = load.get(decision.instance);
        assert.ok(requests, `${decision.instance} is ready`);
        requests.add(decision.request);
        assert.ok(requests.size <= limits.concurrency, 'concurrency kept');
      } else {
        const wasKnown = waiting.delete(decision.request) || lost.delete(decision.request);
        assert.ok(wasKnown, `r${decision.request} rejected once`);
      }
    }
    assert.ok(starting.size + load.size <= limits.maxInstances, 'max instances kept');
    assert.equal(autoscaler.liveInstances(), starting.size + load.size);
    const wakeUpMs = autoscaler.nextWakeUpMs();
    assert.ok(wakeUpMs === undefined || wakeUpMs > atMs, `seed ${seed}: nothing is left undone`);
  }
  const lost = new Set<number>();

  apply({ kind: 'target-changed', atMs, target: AUTOMATIC });
  for (let i = 0; i < 200; i += 1) {
    atMs += next(40);
    const choice = next(10);
    const startingOne = pick(starting);
    const readyOne = pick(load.keys());
    if (choice < 4) {
      waiting.add(++lastRequest);
      apply(arrive(atMs, lastRequest));
    } else if (choice < 6 && startingOne !== undefined) {
      starting.delete(startingOne);
      load.set(startingOne, new Set());
      apply(ready(atMs, startingOne));
    } else if (choice === 6 && startingOne !== undefined && next(3) === 0) {
      starting.delete(startingOne);
      apply(failed(atMs, startingOne));
    } else if (choice === 7 && readyOne !== undefined && next(3) === 0) {
      for (const request of load.get(readyOne) ?? []) lost.add(request);
      load.delete(readyOne);
      apply(gone(atMs, readyOne));
      assert.equal(lost.size, 0, 'all requests of a dead instance are rejected');
    } else if (readyOne !== undefined && (load.get(readyOne)?.size ?? 0) > 0) {
      const request = pick(load.get(readyOne) ?? []) ?? 0;
      load.get(readyOne)?.delete(request);
      apply(end(atMs, request));
    } else apply(pass(atMs));
  }
  // With nothing starting any more, everybody who waits is served or refused in bounded time.
  for (const instance of [...starting]) {
    starting.delete(instance);
    apply(failed(atMs, instance));
  }
}
