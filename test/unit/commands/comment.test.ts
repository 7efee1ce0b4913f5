import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeComments } from '../../../src/commands/comment.ts';
import type { Job } from '../../../src/domain/job.ts';
import type { Run } from '../../../src/domain/run.ts';
import { CodeHostError } from '../../../src/ports/code-host.ts';
import { readCommentState } from '../../../src/report/pr-comment.ts';
import { pullRequestRun, quietRun } from '../../helpers/example-pull-request.ts';
import { BASE, exampleJob, HEAD, jobPorts } from '../../helpers/job-ports.ts';
import { type CodeHostSeed, createMemoryCodeHost, REPOSITORY } from '../../helpers/memory-code-host.ts';

const NEVER = new AbortController().signal;
const NEW_HEAD = 'c'.repeat(40);
const MARKER = '<!-- cloudrun-perf report id=discord-webhook -->';
const PULL_REQUEST = {
  number: 7,
  open: true,
  headSha: HEAD,
  headRepository: REPOSITORY,
  baseSha: BASE,
  headBranch: 'x',
};

const hostWith = (seed: CodeHostSeed = {}) => createMemoryCodeHost({ pullRequests: [PULL_REQUEST], ...seed });
type Host = ReturnType<typeof hostWith>;

/** One run of the whole: what the job writes about that commit. */
async function publish(host: Host | undefined, run: Run, changes: Partial<Job> = {}, headSha = HEAD) {
  const { ports, lines } = jobPorts(exampleJob(changes), host);
  const url = await writeComments(run, { number: 7, headSha, untrusted: false }, ports, NEVER);
  return { url, lines };
}

const push = (host: Host, headSha: string) => host.pullRequests.set(7, { ...PULL_REQUEST, headSha });
const bodies = (host: Host) => host.comments.map(({ body }) => body);

