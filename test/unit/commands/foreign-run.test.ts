import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reportForeignRun } from '../../../src/commands/foreign-run.ts';
import { readActionInputs } from '../../../src/config/action-inputs.ts';
import type { ReportRequest } from '../../../src/config/request.ts';
import type { Job, WorkflowRun } from '../../../src/domain/job.ts';
import type { Run } from '../../../src/domain/run.ts';
import { metadataPath, resultsPath } from '../../../src/results/layout.ts';
import { pullRequestRun } from '../../helpers/example-pull-request.ts';
import { BASE, exampleJob, HEAD, jobPorts } from '../../helpers/job-ports.ts';
import { createMemoryCodeHost, REPOSITORY } from '../../helpers/memory-code-host.ts';

const NEVER = new AbortController().signal;
const RUN: WorkflowRun = {
  id: 55,
  attempt: 1,
  event: 'pull_request',
  headSha: HEAD,
  headBranch: 'patch',
  headRepository: 'mallory/service',
  url: 'https://github.com/org/service/actions/runs/55',
};
const FORK = {
  number: 7,
  open: true,
  headSha: HEAD,
  headRepository: 'mallory/service',
  baseSha: BASE,
  headBranch: 'patch',
};

/** What a fork's run may have left: right, unless the test changes it. */
function filesOf(change: (run: Run) => Run = (run) => run): Map<string, string> {
  const { metadata, results } = change(
    pullRequestRun({
      change: { repository: REPOSITORY, pullRequest: 7, headSha: HEAD, runUrl: 'https://evil.example/phish' },
    }),
  );
  return new Map([
    [metadataPath(metadata.runId), JSON.stringify(metadata)],
    ...results.map((group) => [resultsPath(group.runId, group.serviceType), JSON.stringify(group)] as const),
  ]);
}

async function report(
  files: ReadonlyMap<string, string> | undefined,
  { run = RUN, pulls = [FORK], job = {} }: { run?: WorkflowRun; pulls?: (typeof FORK)[]; job?: Partial<Job> } = {},
) {
  const host = createMemoryCodeHost({
    pullRequests: pulls,
    ...(files === undefined ? {} : { artifacts: new Map([[`${run.id}/perf.results`, files]]) }),
  });
  const { pullRequest: _, ...base } = exampleJob({ event: 'workflow_run', workflowRun: run, ...job });
  const { ports, lines } = jobPorts(base, host);
  const inputs: Record<string, string> = { command: 'report', artifact: 'perf.results' };
  const request = readActionInputs((name) => inputs[name] ?? '') as ReportRequest & { artifact: string };
  const outcome = await reportForeignRun(request, ports, NEVER);
  return { host, lines, outcome };
}

describe("the comment for a fork's run", () => {
  test('is written under the pull request that the event names, and says whose numbers these are', async () => {
    const { host, outcome } = await report(filesOf());
    assert.equal(host.comments.length, 1);
    assert.equal(host.comments[0]?.number, 7);
    const body = host.comments[0]?.body ?? '';
    assert.match(body, /nobody has reviewed the code/);
    assert.match(body, /actions\/runs\/55/);
    assert.doesNotMatch(body, /evil\.example/, 'no address of the artifact is believed');
    assert.deepEqual(outcome.exitCodes, []);
  });

  test('refuses an artifact that claims to be about another pull request, or another commit', async () => {
    for (const change of [
      { repository: REPOSITORY, pullRequest: 8, headSha: HEAD, runUrl: 'https://x' },
      { repository: REPOSITORY, pullRequest: 7, headSha: BASE, runUrl: 'https://x' },
      undefined,
    ]) {
      const files = filesOf(({ metadata: { change: _, ...metadata }, results }) => ({
        metadata: change === undefined ? metadata : { ...metadata, change },
        results,
      }));
      await assert.rejects(report(files), { code: 'artifact-mismatch' });
    }
  });

  test('refuses what does not fit the schema, before anything is written', async () => {
    const [metadata = ['', '']] = filesOf();
    for (const text of ['{', '[]', '{"format":"run/2"}', metadata[1].replace('"failures"', '"extra":1,"failures"')])
      await assert.rejects(report(new Map([...filesOf(), [metadata[0], text]])), { name: 'UsageError' });
  });

  test('does nothing when the pull request has moved on, is closed, or is not one', async () => {
    for (const pulls of [
      [],
      [{ ...FORK, headSha: BASE }],
      [{ ...FORK, open: false }],
      [FORK, { ...FORK, number: 8 }],
    ]) {
      const { host } = await report(filesOf(), { pulls });
      assert.deepEqual(host.comments, []);
    }
    const { host } = await report(filesOf(), { run: { ...RUN, event: 'push' } });
    assert.deepEqual(host.calls, []);
  });

  test('leaves pull requests of the repository itself to their own runs', async () => {
    const own = { ...FORK, headRepository: REPOSITORY };
    const { host } = await report(filesOf(), { pulls: [own], run: { ...RUN, headRepository: REPOSITORY } });
    assert.deepEqual(host.comments, []);
  });

  test('does nothing when the run left no artifact', async () => {
    const { host, lines } = await report(undefined);
    assert.deepEqual(host.comments, []);
    assert.match(lines.join('\n'), /run 55 has no artifact perf\.results/);
  });

  test('under another event is a mistake in the workflow', async () => {
    const { ports } = jobPorts(exampleJob(), createMemoryCodeHost());
    const inputs: Record<string, string> = { command: 'report', artifact: 'a' };
    const request = readActionInputs((name) => inputs[name] ?? '') as ReportRequest & { artifact: string };
    await assert.rejects(reportForeignRun(request, ports, NEVER), { code: 'no-workflow-run' });
  });
});
