import { assembleAll, type TestedGroup } from '../compare/assemble.ts';
import { testRuns } from '../compare/runs.ts';
import { testStored } from '../compare/stored.ts';
import type { Config } from '../config/config.ts';
import type { CompareRequest } from '../config/request.ts';
import type { BaselineReference, Comparison } from '../domain/comparison.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { Run, ServiceTypeResults } from '../domain/run.ts';
import { COMPARISON_EXPORTERS } from '../report/registry.ts';
import { groupKey } from '../results/groups.ts';
import { comparisonPath, dayOf } from '../results/layout.ts';
import { loadBaseline, loadRun } from '../results/runs.ts';
import { compareOptions } from './compare-run.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Compares two stored runs; `latest` as baseline is the stored baseline, as current the newest run. */
export async function compare(request: CompareRequest, config: Config, ports: Ports): Promise<Outcome> {
  const current = await loadRun(ports.store, request.current, ports.schemas);
  const comparisons =
    request.baseline === 'latest'
      ? await againstBaseline(current, config, ports)
      : await againstRun(request.baseline, current, config, ports);
  if (comparisons.length === 0) {
    throw new UsageError(
      'nothing-to-compare',
      `run ${current.metadata.runId} has no service type in common with the baseline`,
      {
        hint: 'name two runs that measured the same service type',
      },
    );
  }
  const day = dayOf(new Date(ports.clock.epochMs()).toISOString());
  await ports.store.write(comparisonPath(day, 'json'), COMPARISON_EXPORTERS.json(comparisons));
  await ports.store.write(comparisonPath(day, 'md'), COMPARISON_EXPORTERS.markdown(comparisons));
  const text = COMPARISON_EXPORTERS[request.format](comparisons);
  if (request.output === undefined) ports.print(text);
  else await ports.writeFile(request.output, text);
  const verdicts = new Set(comparisons.map(({ verdict }) => verdict));
  return {
    // Whoever asks for a comparison of two runs asks for its verdict, so here stored numbers decide the exit code.
    exitCodes: [
      ...(verdicts.has('regression') && request.failOn.includes('regression') ? [EXIT.regression] : []),
      ...(verdicts.has('inconclusive') && request.failOn.includes('inconclusive') ? [EXIT.inconclusive] : []),
    ],
    outputs: { 'run-id': current.metadata.runId, verdict: worst(verdicts) },
    summary: COMPARISON_EXPORTERS.markdown(comparisons),
  };
}

interface Tested {
  readonly results: ServiceTypeResults;
  readonly group: TestedGroup;
  readonly baseline: BaselineReference;
}

/** All gate tests of the comparison as one family. */
function assembled(tested: readonly Tested[], config: Config): readonly Comparison[] {
  const outcomes = assembleAll(
    tested.map(({ group }) => group),
    compareOptions(config),
  );
  return tested.flatMap(({ results: { serviceType, profile }, baseline }, index) => {
    const outcome = outcomes[index];
    const group = { serviceType, ...(profile === undefined ? {} : { profile }) };
    return outcome === undefined ? [] : [{ ...outcome, ...group, baseline }];
  });
}

async function againstRun(runId: string, current: Run, config: Config, ports: Ports): Promise<readonly Comparison[]> {
  const base = await loadRun(ports.store, runId, ports.schemas);
  const { commit, startedAt } = base.metadata;
  const run = { runId: base.metadata.runId, date: startedAt, ...(commit === undefined ? {} : { commit }) };
  const baseline = { runIds: [run.runId], date: startedAt, ...(commit === undefined ? {} : { commit }) };
  const tested = current.results.flatMap((results): Tested[] => {
    const other = base.results.find((group) => groupKey(group) === groupKey(results));
    if (other === undefined) return [];
    const stored = { results: other.implementations, run };
    return [{ results, group: testRuns(results.implementations, stored, compareOptions(config)), baseline }];
  });
  return assembled(tested, config);
}

async function againstBaseline(current: Run, config: Config, ports: Ports): Promise<readonly Comparison[]> {
  const baseline = await loadBaseline(ports.store, ports.schemas, ports.baselinePath);
  if (baseline === undefined) {
    throw new UsageError('baseline-missing', `${ports.store.location} holds no baseline`, {
      hint: 'a benchmark makes the first one by itself; or name a run with --baseline',
    });
  }
  const tested = current.results.flatMap((results): Tested[] => {
    const entries = baseline.serviceTypes[groupKey(results)];
    if (entries === undefined) return [];
    const runIds = [...new Set(entries.flatMap(({ runs }) => runs.map(({ runId }) => runId)))];
    const group = testStored(results.implementations, entries, compareOptions(config));
    return [{ results, group, baseline: { runIds, date: baseline.updatedAt } }];
  });
  return assembled(tested, config);
}

function worst(verdicts: ReadonlySet<string>): string {
  return ['regression', 'inconclusive', 'improvement', 'no change'].find((verdict) => verdicts.has(verdict)) ?? 'none';
}