describe('the comment of a pull request', () => {
  test('is made once and then edited, one for all pushes', async () => {
    const host = hostWith();
    const first = await publish(host, pullRequestRun());
    assert.match(first.url ?? '', /issuecomment-1$/);
    push(host, NEW_HEAD);
    await publish(host, quietRun(), { runId: 101 }, NEW_HEAD);
    assert.equal(host.comments.length, 1);
    const [body = ''] = bodies(host);
    assert.ok(body.startsWith(`${MARKER}\n`), body.slice(0, 200));
    assert.match(body, /nothing changed/);
    assert.match(body, /~~.*java-spring3.*~~/, 'what was found before is struck');
    assert.equal(readCommentState(body)?.push, 2);
    assert.equal(host.calls.filter((call) => call === 'createComment').length, 1, 'an edit notifies nobody');
  });

  test('strikes old findings for one push only', async () => {
    const host = hostWith();
    await publish(host, pullRequestRun());
    for (const [runId, head] of [
      [101, NEW_HEAD],
      [102, 'd'.repeat(40)],
    ] as const) {
      push(host, head);
      await publish(host, quietRun(), { runId }, head);
    }
    assert.doesNotMatch(bodies(host)[0] ?? '', /~~/);
  });

  test('leaves the comments of others alone, whatever they begin with', async () => {
    const foreign = { number: 7, body: `${MARKER}\nmine`, author: 'mallory' };
    const host = hostWith({ comments: [foreign] });
    await publish(host, pullRequestRun());
    assert.deepEqual(
      host.comments.map(({ author }) => author),
      ['mallory', 'github-actions[bot]'],
    );
    assert.equal(host.comments[0]?.body, foreign.body);
  });

  test('is not written by a run of an older commit', async () => {
    const host = hostWith();
    push(host, NEW_HEAD);
    const { url, lines } = await publish(host, pullRequestRun());
    assert.equal(url, undefined);
    assert.deepEqual(host.comments, []);
    assert.match(lines.join('\n'), /info pull request 7 is at cccccccccccc now, this run measured aaaaaaaaaaaa/);
  });

  test('is not written over by an older run of the same commit, nor by an older attempt', async () => {
    const host = hostWith();
    await publish(host, quietRun(), { runId: 100, runAttempt: 2 });
    const before = bodies(host);
    await publish(host, pullRequestRun(), { runId: 99 });
    await publish(host, pullRequestRun(), { runId: 100, runAttempt: 1 });
    assert.deepEqual(bodies(host), before);
    await publish(host, pullRequestRun(), { runId: 100, runAttempt: 3 });
    assert.notDeepEqual(bodies(host), before);
  });

  for (const order of ['older first', 'newer first'] as const)
    test(`two runs at once leave one comment, that of the newer run (${order})`, async () => {
      const host = hostWith();
      // Both look before either has written: the worst that can happen.
      let looked = 0;
      let release: () => void = () => undefined;
      const both = new Promise<void>((resolve) => {
        release = resolve;
      });
      host.before = async (call) => {
        if (call !== 'createComment') return;
        looked += 1;
        if (looked === 2) release();
        await both;
      };
      const runs = [
        () => publish(host, pullRequestRun(), { runId: 100 }),
        () => publish(host, quietRun(), { runId: 101 }),
      ];
      const ordered = order === 'older first' ? runs : runs.toReversed();
      await Promise.all(ordered.map((start) => start()));
      assert.equal(host.comments.length, 1);
      assert.match(bodies(host)[0] ?? '', /nothing changed/);
      assert.equal(readCommentState(bodies(host)[0] ?? '')?.run.id, 101);
    });

  test('is shortened until the host takes it', async () => {
    const host = hostWith({ bodyLimit: 5000 });
    const { url } = await publish(host, pullRequestRun());
    assert.ok(url !== undefined);
    const [body = ''] = bodies(host);
    assert.ok(body.length <= 5000 && body.length > 1000, `${body.length}`);
    assert.match(body, /java-spring3 starts 31 % slower/);
    assert.match(body, /Left out for length/);
  });

  test('is given up with a warning when it can never be short enough', async () => {
    const host = hostWith({ bodyLimit: 100 });
    const { url, lines } = await publish(host, pullRequestRun());
    assert.equal(url, undefined);
    assert.match(lines.join('\n'), /warn the comment was not written: /);
  });

  test('without the permission is a warning with what to do, and never fails the run', async () => {
    const host = hostWith();
    host.before = (call) => {
      if (call === 'createComment')
        throw new CodeHostError('forbidden', 'the token may not comment', { hint: 'grant pull-requests: write' });
    };
    const { lines } = await publish(host, pullRequestRun());
    assert.match(lines.join('\n'), /warn .*the token may not comment \(grant pull-requests: write\)/);
  });

  test('of a fork is left to the workflow that comes after', async () => {
    const host = hostWith();
    const fork = { number: 7, open: true, headSha: HEAD, headRepository: 'mallory/service', baseSha: BASE };
    const { lines } = await publish(host, pullRequestRun(), { pullRequest: fork });
    assert.deepEqual(host.calls, [], 'GitHub is not even asked');
    assert.match(lines.join('\n'), /workflow_run/);
  });

  test('without a token is a warning', async () => {
    const { lines } = await publish(undefined, pullRequestRun());
    assert.match(lines.join('\n'), /warn no comment was written: found no token/);
  });

  test('that somebody deleted meanwhile is written anew', async () => {
    const host = hostWith();
    await publish(host, pullRequestRun());
    host.before = (call) => {
      if (call === 'updateComment') host.comments.length = 0;
    };
    await publish(host, quietRun(), { runId: 101 });
    assert.equal(host.comments.length, 1);
    assert.match(bodies(host)[0] ?? '', /nothing changed/);
  });

  test('of a run with very many service types is bounded', async () => {
    const host = hostWith();
    const { metadata, results } = quietRun();
    const many = Array.from({ length: 30 }, (_, index) =>
      results.map((group) => ({ ...group, serviceType: `type-${index}` })),
    ).flat();
    const { lines } = await publish(host, { metadata, results: many });
    assert.equal(host.comments.length, 10);
    assert.match(lines.join('\n'), /warn found 30 service types, wrote comments for the first 10/);
  });
});
