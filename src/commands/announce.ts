import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { FailOn, PublishOptions } from '../config/request.ts';
import type { Annotation } from '../domain/annotation.ts';
import type { ImplementationSource, Run } from '../domain/run.ts';
import { annotations } from '../report/annotations.ts';
import { findings } from '../report/findings.ts';
import { jobSummary } from '../report/job-summary.ts';
import { type MeasuredChange, writeComments } from './comment.ts';
import { trackIssues } from './issues.ts';
import { endEvents } from './notify.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

type AnnounceRequest = PublishOptions & { readonly failOn: readonly FailOn[] };

/** Tells the outside that a run has ended and what it found: events, and in CI comment, remarks, summary, issues. */
export async function announce(
  run: Run,
  request: AnnounceRequest,
  outcome: Outcome,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const conclusion = { verdict: outcome.outputs.verdict ?? 'not measured', findings: findings(run) };
  for (const event of endEvents(run, conclusion, ports)) await ports.events.send(event);
  return retell(run, request, outcome, ports, signal);
}

/** Tells GitHub what a run found, also long after it has ended. Outside CI it does nothing. */
export async function retell(
  run: Run,
  request: AnnounceRequest,
  outcome: Outcome,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  if (ports.job === undefined) return outcome;
  const change = measuredChange(request, ports);
  const wanted = request.comment ?? change !== undefined;
  if (wanted && change === undefined)
    ports.logger.warn('no comment was written: this event is about no pull request, and none was named');
  const commentUrl = wanted && change !== undefined ? await writeComments(run, change, ports, signal) : undefined;
  if (request.issues) await trackIssues(run, ports, signal);
  return {
    ...outcome,
    outputs: { ...outcome.outputs, ...(commentUrl === undefined ? {} : { 'comment-url': commentUrl }) },
    annotations: await remarks(run, request.failOn, ports, signal),
    summary: jobSummary(run),
  };
}

function measuredChange(request: PublishOptions, { job }: Ports): MeasuredChange | undefined {
  const number = request.pullRequest ?? job?.pullRequest?.number;
  const headSha = request.headSha ?? job?.pullRequest?.headSha;
  return number === undefined || headSha === undefined ? undefined : { number, headSha, untrusted: false };
}

async function remarks(
  run: Run,
  failOn: readonly FailOn[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly Annotation[]> {
  const fails = (finding: FailOn) => failOn.includes(finding) && !failOn.includes('never');
  const changedFiles = await filesOfChange(ports, signal);
  return annotations(run, {
    ...(changedFiles === undefined ? {} : { changedFiles }),
    regressionFails: fails('regression'),
    contractFails: fails('contract'),
    inRepository: (source) => placeHere(source, ports.workingDirectory),
  });
}

/** What the pull request changes: GitHub shows a remark beside the code only on these files. */
async function filesOfChange(ports: Ports, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const { job, sources, workingDirectory } = ports;
  if (job?.pullRequest === undefined) return undefined;
  const base = await sources.baseOf(workingDirectory, job.pullRequest, signal);
  return base === undefined ? undefined : sources.changedFiles(workingDirectory, base, signal);
}

/** Directory of a service repository that lies in the checked-out one, relative to that; undefined when it lies elsewhere. */
function placeHere({ repository }: ImplementationSource, workingDirectory: string): string | undefined {
  if (repository.includes('://') || /^[\w.-]+@[\w.-]+:/.test(repository)) return undefined;
  const path = relative(workingDirectory, resolve(workingDirectory, repository));
  return path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/');
}
