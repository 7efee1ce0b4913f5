import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startIdentity } from './start-identity.ts';

/** A process and what proves that its pid still means it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly identity: string;
}

/** A running instance as written to the state directory, `<instanceId>.json`. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly service: string;
  readonly revision: string;
  readonly port: number;
  /** Of a task, whose job and execution are `service` and `revision`, and whose port is 0. */
  readonly task?: { readonly index: number; readonly attempt: number };
  /** The run that started it. */
  readonly owner: ProcessIdentity;
  readonly runs: /** Without `process`: it is just being started, and may or may not be there. */
    | { readonly kind: 'process'; readonly process?: ProcessIdentity }
    | { readonly kind: 'container'; readonly cli: string; readonly container: string };
}

/** Only files by such names are ever read or removed: the directory may hold something else. */
const RECORD_FILE = /^([0-9a-f]{64,200})\.json$/;
const CONTAINER_NAME = /^cloudrun-perf-[0-9a-f]{24}$/;

let own: ProcessIdentity | undefined;
/** This process as the owner of what it starts. */
export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, identity: startIdentity(process.pid) ?? '' };
  return own;
}

/** Writes synchronously: between a start and its record there must be no moment for anything else of this process. */
export function writeRecord(stateDirectory: string, record: InstanceRecord): void {
  mkdirSync(stateDirectory, { recursive: true });
  const path = join(stateDirectory, `${record.instanceId}.json`);
  writeFileSync(`${path}.part`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

export function removeRecord(stateDirectory: string, instanceId: string): void {
  rmSync(join(stateDirectory, `${instanceId}.json`), { force: true });
}

/** All records of a directory; `record` is undefined for a file that cannot be understood. */
export function readRecords(stateDirectory: string): { instanceId: string; record: InstanceRecord | undefined }[] {
  let names: string[];
  try {
    names = readdirSync(stateDirectory);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const instanceId = RECORD_FILE.exec(name)?.[1];
    return instanceId === undefined ? [] : [{ instanceId, record: readRecord(join(stateDirectory, name)) }];
  });
}

function readRecord(path: string): InstanceRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is InstanceRecord {
  if (!isObject(value) || !isObject(value.runs) || !isIdentity(value.owner)) return false;
  if (typeof value.instanceId !== 'string' || typeof value.service !== 'string') return false;
  if (typeof value.revision !== 'string' || typeof value.port !== 'number') return false;
  if (value.task !== undefined && !isTask(value.task)) return false;
  const { runs } = value;
  if (runs.kind === 'process') return runs.process === undefined || isIdentity(runs.process);
  return (
    runs.kind === 'container' &&
    typeof runs.cli === 'string' &&
    typeof runs.container === 'string' &&
    CONTAINER_NAME.test(runs.container)
  );
}

function isTask(value: unknown): boolean {
  return isObject(value) && Number.isInteger(value.index) && Number.isInteger(value.attempt);
}

/** Pids 0 and 1 (and negative ones) would mean a whole group or the system: never ours. */
function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    isObject(value) &&
    Number.isInteger(value.pid) &&
    Number(value.pid) > 1 &&
    typeof value.identity === 'string' &&
    value.identity !== ''
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
