import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { trackIssues } from '../../../src/commands/issues.ts';
import type { Run } from '../../../src/domain/run.ts';
import { CodeHostError } from '../../../src/ports/code-host.ts';
import { pullRequestRun, quietRun } from '../../helpers/example-pull-request.ts';
import { exampleJob, jobPorts } from '../../helpers/job-ports.ts';
import { createMemoryCodeHost } from '../../helpers/memory-code-host.ts';

const NEVER = new AbortController().signal;

async function track(host: ReturnType<typeof createMemoryCodeHost>, run: Run) {
  const { ports, lines } = jobPorts(exampleJob({ event: 'schedule' }), host);
  await trackIssues(run, ports, NEVER);
  return lines;
}

/** The verdict of one implementation replaced. */
function withVerdict(run: Run, name: string, change: object): Run {
  return {
    ...run,
    results: run.results.map((group) => ({
      ...group,
      ...(group.comparison === undefined
        ? {}
        : {
            comparison: {
              ...group.comparison,
              implementations: group.comparison.implementations.map((entry) =>
                entry.implementation === name ? { ...entry, ...change } : entry,
              ),
            },
          }),
    })),
  };
}

describe('issues about regressions', () => {
  test('one is opened, refreshed while it lasts, and closed with a comment when it is fixed', async () => {
    const host = createMemoryCodeHost();
    await track(host, pullRequestRun());
    assert.equal(host.issues.length, 1, 'one for java-spring3; a contract failure is no regression');
    assert.match(host.issues[0]?.title ?? '', /java-spring3/);
    await track(host, pullRequestRun());
    assert.equal(host.issues.length, 1);
    assert.ok(host.calls.includes('updateIssue'));
    assert.deepEqual(host.comments, [], 'refreshing is an edit');
    await track(host, quietRun());
    assert.equal(host.issues[0]?.open, false);
    assert.equal(host.comments.length, 1);
    await track(host, quietRun());
    assert.equal(host.comments.length, 1, 'closed once');
    await track(host, pullRequestRun());
    assert.equal(host.issues.length, 1);
    assert.equal(host.issues[0]?.open, true, 'it came back');
  });

  test('stays open while nothing is known: inconclusive, not measured, stored numbers', async () => {
    const host = createMemoryCodeHost();
    await track(host, pullRequestRun());
    await track(host, withVerdict(quietRun(), 'java-spring3', { verdict: 'inconclusive' }));
    const { verdict: _, ...unknown } = { verdict: undefined, state: 'not measured' };
    await track(host, withVerdict(quietRun(), 'java-spring3', { verdict: undefined, ...unknown }));
    const stored = quietRun();
    await track(host, {
      ...stored,
      results: stored.results.map((group) =>
        group.comparison === undefined
          ? group
          : { ...group, comparison: { ...group.comparison, mode: 'stored' as const } },
      ),
    });
    assert.equal(host.issues[0]?.open, true);
  });

  test('of people are never touched', async () => {
    const body = 'I think java-spring3 is slow';
    const host = createMemoryCodeHost({
      issues: [{ number: 3, title: 'slow', body, labels: ['cloudrun-perf'], author: 'somebody' }],
    });
    await track(host, pullRequestRun());
    assert.equal(host.issues.length, 2);
    assert.equal(host.issues[0]?.body, body);
  });

  test('without the permission are a warning', async () => {
    const host = createMemoryCodeHost();
    host.before = () => {
      throw new CodeHostError('forbidden', 'may not', { hint: 'grant issues: write' });
    };
    assert.match(
      (await track(host, pullRequestRun())).join('\n'),
      /warn issues were not updated: may not \(grant issues: write\)/,
    );
  });
});
