import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { proveCold } from '../../../src/measure/cold-proof.ts';
import { instanceChange } from '../../../src/measure/instance-change.ts';
import { recordLoad } from '../../../src/measure/recording.ts';
import { findEnd } from '../../../src/measure/scale-to-zero.ts';
import { scheduleSamples, spareTags } from '../../../src/measure/schedule.ts';
import { newTrace, traced } from '../../../src/measure/trace.ts';
import { auditLoad, describeRecording } from '../../../src/measure/warm-block.ts';
import { decodeHistogram } from '../../../src/stats/histogram.ts';

const TAGS = Array.from({ length: 7 }, (_, index) => `c${index}`);
const SERVICES = [
  { side: 'base', tags: TAGS },
  { side: 'head', tags: TAGS },
] as const;

test('rounds hold as many of either side, every tag once, in an order of the seed', () => {
  const settings = { samplesPerRound: 3, rounds: 2 };
  const schedule = scheduleSamples(SERVICES, settings, 42);
  assert.equal(schedule.length, 12);
  for (const round of [0, 1]) {
    for (const side of ['base', 'head'] as const) {
      const tags = schedule.filter((one) => one.round === round && one.side === side).map(({ tag }) => tag);
      assert.deepEqual(tags.toSorted(), TAGS.slice(round * 3, round * 3 + 3));
    }
  }
  assert.deepEqual(
    schedule.map(({ order }) => order),
    [...schedule.keys()],
  );
  assert.ok(schedule.slice(0, 6).every(({ round }) => round === 0));
  assert.deepEqual(schedule, scheduleSamples(SERVICES, settings, 42));
  const sidesOf = (seed: number) =>
    scheduleSamples(SERVICES, settings, seed)
      .map(({ side }) => side)
      .join();
  assert.ok(new Set([1, 2, 3, 4, 5].map(sidesOf)).size > 2);
  assert.deepEqual(spareTags(SERVICES, settings), { base: ['c6'], head: ['c6'] });
  assert.throws(
    () => scheduleSamples(SERVICES, { samplesPerRound: 4, rounds: 2 }, 1),
    /has 7 tagged revisions, the schedule needs 8/,
  );
});

test('head alone has a schedule, too', () => {
  const schedule = scheduleSamples([{ side: 'head', tags: TAGS }], { samplesPerRound: 7, rounds: 1 }, 1);
  assert.deepEqual(schedule.map(({ tag }) => tag).toSorted(), TAGS);
});

