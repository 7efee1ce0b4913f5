import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockSettings, LoadRecording } from '../../../src/domain/load.ts';
import { blockOutcomes, jobLoad } from '../../../src/measure/job-load.ts';
import { parseLoadPlan, parseTaskRecording, placeOf } from '../../../src/measure/load-files.ts';
import { loadShare } from '../../../src/measure/load-share.ts';
import { mergeRecordings, recordLoad } from '../../../src/measure/recording.ts';
import type { MeasuredProtocol } from '../../../src/measure/target.ts';
import { TaskMeetings, TooLateError } from '../../../src/measure/task-meeting.ts';
import { describeRecording } from '../../../src/measure/warm-block.ts';
import type { HttpExchange, HttpTransport } from '../../../src/ports/transport.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { inProcessJobs } from '../../helpers/in-process-jobs.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const RIGHT = new TextEncoder().encode('right');
const WARM: BlockSettings = { connections: 16, requests: 800, warmupRequests: 40, warmupMs: 200 };

const request = { method: 'GET', path: '/', headers: [] };
const warmCall = () => ({ request, isCorrect: ({ status }: { readonly status: number }) => status === 200 });
const protocol: MeasuredProtocol = {
  coldRequest: () => request,
  warmCall,
  prepare: async (send) => {
    await send(request);
    return warmCall;
  },
};
const BROKEN = 'block broken: no item to read';

test('shares are exactly the whole, and no share differs from another by more than the connections want', () => {
  for (let tasks = 1; tasks <= 64; tasks += 1) {
    for (const [connections, requests, warmupRequests] of [
      [1, 1, 0],
      [4, 203, 21],
      [10, 500, 50],
      [64, 7, 3],
      [100, 9999, 101],
    ] as const) {
      const shares = Array.from({ length: tasks }, (_, task) =>
        loadShare({ connections, requests, warmupRequests, warmupMs: 300 }, task, tasks),
      );
      const total = (of: (share: BlockSettings) => number) => shares.reduce((sum, share) => sum + of(share), 0);
      assert.equal(
        total((share) => share.connections),
        connections,
      );
      assert.equal(
        total((share) => share.requests),
        requests,
      );
      assert.equal(
        total((share) => share.warmupRequests),
        warmupRequests,
      );
      for (const share of shares) {
        assert.equal(share.warmupMs, 300);
        assert.ok(Math.abs(share.requests - (requests * share.connections) / connections) < 1, JSON.stringify(share));
        if (share.connections === 0) assert.equal(share.requests + share.warmupRequests, 0);
      }
    }
  }
});

interface Crowd {
  readonly arriveMs: readonly (number | undefined)[];
  readonly meetings: number;
}

/** What each task saw: the start of each meeting, or why it gave up. */
async function gathering({ arriveMs, meetings }: Crowd) {
  const clock = virtualClock();
  const store = createMemoryStore();
  const tasks = arriveMs.map(async (ms, task) => {
    if (ms === undefined) return [];
    await clock.sleep(ms);
    const options = {
      store,
      place: 'p/',
      task,
      taskCount: arriveMs.length,
      timeoutMs: 1_000,
      pollMs: 20,
      marginMs: 100,
    };
    const own = new TaskMeetings({ ...options, clock });
    const seen: string[] = [];
    for (let index = 0; index < meetings; index += 1) {
      try {
        const { startAtMs, missing } = await own.meet(`${index}-timed`);
        assert.ok(clock.epochMs() >= startAtMs);
        seen.push(`${startAtMs}${missing.length === 0 ? '' : ` without ${missing.join(',')}`} at ${clock.epochMs()}`);
      } catch (error) {
        assert.ok(error instanceof TooLateError);
        seen.push('too late');
        break;
      }
    }
    return seen;
  });
  return clock.run(Promise.all(tasks));
}

test('all tasks start at the same moment: a margin after the last was ready', async () => {
  const seen = await gathering({ arriveMs: [0, 300, 33, 710], meetings: 2 });
  assert.deepEqual(
    seen,
    Array.from({ length: 4 }, () => ['810 at 810', '910 at 910']),
  );
});

