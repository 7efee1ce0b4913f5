import type { Run, ServiceTypeResults } from '../domain/run.ts';
import { type CodeHost, CodeHostError, type HostIssue } from '../ports/code-host.ts';
import { type Finding, findings } from '../report/findings.ts';
import { ISSUE_LABEL, issueBody, issueClosing, issueMarker, issueTitle } from '../report/issue.ts';
import { neededHost } from './code-host.ts';
import type { Ports } from './ports.ts';

/**
 * One issue per implementation that regressed: opened, refreshed while it stays slower, closed when it was measured and
 * is not slower any more. Inconclusive and unmeasured ones are left as they are. What cannot be written is a warning.
 */
export async function trackIssues(run: Run, ports: Ports, signal: AbortSignal): Promise<void> {
  try {
    const host = await neededHost(ports);
    const known = await host.ownIssues(ISSUE_LABEL, signal);
    const regressions = findings(run).filter(({ kind }) => kind === 'regression');
    for (const results of run.results) {
      for (const { name } of results.implementations) {
        const marker = issueMarker(groupName(results), name);
        const issue =
          known.find(({ body, open }) => open && body.startsWith(marker)) ??
          known.find(({ body }) => body.startsWith(marker));
        const found = regressions.find((finding) => isAbout(finding, results, name));
        if (found !== undefined) await openOrRefresh(found, run, results, issue, host, ports, signal);
        else if (issue?.open === true && isFixed(results, name))
          await close(issue, run, results, name, host, ports, signal);
      }
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof CodeHostError)) throw error;
    ports.logger.warn(`issues were not updated: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  }
}

const groupName = ({ serviceType, profile }: ServiceTypeResults) =>
  profile === undefined ? serviceType : `${serviceType}.${profile}`;

function isAbout(finding: Finding, { serviceType, profile }: ServiceTypeResults, name: string): boolean {
  return finding.serviceType === serviceType && finding.profile === profile && finding.implementation === name;
}

/** Measured beside the baseline, and no slower. */
function isFixed({ comparison }: ServiceTypeResults, name: string): boolean {
  if (comparison?.mode !== 'side-by-side') return false;
  const verdict = comparison.implementations.find(({ implementation }) => implementation === name)?.verdict;
  return verdict === 'no change' || verdict === 'improvement';
}

async function openOrRefresh(
  finding: Finding,
  { metadata }: Run,
  results: ServiceTypeResults,
  issue: HostIssue | undefined,
  host: CodeHost,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const title = issueTitle(finding);
  const body = issueBody(metadata, results, finding.implementation);
  const written =
    issue === undefined
      ? await host.createIssue({ title, body, labels: [ISSUE_LABEL] }, signal)
      : await host.updateIssue(issue.number, { title, body, open: true }, signal);
  ports.logger.info(`${issue === undefined ? 'opened' : 'refreshed'} ${written.url}`);
}

async function close(
  issue: HostIssue,
  { metadata }: Run,
  results: ServiceTypeResults,
  name: string,
  host: CodeHost,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  await host.createComment(issue.number, issueClosing(metadata, results, name), signal);
  await host.updateIssue(issue.number, { open: false }, signal);
  ports.logger.info(`closed ${issue.url}`);
}
