import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskLog, type TaskLine, taskOutput } from '../../../src/emulator/jobs/task-log.ts';
import { FilterError, parseFilter } from '../../../src/emulator/logging/filter.ts';
import { listEntries } from '../../../src/emulator/logging/list-entries.ts';
import { taskEntryOf } from '../../../src/emulator/logging/task-entry.ts';
import type { TaskSpec } from '../../../src/emulator/workload.ts';

const location = { project: 'p', region: 'r' };
const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);
const line = (more: Partial<TaskLine> = {}): TaskLine => ({
  stream: 'stdout',
  atMs: T0,
  job: 'j',
  execution: 'j-abcde',
  index: 3,
  attempt: 1,
  text: 'hello',
  ...more,
});
const spec: TaskSpec = {
  job: 'j',
  execution: 'j-abcde',
  index: 3,
  attempt: 1,
  taskCount: 4,
  image: 'x',
  command: [],
  args: [],
  env: {},
  secrets: { TOKEN: 's3cret-value', SHORT: 'ab' },
  cpu: 1,
  memoryBytes: 0,
};

test('output becomes lines, however it is cut into chunks, without secrets', () => {
  const log = createTaskLog();
  const output = taskOutput(spec, log, () => T0);
  const text = Buffer.from('one\r\ntwo €\n\nmy s3cret-value is ab\nrest');
  for (const byte of text) output.sink('stdout', Buffer.of(byte));
  output.sink('stderr', Buffer.from('bad\n'));
  output.say('Container called exit(7).');
  output.flush();
  assert.deepEqual(
    log.lines().map(({ stream, text: shown }) => [stream, shown]),
    [
      ['stdout', 'one'],
      ['stdout', 'two €'],
      ['stdout', 'my *** is ab'],
      ['stderr', 'bad'],
      ['system', 'Container called exit(7).'],
      ['stdout', 'rest'],
    ],
  );
  assert.deepEqual(log.lines()[0], line({ text: 'one' }));
});

test('neither many lines nor one without an end grow without bound', () => {
  const log = createTaskLog(10_000);
  const output = taskOutput(spec, log, () => T0);
  for (let count = 0; count < 1_000; count += 1) output.sink('stdout', Buffer.from(`line ${count}\n`));
  assert.ok(log.lines().length < 100, String(log.lines().length));
  assert.equal(log.lines().at(-1)?.text, 'line 999');
  const long = createTaskLog();
  const endless = taskOutput(spec, long, () => T0);
  for (let count = 0; count < 100; count += 1) endless.sink('stderr', Buffer.alloc(10_000, 'x'));
  endless.flush();
  assert.deepEqual(
    long.lines().map(({ text }) => text.length),
    [16_384],
  );
});

test('lines become the entries that Cloud Run writes of jobs', () => {
  assert.partialDeepStrictEqual(taskEntryOf(line(), location), {
    logName: 'projects/p/logs/run.googleapis.com%2Fstdout',
    resource: { type: 'cloud_run_job', labels: { project_id: 'p', location: 'r', job_name: 'j' } },
    labels: {
      'run.googleapis.com/execution_name': 'j-abcde',
      'run.googleapis.com/task_index': '3',
      'run.googleapis.com/task_attempt': '1',
    },
    severity: 'DEFAULT',
    textPayload: 'hello',
    timestamp: '2026-01-02T03:04:05.000000Z',
  });
  const system = taskEntryOf(line({ stream: 'system', text: 'Container called exit(7).' }), location);
  assert.equal(system.logName, 'projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem');
  assert.equal(system.severity, 'WARNING');
});

test('filters choose among them by names in quotes', () => {
  const entry = taskEntryOf(line(), location);
  const cases: readonly (readonly [string, boolean])[] = [
    ['labels."run.googleapis.com/execution_name"="j-abcde"', true],
    ['labels."run.googleapis.com/execution_name"="j-other"', false],
    ['resource.type="cloud_run_job" AND labels."run.googleapis.com/task_index"=("1" OR "3")', true],
    ['resource.labels.job_name=j', true],
  ];
  for (const [text, expected] of cases) assert.equal(parseFilter(text).matches(entry), expected, text);
  for (const text of ['labels."a"', 'labels."open=3', 'textPayload."a"="b"']) {
    assert.throws(() => parseFilter(text), FilterError, text);
  }
});

test('they are listed among the events of instances, in order of time', () => {
  const start = { kind: 'start', atMs: T0 + 1, service: 's', revision: 's-1', instanceId: 'i' } as const;
  const lines = [line({ atMs: T0 + 2, text: 'b' }), line({ atMs: T0, text: 'a' })];
  const types = (filter: string) =>
    listEntries({ resourceNames: ['projects/p'], filter }, [start], location, lines).entries.map(
      ({ resource }) => resource.type,
    );
  assert.deepEqual(types(''), ['cloud_run_job', 'cloud_run_revision', 'cloud_run_job']);
  assert.deepEqual(types('resource.labels.service_name="s"'), ['cloud_run_revision']);
  assert.deepEqual(types('logName="projects/p/logs/run.googleapis.com%2Fstdout"'), ['cloud_run_job', 'cloud_run_job']);
  assert.deepEqual(types('resource.type="cloud_run_job" AND timestamp>="2026-01-02T03:04:05.001Z"'), ['cloud_run_job']);
});
