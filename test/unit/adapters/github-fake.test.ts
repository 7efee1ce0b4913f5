import assert from 'node:assert/strict';
import { request as sendRequest } from 'node:http';
import { describe, it } from 'node:test';
import { mentionsIn } from '../../helpers/github-fake/state.ts';
import { type GitHubFake, type GitHubFakeOptions, JOB_TOKEN, startGitHubFake } from '../../helpers/github-fake.ts';

const sha = (digit: string) => digit.repeat(40);
const PULL = {
  number: 7,
  open: true,
  headSha: sha('a'),
  headRepository: 'org/service',
  baseSha: sha('b'),
  headBranch: 'x',
};
const COMMENTS = '/repos/org/service/issues/7/comments';

async function withFake(check: (fake: GitHubFake) => Promise<void>, options: GitHubFakeOptions = {}): Promise<void> {
  const fake = await startGitHubFake({ pullRequests: [PULL], ...options });
  try {
    await check(fake);
  } finally {
    await fake.close();
  }
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** By node's own client, which adds no header of its own. */
function send(fake: GitHubFake, path: string, { method = 'GET', headers, body }: Sent = {}) {
  const usual = { 'user-agent': 'test', authorization: `Bearer ${JOB_TOKEN}` };
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: unknown }>((resolve, reject) => {
    const request = sendRequest(`${fake.apiUrl}${path}`, { method, headers: headers ?? usual }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const { statusCode: status = 0, headers: given } = response;
        resolve({ status, headers: given, body: text === '' ? undefined : JSON.parse(text) });
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('the GitHub on loopback', () => {
  it('wants a user agent, and a token that it knows', () =>
    withFake(async (fake) => {
      const status = async (headers: Readonly<Record<string, string>>) =>
        (await send(fake, COMMENTS, { headers })).status;
      assert.equal(await status({ authorization: `Bearer ${JOB_TOKEN}` }), 403);
      assert.equal(await status({ 'user-agent': 'x' }), 401);
      assert.equal(await status({ 'user-agent': 'x', authorization: 'Bearer other' }), 401);
      assert.equal(await status({ 'user-agent': 'x', authorization: `token ${JOB_TOKEN}` }), 200);
      assert.deepEqual(
        fake.requests.map(({ authorized, status: seen }) => [authorized, seen]),
        [
          [true, 403],
          [false, 401],
          [true, 401],
          [true, 200],
        ],
      );
    }));

  it('remembers what GitHub does not know', () =>
    withFake(async (fake) => {
      assert.equal((await send(fake, '/user')).status, 404);
      assert.equal((await send(fake, '/repos/org/other/pulls')).status, 404);
      assert.equal((await send(fake, `${COMMENTS}?author=me`)).status, 200);
      assert.equal((await send(fake, '/graphql', { method: 'POST', body: { query: '{ me }' } })).status, 200);
      assert.deepEqual(fake.unexpected, [
        'GET /user',
        'GET /repos/org/other/pulls',
        `GET ${COMMENTS}: query author`,
        'GraphQL { me }',
      ]);
    }));

  it('gives pages of at most a hundred, with links to the others', () =>
    withFake(
      async (fake) => {
        const first = await send(fake, `${COMMENTS}?per_page=1000`);
        assert.equal((first.body as unknown[]).length, 100);
        assert.match(
          String(first.headers.link),
          /\/repositories\/4711\/issues\/7\/comments\?per_page=1000&page=2>; rel="next"/,
        );
        const last = await send(fake, `${COMMENTS}?per_page=100&page=2`);
        assert.equal((last.body as unknown[]).length, 1);
        assert.ok(!String(last.headers.link).includes('next'));
        assert.equal(((await send(fake, COMMENTS)).body as unknown[]).length, 30);
      },
      { comments: Array.from({ length: 101 }, () => ({ number: 7, body: 'x' })) },
    ));

  it('takes bodies up to its limit, counted in characters', () =>
    withFake(
      async (fake) => {
        const status = async (body: unknown) => (await send(fake, COMMENTS, { method: 'POST', body: { body } })).status;
        assert.deepEqual(await Promise.all(['😀'.repeat(5), 'x'.repeat(6), '', 7].map(status)), [201, 422, 422, 422]);
        assert.equal(fake.state.comments.length, 1);
      },
      { bodyLimit: 5 },
    ));

  it('notifies of what is new, never of an edit', () =>
    withFake(async (fake) => {
      const made = await send(fake, COMMENTS, { method: 'POST', body: { body: '@octocat, see `@nobody`' } });
      const path = `/repos/org/service/issues/comments/${(made.body as { id: number }).id}`;
      await send(fake, path, { method: 'PATCH', body: { body: '@somebody' } });
      assert.deepEqual(fake.state.notifications, [{ what: 'comment', number: 7, mentions: ['octocat'] }]);
      assert.equal(fake.state.comments[0]?.edits, 1);
    }));

  it('finds mentions as GitHub does', () => {
    const body = 'a@b.c @one (@two-x) <!-- @no --> `@no` ``a`@no`` x/@no\n```\n@no\n```\n**@three**';
    assert.deepEqual(mentionsIn(body), ['one', 'two-x', 'three']);
  });

  it('holds a request before or after it is carried out', () =>
    withFake(async (fake) => {
      for (const [at, carriedOut] of [
        ['request', false],
        ['answer', true],
      ] as const) {
        const held = fake.hold({ method: 'POST' }, at);
        const before = fake.state.comments.length;
        const posting = send(fake, COMMENTS, { method: 'POST', body: { body: at } });
        await held.reached;
        assert.equal(fake.state.comments.length, before + (carriedOut ? 1 : 0));
        assert.equal(fake.requests.at(-1)?.status, undefined);
        held.release();
        assert.equal((await posting).status, 201);
      }
    }));

  it('lets a script name the request that fails', () =>
    withFake(async (fake) => {
      fake.script({ kind: 'secondary' }, { method: 'GET', path: /comments/, skip: 1, times: 2 });
      const statuses: number[] = [];
      for (let index = 0; index < 4; index += 1) statuses.push((await send(fake, COMMENTS)).status);
      assert.deepEqual(statuses, [200, 403, 403, 200]);
    }));
});
