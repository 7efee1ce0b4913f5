import { status } from '@grpc/grpc-js';
import { alreadyExists, failedPrecondition, invalidArgument, notFound, requireEtag } from '../admin/admin-error.ts';
import type { Operation } from '../admin/messages.ts';
import type { Location } from '../admin/names.ts';
import type { Operations, Outcome } from '../admin/operations.ts';
import { packExecution, packJob } from '../admin/protos.ts';
import { timestampOf } from '../admin/times.ts';
import { missingSecrets } from '../admin/validate-secrets.ts';
import { type Violation, violationMessage } from '../admin/violation.ts';
import { failureMessage, taskId } from './conditions.ts';
import { jobInput, jobWithDefaults } from './defaults.ts';
import { executionMessage, newExecutionRecord, planOf, taskMessage } from './execution-record.ts';
import { newExecution, outcomeOf } from './execution-state.ts';
import {
  generatedExecutionId,
  type HeldExecution,
  type JobRecord,
  jobMessage,
  newJobRecord,
  nextGeneration,
} from './job-record.ts';
import type { Execution, ExecutionTemplate, Job, JobInput, Overrides, Task } from './messages.ts';
import { overridden, validateOverrides } from './overrides.ts';
import { runExecution, type TaskHost } from './run-execution.ts';
import { validateJob, validateJobId } from './validate-job.ts';

const TEMPLATE = 'job.template.template';

/** Jobs, executions and tasks of one location. Accepts or refuses a change at once and carries it out as an operation. */
export class JobStore {
  readonly #location: Location;
  readonly #host: TaskHost;
  readonly #operations: Operations;
  readonly #jobs = new Map<string, JobRecord>();
  #closed = false;

  constructor(location: Location, host: TaskHost, operations: Operations) {
    this.#location = location;
    this.#host = host;
    this.#operations = operations;
  }

