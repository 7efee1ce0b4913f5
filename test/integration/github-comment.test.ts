import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { writeComments } from '../../src/commands/comment.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Run } from '../../src/domain/run.ts';
import { readCommentState } from '../../src/report/pr-comment.ts';
import { pullRequestRun, quietRun } from '../helpers/example-pull-request.ts';
import { connectTo, createInstantClock } from '../helpers/github-fake/adapter.ts';
import { type GitHubFake, type GitHubFakeOptions, startGitHubFake } from '../helpers/github-fake.ts';
import { BASE, exampleJob, HEAD, jobPorts } from '../helpers/job-ports.ts';
import { REPOSITORY } from '../helpers/memory-code-host.ts';

const NEVER = new AbortController().signal;
const MARKER = '<!-- cloudrun-perf report id=discord-webhook -->';
const PULL = { number: 7, open: true, headSha: HEAD, headRepository: REPOSITORY, baseSha: BASE, headBranch: 'x' };
const READ_ONLY = { pullRequests: 'read', contents: 'read' } as const;

let github: GitHubFake;
afterEach(() => github.close());

async function start(options: GitHubFakeOptions = {}): Promise<void> {
  github = await startGitHubFake({ repository: REPOSITORY, pullRequests: [PULL], ...options });
}

async function publish(run: Run, changes: Partial<Job> = {}, token?: string) {
  const clock = createInstantClock();
  const host = connectTo(github, { clock, ...(token === undefined ? {} : { token }) });
  const { ports, lines } = jobPorts(exampleJob(changes), host);
  const url = await writeComments(run, { number: 7, headSha: HEAD, untrusted: false }, ports, NEVER);
  return { url, lines, waitedMs: clock.sleepsMs.reduce((sum, ms) => sum + ms, 0) };
}

const own = () => github.state.comments.filter(({ body }) => body.startsWith(MARKER));

describe("the comment through GitHub's API", () => {
  test('is found behind more than a hundred others, and a stranger with the marker is no author', async () => {
    const others = Array.from({ length: 230 }, (_, index) => ({
      number: 7,
      body: index % 2 === 0 ? `${MARKER}\nmine` : `words ${index}`,
      author: 'mallory',
    }));
    await start({ comments: [...others, { number: 7, body: `${MARKER}\nold` }, ...others] });
    await publish(quietRun());
    assert.equal(github.state.comments.length, 461, 'edited, not made anew');
    const mine = github.state.comments.filter(({ author }) => author !== 'mallory');
    assert.equal(mine.length, 1);
    assert.match(mine[0]?.body ?? '', /nothing changed/);
    assert.deepEqual(github.state.notifications, [], 'an edit notifies nobody');
  });

  test('is shortened when GitHub finds the body too long', async () => {
    await start({ bodyLimit: 4000 });
    const { url } = await publish(pullRequestRun());
    assert.ok(url !== undefined);
    assert.ok((own()[0]?.body.length ?? 0) <= 4000);
    assert.ok(
      github.requests.some(({ status }) => status === 422),
      'it was refused first',
    );
  });

  test('waits out a rate limit as GitHub says, and is written once', async () => {
    await start();
    github.script({ kind: 'secondary', retryAfterS: 20 }, { method: 'POST', path: /comments$/ });
    const { url, waitedMs } = await publish(pullRequestRun());
    assert.ok(url !== undefined);
    assert.ok(waitedMs >= 20_000, `${waitedMs}`);
    assert.equal(own().length, 1);
  });

  test('is a warning that names the permission when the token only reads', async () => {
    await start({ tokens: { reads: { login: 'github-actions[bot]', permissions: READ_ONLY } } });
    const { url, lines } = await publish(pullRequestRun(), {}, 'reads');
    assert.equal(url, undefined);
    assert.match(lines.join('\n'), /warn the comment was not written: .*pull-requests: write/);
    assert.deepEqual(own(), []);
  });

  for (const at of ['request', 'answer'] as const)
    test(`is one, the newer run's, after two runs at once (the older one held at its ${at})`, async () => {
      await start();
      const held = github.hold({ method: 'POST', path: /comments$/ }, at);
      const older = publish(pullRequestRun(), { runId: 100 });
      await held.reached;
      // Not yet there, or there already while its answer is on the way: the newer run looks and writes meanwhile.
      const newer = await publish(quietRun(), { runId: 101 });
      held.release();
      await older;
      assert.ok(newer.url !== undefined);
      assert.equal(own().length, 1);
      assert.equal(readCommentState(own()[0]?.body ?? '')?.run.id, 101);
    });

  test('is left alone when the head moved while the comments were read', async () => {
    await start({ comments: [{ number: 7, body: `${MARKER}\nold` }] });
    const reading = github.hold({ method: 'GET', path: /comments/ }, 'answer');
    const late = publish(pullRequestRun());
    await reading.reached;
    const pull = github.state.pullRequests.get(7);
    if (pull !== undefined) pull.headSha = 'c'.repeat(40);
    reading.release();
    const { url } = await late;
    assert.equal(url, undefined);
    assert.equal(own()[0]?.body, `${MARKER}\nold`);
  });
});
