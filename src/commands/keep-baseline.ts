import type { PublishOptions } from '../config/request.ts';
import type { Baseline } from '../domain/baseline.ts';
import type { Job } from '../domain/job.ts';
import type { Run } from '../domain/run.ts';
import { runSeed } from '../plan/naming.ts';
import { regressions, updateBaseline } from '../results/baseline.ts';
import { pruneRuns } from '../results/retention.ts';
import { loadBaseline, saveBaseline } from '../results/runs.ts';
import { keepBaselineImages } from './baseline-images.ts';
import { labelIn } from './planned-group.ts';
import type { Ports } from './ports.ts';

export type BaselineOptions = Pick<PublishOptions, 'saveBaseline' | 'acceptRegressions'>;

/**
 * Makes the run the baseline, where that is wanted, but for what regressed. Gives what became of it in words, or undefined
 * when nothing was stored.
 */
export async function keepBaseline(options: BaselineOptions, run: Run, ports: Ports): Promise<string | undefined> {
  const note = await storeBaseline(options, run, ports);
  // Only there are jobs that may remove what others have stored.
  if (ports.job !== undefined && isOfMain(run, ports.job)) await prune(run, ports);
  return note;
}

async function prune(
  { metadata: { runId } }: Run,
  { store, schemas, clock, logger, retention = {} }: Ports,
): Promise<void> {
  try {
    const removed = await pruneRuns(store, { retention, nowMs: clock.epochMs(), runId, schemas });
    if (removed.length > 0) logger.info(`removed ${removed.length} old runs, ${removed[0]} to ${removed.at(-1)}`);
  } catch (error) {
    logger.warn(`old runs were not removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function storeBaseline(options: BaselineOptions, run: Run, ports: Ports): Promise<string | undefined> {
  const { acceptRegressions } = options;
  const previous = await loadBaseline(ports.store, ports.schemas, ports.baselinePath);
  if (!(options.saveBaseline ?? isForBaseline(run, previous, acceptRegressions, ports.job))) return undefined;
  const added = run.results.reduce<Baseline | undefined>(
    (baseline, results) => updateBaseline(baseline, results, run.metadata, { acceptRegressions }),
    undefined,
  );
  if (added === undefined) return undefined;
  const isEmpty = Object.values(added.serviceTypes).every((entries) => entries.length === 0);
  if (previous === undefined && isEmpty) return undefined;
  const stored = await saveBaseline(ports.store, added, ports.schemas, {
    pause: (attempt) => letOthersGo(attempt, run, ports),
    ...(ports.baselinePath === undefined ? {} : { path: ports.baselinePath }),
  });
  await keepBaselineImages(stored, ports);
  const kept = acceptRegressions ? [] : regressed(run);
  const words = stored === undefined ? 'the first one' : 'updated';
  return kept.length === 0 ? words : `${words}, without ${kept.join(', ')}: what regressed keeps the baseline it had`;
}

/** Up to two seconds, of each run another part, so that those who met do not meet again. */
function letOthersGo(attempt: number, { metadata }: Run, { clock }: Ports): Promise<void> {
  const share = runSeed(`${metadata.runId} ${attempt}`) / 2 ** 32;
  return clock.sleep(Math.min(2000, 50 * 2 ** attempt) * share);
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
  if (job !== undefined) return isOfMain(run, job);
  return previous === undefined && (acceptRegressions || regressed(run).length === 0);
}

const isOfMain = ({ metadata }: Run, job: Job) => isOfDefaultBranch(job) && metadata.change?.pullRequest === undefined;

const EVENTS: ReadonlySet<string> = new Set(['push', 'schedule', 'workflow_dispatch']);

function isOfDefaultBranch({ event, pullRequest, ref, defaultBranch }: Job): boolean {
  if (!EVENTS.has(event) || pullRequest !== undefined || defaultBranch === undefined) return false;
  return ref === `refs/heads/${defaultBranch}`;
}

function regressed({ results }: Run): readonly string[] {
  return results.flatMap((group) => regressions(group).map((name) => labelIn(name, group)));
}
