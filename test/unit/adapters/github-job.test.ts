import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at } from '../../../src/adapters/github/fields.ts';
import { readJob } from '../../../src/adapters/github/job.ts';
import { isUntrusted, type Job } from '../../../src/domain/job.ts';

const sha = (digit: string) => digit.repeat(40);
const ENV = {
  GITHUB_ACTIONS: 'true',
  GITHUB_REPOSITORY: 'org/service',
  GITHUB_RUN_ID: '9876543210',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_SHA: sha('e'),
  GITHUB_REF: 'refs/heads/main',
  GITHUB_ACTOR: 'octocat',
  GITHUB_EVENT_PATH: '/runner/event.json',
};
const COMMON = {
  repository: 'org/service',
  serverUrl: 'https://github.com',
  runId: 9_876_543_210,
  runAttempt: 2,
  sha: sha('e'),
  ref: 'refs/heads/main',
  defaultBranch: 'trunk',
  actor: 'octocat',
};
const REPOSITORY = { id: 1, full_name: 'org/service', default_branch: 'trunk' };

const readEvent = (event: string, payload: unknown, env: Readonly<Record<string, string | undefined>> = {}) =>
  readJob({ ...ENV, GITHUB_EVENT_NAME: event, ...env }, async (path) => {
    assert.equal(path, '/runner/event.json');
    return typeof payload === 'string' ? payload : JSON.stringify(payload);
  });

const pull = (head: object, more: object = {}) => ({
  action: 'synchronize',
  number: 7,
  pull_request: {
    number: 7,
    state: 'open',
    title: '@everyone ::error::x',
    user: { login: 'octocat' },
    head: {
      label: 'org:faster',
      ref: 'faster',
      sha: sha('a'),
      repo: { full_name: 'org/service', fork: false },
      ...head,
    },
    base: { ref: 'trunk', sha: sha('b'), repo: REPOSITORY },
    ...more,
  },
  repository: REPOSITORY,
});
const described = { number: 7, open: true, headSha: sha('a'), headRepository: 'org/service', baseSha: sha('b') };

const run = (more: object = {}) => ({
  action: 'completed',
  workflow_run: {
    id: 555,
    run_attempt: 3,
    event: 'pull_request',
    status: 'completed',
    conclusion: 'success',
    head_sha: sha('c'),
    head_branch: 'feature/ü',
    head_repository: { full_name: 'octocat/service', fork: true },
    html_url: 'https://evil.example/](x)',
    pull_requests: [],
    ...more,
  },
  repository: REPOSITORY,
});
const completed = {
  id: 555,
  attempt: 3,
  event: 'pull_request',
  headSha: sha('c'),
  headBranch: 'feature/ü',
  headRepository: 'octocat/service',
  url: 'https://github.com/org/service/actions/runs/555',
};

const comment = (more: object = {}, issue: object = { pull_request: { url: 'https://x' } }) => ({
  action: 'created',
  issue: { number: 7, state: 'open', user: { login: 'octocat' }, ...issue },
  comment: { id: 99, body: '/perf', user: { login: 'maintainer', type: 'User' }, author_association: 'MEMBER' },
  repository: REPOSITORY,
  ...more,
});
const commented = { id: 99, body: '/perf', author: 'maintainer', number: 7, onPullRequest: true };

