import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { CodeHostSeed, SeededPullRequest } from '../helpers/memory-code-host.ts';

export interface CodeHostUnderTest {
  readonly host: CodeHost;
  /** Number and body of all comments that are there, whoever wrote them, in order. */
  comments(): readonly { readonly number: number; readonly body: string }[];
  close(): Promise<void>;
}

const MARKER = '<!-- cloudrun-perf report id=discord-webhook -->';
const LIMITS = { archiveBytes: 100_000, totalBytes: 1000, files: 3 };
const sha = (digit: string) => digit.repeat(40);

const PULL: SeededPullRequest = {
  number: 7,
  open: true,
  headSha: sha('a'),
  headRepository: 'org/service',
  baseSha: sha('b'),
  headBranch: 'faster',
};
const { headBranch: _, ...DESCRIBED } = PULL;

/** What every code host must do, seen only through the port. The repository is org/service. */
export function codeHostSuite(name: string, open: (seed: CodeHostSeed) => Promise<CodeHostUnderTest>): void {
  const withHost = async (seed: CodeHostSeed, check: (under: CodeHostUnderTest) => Promise<void>) => {
    const under = await open(seed);
    try {
      await check(under);
    } finally {
      await under.close();
    }
  };

  describe(`code host: ${name}`, () => {
    it('describes a pull request, and knows which ones are not there', () =>
      withHost({ pullRequests: [PULL] }, async ({ host }) => {
        assert.equal(host.repository, 'org/service');
        assert.deepEqual(await host.pullRequest(7), DESCRIBED);
        assert.equal(await host.pullRequest(8), undefined);
      }));

    it('finds pull requests by exactly their head', () => {
      const fork = { ...PULL, number: 8, headRepository: 'octocat/service' };
      const others: SeededPullRequest[] = [
        { ...PULL, number: 9, headSha: sha('c') },
        { ...PULL, number: 10, headBranch: 'slower' },
        { ...PULL, number: 11, open: false },
        { ...PULL, number: 12, headRepository: 'octocat/other' },
      ];
      return withHost({ pullRequests: [PULL, fork, ...others] }, async ({ host }) => {
        const of = async (repository: string, branch = 'faster', head = sha('a')) =>
          (await host.pullRequestsOfHead({ repository, branch, sha: head })).map(({ number }) => number);
        assert.deepEqual(await of('org/service'), [7]);
        assert.deepEqual(await of('octocat/service'), [8]);
        assert.deepEqual(await of('octocat/service', 'none'), []);
        assert.deepEqual(await of('octocat/service', 'faster', sha('f')), []);
        assert.deepEqual(await of('nobody/service'), []);
        assert.deepEqual(await of('../service'), []);
      });
    });

    it('finds its own comments by marker among more than two hundred, the oldest first', () => {
      const noise = (count: number, author: string) =>
        Array.from({ length: count }, (_entry, index) => ({ number: 7, author, body: `${index}` }));
      const comments = [
        ...noise(60, 'octocat'),
        { number: 7, body: `${MARKER}\nfirst` },
        { number: 7, author: 'octocat', body: `${MARKER}\nby somebody else` },
        { number: 7, author: 'other-app[bot]', body: `${MARKER}\nby another app` },
        { number: 7, author: 'github-actions', body: `${MARKER}\nby a person with our name` },
        { number: 7, body: `quoted: ${MARKER}` },
        { number: 8, body: `${MARKER}\non another pull request` },
        ...noise(150, 'github-actions[bot]'),
        { number: 7, body: `${MARKER}\nsecond` },
      ];
      return withHost({ pullRequests: [PULL, { ...PULL, number: 8 }], comments }, async ({ host }) => {
        const own = await host.ownComments(7, MARKER);
        assert.deepEqual(
          own.map(({ body }) => body.slice(MARKER.length + 1)),
          ['first', 'second'],
        );
        assert.ok(own.every(({ id, url }) => id > 0 && url.startsWith('https://')));
        await assert.rejects(host.ownComments(9, MARKER), { name: 'CodeHostError', problem: 'not-found' });
      });
    });

    it('creates, updates and deletes a comment', () =>
      withHost({ pullRequests: [PULL] }, async ({ host, comments }) => {
        const made = await host.createComment(7, `${MARKER}\none & <two>`);
        assert.equal(made.body, `${MARKER}\none & <two>`);
        const changed = await host.updateComment(made.id, `${MARKER}\nthree`);
        assert.deepEqual({ ...changed, url: '' }, { id: made.id, body: `${MARKER}\nthree`, url: '' });
        assert.deepEqual(await host.ownComments(7, MARKER), [changed]);
        await host.deleteComment(made.id);
        await host.deleteComment(made.id);
        assert.deepEqual(comments(), []);
        await assert.rejects(host.updateComment(made.id, 'x'), { name: 'CodeHostError', problem: 'not-found' });
        await assert.rejects(host.createComment(99, 'x'), { name: 'CodeHostError', problem: 'not-found' });
      }));

    it('says that a body is too long, and writes nothing', () =>
      withHost({ pullRequests: [PULL], bodyLimit: 10 }, async ({ host, comments }) => {
        const refused = { name: 'CodeHostError', problem: 'too-long', code: 'github-too-long' };
        await assert.rejects(host.createComment(7, '12345678901'), refused);
        const { id } = await host.createComment(7, '1234567890');
        await assert.rejects(host.updateComment(id, '12345678901'), refused);
        assert.deepEqual(comments(), [{ number: 7, body: '1234567890' }]);
      }));

    it('tells what somebody may do', () => {
      const permissions = { ada: 'admin', will: 'write', rita: 'read', nora: 'none' } as const;
      return withHost({ permissions }, async ({ host }) => {
        for (const [user, permission] of Object.entries(permissions))
          assert.equal(await host.permissionOf(user), permission, user);
        for (const user of ['stranger', '', '../../x', 'a/b', 'a%2Fb', 'a b', 'ada\n'])
          assert.equal(await host.permissionOf(user), 'none', user);
      });
    });

    it('reacts to a comment, once however often', () =>
      withHost({ pullRequests: [PULL] }, async ({ host }) => {
        const { id } = await host.createComment(7, '/perf');
        await host.react(id, 'eyes');
        await host.react(id, 'eyes');
        await host.react(id, 'rocket');
        await assert.rejects(host.react(id + 1, 'eyes'), { name: 'CodeHostError', problem: 'not-found' });
      }));

    it('finds its own issues by label, open and closed, and no pull requests', () => {
      const issue = { number: 20, title: 'slow', body: 'java-spring3', labels: ['perf', 'bug'] };
      const issues = [
        issue,
        { ...issue, number: 21, open: false },
        { ...issue, number: 22, author: 'octocat' },
        { ...issue, number: 23, labels: ['bug'] },
      ];
      return withHost({ pullRequests: [PULL], issues }, async ({ host }) => {
        const own = await host.ownIssues('perf');
        assert.deepEqual(
          own.map(({ number, open: isOpen, title, body }) => ({ number, isOpen, title, body })),
          [20, 21].map((number) => ({ number, isOpen: number === 20, title: 'slow', body: 'java-spring3' })),
        );
        assert.deepEqual(await host.ownIssues('perf,bug'), []);
        assert.deepEqual(await host.ownIssues('none'), []);
      });
    });

    it('opens, changes, closes and reopens an issue', () =>
      withHost({ pullRequests: [PULL] }, async ({ host }) => {
        const made = await host.createIssue({ title: 'slow', body: 'by 30 %', labels: ['perf'] });
        assert.ok(made.open && made.number > 7);
        const closed = await host.updateIssue(made.number, { open: false });
        assert.deepEqual(closed, { ...made, open: false });
        const reopened = await host.updateIssue(made.number, { open: true, title: 'slower', body: 'by 40 %' });
        assert.deepEqual(reopened, { ...made, title: 'slower', body: 'by 40 %' });
        assert.deepEqual(await host.ownIssues('perf'), [reopened]);
        await assert.rejects(host.updateIssue(999, { open: false }), { name: 'CodeHostError', problem: 'not-found' });
      }));

    it('reads the files of an artifact, within limits', () => {
      const files = new Map([
        ['plan.json', '{}'],
        ['runs/1/metadata.json', '{"grüße":"\ufeff"}'],
      ]);
      const artifacts = new Map<string, ReadonlyMap<string, string>>([
        ['42/results', files],
        ['42/many', new Map(['a', 'b', 'c', 'd'].map((path) => [path, '']))],
        ['42/large', new Map([['a', 'x'.repeat(1001)]])],
      ]);
      return withHost({ artifacts }, async ({ host }) => {
        assert.deepEqual(new Map(await host.artifact(42, 'results', LIMITS)), files);
        assert.equal(await host.artifact(42, 'result', LIMITS), undefined);
        assert.equal(await host.artifact(43, 'results', LIMITS), undefined);
        for (const name of ['many', 'large']) {
          await assert.rejects(host.artifact(42, name, LIMITS), { name: 'CodeHostError', problem: 'artifact-refused' });
        }
      });
    });

    it('does nothing once it is aborted', () =>
      withHost({ pullRequests: [PULL] }, async ({ host, comments }) => {
        const reason = new Error('enough');
        const signal = AbortSignal.abort(reason);
        await assert.rejects(host.createComment(7, 'x', signal), reason);
        await assert.rejects(host.ownComments(7, MARKER, signal), reason);
        await assert.rejects(host.artifact(1, 'x', LIMITS, signal), reason);
        assert.deepEqual(comments(), []);
      }));
  });
}