test('a task that never comes is waited for once, and named', async () => {
  const seen = await gathering({ arriveMs: [0, undefined, 33], meetings: 3 });
  const expected = ['1100 without 1 at 1100', '1200 at 1200', '1300 at 1300'];
  assert.deepEqual(seen, [expected, [], expected]);
});

test('a task that comes when the others have gone on does not load by itself', async () => {
  const seen = await gathering({ arriveMs: [0, 20, 5_000], meetings: 1 });
  assert.deepEqual(seen, [['1100 without 2 at 1100'], ['1100 without 2 at 1100'], ['too late']]);
});

/** A service whose answers take what the seed says; what it took is kept, in the order of the answers. */
function service(
  clock: ReturnType<typeof virtualClock>,
  kept: number[],
  timed: () => boolean,
  seed: number,
): HttpTransport {
  const random = seededRandom(seed);
  return {
    exchange: async (origin) => {
      if (origin.includes('broken')) throw new Error('no item to read');
      return {} as HttpExchange;
    },
    open: () => ({
      send(_request, done) {
        const latencyMs = 1 + 10 ** (random.uniform() * 1.2);
        const isTimed = timed();
        void clock.sleep(latencyMs).then(() => {
          if (isTimed) kept.push(latencyMs);
          done({ ok: true, status: 200, latencyMs, body: RIGHT, contentType: 'text/plain' });
        });
      },
      close: async () => undefined,
    }),
  };
}

interface Scenario {
  readonly tasks: number;
  readonly warm?: BlockSettings;
  readonly blocks?: readonly string[];
  readonly dies?: Parameters<typeof inProcessJobs>[0]['dies'];
}

async function execution({ tasks, warm = WARM, blocks = ['a'], dies = {} }: Scenario) {
  const clock = virtualClock();
  const memory = createMemoryStore();
  // As a bucket is asked: less often.
  const store = { ...memory, location: 'gs://bucket' };
  const kept: number[] = [];
  const warnings: string[] = [];
  // The timed part is what comes after the second meeting of the block that is on.
  const begun = (task: number) => [...store.texts.keys()].some((path) => path.includes(`-timed/${task}-`));
  const jobs = inProcessJobs({
    store,
    clock,
    protocol,
    transportOf: (task) => service(clock, kept, () => begun(task), task + 1),
    startsAfterMs: (task) => task * 137,
    dies,
  });
  const driver = jobLoad(
    { job: 'j', tasks, place: 'runs/run-x/load/t', runId: 'run-x', serviceType: 'discord-webhook', next: () => 1 },
    { jobs, store, logger: { warn: (message) => void warnings.push(message) } },
  );
  const load = {
    blocks: blocks.map((id) => ({ id, url: `http://${id}.test` })),
    protocol,
    warm,
    requestTimeoutMs: 1_000,
  };
  const outcomes = await clock.run(driver.run(load));
  return { outcomes, kept, store, warnings, driver, log: jobs.log, tookMs: clock.epochMs() };
}

for (const tasks of [1, 4, 16]) {
  test(`an execution of ${tasks} tasks records exactly what one process would have`, async () => {
    const { outcomes, kept, store, driver } = await execution({ tasks });
    const [outcome, ...others] = outcomes;
    assert.deepEqual([others.length, outcome?.id, outcome?.missing], [0, 'a', undefined]);
    assert.deepEqual([driver.from, driver.tasks], ['job', tasks]);
    const recording = outcome?.recording;
    assert.ok(recording !== undefined);
    assert.deepEqual([recording.sent, kept.length], [800, 800]);
    // One process that saw every answer, in whatever order they came.
    const { connections, warmupRequests, fromMs, timedFromMs, toMs } = recording;
    const one = recordLoad(
      {
        sent: 800,
        durationMs: toMs - timedFromMs,
        latenciesMs: Float64Array.from(kept),
        errors: {},
        waitedUs: kept.reduce((sum, ms) => sum + Math.round(ms * 1000), 0),
      },
      { connections: WARM.connections, warmupRequests, fromMs, timedFromMs },
    );
    assert.equal(connections, WARM.connections);
    assert.deepEqual(recording, one);
    assert.deepEqual(describeRecording(recording), describeRecording(one));
    assert.equal(describeRecording(recording).void, undefined);
    assert.deepEqual([...store.texts.keys()], [], 'a whole execution leaves nothing in the store');
  });
}