describe('the job that the runner describes', () => {
  const events: readonly [name: string, event: string, payload: unknown, expected: object][] = [
    ['push', 'push', { ref: 'refs/heads/main', repository: REPOSITORY }, {}],
    ['schedule', 'schedule', { schedule: '0 3 * * *', repository: REPOSITORY }, {}],
    ['dispatch', 'workflow_dispatch', { inputs: { suite: 'full' }, repository: REPOSITORY }, {}],
    ['a branch', 'pull_request', pull({}), { pullRequest: described }],
    ['a closed one', 'pull_request', pull({}, { state: 'closed' }), { pullRequest: { ...described, open: false } }],
    ['target', 'pull_request_target', pull({}), { pullRequest: described }],
    [
      'a fork',
      'pull_request',
      pull({ label: 'octocat:faster', repo: { full_name: 'octocat/service', fork: true } }),
      { pullRequest: { ...described, headRepository: 'octocat/service' } },
    ],
    ['a deleted fork', 'pull_request', pull({ repo: null }), { pullRequest: { ...described, headRepository: '' } }],
    ['a completed run', 'workflow_run', run(), { workflowRun: completed }],
    ['a first attempt', 'workflow_run', run({ run_attempt: undefined }), { workflowRun: { ...completed, attempt: 1 } }],
    ['a run of a deleted fork', 'workflow_run', run({ head_repository: null }), {}],
    ['a run without a branch', 'workflow_run', run({ head_branch: null }), {}],
    ['a comment on a pull request', 'issue_comment', comment(), { comment: commented }],
    ['on an issue', 'issue_comment', comment({}, {}), { comment: { ...commented, onPullRequest: false } }],
    ['an edited comment', 'issue_comment', comment({ action: 'edited' }), {}],
    ['a deleted comment', 'issue_comment', comment({ action: 'deleted' }), {}],
    ['a comment of nobody', 'issue_comment', comment({ comment: { id: 99, body: '/perf', user: null } }), {}],
    // The variable says what happened; what another event's file holds is not looked at.
    ['a push with a pull request in its file', 'push', pull({}), {}],
    [
      'a comment in the file of a pull request',
      'pull_request',
      { ...comment(), ...pull({}) },
      { pullRequest: described },
    ],
  ];
  for (const [name, event, payload, expected] of events) {
    it(`${event}: ${name}`, async () => {
      assert.deepEqual(await readEvent(event, payload), { ...COMMON, event, ...expected });
    });
  }

  it('knows which pull requests are not to be trusted', async () => {
    const untrusted = async (payload: unknown, env: object = {}) =>
      isUntrusted((await readEvent('pull_request', payload, { ...env })) as Job);
    assert.equal(await untrusted(pull({})), false);
    assert.equal(await untrusted(pull({ repo: { full_name: 'ORG/Service' } })), false);
    assert.equal(await untrusted(pull({ repo: { full_name: 'octocat/service' } })), true);
    assert.equal(await untrusted(pull({ repo: null })), true);
    assert.equal(await untrusted(pull({}), { GITHUB_ACTOR: 'dependabot[bot]' }), true);
  });

  it('bounds a comment, without cutting a character in two', async () => {
    const job = await readEvent(
      'issue_comment',
      comment({ comment: { ...comment().comment, body: `x${'😀'.repeat(40_000)}` } }),
    );
    assert.equal(job?.comment?.body.length, 65_536);
    assert.ok(job?.comment?.body.isWellFormed());
  });

  const outside: readonly [string, Readonly<Record<string, string | undefined>>][] = [
    ['no runner', { GITHUB_ACTIONS: undefined }],
    ['another value', { GITHUB_ACTIONS: '1' }],
    ['no repository', { GITHUB_REPOSITORY: undefined }],
    ['a strange repository', { GITHUB_REPOSITORY: 'org/../service' }],
    ['a repository called ..', { GITHUB_REPOSITORY: 'org/..' }],
    ['no run', { GITHUB_RUN_ID: '' }],
    ['a strange run', { GITHUB_RUN_ID: '12x' }],
    ['a run beyond numbers', { GITHUB_RUN_ID: '9999999999999999' }],
  ];
  for (const [name, env] of outside) {
    it(`is none: ${name}`, async () => assert.equal(await readEvent('push', {}, env), undefined));
  }

  const strange: readonly [string, unknown][] = [
    ['no JSON', '{"pull_request":'],
    ['nothing', ''],
    ['null', null],
    ['a list', [pull({})]],
    ['a text', '"pull_request"'],
    ['prototype members', '{"__proto__":{"pull_request":{"number":1}}}'],
    ['texts for numbers', { pull_request: { ...pull({}).pull_request, number: '7' } }],
    ['a negative number', { pull_request: { ...pull({}).pull_request, number: -7 } }],
    ['a broken number', { pull_request: { ...pull({}).pull_request, number: 7.5 } }],
    ['a short commit', pull({ sha: 'abc' })],
    ['a commit in capitals', pull({ sha: 'A'.repeat(40) })],
    ['a commit with a line after it', pull({ sha: `${sha('a')}\n` })],
    ['no base', pull({}, { base: null })],
    ['a pull request that is a list', { pull_request: [] }],
  ];
  for (const [name, payload] of strange) {
    it(`leaves out what is strange: ${name}`, async () => {
      const job = await readEvent('pull_request', payload);
      assert.equal(job?.pullRequest, undefined);
      assert.equal(job?.repository, 'org/service');
    });
  }

  it('reads own members only', () => {
    assert.equal(at({}, '__proto__'), undefined);
    assert.equal(at('text', 'length'), undefined);
    assert.equal(at({ a: { b: 1 } }, 'a', 'b'), 1);
  });

  it('takes a strange head repository for a foreign one', async () => {
    for (const full_name of ['', 'service', 'org/service\n', 'org/ser vice', '../..', 7, null]) {
      const job = await readEvent('pull_request', pull({ repo: { full_name } }));
      assert.equal(job?.pullRequest?.headRepository, '', String(full_name));
    }
  });

  it('survives an event file that cannot be read, and one that is not named', async () => {
    const failing = () => Promise.reject(new Error('ENOENT'));
    const expected = { ...COMMON, event: 'pull_request' };
    const { defaultBranch: _, ...withoutBranch } = expected;
    assert.deepEqual(await readJob({ ...ENV, GITHUB_EVENT_NAME: 'pull_request' }, failing), withoutBranch);
    const unnamed = { ...ENV, GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: undefined };
    assert.deepEqual(await readJob(unnamed, failing), withoutBranch);
  });

  it('leaves out strange variables', async () => {
    const env = {
      GITHUB_EVENT_NAME: 'Push; rm',
      GITHUB_RUN_ATTEMPT: '-1',
      GITHUB_SERVER_URL: 'javascript:alert(1)',
      GITHUB_SHA: 'HEAD',
      GITHUB_REF: 'main\n',
      GITHUB_ACTOR: '@octocat',
    };
    assert.deepEqual(await readEvent('push', { repository: { default_branch: '--upload-pack=x' } }, env), {
      repository: 'org/service',
      serverUrl: 'https://github.com',
      event: 'unknown',
      runId: 9_876_543_210,
      runAttempt: 1,
    });
  });

  it('keeps the address of an Enterprise Server', async () => {
    const job = await readEvent('push', {}, { GITHUB_SERVER_URL: 'https://ghe.example:8443/' });
    assert.equal(job?.serverUrl, 'https://ghe.example:8443');
  });
});
