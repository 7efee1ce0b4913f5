import type { BenchmarkRequest } from '../config/request.ts';
import type { Run } from '../domain/run.ts';
import { COMPARISON_EXPORTERS, EXPORTERS } from '../report/registry.ts';
import { runToExit } from '../report/run-exit.ts';
import { updateBaseline } from '../results/baseline.ts';
import { BASELINE_LATEST, comparisonPath, dayOf, metadataPath, runReportPath } from '../results/layout.ts';
import { loadBaseline, saveBaseline } from '../results/runs.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import type { RunRecorder } from './recorder.ts';

/** Closes the run: reports, comparison and baseline into the store, the report to the user. */
export async function publish(request: BenchmarkRequest, recorder: RunRecorder, ports: Ports): Promise<Outcome> {
  const { store } = ports;
  await recorder.finish('finished');
  const { run } = recorder;
  const { runId } = run.metadata;
  const reportPath = runReportPath(runId, 'md');
  await store.write(reportPath, EXPORTERS.markdown(run));
  await store.write(runReportPath(runId, 'json'), EXPORTERS.json(run));
  const comparisons = run.results.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));
  const day = dayOf(run.metadata.startedAt);
  await store.write(comparisonPath(day, 'json'), COMPARISON_EXPORTERS.json(comparisons));
  await store.write(comparisonPath(day, 'md'), COMPARISON_EXPORTERS.markdown(comparisons));
  const baselineNote = await keepBaseline(request.saveBaseline ?? false, run, ports);

  const place = (path: string) => `${store.location.replace(/\/$/, '')}/${path}`;
  const paths = [
    `report      ${place(reportPath)}`,
    `as JSON     ${place(runReportPath(runId, 'json'))}`,
    `run         ${place(metadataPath(runId))}`,
    `comparison  ${place(comparisonPath(day, 'md'))}`,
    ...(baselineNote === undefined ? [] : [`baseline    ${place(BASELINE_LATEST)} (${baselineNote})`]),
  ];
  ports.print(EXPORTERS[request.format](run, ports.terminal));
  // Programs that read JSON or Markdown from standard output must get nothing else.
  if (request.format === 'terminal') ports.print(`\n${paths.join('\n')}\n`);
  else for (const path of paths) ports.logger.info(path);

  return {
    exitCodes: runToExit(run, request.failOn),
    outputs: {
      'run-id': runId,
      verdict: verdictOf(run),
      'results-path': place(`runs/${runId}`),
      'report-path': place(reportPath),
    },
    states: statesOf(run),
    summary: EXPORTERS.markdown(run),
  };
}

function statesOf({ results }: Run): Record<string, string> {
  const entries = results.flatMap(({ implementations, comparison }) =>
    implementations.map(({ name, state }) => {
      const judged = comparison?.implementations.find(({ implementation }) => implementation === name);
      return [name, state ?? judged?.verdict ?? judged?.state ?? 'not measured'] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/**
 * The first run ever makes the baseline, unless it is known to be a regression; later ones only when asked, which is
 * for main to do.
 */
async function keepBaseline(wanted: boolean, run: Run, ports: Ports): Promise<string | undefined> {
  const previous = await loadBaseline(ports.store, ports.schemas);
  const regressed = run.results.some(({ comparison }) => comparison?.verdict === 'regression');
  if (!wanted && (previous !== undefined || regressed)) return undefined;
  const updated = run.results.reduce((baseline, results) => updateBaseline(baseline, results, run.metadata), previous);
  if (updated === undefined || Object.values(updated.serviceTypes).every((entries) => entries.length === 0))
    return undefined;
  await saveBaseline(ports.store, updated, ports.schemas);
  return previous === undefined ? 'the first one' : 'updated';
}

function verdictOf(run: Run): string {
  const states = run.results.flatMap(({ implementations }) => implementations.flatMap(({ state }) => state ?? []));
  if (states.includes('contract failed')) return 'contract failed';
  const verdicts = run.results.flatMap(({ comparison }) => comparison?.verdict ?? []);
  const worst = ['regression', 'inconclusive', 'improvement', 'no change'].find((verdict) =>
    verdicts.some((found) => found === verdict),
  );
  return worst ?? (states.includes('new') || verdicts.includes('none') ? 'new' : 'not measured');
}
