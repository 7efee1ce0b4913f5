import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../..');
export const TEMPLATE = join(ROOT, 'template-service-repo');
const CLI = join(ROOT, 'src/cli.ts');
const DEADLINE_MS = 90_000;

/** A user's machine in small: a directory to work in, with state and results of its own. */
export interface Workspace {
  readonly directory: string;
  readonly state: string;
  readonly results: string;
  /** Pids of processes that run below the state directory: instances, and builds. */
  instances(): readonly number[];
  /** What the tool has recorded of instances that run now. */
  records(): readonly InstanceRecord[];
  /** Ends what a failed test may have left, and removes the directory. */
  remove(): void;
}

export interface InstanceRecord {
  readonly port: number;
  readonly service: string;
  readonly runs: { readonly process: { readonly pid: number } };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Tool {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What standard output, or standard error, has said so far. */
  text(stream: 'stdout' | 'stderr'): string;
  /** Waits until a stream says it; throws with all that was said when the tool ends before. */
  says(stream: 'stdout' | 'stderr', wanted: RegExp): Promise<RegExpExecArray>;
}

export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another program than the command line, such as the bundle. */
  readonly entry?: string;
}

export function newWorkspace(): Workspace {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cloudrun-perf-cli-')));
  const state = join(directory, 'state');
  const instances = () => processesBelow(state);
  return {
    directory,
    state,
    results: join(directory, 'results'),
    instances,
    records: () => recordsIn(join(state, 'instances')),
    remove() {
      for (const pid of instances()) kill(pid);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts the tool as a user's shell would, in the workspace, with nothing of this environment but the path. */
export function startTool(workspace: Workspace, args: readonly string[], options: ToolOptions = {}): Tool {
  const child = spawn(process.execPath, [options.entry ?? CLI, ...args], {
    cwd: options.cwd ?? workspace.directory,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: workspace.directory,
      CLOUDRUN_PERF_STATE_DIR: workspace.state,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      clearTimeout(deadline);
      resolve({ code, signal, ...said });
    });
  });
  async function says(stream: 'stdout' | 'stderr', wanted: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const last = over;
      const found = wanted.exec(said[stream]);
      if (found !== null) return found;
      if (last) throw new Error(`the tool ended and never said ${wanted}:\n${said.stdout}\n${said.stderr}`);
      await sleep(10);
    }
  }
  return { child, ended, says, text: (stream) => said[stream] };
}

export function runTool(workspace: Workspace, args: readonly string[], options: ToolOptions = {}): Promise<Ended> {
  return startTool(workspace, args, options).ended;
}

/** A service repository: a fixture, or the template, with node-http of the template as `implementations/<name>`. */
export function placeRepository(workspace: Workspace, fixture: string, name: string): string {
  const repository = join(workspace.directory, 'repo');
  cpSync(join(ROOT, 'test/fixtures/service-repos', fixture), repository, { recursive: true });
  cpSync(join(TEMPLATE, 'implementations/node-http'), join(repository, 'implementations', name), { recursive: true });
  return repository;
}

export function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, '-C', directory, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** Whether something accepts connections on that port of 127.0.0.1. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Waits for a condition; throws when it does not come true in time. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, withinMs = 30_000) {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(10))
    if (await condition()) return;
  throw new Error(`waited ${withinMs} ms in vain: ${what}`);
}

export const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** All files below a directory, relative to it. */
export function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function processesBelow(directory: string): readonly number[] {
  if (!existsSync('/proc/self/cwd')) return recordsIn(join(directory, 'instances')).map(({ runs }) => runs.process.pid);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && workingDirectory(pid).startsWith(directory));
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function recordsIn(directory: string): readonly InstanceRecord[] {
  return filesBelow(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      try {
        const record = readJson(join(directory, name)) as InstanceRecord;
        // Just being started: it has no pid yet.
        return record.runs.process === undefined ? [] : [record];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone.
  }
}
