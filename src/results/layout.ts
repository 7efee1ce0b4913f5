import { UsageError } from '../domain/errors.ts';

/** Ids become names of directories and objects, so they must not be able to leave their place. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

function segment(what: string, value: string): string {
  if (SEGMENT.test(value)) return value;
  throw new UsageError('path-unsafe', `found the ${what} ${JSON.stringify(value.slice(0, 140))}, wanted a safe name`, {
    hint: 'use letters, digits, dots, hyphens and underscores, beginning with a letter or digit, at most 128',
  });
}

const run = (runId: string) => `runs/${segment('run id', runId)}`;

export const RUNS = 'runs/';
/** All baselines are below, so that what forgets old runs can spare it. */
export const BASELINES = 'baselines/';
/** Where the latest one is unless the configuration says otherwise. */
export const BASELINE_LATEST = 'baselines/latest.json';

export function metadataPath(runId: string): string {
  return `${run(runId)}/metadata.json`;
}

/** `group`: a service type, or what `groupKey` gives. */
export function resultsPath(runId: string, group: string): string {
  return `${run(runId)}/${segment('service type', group)}/results.json`;
}

export function runReportPath(runId: string, extension: 'md' | 'json'): string {
  return `${run(runId)}/report.${extension}`;
}

/** Copy of one day, beside the latest baseline that it is of. `date`: one path segment, such as `2026-11-21`. */
export function baselinePath(date: string, latest: string = BASELINE_LATEST): string {
  const name = latest.slice(latest.lastIndexOf('/') + 1);
  const directory = latest.slice(0, -name.length);
  return `${directory}${segment('date', date)}/${name === 'latest.json' ? 'baseline.json' : name}`;
}

/** A copy of one day, of whatever baseline. */
export const isDatedBaseline = (path: string) => /^baselines\/(?:.*\/)?\d{4}-\d\d-\d\d\/[^/]+\.json$/.test(path);

/** Latest baselines among paths: of one store there are several where configurations name different ones. */
export const latestBaselines = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => path.startsWith(BASELINES) && path.endsWith('.json') && !isDatedBaseline(path));

export function comparisonPath(date: string, extension: 'md' | 'json'): string {
  return `comparisons/${segment('date', date)}/comparison.${extension}`;
}

/** `2026-11-21` of an RFC 3339 time, for the dated paths. */
export function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** Ids of the runs that have metadata, newest first: run ids begin with their time, so that their order is that of time. */
export function runIds(paths: readonly string[]): readonly string[] {
  return paths
    .map((path) => /^runs\/([^/]+)\/metadata\.json$/.exec(path)?.[1])
    .filter((id) => id !== undefined)
    .filter((id) => SEGMENT.test(id))
    .toSorted()
    .reverse();
}

/** Ids of what has no metadata yet, or was cut short before it had, newest first. */
export function unfinishedRunIds(paths: readonly string[]): readonly string[] {
  const known = new Set(runIds(paths));
  const ids = new Set(paths.map((path) => /^runs\/([^/]+)\//.exec(path)?.[1] ?? ''));
  return [...ids]
    .filter((id) => SEGMENT.test(id) && !known.has(id))
    .toSorted()
    .reverse();
}

export function latestRunId(paths: readonly string[]): string | undefined {
  return runIds(paths)[0];
}