test('a trace is a W3C trace context of its own', () => {
  const trace = newTrace();
  assert.match(trace.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.ok(trace.traceparent.includes(trace.id));
  assert.notEqual(trace.id, newTrace().id);
  const { headers } = traced(
    {
      method: 'GET',
      path: '/',
      headers: [
        ['Traceparent', 'x'],
        ['accept', '*/*'],
      ],
    },
    trace,
  );
  assert.deepEqual(headers, [
    ['accept', '*/*'],
    ['traceparent', trace.traceparent],
  ]);
});

const REQUEST = { revision: 'r', traceId: 't', sentAtMs: 10_000, firstByteAtMs: 10_500 };
const line = (kind: InstanceEvent['kind'], atMs: number, more: Partial<InstanceEvent> = {}): InstanceEvent => ({
  kind,
  atMs,
  service: 's',
  revision: 'r',
  instanceId: 'i1',
  ...more,
});
const START = line('start', 10_020, { reason: 'AUTOSCALING' });
const OURS = line('request', 10_001, { trace: 't' });
const GOOD = [START, line('ready', 10_300), OURS];

for (const { title, events, proven, settled, reason } of [
  { title: 'everything there', events: GOOD, proven: true, settled: true, reason: undefined },
  {
    title: 'started shortly before the request',
    events: [{ ...START, atMs: 9_100 }, OURS],
    proven: true,
    settled: false,
    reason: undefined,
  },
  {
    title: 'started too early',
    events: [{ ...START, atMs: 8_999 }, OURS],
    proven: false,
    settled: true,
    reason: /started -1001 ms after/,
  },
  {
    title: 'started after the answer',
    events: [{ ...START, atMs: 10_501 }, OURS],
    proven: false,
    settled: true,
    reason: /501 ms after/,
  },
  { title: 'start line not there yet', events: [OURS], proven: false, settled: false, reason: /does not show a start/ },
  {
    title: 'request line not there yet',
    events: [START],
    proven: false,
    settled: false,
    reason: /does not show our request/,
  },
  { title: 'empty', events: [], proven: false, settled: false, reason: /unknown/ },
  {
    title: 'only other revisions',
    events: GOOD.map((one) => ({ ...one, revision: 'x' })),
    proven: false,
    settled: false,
    reason: /unknown/,
  },
  {
    title: 'two instances at once',
    events: [...GOOD, { ...START, instanceId: 'i2' }],
    proven: false,
    settled: true,
    reason: /2 instances were started at once/,
  },
  {
    title: 'start without a reason',
    events: [line('start', 10_020), OURS],
    proven: false,
    settled: true,
    reason: /UNKNOWN/,
  },
] as const) {
  test(`proof: ${title}`, () => {
    const finding = proveCold(events, REQUEST, new Set());
    assert.equal(finding.proof.proven, proven);
    assert.equal(finding.settled, settled);
    if (reason === undefined) assert.equal(finding.proof.reason, undefined);
    else assert.match(finding.proof.reason ?? '', reason);
  });
}

test('proof: the phases add up to the time to first byte', () => {
  const { phases } = proveCold(GOOD, REQUEST, new Set());
  assert.deepEqual(phases, { scheduleMs: 20, startupMs: 280, responseMs: 200 });
});

const BLOCK = { revision: 'r', instanceId: 'i1', fromMs: 11_000, toMs: 12_000 };

for (const { title, events, reason } of [
  { title: 'requests of the one instance', events: [...GOOD, line('request', 11_500)], reason: /^$/ },
  { title: 'a stop right after', events: [line('request', 11_500), line('stop', 12_001)], reason: /^$/ },
  {
    title: 'a change on another revision',
    events: [line('request', 11_500), line('stop', 11_600, { revision: 'x' })],
    reason: /^$/,
  },
  { title: 'a stop', events: [line('request', 11_500), line('stop', 11_600)], reason: /instance i1 was stopped/ },
  { title: 'a SIGTERM', events: [line('request', 11_500), line('sigterm', 11_600)], reason: /i1 was told to end/ },
  { title: 'a start', events: [line('start', 11_000, { instanceId: 'i2' })], reason: /instance i2 was started/ },
  {
    title: 'an answer of another instance',
    events: [line('request', 11_500, { instanceId: 'i2' })],
    reason: /instance i2 answered/,
  },
  { title: 'nothing in the log', events: [START], reason: /does not show the requests of the block: unknown/ },
] as const) {
  test(`a block with ${title}`, () => assert.match(instanceChange(events, BLOCK) ?? '', reason));
}

const IDLE = {
  target: { side: 'head', service: 's', revision: 'r', tag: 'c1', url: 'http://c1', deployedSinceMs: 0 },
  instanceId: 'i1',
  lastRequestAtMs: 20_000,
} as const;

for (const { title, events, observed, from, to } of [
  { title: 'a stop', events: [...GOOD, line('stop', 21_500)], observed: 'log', from: 1500, to: 1500 },
  {
    title: 'a stop, and the word of the service before it',
    events: [...GOOD, line('sigterm', 21_000), line('stop', 21_500)],
    observed: 'log',
    from: 1500,
    to: 1500,
  },
  {
    title: 'the word of the service alone',
    events: [...GOOD, line('sigterm', 21_000)],
    observed: 'log',
    from: 1000,
    to: 11_000,
  },
  {
    title: 'the word of another instance',
    events: [...GOOD, line('sigterm', 21_000, { instanceId: 'i2' })],
    observed: 'unknown',
    from: 0,
    to: 9000,
  },
  { title: 'a stop before the last request', events: [line('stop', 19_000)], observed: 'unknown', from: 0, to: 9000 },
  {
    title: 'a successor',
    events: [line('start', 23_000, { instanceId: 'i2', reason: 'AUTOSCALING' })],
    observed: 'bounded',
    from: 0,
    to: 3000,
  },
  { title: 'a silent log', events: [], observed: 'unknown', from: 0, to: 9000 },
] as const) {
  test(`scale to zero with ${title} is ${observed}`, () => {
    const end = findEnd(events, IDLE, 9000);
    assert.deepEqual([end.observed, end.lastSeenAliveMs, end.firstSeenGoneMs], [observed, from, to]);
    assert.equal(end.reason === undefined, from === to, 'only what is exact needs no reason');
  });
}

const LOAD = {
  sent: 4,
  durationMs: 40,
  latenciesMs: Float64Array.of(10, 30, 20, 20),
  errors: {},
  waitedUs: 80_000,
};
const recorded = (load: Parameters<typeof recordLoad>[0], connections: number) =>
  recordLoad(load, { connections, warmupRequests: 2, fromMs: 1_000, timedFromMs: 1_100 });

test('a block: percentiles, rate of correct answers, a histogram that reads back', () => {
  const recording = recorded(LOAD, 2);
  const block = describeRecording(recording);
  assert.deepEqual(
    [block.p50Ms, block.minMs, block.maxMs, block.meanMs, block.requestsPerSecond, block.durationMs],
    // The upper end of the histogram's step that holds 20.
    [20.015, 10, 30, 20, 100, 40],
  );
  assert.ok(Math.abs(block.stddevMs - Math.sqrt(200 / 3)) < 1e-9);
  assert.equal(decodeHistogram(block.histogram).count, 4);
  assert.equal(block.void, undefined);
  assert.equal(describeRecording(recording, 'instance changed').void, 'instance changed');
});

test("the generator audits itself by Little's law", () => {
  assert.equal(auditLoad(recorded(LOAD, 2)), undefined);
  assert.match(auditLoad(recorded(LOAD, 4)) ?? '', /idle for about 50 % of a warm block/);
  const saturated = describeRecording(recorded(LOAD, 10));
  assert.match(saturated.void ?? '', /saturated: connections waited for the service only 20 % of the time/);
});

test('a block without one correct answer has no times and is void', () => {
  const none = { ...LOAD, latenciesMs: new Float64Array(0), errors: { timeout: 4 } };
  const block = describeRecording(recorded(none, 2));
  assert.deepEqual([block.requestsPerSecond, block.p50Ms, block.meanMs, block.minMs, block.maxMs], [0, 0, 0, 0, 0]);
  assert.match(block.void ?? '', /4 of 4 answers were not correct: timeout x 4/);
});
