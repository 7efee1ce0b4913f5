import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { type ColdMarker, proveStart, readMarker } from '../../../src/measure/cold-marker.ts';
import type { HeaderList } from '../../../src/ports/transport.ts';

const ID = '0f9f4ab1-5c53-4b1f-8a0e-d0a3f2d9b6aa';

for (const { title, headers, marker } of [
  {
    title: 'names in any case, a count',
    headers: [
      ['X-Perf-Instance', ID],
      ['X-Perf-Uptime-Ms', ' 412.5 '],
      ['X-Perf-Requests', '1'],
    ],
    marker: { instance: ID, uptimeMs: 412.5, requests: 1 },
  },
  {
    title: 'no count',
    headers: [
      ['x-perf-uptime-ms', '0'],
      ['x-perf-instance', ID],
    ],
    marker: { instance: ID, uptimeMs: 0 },
  },
  { title: 'no header', headers: [['content-type', 'x']], marker: undefined },
  { title: 'no age', headers: [['x-perf-instance', ID]], marker: undefined },
  { title: 'no instance', headers: [['x-perf-uptime-ms', '3']], marker: undefined },
  ...[
    ['x-perf-instance', '1'],
    ['x-perf-instance', `${ID} ${ID}`],
    ['x-perf-instance', 'x'.repeat(201)],
    ['x-perf-uptime-ms', '-1'],
    ['x-perf-uptime-ms', '1e3'],
    ['x-perf-uptime-ms', 'NaN'],
    ['x-perf-uptime-ms', ''],
    ['x-perf-requests', '0'],
    ['x-perf-requests', 'one'],
  ].map(([name = '', value = '']) => ({
    title: `${name} ${value.slice(0, 20)}`,
    headers: [...new Map([['x-perf-instance', ID], ['x-perf-uptime-ms', '3'], [name, value] as const])],
    marker: undefined,
  })),
  {
    title: 'two instances',
    headers: [
      ['x-perf-instance', ID],
      ['x-perf-instance', 'f'.repeat(36)],
      ['x-perf-uptime-ms', '3'],
    ],
    marker: undefined,
  },
] as { title: string; headers: HeaderList; marker: ColdMarker | undefined }[]) {
  test(`marker: ${title}`, () => assert.deepEqual(readMarker(headers), marker));
}

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
const READY = line('ready', 10_300);
const GOOD = [START, READY, OURS];
const COLD: ColdMarker = { instance: ID, uptimeMs: 480, requests: 1 };

/** The request took 500 ms. */
function prove(events: readonly InstanceEvent[], marker: ColdMarker | undefined, seen: readonly string[] = []) {
  const request = { revision: 'r', traceId: 't', sentAtMs: 10_000, firstByteAtMs: 10_500 };
  const known = marker === undefined ? request : { ...request, marker };
  return proveStart(events, known, new Set(['i9']), new Set(seen));
}

for (const { title, events, marker, seen, by, instanceId, reason } of [
  { title: 'the log alone', events: GOOD, by: 'log', instanceId: 'i1' },
  { title: 'the log, and a marker that fits', events: GOOD, marker: COLD, by: 'log', instanceId: 'i1' },
  { title: 'an empty log alone', events: [], reason: /unknown$/ },
  { title: 'a marker, and an empty log', events: [], marker: COLD, by: 'marker', instanceId: ID },
  { title: 'a marker, and a log without our request', events: [START], marker: COLD, by: 'marker', instanceId: ID },
  { title: 'a marker, and a log without the start', events: [OURS], marker: COLD, by: 'marker', instanceId: 'i1' },
  {
    title: 'a marker without a count',
    events: [],
    marker: { instance: ID, uptimeMs: 480 },
    by: 'marker',
    instanceId: ID,
  },
  {
    title: 'as old as the request, give or take',
    events: [],
    marker: { ...COLD, uptimeMs: 549 },
    by: 'marker',
    instanceId: ID,
  },
  {
    title: 'older than the request',
    events: [],
    marker: { ...COLD, uptimeMs: 551 },
    reason: /unknown; the process was 551 ms old when it answered, our request only 500 ms/,
  },
  {
    title: 'a process seen before',
    events: [],
    marker: COLD,
    seen: [ID],
    reason: /unknown; process 0f9f.* had answered in this run before/,
  },
  {
    title: 'not its first request',
    events: [],
    marker: { ...COLD, requests: 2 },
    reason: /unknown; it was request 2 of its process/,
  },
  {
    title: 'the log, and an older process',
    events: GOOD,
    marker: { ...COLD, uptimeMs: 4000 },
    reason: /marker contradicts the log: the process was 4000 ms/,
  },
  {
    title: 'the log, and a process seen before',
    events: GOOD,
    marker: COLD,
    seen: [ID],
    reason: /marker contradicts the log: process/,
  },
  {
    title: 'the log, and a later request',
    events: GOOD,
    marker: { ...COLD, requests: 3 },
    reason: /marker contradicts the log: it was request 3/,
  },
  {
    title: 'a log that has settled against it',
    events: [line('start', 6000, { reason: 'DEPLOYMENT_ROLLOUT' }), OURS],
    marker: COLD,
    reason: /started by DEPLOYMENT_ROLLOUT/,
  },
  {
    title: 'an instance that the log knows from before',
    events: GOOD.map((one) => ({ ...one, instanceId: 'i9' })),
    marker: COLD,
    reason: /i9 had answered/,
  },
] as {
  title: string;
  events: readonly InstanceEvent[];
  marker?: ColdMarker;
  seen?: readonly string[];
  by?: string;
  instanceId?: string;
  reason?: RegExp;
}[]) {
  test(`proof by ${title}: ${by ?? 'none'}`, () => {
    const { proof, phases } = prove(events, marker, seen);
    assert.equal(proof.proven, by !== undefined, proof.reason);
    assert.equal(proof.by, by);
    assert.match(proof.reason ?? '', reason ?? /^$/);
    if (by === undefined) return assert.deepEqual(phases, {});
    assert.equal(proof.instanceId, instanceId);
    // Only the platform knows when it began to start an instance.
    assert.equal(phases.scheduleMs, by === 'log' ? 20 : undefined);
  });
}

test('a marker never settles what the log may still tell', () => {
  assert.equal(prove([], COLD).settled, false);
  assert.equal(prove(GOOD, COLD).settled, true);
});
