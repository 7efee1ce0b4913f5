import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slashCommand } from '../../../src/commands/slash-command.ts';
import type { IssueComment } from '../../../src/domain/job.ts';
import { BASE, exampleJob, HEAD, jobPorts } from '../../helpers/job-ports.ts';
import { createMemoryCodeHost, REPOSITORY } from '../../helpers/memory-code-host.ts';

const NEVER = new AbortController().signal;

async function say(body: string, { author = 'maintainer', open = true, onPullRequest = true } = {}) {
  const host = createMemoryCodeHost({
    pullRequests: [
      { number: 7, open, headSha: HEAD, headRepository: 'mallory/service', baseSha: BASE, headBranch: 'x' },
    ],
    comments: [{ number: 7, body, author }],
    permissions: { maintainer: 'write', owner: 'admin', reader: 'read' },
  });
  const comment: IssueComment = { id: 1, body, author, number: 7, onPullRequest };
  const { pullRequest: _, ...job } = exampleJob({ event: 'issue_comment', comment });
  const { ports, lines } = jobPorts(job, host);
  const outcome = await slashCommand(ports, NEVER);
  return { host, lines, outputs: outcome.outputs, answers: host.comments.slice(1).map((found) => found.body) };
}

describe('/perf', () => {
  test('by somebody with write access starts a run of the commit of that moment, a fork too', async () => {
    const { outputs, host, answers } = await say('/perf java-spring3 --iterations 30');
    assert.deepEqual(outputs, {
      accepted: 'true',
      'pull-request': '7',
      'head-sha': HEAD,
      implementation: 'java-spring3',
      iterations: '30',
    });
    assert.deepEqual(host.reactions, [{ commentId: 1, reaction: 'eyes' }]);
    assert.equal(answers.length, 1);
    assert.match(answers[0] ?? '', /\[run\]\(https:\/\/github\.com\/org\/service\/actions\/runs\/100\)/);
  });

  test('by an admin without names measures what the pull request changes', async () => {
    const { outputs } = await say('/perf', { author: 'owner' });
    assert.equal(outputs.accepted, 'true');
    assert.equal(outputs.implementation, '');
    assert.equal(outputs.iterations, '');
  });

  for (const author of ['reader', 'stranger'])
    test(`by a ${author} does nothing but react`, async () => {
      const { outputs, host, answers } = await say('/perf', { author });
      assert.deepEqual(outputs, { accepted: 'false' });
      assert.deepEqual(host.reactions, [{ commentId: 1, reaction: '-1' }]);
      assert.deepEqual(answers, []);
    });

  test('that cannot be understood is answered with what is wanted, harmlessly', async () => {
    const { outputs, host, answers } = await say('/perf <img/src=x>@everyone');
    assert.deepEqual(outputs, { accepted: 'false' });
    assert.deepEqual(host.reactions, [{ commentId: 1, reaction: 'confused' }]);
    assert.match(answers[0] ?? '', /No run was started/);
    assert.doesNotMatch(answers[0] ?? '', /<img|@everyone/);
  });

  test('on a closed pull request is refused', async () => {
    const { outputs, answers } = await say('/perf', { open: false });
    assert.deepEqual(outputs, { accepted: 'false' });
    assert.match(answers[0] ?? '', /pull request 7 is not open/);
  });

  for (const [what, body, options] of [
    ['another comment', 'looks good /perf', {}],
    ['an issue', '/perf', { onPullRequest: false }],
  ] as const)
    test(`${what} is none of its business`, async () => {
      const { outputs, host } = await say(body, options);
      assert.deepEqual(outputs, { accepted: 'false' });
      assert.deepEqual(host.calls, []);
    });

  test('under another event is a mistake in the workflow', async () => {
    const { ports } = jobPorts(exampleJob(), createMemoryCodeHost());
    await assert.rejects(slashCommand(ports, NEVER), { code: 'no-comment' });
    const { ports: none } = jobPorts(undefined, undefined);
    await assert.rejects(slashCommand(none, NEVER), { code: 'no-comment' });
  });

  test('without a token says so', async () => {
    const comment: IssueComment = { id: 1, body: '/perf', author: 'x', number: 7, onPullRequest: true };
    const { ports } = jobPorts(exampleJob({ event: 'issue_comment', comment }), undefined);
    await assert.rejects(slashCommand(ports, NEVER), { code: 'no-code-host' });
  });
});

test('the example repository is the one of the job', () => assert.equal(exampleJob().repository, REPOSITORY));
