import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { CodeHost, CodeHostError } from '../../../src/ports/code-host.ts';
import { connectTo, createKeepingLogger } from '../../helpers/github-fake/adapter.ts';
import { refusal } from '../../helpers/github-fake/answers.ts';
import type { FakeSeed, TokenPermissions } from '../../helpers/github-fake/state.ts';
import { type GitHubFake, JOB_ACCOUNT, JOB_TOKEN, startGitHubFake } from '../../helpers/github-fake.ts';

const sha = (digit: string) => digit.repeat(40);
const PULL = {
  number: 7,
  open: true,
  headSha: sha('a'),
  headRepository: 'org/service',
  baseSha: sha('b'),
  headBranch: 'x',
};
const SEED: FakeSeed = {
  pullRequests: [PULL],
  comments: [{ number: 7, body: 'one' }],
  runs: [1],
};
const LIMITS = { archiveBytes: 1000, totalBytes: 1000, files: 5 };

async function withFake(seed: FakeSeed, check: (fake: GitHubFake) => Promise<void>): Promise<void> {
  const fake = await startGitHubFake({ ...SEED, ...seed });
  try {
    await check(fake);
  } finally {
    await fake.close();
  }
}

const permitted = (permissions: TokenPermissions) => ({
  tokens: { [JOB_TOKEN]: { login: JOB_ACCOUNT, permissions } },
});

async function failureOf(call: Promise<unknown>): Promise<CodeHostError> {
  const [settled] = await Promise.allSettled([call]);
  assert.equal(settled?.status, 'rejected');
  const error = settled.reason as CodeHostError;
  assert.equal(error.name, 'CodeHostError', String(error));
  return error;
}

