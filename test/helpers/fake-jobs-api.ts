import type { protos } from '@google-cloud/run';
import type { CloudRunClients } from '../../src/adapters/platforms/cloud-run/clients.ts';
import { StatusError } from '../../src/adapters/platforms/cloud-run/status-code.ts';
import type { Clock } from '../../src/ports/clock.ts';

type IJob = protos.google.cloud.run.v2.IJob;
type IExecution = protos.google.cloud.run.v2.IExecution;
type ITask = protos.google.cloud.run.v2.ITask;
type IRunJobRequest = protos.google.cloud.run.v2.IRunJobRequest;

/** What happens to a call: refused with a code, or else; `late` is carried out 3 s later, `nameless` tells nothing. */
export type CallFault = number | 'lost' | 'twice' | 'nameless' | 'dropped' | 'hangs' | 'late';

export interface FakeJobs {
  readonly clients: CloudRunClients;
  readonly jobs: Map<string, IJob>;
  readonly executions: Map<string, IExecution>;
  /** By the full name of their execution. */
  readonly tasks: Map<string, ITask[]>;
  /** `method name` of each call that arrived. */
  readonly calls: string[];
  /** Of the next calls of a method, in order. */
  readonly faults: Map<string, CallFault[]>;
  /** How long an execution stays out of the lists after it was made. */
  lagMs: number;
  /** How long each execution runs. */
  durationMs: number;
}

const shortName = (name: string | null | undefined) => (name ?? '').replace(/^.*\//, '');
const SUCCEEDED = { type: 'Completed', state: 'CONDITION_SUCCEEDED' } as const;

/** The Jobs, Executions and Tasks APIs as far as they are called, on the time of `clock`, with faults. */
export function fakeJobs(clock: Clock): FakeJobs {
  const jobs = new Map<string, IJob>();
  const executions = new Map<string, IExecution>();
  const tasks = new Map<string, ITask[]>();
  const calls: string[] = [];
  const faults = new Map<string, CallFault[]>();
  const madeAtMs = new Map<string, number>();
  const at = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanos: 0 });

  async function called<T>(method: string, name: string, work: () => T): Promise<T> {
    calls.push(`${method} ${shortName(name)}`);
    const fault = faults.get(method)?.shift();
    if (typeof fault === 'number') throw new StatusError(fault, `${method} failed`);
    if (fault === 'hangs') await new Promise(() => undefined);
    if (fault === 'dropped') return [{ latestResponse: { done: false } }] as T;
    if (fault === 'late') await clock.sleep(3_000);
    const answer = work();
    if (fault === 'lost') throw new StatusError(14, 'Connection dropped');
    if (fault === 'twice') return work();
    if (fault === 'nameless') return [{ latestResponse: { done: true } }] as T;
    return answer;
  }
  function stored<T>(map: ReadonlyMap<string, T>, name: string | null | undefined): T {
    const found = map.get(name ?? '');
    if (found === undefined) throw new StatusError(5, `${name} does not exist`);
    return found;
  }
  const done = (metadata: object = {}) => [{ latestResponse: { done: true }, metadata }];

  function start({ name, overrides }: IRunJobRequest) {
    const job = stored(jobs, name);
    const count = overrides?.taskCount ?? job.template?.taskCount ?? 1;
    const [container] = job.template?.template?.containers ?? [];
    const env = [...(container?.env ?? []), ...(overrides?.containerOverrides?.[0]?.env ?? [])];
    const full = `${name}/executions/${shortName(name)}-${executions.size + 1}`;
    const template = { ...job.template?.template, containers: [{ ...container, env }] };
    executions.set(full, { name: full, job: name ?? '', taskCount: count, template, createTime: at(clock.epochMs()) });
    madeAtMs.set(full, clock.monotonicMs());
    const ended = { completionTime: at(1), startTime: at(1), conditions: [SUCCEEDED] };
    tasks.set(
      full,
      Array.from({ length: count }, (_, index) => ({ index, ...ended })),
    );
    return done({ name: full });
  }
  const api: FakeJobs = {
    clients: {} as CloudRunClients,
    jobs,
    executions,
    tasks,
    calls,
    faults,
    lagMs: 0,
    durationMs: 10_000,
  };
  function current(execution: IExecution): IExecution {
    const ageMs = clock.monotonicMs() - (madeAtMs.get(execution.name ?? '') ?? 0);
    if (execution.completionTime != null || ageMs < api.durationMs) return execution;
    const ended = { ...execution, completionTime: at(1), conditions: [SUCCEEDED] };
    executions.set(execution.name ?? '', ended);
    return ended;
  }
  async function* list<T>(method: string, parent: string | null | undefined, found: () => readonly T[]) {
    yield* await called(method, parent ?? '', found);
  }

  const clients = {
    jobs: {
      createJob: ({ parent, jobId, job }: { parent: string; jobId: string; job: IJob }) =>
        called('createJob', jobId, () => {
          const name = `${parent}/jobs/${jobId}`;
          if (jobs.has(name)) throw new StatusError(6, `${jobId} already exists`);
          const ready = { generation: '1', observedGeneration: '1', terminalCondition: SUCCEEDED };
          jobs.set(name, { ...job, ...ready, name, createTime: at(clock.epochMs()) });
          return done();
        }),
      getJob: ({ name }: { name: string }) => called('getJob', name, () => [stored(jobs, name)]),
      deleteJob: ({ name }: { name: string }) =>
        called('deleteJob', name, () => {
          stored(jobs, name);
          jobs.delete(name);
          for (const [full, { job }] of executions) if (job === name) executions.delete(full);
          return done();
        }),
      runJob: (request: IRunJobRequest) => called('runJob', request.name ?? '', () => start(request)),
      checkCreateJobProgress: async () => ({ latestResponse: { done: true } }),
      listJobsAsync: ({ parent }: { parent: string }) => list('listJobs', parent, () => [...jobs.values()]),
    },
    executions: {
      getExecution: ({ name }: { name: string }) =>
        called('getExecution', name, () => [current(stored(executions, name))]),
      cancelExecution: ({ name }: { name: string }) =>
        called('cancelExecution', name, () => {
          const state = { type: 'Completed', state: 'CONDITION_FAILED', executionReason: 'CANCELLED' } as const;
          executions.set(name, { ...stored(executions, name), completionTime: at(1), conditions: [state] });
          tasks.set(
            name,
            stored(tasks, name).map((task) => ({ ...task, conditions: [state] })),
          );
          return done();
        }),
      listExecutionsAsync: ({ parent }: { parent: string }) =>
        list('listExecutions', parent, () => {
          stored(jobs, parent);
          const visible = (name: string) => clock.monotonicMs() - (madeAtMs.get(name) ?? 0) >= api.lagMs;
          return [...executions.values()].filter(({ job, name }) => job === parent && visible(name ?? ''));
        }),
    },
    tasks: {
      listTasksAsync: ({ parent }: { parent: string }) => list('listTasks', parent, () => stored(tasks, parent)),
    },
  };
  return Object.assign(api, { clients: { jobs: async () => clients } as unknown as CloudRunClients });
}
