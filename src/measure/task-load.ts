import type { LoadBlock, LoadPlan, LoadRecording, TaskRecording } from '../domain/load.ts';
import type { Logger } from '../ports/logger.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { partPath, taskPath } from './load-files.ts';
import { isEmptyShare, loadShare } from './load-share.ts';
import { type LoadPorts, loadBlock } from './runner-load.ts';
import type { MeasuredProtocol } from './target.ts';
import { type Meeting, TaskMeetings, TooLateError } from './task-meeting.ts';

export interface TaskInput {
  readonly plan: LoadPlan;
  /** Where the files of the execution are in the store, with a slash at its end. */
  readonly place: string;
  readonly task: number;
  readonly taskCount: number;
  readonly protocol: MeasuredProtocol;
}

export interface TaskPorts extends LoadPorts {
  readonly store: Pick<ResultStore, 'location' | 'write' | 'list'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** How quickly tasks notice each other: a bucket is asked less often and answers later than a directory. */
const PACE = {
  bucket: { pollMs: 250, marginMs: 1_500 },
  directory: { pollMs: 40, marginMs: 250 },
} as const;

const paceOf = (location: string) => PACE[location.startsWith('gs://') ? 'bucket' : 'directory'];

/**
 * One task's part of an execution: its share of every block, warmed up by itself and timed together with the others. Its
 * recordings are written after each block, so that a task that dies loses only what it was doing. What comes back has a
 * `problem` when a block could not be recorded. Rejects with the signal's reason on abort, once the problem is written.
 */
export async function runTask(input: TaskInput, ports: TaskPorts, signal?: AbortSignal): Promise<TaskRecording> {
  const { plan, place, task, taskCount } = input;
  const { store, clock, logger } = ports;
  const blocks: TaskRecording['blocks'][number][] = [];
  const save = async (path: string, problems: readonly string[]): Promise<TaskRecording> => {
    const known = { schemaVersion: 1, task, taskCount, blocks } as const;
    const recorded = problems.length === 0 ? known : { ...known, problem: problems.join('; ') };
    await store.write(path, JSON.stringify(recorded));
    return recorded;
  };
  const { meetingTimeoutMs: timeoutMs } = plan;
  const meetings = new TaskMeetings({ store, place, task, taskCount, timeoutMs, clock, ...paceOf(store.location) });
  if (isEmptyShare(loadShare(plan.warm, task, taskCount))) {
    logger.warn(`task ${task} has nothing to send: ${plan.warm.connections} connections, ${taskCount} tasks`);
  }
  const problems: string[] = [];
  try {
    for (const [index, block] of plan.blocks.entries()) {
      const { recording, problem } = await shareOfBlock(input, block, index, meetings, ports, signal);
      if (recording !== undefined) blocks.push({ id: block.id, recording });
      if (problem !== undefined) problems.push(`block ${block.id}: ${problem}`);
      await save(partPath(place, task, index), problems);
    }
    return await save(taskPath(place, task), problems);
  } catch (error) {
    const recorded = await save(taskPath(place, task), [...problems, messageOf(error)]);
    signal?.throwIfAborted();
    return recorded;
  }
}

interface Share {
  readonly recording?: LoadRecording;
  readonly problem?: string;
}

/** Nothing for an empty share, which meets the others all the same: a start is everybody's. */
async function shareOfBlock(
  { plan, task, taskCount, protocol }: TaskInput,
  { id, url }: LoadBlock,
  index: number,
  meetings: TaskMeetings,
  ports: TaskPorts,
  signal?: AbortSignal,
): Promise<Share> {
  const tell = ({ missing }: Meeting) => {
    if (missing.length > 0) ports.logger.warn(`block ${id}: going on without ${tasksText(missing)}`);
  };
  // Nobody warms up while others are still timed; and nobody's connections idle while others are still starting.
  tell(await meetings.gather(`${index}-warm-up`, signal));
  let met = false;
  const meet = async () => {
    met = true;
    tell(await meetings.meet(`${index}-timed`, signal));
  };
  const warm = loadShare(plan.warm, task, taskCount);
  if (isEmptyShare(warm)) {
    await meet();
    return {};
  }
  const block = { url, protocol, warm, requestTimeoutMs: plan.requestTimeoutMs, meet };
  try {
    const recording = await loadBlock(block, ports, signal);
    ports.logger.info(`block ${id}: sent ${recording.sent} requests on ${recording.connections} connections`);
    return { recording };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TooLateError) throw error;
    ports.logger.warn(`block ${id}: ${messageOf(error)}`);
    // One service that cannot be loaded must not cost the others theirs, nor let the other tasks wait.
    if (!met) await meet();
    return { problem: messageOf(error) };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const tasksText = (tasks: readonly number[]) => `task${tasks.length === 1 ? '' : 's'} ${tasks.join(', ')}`;
