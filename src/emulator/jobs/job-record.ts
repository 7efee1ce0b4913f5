import { randomUUID } from 'node:crypto';
import type { Condition } from '../admin/messages.ts';
import { jobName, type Location } from '../admin/names.ts';
import { timestampOf } from '../admin/times.ts';
import { seededRandom, seedOf } from '../admin/weighted-route.ts';
import { referenceTo } from './execution-record.ts';
import type { Job, JobInput } from './messages.ts';
import type { RunningExecution } from './run-execution.ts';

/** One execution of a job, and whether it is being deleted. */
export interface HeldExecution {
  readonly run: RunningExecution;
  deletedAtMs?: number;
}

/** One job: its message without what follows from its executions, and these, oldest first. */
export interface JobRecord {
  readonly id: string;
  message: Job;
  readonly executions: HeldExecution[];
  /** Executions ever created. */
  executionCount: number;
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

const readyAt = (nowMs: number): Condition => ({
  type: 'Ready',
  state: 'CONDITION_SUCCEEDED',
  lastTransitionTime: timestampOf(nowMs),
});

/** Nothing has to be started for a job, so that it is ready as soon as it is accepted. */
export function newJobRecord(location: Location, id: string, input: JobInput, nowMs: number): JobRecord {
  const now = timestampOf(nowMs);
  const message: Job = {
    ...input,
    name: jobName(location, id),
    uid: randomUUID(),
    createTime: now,
    ...ofGeneration(1, nowMs),
  };
  return { id, message, executions: [], executionCount: 0 };
}

export function nextGeneration(
  { name = '', uid = '', createTime, generation }: Job,
  input: JobInput,
  nowMs: number,
): Job {
  const kept = { name, uid, ...(createTime === undefined ? {} : { createTime }) };
  return { ...input, ...kept, ...ofGeneration(Number(generation) + 1, nowMs) };
}

function ofGeneration(generation: number, nowMs: number): Job {
  return {
    generation: String(generation),
    observedGeneration: String(generation),
    updateTime: timestampOf(nowMs),
    terminalCondition: readyAt(nowMs),
    reconciling: false,
    etag: `"${Buffer.from(`v${generation}`).toString('base64url')}"`,
  };
}

/** The job as clients see it. */
export function jobMessage({ message, executions, executionCount }: JobRecord): Job {
  const latest = executions.at(-1)?.run;
  return {
    ...message,
    executionCount,
    ...(latest === undefined ? {} : { latestCreatedExecution: referenceTo(latest.record, latest.state()) }),
  };
}

/** `<job>-x5k2p`, always the same for the same number of one life of a job. */
export function generatedExecutionId({ id, message, executionCount }: JobRecord): string {
  const random = seededRandom(seedOf(`${message.uid}/${executionCount}`));
  const letters = Array.from({ length: 5 }, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)]);
  return `${id}-${letters.join('')}`;
}