describe('an error of GitHub', () => {
  const COMMENTS = '"issues: write" or "pull-requests: write"';
  const denied: readonly [string, TokenPermissions, (host: CodeHost) => Promise<unknown>, string][] = [
    ['createComment', { pullRequests: 'read', issues: 'read' }, (host) => host.createComment(7, 'x'), COMMENTS],
    ['updateComment', { pullRequests: 'read' }, (host) => host.updateComment(1001, 'x'), COMMENTS],
    ['deleteComment', { pullRequests: 'read' }, (host) => host.deleteComment(1001), COMMENTS],
    ['react', { pullRequests: 'read' }, (host) => host.react(1001, 'eyes'), COMMENTS],
    ['ownComments', {}, (host) => host.ownComments(7, ''), '"issues: read" or "pull-requests: read"'],
    ['pullRequest', { issues: 'write' }, (host) => host.pullRequest(7), '"pull-requests: read"'],
    [
      'pullRequestsOfHead',
      { issues: 'write' },
      (host) => host.pullRequestsOfHead({ repository: 'org/service', branch: 'x', sha: sha('a') }),
      '"pull-requests: read"',
    ],
    ['ownIssues', { pullRequests: 'write' }, (host) => host.ownIssues('perf'), '"issues: read"'],
    [
      'createIssue',
      { issues: 'read', pullRequests: 'write' },
      (host) => host.createIssue({ title: 't', body: 'b', labels: [] }),
      '"issues: write"',
    ],
    ['updateIssue', { pullRequests: 'write' }, (host) => host.updateIssue(7, { open: false }), '"issues: write"'],
    ['artifact', { pullRequests: 'write' }, (host) => host.artifact(1, 'x', LIMITS), '"actions: read"'],
  ];
  for (const [method, permissions, call, wanted] of denied) {
    it(`names the missing permission: ${method}`, () =>
      withFake(permitted(permissions), async (fake) => {
        const error = await failureOf(call(connectTo(fake)));
        assert.deepEqual([error.problem, error.code], ['forbidden', 'github-forbidden']);
        assert.match(error.message, /failed: GitHub answered 403: Resource not accessible by integration$/);
        assert.ok(error.hint?.startsWith(`give the job the permission ${wanted};`), error.hint);
        assert.deepEqual(
          fake.state.comments.map(({ body }) => body),
          ['one'],
        );
      }));
  }

  it('names the permission by itself when GitHub does not', () =>
    withFake({}, async (fake) => {
      const answer = refusal(403, 'Resource not accessible by personal access token');
      fake.script({ kind: 'answer', answer }, { method: 'POST', path: /comments/ });
      const error = await failureOf(connectTo(fake).createComment(7, 'x'));
      assert.match(error.hint ?? '', /^give the job the permission "pull-requests: write";/);
    }));

  it('lets either permission comment on a pull request, and only one on an issue', async () => {
    const issues = [{ number: 8, title: 't', body: 'b', labels: [] }];
    await withFake({ ...permitted({ issues: 'write' }), issues }, async (fake) => {
      await connectTo(fake).createComment(7, 'x');
      await connectTo(fake).createComment(8, 'x');
    });
    await withFake({ ...permitted({ pullRequests: 'write' }), issues }, async (fake) => {
      await connectTo(fake).createComment(7, 'x');
      const error = await failureOf(connectTo(fake).createComment(8, 'x'));
      assert.match(error.hint ?? '', /"issues: write";/);
    });
  });

  it('says what to do about a locked conversation', () =>
    withFake({ pullRequests: [{ ...PULL, locked: true }] }, async (fake) => {
      const error = await failureOf(connectTo(fake).createComment(7, 'x'));
      assert.equal(error.problem, 'forbidden');
      assert.match(error.hint ?? '', /locked: unlock/);
    }));

  const answers: readonly [string, number, unknown, string, RegExp][] = [
    ['a token that is not valid', 401, { message: 'Bad credentials' }, 'forbidden', /401: Bad credentials/],
    ['nothing there', 404, { message: 'Not Found' }, 'not-found', /404: Not Found/],
    [
      'issues are off',
      410,
      { message: 'Issues has been disabled in this repository.' },
      'not-found',
      /410: Issues has/,
    ],
    [
      'too long, as it was once said',
      422,
      {
        message: 'Validation Failed',
        errors: [{ field: 'body', message: 'body is too long (maximum is 65536 characters)' }],
      },
      'too-long',
      /422: Validation Failed; body is too long/,
    ],
    [
      'too long, as a text',
      422,
      { message: 'Validation Failed', errors: ['Body is too long'] },
      'too-long',
      /too long/,
    ],
    [
      'another validation',
      422,
      { message: 'Validation Failed', errors: [{ resource: 'Label', code: 'invalid', field: 'name' }] },
      'unexpected',
      /422: Validation Failed$/,
    ],
    [
      'a word that holds long',
      422,
      { message: 'Validation Failed', errors: ['it belongs to nobody'] },
      'unexpected',
      /422/,
    ],
    ['something new', 418, { message: 'teapot' }, 'unexpected', /418: teapot/],
    ['a body of another kind', 400, ['?'], 'unexpected', /GitHub answered 400$/],
  ];
  for (const [name, status, body, problem, message] of answers) {
    it(`is told apart: ${name}`, () =>
      withFake({}, async (fake) => {
        fake.script({ kind: 'answer', answer: { status, body } }, { path: /comments/ });
        const error = await failureOf(connectTo(fake).createComment(7, 'x'));
        assert.equal(error.problem, problem);
        assert.match(error.message, message);
        assert.match(error.message, /^commenting on #7 failed: /);
      }));
  }

  it('never holds the token, wherever GitHub repeats it', () =>
    withFake({}, async (fake) => {
      const logger = createKeepingLogger();
      const host = connectTo(fake, { logger });
      const echo = `token ${JOB_TOKEN} is bad`;
      const headers = { 'x-accepted-github-permissions': `${JOB_TOKEN}=write; issues=write` };
      for (const status of [400, 401, 403, 404, 422]) {
        fake.script(
          { kind: 'answer', answer: { status, headers, body: { message: echo, errors: [echo] } } },
          { method: 'PATCH' },
        );
        const error = await failureOf(host.updateComment(1001, 'x'));
        assert.ok(!inspect(error, { depth: 10 }).includes(JOB_TOKEN), `${status}: ${inspect(error)}`);
        assert.match(error.message, /token \*\*\* is bad/);
      }
      fake.script({ kind: 'break' }, { times: 10 });
      const broken = await failureOf(host.pullRequest(7));
      assert.ok(!inspect(broken, { depth: 10 }).includes(JOB_TOKEN));
      assert.ok(!logger.lines.join('\n').includes(JOB_TOKEN));
    }));

  it('bounds what GitHub says', () =>
    withFake({}, async (fake) => {
      fake.script({ kind: 'answer', answer: { status: 400, body: { message: 'x'.repeat(100_000) } } });
      const error = await failureOf(connectTo(fake).createComment(7, 'x'));
      assert.ok(error.message.length < 1000);
    }));

  it('says so when the answer is another one than documented', () =>
    withFake({}, async (fake) => {
      const host = connectTo(fake);
      const forms: readonly [RegExp, unknown, () => Promise<unknown>][] = [
        [/pulls\/7/, { number: 7 }, () => host.pullRequest(7)],
        [/comments/, { id: '1' }, () => host.createComment(7, 'x')],
        [/comments/, {}, () => host.ownComments(7, '')],
        [/artifacts/, { total_count: 1, artifacts: {} }, () => host.artifact(1, 'x', LIMITS)],
        [/issues$/, { number: 8 }, () => host.createIssue({ title: 't', body: 'b', labels: [] })],
      ];
      for (const [path, body, call] of forms) {
        fake.script({ kind: 'answer', answer: { status: 200, body } }, { path });
        const error = await failureOf(call());
        assert.equal(error.problem, 'unexpected');
        assert.match(error.hint ?? '', /GITHUB_API_URL/);
      }
    }));

  it('is no stranger: a page that leads to another host gets no token', () =>
    withFake({}, async (fake) => {
      const other = await startGitHubFake();
      const link = `<${other.apiUrl}/repositories/4711/issues/7/comments?page=2>; rel="next"`;
      fake.script({ kind: 'answer', answer: { status: 200, headers: { link }, body: [] } }, { path: /comments/ });
      const error = await failureOf(connectTo(fake).ownComments(7, ''));
      assert.equal(error.problem, 'unexpected');
      assert.match(error.message, /leads to http:\/\/127/);
      assert.deepEqual(other.requests, []);
      await other.close();
    }));
});
