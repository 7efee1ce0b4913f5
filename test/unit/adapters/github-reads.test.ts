import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CodeHostError } from '../../../src/ports/code-host.ts';
import { connectTo } from '../../helpers/github-fake/adapter.ts';
import { ok, pullOf, refusal } from '../../helpers/github-fake/answers.ts';
import type { FakeSeed } from '../../helpers/github-fake/state.ts';
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
};
async function withFake(seed: FakeSeed, check: (fake: GitHubFake) => Promise<void>): Promise<void> {
  const fake = await startGitHubFake({ ...SEED, ...seed });
  try {
    await check(fake);
  } finally {
    await fake.close();
  }
}

async function failureOf(call: Promise<unknown>): Promise<CodeHostError> {
  const [settled] = await Promise.allSettled([call]);
  assert.equal(settled?.status, 'rejected');
  const error = settled.reason as CodeHostError;
  assert.equal(error.name, 'CodeHostError', String(error));
  return error;
}

describe("the token's own account", () => {
  const accounts: readonly [string, { login: string; viewer?: string }, string, boolean][] = [
    ['the same name', { login: JOB_ACCOUNT }, JOB_ACCOUNT, true],
    ['GraphQL leaves out [bot]', { login: 'perf-app[bot]', viewer: 'perf-app' }, 'perf-app[bot]', true],
    ['GraphQL refuses, so it is the job', { login: JOB_ACCOUNT, viewer: 'refused' }, JOB_ACCOUNT, true],
    ['a person', { login: 'Octocat', viewer: 'octocat' }, 'Octocat', true],
    ['another one', { login: 'perf-app[bot]' }, JOB_ACCOUNT, false],
    ['a person with the name of an app', { login: 'perf-app[bot]' }, 'perf-app', false],
  ];
  for (const [name, token, author, isOwn] of accounts) {
    it(`is found: ${name}`, () => {
      const tokens = { [JOB_TOKEN]: { ...token, permissions: { pullRequests: 'read' as const } } };
      return withFake({ tokens, comments: [{ number: 7, author, body: 'marker' }] }, async (fake) => {
        const own = await connectTo(fake).ownComments(7, 'marker');
        assert.equal(own.length, isOwn ? 1 : 0);
        assert.deepEqual(fake.unexpected, []);
      });
    });
  }

  it('is asked for once', () =>
    withFake({}, async (fake) => {
      const host = connectTo(fake);
      await host.ownComments(7, 'x');
      await host.ownComments(7, 'x');
      await host.ownIssues('perf');
      assert.equal(fake.requests.filter(({ path }) => path === '/graphql').length, 1);
    }));

  it('is not guessed when GitHub cannot answer for a while', () =>
    withFake({}, async (fake) => {
      const body = { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
      fake.script({ kind: 'answer', answer: { status: 200, body } }, { path: /graphql/ });
      assert.equal((await failureOf(connectTo(fake).ownComments(7, ''))).problem, 'rate-limited');
      fake.script({ kind: 'answer', answer: refusal(502, 'Bad Gateway') }, { path: /graphql/, times: 4 });
      const host = connectTo(fake);
      assert.equal((await failureOf(host.ownComments(7, ''))).problem, 'unreachable');
      assert.equal((await host.ownComments(7, '')).length, 1);
    }));
});

describe('a list', () => {
  it('has all pages of a hundred, by the links that GitHub gives', () => {
    const comments = Array.from({ length: 301 }, (_entry, index) => ({ number: 7, body: `marker ${index}` }));
    return withFake({ comments }, async (fake) => {
      const own = await connectTo(fake).ownComments(7, 'marker');
      assert.deepEqual(
        own.map(({ body }) => body),
        comments.map(({ body }) => body),
      );
      const pages = fake.requests.filter(({ path }) => path.includes('/comments'));
      assert.equal(pages.length, 4);
      assert.ok(pages.every(({ path, authorized }) => path.includes('per_page=100') && authorized));
      assert.deepEqual(fake.unexpected, []);
    });
  });

  it('fails as a whole when a page does', () => {
    const comments = Array.from({ length: 150 }, (_entry, index) => ({ number: 7, body: `${index}` }));
    return withFake({ comments }, async (fake) => {
      fake.script({ kind: 'answer', answer: refusal(500, 'oops') }, { path: /page=2/, times: 4 });
      assert.equal((await failureOf(connectTo(fake).ownComments(7, ''))).problem, 'unreachable');
    });
  });

  it('is never empty because of a status that Octokit takes for an empty list', () =>
    withFake({}, async (fake) => {
      fake.script({ kind: 'answer', answer: refusal(409, 'Conflict') }, { path: /comments/ });
      assert.equal((await failureOf(connectTo(fake).ownComments(7, ''))).problem, 'unexpected');
    }));

  it('of pull requests leaves out those whose repository is gone', () => {
    const gone = { ...PULL, number: 8, headRepository: undefined };
    return withFake({ pullRequests: [PULL, gone] }, async (fake) => {
      const head = { repository: 'org/service', branch: 'x', sha: sha('a') };
      assert.deepEqual(
        (await connectTo(fake).pullRequestsOfHead(head)).map(({ number }) => number),
        [7],
      );
      assert.equal((await connectTo(fake).pullRequest(8))?.headRepository, '');
    });
  });
});

describe('pull requests of a head', () => {
  it('are looked at again, because GitHub ignores a filter that it does not understand', () =>
    withFake({ pullRequests: [PULL] }, async (fake) => {
      const pull = fake.state.pullRequests.get(7);
      assert.ok(pull !== undefined);
      const others = [
        { headBranch: 'y' },
        { open: false },
        { headSha: sha('c') },
        { headRepository: 'octocat/service' },
      ];
      const body = [{}, ...others].map((more, index) => pullOf(fake.state, { ...pull, ...more, number: index + 1 }));
      fake.script({ kind: 'answer', answer: ok(body) }, { path: /pulls/ });
      const found = await connectTo(fake).pullRequestsOfHead({ repository: 'ORG/Service', branch: 'x', sha: sha('a') });
      assert.deepEqual(
        found.map(({ number }) => number),
        [1],
      );
    }));
});

describe('the issues with a label', () => {
  it('are not pull requests, also when those are our own', () => {
    const issue = { number: 20, title: 't', body: 'b', labels: ['Perf'] };
    const pull = { ...PULL, author: JOB_ACCOUNT, labels: ['perf'] };
    return withFake({ pullRequests: [pull], issues: [issue] }, async (fake) => {
      const own = await connectTo(fake).ownIssues('perf');
      assert.deepEqual(
        own.map(({ number }) => number),
        [20],
      );
    });
  });
});

describe('permissions', () => {
  it('are those of GitHub, without the finer roles', () => {
    const collaborators = {
      mia: { permission: 'write', role: 'maintain' },
      tom: { permission: 'read', role: 'triage' },
      eve: { permission: 'owner' },
    };
    return withFake({ collaborators }, async (fake) => {
      const host = connectTo(fake);
      const found = await Promise.all(['mia', 'tom', 'eve', 'bot[bot]'].map((user) => host.permissionOf(user)));
      assert.deepEqual(found, ['write', 'read', 'none', 'none']);
    });
  });

  it('of what is no name are none, without asking', () =>
    withFake({}, async (fake) => {
      for (const user of ['', '..', 'a/b', 'a?b', 'a b', '../../../user', 'a[bot]x', 'x'.repeat(101)]) {
        assert.equal(await connectTo(fake).permissionOf(user), 'none');
      }
      assert.deepEqual(fake.requests, []);
    }));
});
