import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { FailOn, PublishOptions } from '../config/request.ts';
import type { Annotation } from '../domain/annotation.ts';
import type { ImplementationSource, Run } from '../domain/run.ts';
import { annotations } from '../report/annotations.ts';
import { jobSummary } from '../report/job-summary.ts';
import { type MeasuredChange, writeComments } from './comment.ts';
import { trackIssues } from './issues.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Tells GitHub what a run found: comment, remarks on files, job summary, issues. Outside CI it does nothing. */
export async function announce(
  run: Run,
  request: PublishOptions & { readonly failOn: readonly FailOn[] },
  outcome: Outcome,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const { job } = ports;
  if (job === undefined) return outcome;
  const change = measuredChange(request, ports);
  const wanted = request.comment ?? change !== undefined;
  if (wanted && change === undefined)
    ports.logger.warn('no comment was written: this event is about no pull request, and none was named');
  const commentUrl = wanted && change !== undefined ? await writeComments(run, change, ports, signal) : undefined;
  if (request.issues) await trackIssues(run, ports, signal);
  return {
    ...outcome,
    outputs: { ...outcome.outputs, ...(commentUrl === undefined ? {} : { 'comment-url': commentUrl }) },
    annotations: remarks(run, request.failOn, ports),
    summary: jobSummary(run),
  };
}

function measuredChange(request: PublishOptions, { job }: Ports): MeasuredChange | undefined {
  const number = request.pullRequest ?? job?.pullRequest?.number;
  const headSha = request.headSha ?? job?.pullRequest?.headSha;
  return number === undefined || headSha === undefined ? undefined : { number, headSha, untrusted: false };
}

function remarks(run: Run, failOn: readonly FailOn[], ports: Ports): readonly Annotation[] {
  const fails = (finding: FailOn) => failOn.includes(finding) && !failOn.includes('never');
  return annotations(run, {
    regressionFails: fails('regression'),
    contractFails: fails('contract'),
    inRepository: (source) => placeHere(source, ports.workingDirectory),
  });
}

/** Directory of a service repository that lies in the checked-out one, relative to that; undefined when it lies elsewhere. */
function placeHere({ repository }: ImplementationSource, workingDirectory: string): string | undefined {
  if (repository.includes('://') || /^[\w.-]+@[\w.-]+:/.test(repository)) return undefined;
  const path = relative(workingDirectory, resolve(workingDirectory, repository));
  return path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/');
}
