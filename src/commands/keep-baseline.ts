import type { PublishOptions } from '../config/request.ts';
import type { Baseline } from '../domain/baseline.ts';
import type { Job } from '../domain/job.ts';
import type { Run } from '../domain/run.ts';
import { regressions, updateBaseline } from '../results/baseline.ts';
import { loadBaseline, saveBaseline } from '../results/runs.ts';
import { labelIn } from './planned-group.ts';
import type { Ports } from './ports.ts';

export type BaselineOptions = Pick<PublishOptions, 'saveBaseline' | 'acceptRegressions'>;

/**
 * Makes the run the baseline, where that is wanted, but for what regressed. Gives what became of it in words, or undefined
 * when nothing was stored.
 */
export async function keepBaseline(options: BaselineOptions, run: Run, ports: Ports): Promise<string | undefined> {
  const { acceptRegressions } = options;
  const previous = await loadBaseline(ports.store, ports.schemas);
  if (!(options.saveBaseline ?? isForBaseline(run, previous, acceptRegressions, ports.job))) return undefined;
  const updated = run.results.reduce<Baseline | undefined>(
    (baseline, results) => updateBaseline(baseline, results, run.metadata, { acceptRegressions }),
    previous,
  );
  if (updated === undefined || Object.values(updated.serviceTypes).every((entries) => entries.length === 0))
    return undefined;
  await saveBaseline(ports.store, updated, ports.schemas);
  const kept = acceptRegressions ? [] : regressed(run);
  const words = previous === undefined ? 'the first one' : 'updated';
  return kept.length === 0 ? words : `${words}, without ${kept.join(', ')}: what regressed keeps the baseline it had`;
}

/**
 * In CI the default branch makes the baseline, and a pull request never does, not even the first. Elsewhere the first
 * run ever makes it, unless it is known to be a regression; later ones only when asked.
 */
function isForBaseline(
  run: Run,
  previous: Baseline | undefined,
  acceptRegressions: boolean,
  job: Job | undefined,
): boolean {
  if (job !== undefined) return isOfDefaultBranch(job) && run.metadata.change?.pullRequest === undefined;
  return previous === undefined && (acceptRegressions || regressed(run).length === 0);
}

const EVENTS: ReadonlySet<string> = new Set(['push', 'schedule', 'workflow_dispatch']);

function isOfDefaultBranch({ event, pullRequest, ref, defaultBranch }: Job): boolean {
  if (!EVENTS.has(event) || pullRequest !== undefined || defaultBranch === undefined) return false;
  return ref === `refs/heads/${defaultBranch}`;
}

function regressed({ results }: Run): readonly string[] {
  return results.flatMap((group) => regressions(group).map((name) => labelIn(name, group)));
}
