import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { entryOf, rfc3339 } from '../../../src/emulator/logging/entry.ts';
import { FilterError, parseFilter } from '../../../src/emulator/logging/filter.ts';
import { listEntries } from '../../../src/emulator/logging/list-entries.ts';

const location = { project: 'p', region: 'r' };
const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);
const event = (more: Partial<InstanceEvent>): InstanceEvent => ({
  kind: 'start',
  atMs: T0,
  service: 'svc',
  revision: 'svc-1',
  instanceId: 'i1',
  ...more,
});

test('events become the entries that Cloud Run writes', () => {
  const start = entryOf(event({ reason: 'AUTOSCALING', atMs: T0 + 1.2345 }), location);
  assert.equal(
    start.textPayload,
    'Starting new instance. Reason: AUTOSCALING - Instance started due to traffic scale-up or no existing capacity for current traffic.',
  );
  assert.equal(start.logName, 'projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem');
  assert.equal(start.timestamp, '2026-01-02T03:04:05.001235Z');
  assert.deepEqual(start.labels, { instanceId: 'i1' });
  const texts: readonly (readonly [Partial<InstanceEvent>, RegExp])[] = [
    [{ kind: 'ready' }, /^Default STARTUP TCP probe succeeded after 1 attempt for container "svc-1" on port 8080\.$/],
    [{ kind: 'start-failed', detail: 'exit 3' }, /probe failed 1 time.*The instance was not started\. exit 3$/],
    [{ kind: 'stop', detail: 'idle' }, /^Shutting down instance\. idle$/],
    [{ reason: 'DEPLOYMENT_ROLLOUT' }, /Reason: DEPLOYMENT_ROLLOUT - /],
  ];
  for (const [more, expected] of texts) assert.match(entryOf(event(more), location).textPayload ?? '', expected);
  const trace = 'ab'.repeat(16);
  const request = entryOf(event({ kind: 'request', status: 503, latencyMs: 12.3456, trace }), location);
  assert.equal(request.logName, 'projects/p/logs/run.googleapis.com%2Frequests');
  assert.deepEqual(request.httpRequest, { status: 503, latency: '0.012346s' });
  assert.equal(request.trace, `projects/p/traces/${trace}`);
  assert.equal(request.severity, 'ERROR');
  assert.equal(request.textPayload, undefined);
  assert.equal(request.resource.labels.revision_name, 'svc-1');
  assert.equal(rfc3339(T0 + 0.9999), '2026-01-02T03:04:05.001000Z');
});

test('filters of the subset choose entries', () => {
  const entry = entryOf(event({ atMs: T0 + 0.5 }), location);
  const cases: readonly (readonly [string, boolean])[] = [
    ['', true],
    ['resource.type="cloud_run_revision"', true],
    ['resource.type = cloud_run_revision AND resource.labels.service_name = "svc"', true],
    ['resource.labels.service_name="other"', false],
    ['resource.labels.service_name!="other"', true],
    ['labels.instanceId=i1', true],
    ['labels.instanceId="i2"', false],
    ['(labels.instanceId="i2" OR labels.instanceId=("i3" OR "i1"))', true],
    ['(labels.instanceId="i2" OR severity=ERROR) AND resource.labels.service_name="svc"', false],
    ['logName="projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem"', true],
    ['logName=("projects/p/logs/run.googleapis.com%2Frequests" OR "x")', false],
    ['timestamp>="2026-01-02T03:04:05.0005Z"', true],
    ['timestamp>="2026-01-02T03:04:05.000501Z"', false],
    ['timestamp<"2026-01-02T03:04:05.000501Z" AND timestamp > "2026-01-02T04:04:05.0004+01:00"', true],
    ['resource.type="cloud_run_revision"\nlabels.instanceId="i1"', true],
  ];
  for (const [text, expected] of cases) assert.equal(parseFilter(text).matches(entry), expected, text);
});

