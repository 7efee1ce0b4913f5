import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type InstanceRecord, type ProcessIdentity, readRecords, removeRecord } from './instance-record.ts';
import { killGroup } from './process-group.ts';
import { startIdentity, statFields } from './start-identity.ts';

/** An instance that outlived the run which started it, and was stopped. */
export interface StoppedLeftover {
  readonly kind: 'process' | 'container';
  readonly instanceId: string;
  readonly service: string;
  readonly revision: string;
  /** Index of a task, whose job and execution are `service` and `revision`. */
  readonly task?: number;
  readonly pid?: number;
  readonly container?: string;
}

const CONTAINER_STOP_MS = 30_000;
const GONE_WITHIN_MS = 2_000;

/**
 * Stops what crashed or killed runs have left running, as recorded in `stateDirectory`, and removes the records.
 * Instances of a run that is still alive are not touched, and no process is killed unless its start time proves that
 * it is the recorded one. A missing directory and unreadable records are no error.
 */
export async function stopLeftovers(stateDirectory: string): Promise<readonly StoppedLeftover[]> {
  const stopped: StoppedLeftover[] = [];
  for (const { instanceId, record } of readRecords(stateDirectory)) {
    if (record !== undefined) {
      if (isAlive(record.owner)) continue;
      const found = identified(record);
      if (found === undefined) {
        removeRecord(stateDirectory, instanceId);
        continue;
      }
      const outcome = stop(found);
      // The engine does not answer: the container may be there still, for a later attempt to find.
      if (outcome === 'unknown') continue;
      if (outcome === 'stopped') stopped.push(describe(instanceId, found));
      if (found.runs.kind === 'process') await untilGone(found.runs.process);
    }
    removeRecord(stateDirectory, instanceId);
  }
  return stopped;
}

/** A record whose process is known. */
type Identified = InstanceRecord & {
  readonly runs:
    | Extract<InstanceRecord['runs'], { kind: 'container' }>
    | { readonly kind: 'process'; readonly process: ProcessIdentity };
};

/**
 * The owner may have been killed between starting a process and writing its pid down; then the environment of the
 * instance, which has its port and its revision (or its execution and index), finds it. Undefined when there is no such process.
 */
function identified(record: InstanceRecord): Identified | undefined {
  const { runs } = record;
  if (runs.kind === 'container') return { ...record, runs };
  const leader = () => instanceProcesses(record).find((pid) => statFields(pid)?.[2] === String(pid));
  const process = runs.process ?? identityOf(leader());
  return process === undefined ? undefined : { ...record, runs: { kind: 'process', process } };
}

function identityOf(pid: number | undefined): ProcessIdentity | undefined {
  const identity = pid === undefined ? undefined : startIdentity(pid);
  return pid === undefined || identity === undefined ? undefined : { pid, identity };
}

/** Processes that carry the environment of an instance. */
function instanceProcesses(record: InstanceRecord): readonly number[] {
  if (process.platform !== 'linux') return [];
  const marks = marksOf(record);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid))
    .filter((pid) => {
      const environment = environmentOf(pid);
      return marks.every((mark) => environment.includes(mark));
    });
}

function marksOf({ port, revision, service, task }: InstanceRecord): readonly string[] {
  if (task === undefined) return [`PORT=${port}`, `K_REVISION=${revision}`, `K_SERVICE=${service}`];
  return [
    `CLOUD_RUN_JOB=${service}`,
    `CLOUD_RUN_EXECUTION=${revision}`,
    `CLOUD_RUN_TASK_INDEX=${task.index}`,
    `CLOUD_RUN_TASK_ATTEMPT=${task.attempt}`,
  ];
}

/** SIGKILL is certain but not immediate. */
async function untilGone(process: ProcessIdentity): Promise<void> {
  const deadlineMs = performance.now() + GONE_WITHIN_MS;
  while (isAlive(process) && performance.now() < deadlineMs) await sleep(10);
}

function isAlive(process: ProcessIdentity): boolean {
  return startIdentity(process.pid) === process.identity;
}

function stop(record: Identified): 'stopped' | 'absent' | 'unknown' {
  const { runs } = record;
  if (runs.kind === 'container') {
    const removed = spawnSync(runs.cli, ['rm', '--force', runs.container], {
      timeout: CONTAINER_STOP_MS,
      encoding: 'utf8',
    });
    // `rm --force` may also succeed when there is nothing to remove; then it does not print the name.
    if (removed.status === 0) return removed.stdout.includes(runs.container) ? 'stopped' : 'absent';
    return /no such container/i.test(removed.stderr ?? '') ? 'absent' : 'unknown';
  }
  const killed = isAlive(runs.process) ? killGroup(runs.process.pid, 'SIGKILL') : stopOrphans(runs.process.pid, record);
  return killed ? 'stopped' : 'absent';
}

/**
 * The leader of the group has ended, but processes that it started may go on. Their group id alone proves nothing, so
 * each must also carry this instance's environment.
 */
function stopOrphans(group: number, record: InstanceRecord): boolean {
  const orphans = instanceProcesses(record).filter((pid) => statFields(pid)?.[2] === String(group));
  let found = false;
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
      found = true;
    } catch {
      // Ended meanwhile, or not ours to end.
    }
  }
  return found;
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function describe(instanceId: string, record: Identified): StoppedLeftover {
  const { service, revision, runs, task } = record;
  const found = { instanceId, service, revision, ...(task === undefined ? {} : { task: task.index }) };
  return runs.kind === 'process'
    ? { kind: 'process', ...found, pid: runs.process.pid }
    : { kind: 'container', ...found, container: runs.container };
}
