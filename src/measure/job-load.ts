import { PerfError } from '../domain/errors.ts';
import type { BlockSettings, ExecutionEnd, LoadPlan, LoadRecording, TaskEnd, TaskRecording } from '../domain/load.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { Logger } from '../ports/logger.ts';
import type { ResultStore } from '../ports/result-store.ts';
import type { BlockOutcome, LoadDriver, LoadInput } from './load-driver.ts';
import { PLAN_VARIABLE, parseTaskRecording, partsPlace, planPath, STORE_VARIABLE, taskPath } from './load-files.ts';
import { isEmptyShare, loadShare } from './load-share.ts';
import { errorCount, mergeRecordings } from './recording.ts';

export interface JobLoadInput {
  /** The job, which exists, and how many tasks each of its executions has. */
  readonly job: string;
  readonly tasks: number;
  /** Where the files of all executions are in the store, without a slash at its end: `<place>-<n>/`. */
  readonly place: string;
  readonly runId: string;
  readonly serviceType: string;
  readonly contractVersion?: string;
  /** Files of a contract that does not ship. */
  readonly contract?: Readonly<Record<string, string>>;
  /** Of the ID tokens that services want; absent: they accept everybody's calls. */
  readonly audience?: string;
  /** Number of the next execution of the job. */
  readonly next: () => number;
}

export interface JobLoadPorts {
  readonly jobs: Pick<JobRunner, 'run'>;
  /** The store that tasks see, by the same paths. */
  readonly store: ResultStore;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Containers of one execution start within seconds of each other, seldom within a minute; processes sooner. */
const MEETING_TIMEOUT_MS = { bucket: 120_000, directory: 30_000 } as const;
/** Of the time from the first task's first timed request to the last one's last answer: below, it is no common load. */
const LEAST_TOGETHER = 0.5;
const REMOVED_AT_ONCE = 16;

/** What one task left; `problem`: why that cannot be read. */
export interface Shard {
  readonly task: number;
  readonly recording?: TaskRecording;
  readonly problem?: string;
}

/** Load from the tasks of a job: one execution for all blocks of a round. */
export function jobLoad(input: JobLoadInput, ports: JobLoadPorts): LoadDriver {
  return { from: 'job', tasks: input.tasks, run: (load, signal) => runExecution(input, load, ports, signal) };
}

async function runExecution(
  input: JobLoadInput,
  load: LoadInput,
  { jobs, store, logger }: JobLoadPorts,
  signal?: AbortSignal,
): Promise<readonly BlockOutcome[]> {
  signal?.throwIfAborted();
  if (load.blocks.length === 0) return [];
  const { tasks, audience, runId, serviceType, contractVersion, contract } = input;
  const place = `${input.place}-${input.next()}/`;
  const plan: LoadPlan = {
    schemaVersion: 1,
    runId,
    serviceType,
    ...(contractVersion === undefined ? {} : { contractVersion }),
    ...(contract === undefined ? {} : { contract }),
    warm: load.warm,
    requestTimeoutMs: load.requestTimeoutMs,
    meetingTimeoutMs: MEETING_TIMEOUT_MS[store.location.startsWith('gs://') ? 'bucket' : 'directory'],
    blocks: load.blocks,
    ...(audience === undefined ? {} : { audience }),
  };
  await store.write(planPath(place), JSON.stringify(plan));
  const env = { [STORE_VARIABLE]: store.location, [PLAN_VARIABLE]: planPath(place) };
  const end = await jobs.run(input.job, { taskCount: tasks, env }, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn(`the execution of job ${input.job} cannot be followed: ${reason}`);
    if (error instanceof PerfError && error.code === 'load-ran-twice') return { twice: reason };
    return unfollowed(tasks, reason);
  });
  // Two executions wrote to the same files: what looks whole is of a load that nobody asked for.
  if ('twice' in end) return load.blocks.map(({ id }) => ({ id, missing: end.twice }));
  const shards = await Promise.all(Array.from({ length: tasks }, (_, task) => readShard(store, place, task, tasks)));
  const outcomes = blockOutcomes(plan, shards, end);
  const broken = outcomes.filter(({ missing }) => missing !== undefined).length;
  // What is whole is in the results; what is not stays, so that it can be looked at.
  if (broken === 0) await removeAll(store, place, logger);
  else logger.warn(`${broken} of ${outcomes.length} blocks are incomplete; what was recorded is at ${place}`);
  return outcomes;
}