test('the last word of a service is found beside the logs of the platform, and what cannot match is left out early', () => {
  const log = (name: string) => `"projects/p/logs/run.googleapis.com%2F${name}"`;
  const events = (['start', 'request', 'sigterm', 'stop'] as const).map((kind, at) => event({ kind, atMs: T0 + at }));
  const found = (filter: string) =>
    listEntries({ resourceNames: ['projects/p'], filter }, events, location).entries.map(({ insertId }) =>
      insertId.replace(/-.*/, ''),
    );
  const word = 'jsonPayload.perf="sigterm"';
  assert.deepEqual(found(`(logName=(${log('varlog%2Fsystem')}) OR ${word})`), ['start', 'sigterm', 'stop']);
  assert.deepEqual(found(`(logName=(${log('requests')}) OR ${word}) AND severity="INFO"`), ['request', 'sigterm']);
  assert.deepEqual(found(`logName=(${log('varlog%2Fsystem')} OR ${log('requests')})`), ['start', 'request', 'stop']);
  assert.deepEqual(found(word), ['sigterm']);
  assert.deepEqual(found('jsonPayload.perf="other"'), []);
  const { matches: _matches, ...bounds } = parseFilter(`(logName=(${log('requests')}) OR ${word})`);
  assert.deepEqual(bounds, { logNames: ['projects/p/logs/run.googleapis.com%2Frequests'] });
  const { matches: _all, ...none } = parseFilter(`(labels.a="b" OR logName=(${log('requests')}))`);
  assert.deepEqual(none, {});
  const [line] = listEntries({ resourceNames: ['projects/p'], filter: word }, events, location).entries;
  assert.deepEqual([line?.jsonPayload, line?.labels], [{ perf: 'sigterm' }, { instanceId: 'i1' }]);
});

test('a filter tells what every match must have', () => {
  const { matches: _matches, ...bounds } = parseFilter(
    'resource.labels.service_name="svc" AND resource.labels.revision_name=("a" OR "b") AND timestamp>="1970-01-01T00:00:01Z"',
  );
  assert.deepEqual(bounds, { service: 'svc', sinceMicros: 1_000_000 });
});

test('anything else is refused in words', () => {
  const refused = [
    'textPayload:"Starting"',
    'NOT resource.type="x"',
    'resource.type="x" OR resource.type="y"',
    '(resource.type="x" AND severity=INFO)',
    '(resource.type="x"',
    '()',
    'httpRequest.status>=500',
    'resource.type>"x"',
    'resource.type=',
    'resource.type',
    'logName=("a" AND "b")',
    'logName=("a"',
    'timestamp>="yesterday"',
    'resource.type="open',
    'x'.repeat(20_001),
  ];
  for (const text of refused) assert.throws(() => parseFilter(text), FilterError, text.slice(0, 40));
  assert.throws(() => parseFilter('textPayload="x"'), /Unsupported field 'textPayload'.*resource\.labels\.NAME/);
});

test('entries are listed in order of time, page by page', () => {
  const events = [3, 1, 2].map((at) => event({ atMs: T0 + at, instanceId: `i${at}` }));
  const list = (more: object) => listEntries({ resourceNames: ['projects/p'], ...more }, events, location);
  const first = list({ pageSize: 2 });
  const second = list({ pageSize: 2, pageToken: first.nextPageToken });
  assert.deepEqual(
    [...first.entries, ...second.entries].map(({ labels }) => labels.instanceId),
    ['i1', 'i2', 'i3'],
  );
  assert.equal(second.nextPageToken, undefined);
  assert.equal(list({ orderBy: 'timestamp desc' }).entries[0]?.labels.instanceId, 'i3');
  assert.deepEqual(
    list({ filter: 'labels.instanceId="i3"', pageSize: 1 }).entries.map(({ timestamp }) => timestamp),
    [rfc3339(T0 + 3)],
  );
  assert.deepEqual(list({ filter: 'resource.labels.service_name="other"' }), { entries: [] });
  const logName = (log: string) => `logName="projects/p/logs/run.googleapis.com%2F${log}"`;
  assert.equal(list({ filter: logName('varlog%2Fsystem') }).entries.length, 3);
  assert.deepEqual(list({ filter: logName('requests') }), { entries: [] });
  assert.equal(list({ filter: `timestamp>="${rfc3339(T0 + 2)}"` }).entries.length, 2);
  const wrong: readonly object[] = [
    { resourceNames: ['projects/q'] },
    { resourceNames: 'projects/p' },
    { orderBy: 'severity' },
    { pageSize: -1 },
    { pageSize: 'x' },
    { filter: 1 },
    { pageToken: 'garbage' },
    { pageToken: first.nextPageToken, filter: 'severity=INFO' },
  ];
  for (const more of wrong) assert.throws(() => list(more), FilterError, JSON.stringify(more));
  assert.throws(() => listEntries(null, events, location), FilterError);
});