test('all blocks of a round take one execution, and tasks beyond the connections only meet', async () => {
  const warm = { ...WARM, connections: 2, requests: 100 };
  const { outcomes, log } = await execution({ tasks: 3, warm, blocks: ['a', 'b', 'c'] });
  assert.deepEqual(
    outcomes.map(({ id, missing, recording }) => [id, missing, recording?.sent, recording?.connections]),
    [
      ['a', undefined, 100, 2],
      ['b', undefined, 100, 2],
      ['c', undefined, 100, 2],
    ],
  );
  assert.deepEqual(log, ['task 2 has nothing to send: 2 connections, 3 tasks']);
});

test('a block that cannot be loaded costs itself, and nobody waits for those who cannot', async () => {
  const { outcomes, log, tookMs } = await execution({ tasks: 2, blocks: ['broken', 'b'] });
  assert.deepEqual(
    outcomes.map(({ missing }) => missing),
    [`2 of 2 tasks left no recording: task 0 (${BROKEN}; exit code 1), task 1 (${BROKEN}; exit code 1)`, undefined],
  );
  assert.equal(outcomes[1]?.recording?.sent, 800);
  assert.deepEqual(log, [BROKEN, BROKEN]);
  assert.ok(tookMs < 20_000, `${tookMs} ms`);
});

test('a task that dies costs the block it was at and those after it, and both name it', async () => {
  const dies = { 1: { beforeBlock: 1, reason: 'killed by SIGKILL' }, 3: { beforeBlock: 0, reason: 'exit code 7' } };
  const { outcomes, store, warnings, log } = await execution({ tasks: 4, blocks: ['a', 'b'], dies });
  assert.deepEqual(
    outcomes.map(({ missing }) => missing),
    [
      '1 of 4 tasks left no recording: task 3 (exit code 7)',
      '2 of 4 tasks left no recording: task 1 (killed by SIGKILL), task 3 (exit code 7)',
    ],
  );
  assert.deepEqual(
    outcomes.map(({ recording }) => recording?.connections),
    [12, 8],
  );
  assert.deepEqual(warnings, ['2 of 2 blocks are incomplete; what was recorded is at runs/run-x/load/t-1/']);
  assert.ok(store.texts.has('runs/run-x/load/t-1/parts/1/0000.json'), 'what is there stays');
  assert.ok(!store.texts.has('runs/run-x/load/t-1/task-3.json'));
  assert.ok(log.includes('block b: going on without task 3'), log.join('\n'));
});

test('an execution that cannot be run voids all blocks with its reason; an abort is no finding', async () => {
  const store = createMemoryStore();
  const jobs = { run: () => Promise.reject(new Error('quota of job runs')) };
  const input = { job: 'j', tasks: 2, place: 'l', runId: 'r', serviceType: 'discord-webhook', next: () => 1 };
  const driver = jobLoad(input, { jobs, store, logger: { warn: () => undefined } });
  const load = { blocks: [{ id: 'a', url: 'http://a.test' }], protocol, warm: WARM, requestTimeoutMs: 1_000 };
  assert.deepEqual(await driver.run(load), [
    { id: 'a', missing: '2 of 2 tasks left no recording: task 0 (quota of job runs), task 1 (quota of job runs)' },
  ]);
  assert.deepEqual(await driver.run({ ...load, blocks: [] }), []);
  await assert.rejects(driver.run(load, AbortSignal.abort(new Error('enough'))), /enough/);
});

const recorded = (connections: number, change: Partial<LoadRecording> = {}): LoadRecording => ({
  ...recordLoad(
    { sent: 1, durationMs: 100, latenciesMs: Float64Array.of(3), errors: {}, waitedUs: 3_000 },
    { connections, warmupRequests: 1, fromMs: 0, timedFromMs: 1_000 },
  ),
  ...change,
});
const shard = (task: number, recording: LoadRecording, taskCount = 2) => ({
  task,
  recording: { schemaVersion: 1 as const, task, taskCount, blocks: [{ id: 'a', recording }] },
});
const well = { tasks: [0, 1].map((index) => ({ index, succeeded: true })) };
const plan = { blocks: [{ id: 'a', url: 'http://a.test' }], warm: { ...WARM, connections: 2, requests: 2 } };

