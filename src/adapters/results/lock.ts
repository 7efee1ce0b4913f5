import { randomUUID } from 'node:crypto';
import { link, open, readFile, readlink, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureError } from '../../domain/errors.ts';

/** Files that begin so are no results. */
export const LOCK = '.lock-';

const PATIENCE_MS = 30_000;
/** Whether a process of another machine lives cannot be seen; it holds a lock for the time of one small write. */
const FOREIGN_HOLD_MS = 60_000;
const POLL_MS = 40;

interface Holder {
  readonly token: string;
  readonly pid: number;
  /** Tells this process from a later one of the same id; empty where the system does not say. */
  readonly started: string;
  /** Where process ids mean the same: the machine and its name space. */
  readonly place: string;
}

/**
 * Runs `action` while no other process runs one for this file. A lock of a process that was killed is taken over. Throws
 * InfrastructureError `results-locked` when another process keeps it.
 */
export async function withLock<T>(file: string, action: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const held = await acquireLock(file, patienceMs);
  try {
    return await action();
  } finally {
    await held.release();
  }
}

export interface HeldLock {
  release(): Promise<void>;
}

/** The file's directory must exist. */
export async function acquireLock(file: string, patienceMs = PATIENCE_MS): Promise<HeldLock> {
  return acquire(join(dirname(file), `${LOCK}${basename(file)}`), performance.now() + patienceMs);
}

async function acquire(lock: string, deadlineMs: number): Promise<HeldLock> {
  const self = await describeSelf();
  // A link makes the lock appear with its contents, so that no reader finds an empty one.
  const prepared = join(dirname(lock), `${LOCK}new-${self.token}`);
  await writeNew(prepared, JSON.stringify(self));
  try {
    while (!(await linked(prepared, lock))) {
      const holder = await readHolder(lock);
      if (holder === 'gone') continue;
      if (await isDead(holder, lock)) {
        await takeAway(lock, holder, deadlineMs);
        continue;
      }
      if (performance.now() > deadlineMs) throw locked(lock, holder);
      await sleep(POLL_MS * (0.5 + Math.random()));
    }
    return { release: () => removeLock(lock, self) };
  } finally {
    await rm(prepared, { force: true });
  }
}

/**
 * Removes the lock of a dead holder. Whoever does so holds a lock that is named after that holder, so that of several who
 * found it dead none removes the lock that the quickest of them has made since.
 */
async function takeAway(lock: string, dead: Holder | undefined, deadlineMs: number): Promise<void> {
  const own = await acquire(`${lock}.${dead?.token.slice(0, 8) ?? 'damaged'}`, deadlineMs);
  try {
    await removeLock(lock, dead);
  } finally {
    await own.release();
  }
}

/** Only while it is this holder's: one that was held for too long may have been taken over. */
async function removeLock(lock: string, holder: Holder | undefined): Promise<void> {
  const found = await readHolder(lock);
  if (found !== 'gone' && found?.token === holder?.token) await rm(lock, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined: the file is no lock of ours, as an interrupted copy of the directory leaves it. */
async function readHolder(lock: string): Promise<Holder | undefined | 'gone'> {
  try {
    const { token, pid, started, place } = JSON.parse(await readFile(lock, 'utf8')) as Partial<Holder>;
    const sound = typeof token === 'string' && /^[0-9a-f-]{36}$/.test(token) && Number.isSafeInteger(pid);
    if (!sound || pid === undefined || pid <= 0) return undefined;
    return { token, pid, started: String(started), place: String(place) };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'gone' : undefined;
  }
}

async function isDead(holder: Holder | undefined, lock: string): Promise<boolean> {
  if (holder === undefined || holder.place !== (await placeOfPids())) {
    const found = await stat(lock).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > FOREIGN_HOLD_MS;
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
  const started = await startOf(holder.pid);
  return started !== '' && holder.started !== '' && started !== holder.started;
}

async function describeSelf(): Promise<Holder> {
  const { pid } = process;
  return { token: randomUUID(), pid, started: await startOf(pid), place: await placeOfPids() };
}

async function placeOfPids(): Promise<string> {
  return `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`;
}

/** Clock ticks since the machine's start. The process name before it may hold anything, also brackets. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function writeNew(file: string, text: string): Promise<void> {
  const opened = await open(file, 'wx');
  try {
    await opened.writeFile(text, 'utf8');
  } finally {
    await opened.close();
  }
}

function locked(lock: string, holder: Holder | undefined): InfrastructureError {
  const who = holder === undefined ? 'an unknown process' : `process ${holder.pid} of ${holder.place.split(' ')[0]}`;
  return new InfrastructureError('results-locked', `${lock} is held by ${who}, wanted it free`, {
    hint: 'wait until that process has ended; remove the file when there is no such process',
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code;