  /** Newest first, as Google lists them. */
  jobs(): readonly Job[] {
    return [...this.#jobs.values()].map(jobMessage).reverse();
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  job(id: string): Job {
    return jobMessage(this.#record(id));
  }

  create(id: string, given: Job, validateOnly: boolean): Operation {
    if ((given.name ?? '') !== '') {
      refuse('CreateJobRequest', [
        { path: 'job.name', text: `must be empty; the id goes into job_id, found '${given.name}'.` },
      ]);
    }
    refuse('CreateJobRequest', validateJobId(id));
    if (this.#jobs.has(id)) throw alreadyExists(id);
    const created = newJobRecord(this.#location, id, this.#accepted('CreateJobRequest', given), this.#host.now());
    if (!validateOnly) this.#jobs.set(id, created);
    return this.#finished(created, validateOnly);
  }

  update(id: string, given: Job, validateOnly: boolean): Operation {
    const record = this.#record(id);
    requireEtag(id, given.etag, record.message.etag);
    const input = this.#accepted('UpdateJobRequest', given);
    const message = nextGeneration(record.message, input, this.#host.now());
    if (validateOnly) return this.#finished({ ...record, message }, true);
    record.message = message;
    return this.#finished(record, false);
  }

  /** Ends what runs of it, and forgets it with all its executions. */
  delete(id: string, etag: string | undefined, validateOnly: boolean): Operation {
    const record = this.#record(id);
    requireEtag(id, etag, record.message.etag);
    if (validateOnly) return this.#finished(record, true);
    record.message = { ...record.message, deleteTime: timestampOf(this.#host.now()), reconciling: true };
    return this.#operations.start(packJob(jobMessage(record)), async () => {
      await Promise.all(record.executions.map((held) => this.#end(held)));
      if (this.#jobs.get(id) === record) this.#jobs.delete(id);
      return { ok: true, resource: packJob(jobMessage(record)) };
    });
  }

  /** The operation is done when the execution is: with an error when tasks have failed, as on Cloud Run. */
  run(id: string, etag: string | undefined, overrides: Overrides, validateOnly: boolean): Operation {
    const record = this.#record(id);
    requireEtag(id, etag, record.message.etag);
    if (this.#closed) throw failedPrecondition('The emulator is shutting down.');
    if (record.message.deleteTime !== undefined) throw failedPrecondition(`Job '${id}' is being deleted.`);
    const given: ExecutionTemplate = record.message.template ?? {};
    refuse('RunJobRequest', validateOverrides(given, overrides));
    const template = overridden(given, overrides);
    refuse('RunJobRequest', missingSecrets(template.template ?? {}, this.#host.secret, TEMPLATE));
    record.executionCount += validateOnly ? 0 : 1;
    const execution = newExecutionRecord({
      id: generatedExecutionId(record),
      job: id,
      location: this.#location,
      launchStage: record.message.launchStage ?? 'GA',
      template,
    });
    if (validateOnly) {
      const state = newExecution(planOf(execution), this.#host.now());
      return this.#operations.finished(packExecution(executionMessage(execution, state, undefined)));
    }
    const held: HeldExecution = { run: runExecution(execution, this.#host) };
    record.executions.push(held);
    return this.#operations.start(packExecution(messageOf(held)), async () => {
      await held.run.completed;
      return outcomeOfRun(held);
    });
  }

  /** Of one job, or of all; newest first. */
  executions(job: string | undefined): readonly Execution[] {
    return this.#held(job).map(messageOf);
  }

  execution(job: string, id: string): Execution {
    return messageOf(this.#execution(job, id));
  }

  /** Ends the tasks that run; the execution stays. */
  cancel(job: string, id: string, etag: string | undefined, validateOnly: boolean): Operation {
    const held = this.#execution(job, id);
    requireEtag(id, etag, messageOf(held).etag);
    if (held.run.state().completedAtMs !== undefined) {
      throw failedPrecondition(`Execution '${id}' has completed already; it cannot be cancelled.`);
    }
    if (validateOnly) return this.#operations.finished(packExecution(messageOf(held)));
    held.run.cancel();
    return this.#operations.start(packExecution(messageOf(held)), async () => {
      await held.run.completed;
      return { ok: true, resource: packExecution(messageOf(held)) };
    });
  }

  deleteExecution(job: string, id: string, etag: string | undefined, validateOnly: boolean): Operation {
    const record = this.#record(job);
    const held = this.#execution(job, id);
    requireEtag(id, etag, messageOf(held).etag);
    if (validateOnly) return this.#operations.finished(packExecution(messageOf(held)));
    const ended = this.#end(held);
    return this.#operations.start(packExecution(messageOf(held)), async () => {
      await ended;
      const at = record.executions.indexOf(held);
      if (at >= 0) record.executions.splice(at, 1);
      return { ok: true, resource: packExecution(messageOf(held)) };
    });
  }

  /** By index; of one execution or of all of a job or of all jobs, the newest execution first. */
  tasks(job: string | undefined, execution: string | undefined): readonly Task[] {
    const held =
      execution === undefined ? this.#held(job) : this.#held(job).filter(({ run }) => run.record.id === execution);
    if (execution !== undefined && held.length === 0) throw notFound('EXECUTION', execution, this.#location);
    return held.flatMap(tasksOf);
  }

  task(job: string, execution: string, id: string): Task {
    const { run } = this.#execution(job, execution);
    const found = run.state().tasks.find(({ index }) => taskId(execution, index) === id);
    if (found === undefined) throw notFound('TASK', id, this.#location);
    return taskMessage(run.record, run.state(), found);
  }

  /** Ends all tasks. Resolves when none runs. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#held(undefined).map(({ run }) => {
        run.cancel();
        return run.completed;
      }),
    );
  }

  async #end(held: HeldExecution): Promise<void> {
    held.deletedAtMs ??= this.#host.now();
    held.run.cancel();
    await held.run.completed;
  }

  #accepted(request: string, given: Job): JobInput {
    const input = jobWithDefaults(jobInput(given));
    refuse(request, validateJob(input));
    refuse(request, missingSecrets(input.template?.template ?? {}, this.#host.secret, TEMPLATE));
    return input;
  }

  /** A job needs no work: it is as it was asked for when it has been accepted. */
  #finished(record: JobRecord, validateOnly: boolean): Operation {
    const resource = packJob(jobMessage(record));
    return validateOnly
      ? this.#operations.finished(resource)
      : this.#operations.start(resource, async () => ({ ok: true, resource }));
  }

  #record(id: string): JobRecord {
    const record = this.#jobs.get(id);
    if (record === undefined) throw notFound('JOB', id, this.#location);
    return record;
  }

  /** Newest first. */
  #held(job: string | undefined): readonly HeldExecution[] {
    const records = job === undefined ? [...this.#jobs.values()] : [this.#record(job)];
    return records
      .flatMap(({ executions }) => executions)
      .reverse()
      .sort((a, b) => b.run.state().createdAtMs - a.run.state().createdAtMs);
  }

  #execution(job: string, id: string): HeldExecution {
    const found = this.#record(job).executions.find(({ run }) => run.record.id === id);
    if (found === undefined) throw notFound('EXECUTION', id, this.#location);
    return found;
  }
}

const messageOf = ({ run, deletedAtMs }: HeldExecution) => executionMessage(run.record, run.state(), deletedAtMs);

function tasksOf({ run }: HeldExecution): readonly Task[] {
  const state = run.state();
  return state.tasks.map((task) => taskMessage(run.record, state, task));
}

/** A cancelled execution is no error of its operation: only its counts and its condition tell. */
function outcomeOfRun(held: HeldExecution): Outcome {
  const { record, state } = held.run;
  const resource = packExecution(messageOf(held));
  const failed = (message: string): Outcome => ({ ok: false, resource, code: status.ABORTED, message });
  if (held.deletedAtMs !== undefined) return failed(`Execution ${record.id} was deleted.`);
  return outcomeOf(state()) === 'failed' ? failed(failureMessage(record.id, state())) : { ok: true, resource };
}

function refuse(request: string, violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidArgument(violationMessage(request, violations));
}
