import type { LoadPlan, LoadRecording, TaskRecording } from '../domain/load.ts';
import { decodeHistogram } from '../stats/histogram.ts';

/** Variables by which a task finds its plan: the store, and the path of the plan in it. */
export const STORE_VARIABLE = 'CLOUDRUN_PERF_LOAD_STORE';
export const PLAN_VARIABLE = 'CLOUDRUN_PERF_LOAD_PLAN';

const PLAN_FILE = 'plan.json';

/** Files of one execution, below `place`, which ends in a slash. */
export const planPath = (place: string) => `${place}${PLAN_FILE}`;
export const taskPath = (place: string, task: number) => `${place}task-${task}.json`;
/**
 * What a task has recorded so far, after each of its blocks; all of it is in the task's own file in the end. Nothing is
 * written twice: the account of load tasks may add to a bucket, and not overwrite.
 */
export const partPath = (place: string, task: number, part: number) =>
  `${partsPlace(place, task)}${String(part).padStart(4, '0')}.json`;
export const partsPlace = (place: string, task: number) => `${place}parts/${task}/`;
export const readyPlace = (place: string, meeting: string) => `${place}ready/${meeting}/`;

/** Where the files of the execution are whose plan is at `path`; undefined for what is no path of a plan. */
export function placeOf(path: string): string | undefined {
  return path.endsWith(`/${PLAN_FILE}`) ? path.slice(0, -PLAN_FILE.length) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('found no object');
  return { ...value };
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isOptionalText = (value: unknown) => value === undefined || typeof value === 'string';
const isDigits = (value: unknown) => typeof value === 'string' && /^[0-9]{1,60}$/.test(value);
const isOrigin = (value: unknown) =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;

/** Throws TypeError that names the first field which is not as it must be. */
function demand(found: Fields, checks: Readonly<Record<string, (value: unknown) => boolean>>): void {
  for (const [name, isRight] of Object.entries(checks)) {
    if (!isRight(found[name])) throw new TypeError(`${name} is missing or wrong`);
  }
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('blocks is no list');
  return value;
}

/** Throws TypeError or SyntaxError with what is wrong. */
export function parseLoadPlan(text: string): LoadPlan {
  const found = fields(JSON.parse(text));
  demand(found, {
    schemaVersion: (value) => value === 1,
    runId: isText,
    serviceType: isText,
    requestTimeoutMs: isTime,
    meetingTimeoutMs: isTime,
    audience: isOptionalText,
    contractVersion: isOptionalText,
    contract: (value) => value === undefined || Object.values(fields(value)).every((text) => typeof text === 'string'),
  });
  demand(fields(found.warm), {
    warmupRequests: isCount,
    warmupMs: (value) => value === undefined || isTime(value),
    requests: isCount,
    connections: isCount,
  });
  for (const block of list(found.blocks)) demand(fields(block), { id: isText, url: isOrigin });
  return found as unknown as LoadPlan;
}

function checkRecording(value: unknown): void {
  const found = fields(value);
  const counts = ['connections', 'warmupRequests', 'sent', 'leastUs', 'mostUs', 'waitedUs'];
  const times = ['fromMs', 'timedFromMs', 'toMs'];
  demand(found, {
    ...Object.fromEntries(counts.map((name) => [name, isCount])),
    ...Object.fromEntries(times.map((name) => [name, isTime])),
    sumUs: isDigits,
    sumOfSquaresUs: isDigits,
    histogram: isText,
    endedEarly: isOptionalText,
    errors: (errors) => Object.values(fields(errors)).every(isCount),
  });
  const { sent, errors, histogram } = found as unknown as LoadRecording;
  const wrong = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const counted = decodeHistogram(histogram).count;
  if (counted !== sent - wrong) throw new TypeError(`its histogram holds ${counted} answers, wanted ${sent - wrong}`);
}

/** Throws an Error with what is wrong: not JSON, a field, another task's, a histogram that cannot be read. */
export function parseTaskRecording(text: string, task: number, taskCount: number): TaskRecording {
  const found = fields(JSON.parse(text));
  demand(found, {
    schemaVersion: (value) => value === 1,
    task: (value) => value === task,
    taskCount: (value) => value === taskCount,
    problem: isOptionalText,
  });
  for (const block of list(found.blocks)) {
    const { id, recording } = fields(block);
    if (!isText(id)) throw new TypeError('a block has no id');
    checkRecording(recording);
  }
  return found as unknown as TaskRecording;
}