test('shards that do not fit are named', () => {
  const cases: [Parameters<typeof blockOutcomes>[1], RegExp | undefined][] = [
    [[shard(0, recorded(1)), shard(1, recorded(1))], undefined],
    [[shard(0, recorded(1)), shard(1, recorded(2))], /^1 of 2 .*task 1 \(it had 2 connections, wanted 1\)$/],
    [
      [shard(0, recorded(1)), { task: 1, problem: 'its recording cannot be read: x' }],
      /task 1 \(its recording cannot be read: x\)$/,
    ],
    [[shard(0, recorded(1)), shard(1, recorded(1, { sent: 2 }))], /task 1 \(it sent 2 requests, wanted 1\)$/],
    [[shard(0, recorded(1)), shard(1, recorded(1, { sent: 2, endedEarly: 'died' }))], undefined],
    [[shard(0, recorded(1)), shard(1, recorded(1, { sent: 2, errors: { reset: 2 } }))], undefined],
    [[shard(0, recorded(1)), { task: 1 }], /task 1 \(it ended as if all were well\)$/],
    [
      [shard(0, recorded(1)), shard(1, recorded(1, { timedFromMs: 1_090, toMs: 1_190 }))],
      /^its 2 tasks loaded the service together for only 5 % of the block$/,
    ],
    [[shard(0, recorded(1)), shard(1, recorded(1, { timedFromMs: 5_000, toMs: 5_100 }))], /only 0 % of the block$/],
  ];
  for (const [shards, expected] of cases) {
    const [outcome] = blockOutcomes(plan, shards, well);
    if (expected === undefined) assert.equal(outcome?.missing, undefined);
    else assert.match(outcome?.missing ?? '', expected);
  }
  const [whole] = blockOutcomes(plan, [shard(0, recorded(1)), shard(1, recorded(1))], well);
  assert.deepEqual(whole?.recording, mergeRecordings([recorded(1), recorded(1)]));
});

test('a damaged recording is refused, whatever is wrong with it', () => {
  const good = shard(1, recorded(1)).recording;
  const text = (change: object) => JSON.stringify({ ...good, ...change });
  const block = (change: object) => text({ blocks: [{ id: 'a', recording: { ...recorded(1), ...change } }] });
  assert.deepEqual(parseTaskRecording(text({}), 1, 2), JSON.parse(text({})));
  const cases: [string, RegExp][] = [
    ['{"schemaVersion":1,"ta', /JSON/],
    ['[]', /found no object/],
    [text({ schemaVersion: 2 }), /schemaVersion/],
    [text({ task: 0 }), /task/],
    [text({ taskCount: 4 }), /taskCount/],
    [text({ blocks: {} }), /blocks/],
    [block({ sent: -1 }), /sent/],
    [block({ sent: 2 }), /histogram holds 1 answers, wanted 2/],
    [block({ sumUs: '1e9' }), /sumUs/],
    [block({ errors: { timeout: 0.5 } }), /errors/],
    [block({ histogram: 'AAAA' }), /./],
    [block({ histogram: recorded(1).histogram.slice(0, 12) }), /./],
    [block({ toMs: null }), /toMs/],
  ];
  for (const [damaged, expected] of cases) assert.throws(() => parseTaskRecording(damaged, 1, 2), expected, damaged);
});

test('a plan is read as it was written, and nothing else is', () => {
  const written = {
    schemaVersion: 1,
    runId: 'r',
    serviceType: 's',
    requestTimeoutMs: 1,
    meetingTimeoutMs: 1,
    warm: WARM,
    blocks: plan.blocks,
  };
  assert.deepEqual(parseLoadPlan(JSON.stringify(written)), written);
  for (const change of [
    { schemaVersion: 2 },
    { warm: {} },
    { blocks: [{ id: 'a', url: 'http://a.test/path' }] },
    { blocks: [{ id: 'a', url: 'file' }] },
  ]) {
    assert.throws(() => parseLoadPlan(JSON.stringify({ ...written, ...change })), TypeError);
  }
  assert.equal(placeOf('runs/r/load/t-1/plan.json'), 'runs/r/load/t-1/');
  assert.equal(placeOf('runs/r/plan.txt'), undefined);
});