const unfollowed = (tasks: number, reason: string): ExecutionEnd => ({
  execution: '',
  tasks: Array.from({ length: tasks }, (_, index) => ({ index, succeeded: false, reason })),
});

async function readShard(store: ResultStore, place: string, task: number, taskCount: number): Promise<Shard> {
  try {
    const text = (await store.read(taskPath(place, task))) ?? (await newestPart(store, place, task));
    if (text === undefined) return { task };
    return { task, recording: parseTaskRecording(text, task, taskCount) };
  } catch (error) {
    return { task, problem: `its recording cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Of a task that died before it could put its recordings into its own file. */
async function newestPart(store: ResultStore, place: string, task: number): Promise<string | undefined> {
  const newest = (await store.list(partsPlace(place, task))).toSorted().at(-1);
  return newest === undefined ? undefined : store.read(newest);
}

/** One outcome for each block of the plan: what tasks have recorded of it, merged, and what is missing. */
export function blockOutcomes(
  { blocks, warm }: Pick<LoadPlan, 'blocks' | 'warm'>,
  shards: readonly Shard[],
  { tasks: ends }: Pick<ExecutionEnd, 'tasks'>,
): readonly BlockOutcome[] {
  return blocks.map(({ id }) => {
    const parts: LoadRecording[] = [];
    const lost: string[] = [];
    for (const shard of shards) {
      const share = loadShare(warm, shard.task, shards.length);
      const end = ends.find(({ index }) => index === shard.task);
      const part = shard.recording?.blocks.find((block) => block.id === id)?.recording;
      if (part === undefined) {
        const hadNothing = isEmptyShare(share) && shard.recording !== undefined && end?.succeeded === true;
        if (!hadNothing) lost.push(`task ${shard.task} (${whyLost(shard, end)})`);
      } else {
        const foreign = notTheShare(part, share);
        if (foreign === undefined) parts.push(part);
        else lost.push(`task ${shard.task} (${foreign})`);
      }
    }
    const missing = lost.length > 0 ? lostText(lost, shards.length) : apart(parts);
    return {
      id,
      ...(parts.length === 0 ? {} : { recording: mergeRecordings(parts) }),
      ...(missing === undefined ? {} : { missing }),
    };
  });
}

/** Why a part is not of the share that the plan gave, in words. */
function notTheShare(part: LoadRecording, { connections, requests }: BlockSettings): string | undefined {
  if (part.connections !== connections) return `it had ${part.connections} connections, wanted ${connections}`;
  // A service that answers nothing right is not timed any more, and one that dies is left early.
  const isWhole = part.sent === requests || part.endedEarly !== undefined || part.sent === errorCount(part);
  return isWhole ? undefined : `it sent ${part.sent} requests, wanted ${requests}`;
}

function whyLost({ recording, problem }: Shard, end: TaskEnd | undefined): string {
  const failed = end?.succeeded === true ? undefined : (end?.reason ?? 'the platform does not tell how it ended');
  const reasons = [problem, recording?.problem, failed].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? 'it ended as if all were well' : reasons.join('; ');
}

function lostText(lost: readonly string[], tasks: number): string {
  return `${lost.length} of ${tasks} tasks left no recording: ${lost.join(', ')}`;
}

/** Why parts that are all there are no common load: then their sum is the throughput of no moment. */
function apart(parts: readonly LoadRecording[]): string | undefined {
  const busy = parts.filter(({ sent }) => sent > 0);
  if (busy.length < 2) return undefined;
  const starts = busy.map(({ timedFromMs }) => timedFromMs);
  const ends = busy.map(({ toMs }) => toMs);
  const wholeMs = Math.max(...ends) - Math.min(...starts);
  const togetherMs = Math.max(0, Math.min(...ends) - Math.max(...starts));
  if (wholeMs <= 0 || togetherMs / wholeMs >= LEAST_TOGETHER) return undefined;
  const share = Math.round((togetherMs / wholeMs) * 100);
  return `its ${busy.length} tasks loaded the service together for only ${share} % of the block`;
}

async function removeAll(store: ResultStore, place: string, logger: JobLoadPorts['logger']): Promise<void> {
  try {
    const paths = await store.list(place);
    for (let from = 0; from < paths.length; from += REMOVED_AT_ONCE) {
      await Promise.all(paths.slice(from, from + REMOVED_AT_ONCE).map((path) => store.remove(path)));
    }
  } catch (error) {
    logger.warn(`files of a finished execution stay at ${place}: ${error instanceof Error ? error.message : error}`);
  }
}
