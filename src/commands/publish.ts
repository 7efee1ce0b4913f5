import type { FailOn, ReportFormat } from '../config/request.ts';
import type { Run } from '../domain/run.ts';
import { COMPARISON_EXPORTERS, EXPORTERS } from '../report/registry.ts';
import { runToExit } from '../report/run-exit.ts';
import { BASELINE_LATEST, comparisonPath, dayOf, metadataPath, runReportPath } from '../results/layout.ts';
import { type BaselineOptions, keepBaseline } from './keep-baseline.ts';
import type { Outcome } from './outcome.ts';
import { labelIn } from './planned-group.ts';
import type { Ports } from './ports.ts';
import type { RunRecorder } from './recorder.ts';

export interface PublishRequest extends BaselineOptions {
  readonly failOn: readonly FailOn[];
  readonly format: ReportFormat;
  /** Takes the report in place of standard output. */
  readonly output?: string;
}

/** Closes the run: reports, comparison and baseline into the store, the report to the user. */
export async function publish(request: PublishRequest, recorder: RunRecorder, ports: Ports): Promise<Outcome> {
  await recorder.finish('finished');
  const { run } = recorder;
  const places = await storeReports(run, request, ports);
  await show(run, request, ports);
  const paths = Object.entries(places).map(([what, place]) => `${what.padEnd(11)} ${place}`);
  // Programs that read JSON or Markdown from standard output must get nothing else.
  if (request.format === 'terminal' && request.output === undefined) ports.print(`\n${paths.join('\n')}\n`);
  else for (const path of paths) ports.logger.info(path);
  return outcomeOf(run, request.failOn, ports);
}

/** Where things were stored, by what they are. */
export type StoredPlaces = Readonly<Record<string, string>>;

/** Stores what is made of a run that is measured and compared: its reports, its comparison, the baseline. */
export async function storeReports(run: Run, options: BaselineOptions, ports: Ports): Promise<StoredPlaces> {
  const { store } = ports;
  const { runId, startedAt } = run.metadata;
  await store.write(runReportPath(runId, 'md'), EXPORTERS.markdown(run));
  await store.write(runReportPath(runId, 'json'), EXPORTERS.json(run));
  const comparisons = run.results.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));
  const day = dayOf(startedAt);
  await store.write(comparisonPath(day, 'json'), COMPARISON_EXPORTERS.json(comparisons));
  await store.write(comparisonPath(day, 'md'), COMPARISON_EXPORTERS.markdown(comparisons));
  const baseline = await keepBaseline(options, run, ports);
  return {
    report: placeOf(runReportPath(runId, 'md'), ports),
    'as JSON': placeOf(runReportPath(runId, 'json'), ports),
    run: placeOf(metadataPath(runId), ports),
    comparison: placeOf(comparisonPath(day, 'md'), ports),
    ...(baseline === undefined
      ? {}
      : { baseline: `${placeOf(ports.baselinePath ?? BASELINE_LATEST, ports)} (${baseline})` }),
  };
}

/** The report, as asked for and to where. */
export async function show(run: Run, { format, output }: PublishRequest, ports: Ports): Promise<void> {
  if (output === undefined) ports.print(EXPORTERS[format](run, ports.terminal));
  else await ports.writeFile(output, EXPORTERS[format](run));
}

/** What a stored run means for the process and for the job's next steps. */
export function outcomeOf(run: Run, failOn: readonly FailOn[], ports: Ports): Outcome {
  const { runId } = run.metadata;
  return {
    exitCodes: runToExit(run, failOn),
    outputs: {
      'run-id': runId,
      verdict: verdictOf(run),
      'results-path': placeOf(`runs/${runId}`, ports),
      'report-path': placeOf(runReportPath(runId, 'md'), ports),
    },
    states: statesOf(run),
    summary: EXPORTERS.markdown(run),
  };
}

const placeOf = (path: string, { store }: Ports) => `${store.location.replace(/\/$/, '')}/${path}`;

/** Verdict or state by implementation, in a run with several profiles by `name (profile)`. */
function statesOf({ results }: Run): Record<string, string> {
  const entries = results.flatMap((group) =>
    group.implementations.map(({ name, state }) => {
      const judged = group.comparison?.implementations.find(({ implementation }) => implementation === name);
      return [labelIn(name, group), state ?? judged?.verdict ?? judged?.state ?? 'not measured'] as const;
    }),
  );
  return Object.fromEntries(entries);
}

const WORST_FIRST = [
  'contract failed',
  'regression',
  'inconclusive',
  'improvement',
  'no change',
  'new',
  'not measured',
  'carried',
];

function verdictOf(run: Run): string {
  const states = new Set(Object.values(statesOf(run)));
  return WORST_FIRST.find((state) => states.has(state)) ?? 'not measured';
}
