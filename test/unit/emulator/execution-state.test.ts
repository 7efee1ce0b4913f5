import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executionConditions, failureMessage, taskConditions } from '../../../src/emulator/jobs/conditions.ts';
import {
  executionMessage,
  MOST_AT_ONCE,
  newExecutionRecord,
  planOf,
  taskMessage,
} from '../../../src/emulator/jobs/execution-record.ts';
import {
  type AttemptEnd,
  cancelled,
  countsOf,
  type ExecutionPlan,
  type ExecutionState,
  newExecution,
  outcomeOf,
  startable,
  taskEnded,
  taskStarted,
} from '../../../src/emulator/jobs/execution-state.ts';
import type { ExecutionTemplate } from '../../../src/emulator/jobs/messages.ts';

const OK: AttemptEnd = { kind: 'exited', exitCode: 0 };
const FAILED: AttemptEnd = { kind: 'exited', exitCode: 7 };
const KILLED: AttemptEnd = { kind: 'signalled', signal: 9 };

/** `start 0`, `ok 0`, `fail 0`, `kill 0`, `late 0`, `missing 0`, `cancel`: one step a millisecond. */
function play(plan: Partial<ExecutionPlan>, steps: readonly string[]): ExecutionState {
  const ends: Readonly<Record<string, AttemptEnd>> = {
    ok: OK,
    fail: FAILED,
    kill: KILLED,
    late: { kind: 'timed-out' },
    missing: { kind: 'not-started', reason: 'no such image' },
  };
  const full = { taskCount: 1, parallelism: plan.taskCount ?? 1, maxRetries: 0, ...plan };
  return steps.reduce(
    (state, step, at) => {
      const [verb = '', index = ''] = step.split(' ');
      if (verb === 'cancel') return cancelled(state, at + 1);
      if (verb === 'start') return taskStarted(state, Number(index), at + 1);
      return taskEnded(state, Number(index), ends[verb] ?? assert.fail(verb), at + 1);
    },
    newExecution(full, 0),
  );
}

test('executions by their steps', () => {
  const cases: readonly (readonly [string, Partial<ExecutionPlan>, readonly string[], object])[] = [
    ['pending', {}, [], {}],
    ['running', { taskCount: 2 }, ['start 0', 'start 1', 'ok 0'], { running: 1, succeeded: 1 }],
    ['succeeded', {}, ['start 0', 'ok 0'], { succeeded: 1 }],
    ['failed', { taskCount: 2 }, ['start 0', 'start 1', 'fail 0', 'ok 1'], { succeeded: 1, failed: 1 }],
    ['running', { taskCount: 2 }, ['start 0', 'start 1', 'kill 0'], { running: 1, failed: 1 }],
    ['running', { maxRetries: 1 }, ['start 0', 'fail 0'], { retried: 1 }],
    ['succeeded', { maxRetries: 1 }, ['start 0', 'fail 0', 'start 0', 'ok 0'], { succeeded: 1, retried: 1 }],
    ['failed', { maxRetries: 1 }, ['start 0', 'late 0', 'start 0', 'fail 0'], { failed: 1, retried: 1 }],
    ['failed', { maxRetries: 3 }, ['start 0', 'missing 0'], { failed: 1 }],
    ['cancelled', { taskCount: 3 }, ['cancel'], { cancelled: 3 }],
    ['running', { taskCount: 2, parallelism: 1 }, ['start 0', 'cancel'], { running: 1, cancelled: 1 }],
    ['cancelled', { taskCount: 2, parallelism: 1 }, ['start 0', 'cancel', 'kill 0'], { cancelled: 2 }],
    ['cancelled', { maxRetries: 3 }, ['start 0', 'cancel', 'fail 0'], { cancelled: 1 }],
    ['cancelled', {}, ['start 0', 'cancel', 'ok 0'], { cancelled: 1 }],
    ['succeeded', {}, ['start 0', 'ok 0', 'cancel'], { succeeded: 1 }],
    ['cancelled', { taskCount: 2 }, ['start 0', 'start 1', 'fail 0', 'cancel', 'kill 1'], { failed: 1, cancelled: 1 }],
  ];
  for (const [outcome, plan, steps, counts] of cases) {
    const state = play(plan, steps);
    const name = steps.join(', ');
    assert.equal(outcomeOf(state), outcome, name);
    assert.deepEqual(
      countsOf(state),
      { running: 0, succeeded: 0, failed: 0, cancelled: 0, retried: 0, ...counts },
      name,
    );
    const ended = !['pending', 'running'].includes(outcome);
    assert.equal(state.completedAtMs !== undefined, ended, name);
    if (ended) assert.deepEqual(startable(state), [], name);
  }
});

test('as many tasks run as the plan allows, lowest index first, a retried one among them', () => {
  const plan = { taskCount: 5, parallelism: 2, maxRetries: 1 };
  assert.deepEqual(startable(play(plan, [])), [0, 1]);
  assert.deepEqual(startable(play(plan, ['start 0', 'start 1'])), []);
  assert.deepEqual(startable(play(plan, ['start 0', 'start 1', 'ok 0'])), [2]);
  assert.deepEqual(startable(play(plan, ['start 0', 'start 1', 'fail 1'])), [1]);
  assert.deepEqual(startable(play(plan, ['start 0', 'cancel'])), []);
});

const recordOf = (template: ExecutionTemplate) =>
  newExecutionRecord({ id: 'j-abcde', job: 'j', location: { project: 'p', region: 'r' }, launchStage: 'GA', template });

test('the plan of a template: all at once, up to a bound, unless it says less', () => {
  const of = (taskCount: number, parallelism: number) => planOf(recordOf({ taskCount, parallelism })).parallelism;
  assert.deepEqual([of(16, 0), of(16, 4), of(10_000, 0)], [16, 4, MOST_AT_ONCE]);
});

test('conditions say how an execution stands, in the words of Cloud Run', () => {
  const completed = (plan: Partial<ExecutionPlan>, steps: string[]) => {
    const { lastTransitionTime: _at, ...said } = executionConditions('j-abcde', play(plan, steps))[0] ?? assert.fail();
    return said;
  };
  const type = 'Completed';
  const failure = { type, state: 'CONDITION_FAILED', severity: 'ERROR' };
  assert.deepEqual(completed({}, ['start 0']), { type, state: 'CONDITION_RECONCILING' });
  assert.deepEqual(completed({}, ['start 0', 'ok 0']), { type, state: 'CONDITION_SUCCEEDED' });
  assert.deepEqual(completed({ taskCount: 2 }, ['start 0', 'start 1', 'ok 0', 'fail 1']), {
    ...failure,
    message: 'Task j-abcde-task1 failed with message: The container exited with an error.',
    executionReason: 'NON_ZERO_EXIT_CODE',
  });
  assert.deepEqual(completed({}, ['start 0', 'late 0']), {
    ...failure,
    message: 'Task j-abcde-task0 failed with message: The configured timeout was reached.',
    reason: 'PROGRESS_DEADLINE_EXCEEDED',
  });
  assert.partialDeepStrictEqual(completed({}, ['start 0', 'missing 0']), { reason: 'CONTAINER_MISSING' });
  assert.deepEqual(completed({}, ['start 0', 'cancel']), {
    type,
    state: 'CONDITION_RECONCILING',
    executionReason: 'CANCELLING',
  });
  assert.partialDeepStrictEqual(completed({}, ['cancel']), { ...failure, executionReason: 'CANCELLED' });
  const steps = executionConditions('j-abcde', play({}, ['start 0'])).slice(1);
  assert.deepEqual(
    steps.map(({ type: step, state }) => [step, state]),
    ['ResourcesAvailable', 'Started', 'ContainerReady'].map((step) => [step, 'CONDITION_SUCCEEDED']),
  );
  assert.equal(executionConditions('j', play({}, []))[2]?.state, 'CONDITION_RECONCILING');
  assert.partialDeepStrictEqual(executionConditions('j', play({}, ['start 0', 'missing 0']))[3], {
    type: 'ContainerReady',
    state: 'CONDITION_FAILED',
    message: 'no such image',
  });
  assert.match(failureMessage('j-abcde', play({ taskCount: 2 }, ['ok 0', 'fail 1'])), /complete, 1\/2 tasks were a/);
});

test('messages: names, counts, times and the last attempt of a task', () => {
  const template = { taskCount: 2, labels: { a: 'b' }, template: { maxRetries: 1, containers: [{ image: 'x' }] } };
  const record = recordOf(template);
  const state = play({ taskCount: 2, maxRetries: 1 }, ['start 0', 'start 1', 'kill 1', 'start 1', 'fail 1', 'ok 0']);
  const execution = executionMessage(record, state, undefined);
  assert.partialDeepStrictEqual(execution, {
    name: 'projects/p/locations/r/jobs/j/executions/j-abcde',
    job: 'j',
    labels: { a: 'b' },
    taskCount: 2,
    succeededCount: 1,
    failedCount: 1,
    retriedCount: 1,
    reconciling: false,
    startTime: { seconds: '0', nanos: 1_000_000 },
    completionTime: { seconds: '0', nanos: 6_000_000 },
  });
  const tasks = state.tasks.map((task) => taskMessage(record, state, task));
  assert.equal(new Set(tasks.map(({ uid }) => uid)).size, 2);
  assert.partialDeepStrictEqual(tasks[1], {
    name: 'projects/p/locations/r/jobs/j/executions/j-abcde/tasks/j-abcde-task1',
    job: 'j',
    execution: 'j-abcde',
    index: 1,
    retried: 1,
    maxRetries: 1,
    lastAttemptResult: { status: { code: 10, message: 'The container exited with an error.' }, exitCode: 7 },
    completionTime: { seconds: '0', nanos: 5_000_000 },
  });
  assert.deepEqual(tasks[0]?.lastAttemptResult, { status: {}, exitCode: 0 });
  const killed = play({}, ['start 0', 'kill 0']);
  const [task] = killed.tasks.map((one) => taskMessage(record, killed, one));
  assert.equal(task?.lastAttemptResult?.termSignal, 9);
  assert.equal(task?.lastAttemptResult?.exitCode, undefined);
  const waiting = newExecution({ taskCount: 1, parallelism: 1, maxRetries: 0 }, 0);
  const [first] = waiting.tasks;
  assert.ok(first !== undefined);
  assert.equal(taskMessage(record, waiting, first).lastAttemptResult, undefined);
  assert.equal(taskConditions(first, 0)[1]?.state, 'CONDITION_RECONCILING');
});
