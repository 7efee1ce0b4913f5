import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rateLimitOf } from '../../../src/adapters/github/rate-limit.ts';
import { connectTo, createInstantClock, createKeepingLogger } from '../../helpers/github-fake/adapter.ts';
import { invalid, refusal } from '../../helpers/github-fake/answers.ts';
import type { Fault } from '../../helpers/github-fake/faults.ts';
import { type GitHubFake, startGitHubFake } from '../../helpers/github-fake.ts';

const sha = (digit: string) => digit.repeat(40);
const PULL = {
  number: 7,
  open: true,
  headSha: sha('a'),
  headRepository: 'org/service',
  baseSha: sha('b'),
  headBranch: 'x',
};
const NOW_MS = Date.UTC(2026, 10, 21, 12);
const POST = { method: 'POST', path: /comments$/ };
const BAD_GATEWAY: Fault = { kind: 'answer', answer: refusal(502, 'Bad Gateway') };

async function withFake(check: (fake: GitHubFake) => Promise<void>): Promise<void> {
  const fake = await startGitHubFake({ pullRequests: [PULL], nowMs: () => NOW_MS });
  try {
    await check(fake);
  } finally {
    await fake.close();
  }
}

describe('a rate limit', () => {
  const waits: readonly [string, Fault, number][] = [
    ['primary', { kind: 'primary', resetInS: 30 }, 31_000],
    ['primary with 429', { kind: 'primary', resetInS: 30, status: 429 }, 31_000],
    ['primary that is over', { kind: 'primary', resetInS: -10 }, 1000],
    ['secondary', { kind: 'secondary', retryAfterS: 45 }, 45_000],
    ['secondary with 429', { kind: 'secondary', retryAfterS: 45, status: 429 }, 45_000],
    ['secondary without a time', { kind: 'secondary' }, 60_000],
    ['secondary without waiting', { kind: 'secondary', retryAfterS: 0 }, 1000],
    ['by status only', { kind: 'answer', answer: { status: 429 } }, 60_000],
    [
      'of content',
      { kind: 'answer', answer: invalid([{ resource: 'IssueComment', message: 'was submitted too quickly' }]) },
      60_000,
    ],
  ];
  for (const [name, fault, expectedMs] of waits) {
    it(`is waited for, also before writing: ${name}`, () =>
      withFake(async (fake) => {
        const clock = createInstantClock();
        const logger = createKeepingLogger();
        fake.script(fault, POST);
        const made = await connectTo(fake, { clock, logger }).createComment(7, 'once');
        assert.deepEqual(clock.sleepsMs, [expectedMs]);
        assert.deepEqual(
          fake.state.comments.map(({ id, body }) => ({ id, body })),
          [{ id: made.id, body: 'once' }],
        );
        assert.match(logger.lines.join('\n'), /GitHub's (primary|secondary) rate limit: waiting \d+ s/);
      }));
  }

  it('that lasts longer than we wait is an error that says until when', () =>
    withFake(async (fake) => {
      const clock = createInstantClock();
      fake.script({ kind: 'primary', resetInS: 1800 }, { path: /pulls/ });
      await assert.rejects(connectTo(fake, { clock }).pullRequest(7), {
        problem: 'rate-limited',
        code: 'github-rate-limited',
        message: /^reading pull request #7 failed: .*until 2026-11-21T12:30:01\.000Z/,
        hint: /after 2026-11-21T12:30:01/,
      });
      assert.deepEqual(clock.sleepsMs, []);
    }));

  it('is waited for two minutes in all by one call, over all of its pages', () =>
    withFake(async (fake) => {
      const clock = createInstantClock();
      for (let index = 0; index < 150; index += 1) {
        fake.state.comments.push({ id: index + 1, number: 7, author: 'octocat', body: 'x', edits: 0 });
      }
      fake.script({ kind: 'secondary', retryAfterS: 50 }, { path: /graphql/ });
      fake.script({ kind: 'secondary', retryAfterS: 50 }, { path: /comments\?per_page/ });
      fake.script({ kind: 'secondary', retryAfterS: 50 }, { path: /page=2/ });
      await assert.rejects(connectTo(fake, { clock }).ownComments(7, 'x'), { problem: 'rate-limited' });
      assert.deepEqual(clock.sleepsMs, [50_000, 50_000]);
      fake.script({ kind: 'secondary', retryAfterS: 110 }, { path: /pulls/ });
      const again = createInstantClock();
      await connectTo(fake, { clock: again }).pullRequest(7);
      assert.deepEqual(again.sleepsMs, [110_000]);
    }));

  it('waits without end only as long as it may, when it never ends', () =>
    withFake(async (fake) => {
      const clock = createInstantClock();
      fake.script({ kind: 'secondary', retryAfterS: 0 }, { path: /pulls/, times: 1000 });
      await assert.rejects(connectTo(fake, { clock, longestWaitMs: 5000 }).pullRequest(7), { problem: 'rate-limited' });
      assert.equal(clock.sleepsMs.length, 5);
    }));

  it('is waited for until the signal ends it, with its reason', () =>
    withFake(async (fake) => {
      fake.script({ kind: 'secondary', retryAfterS: 100 }, POST);
      const controller = new AbortController();
      const reason = new Error('cancelled by the runner');
      const sleeping = Promise.withResolvers<void>();
      const clock = {
        ...createInstantClock(),
        sleep: (_durationMs: number, signal?: AbortSignal) =>
          new Promise<void>((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
            sleeping.resolve();
          }),
      };
      const creating = connectTo(fake, { clock }).createComment(7, 'x', controller.signal);
      await sleeping.promise;
      controller.abort(reason);
      await assert.rejects(creating, reason);
      assert.deepEqual(fake.state.comments, []);
    }));

  it('is not what a missing permission is, even with the last request of the hour', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' };
    const body = { message: 'Resource not accessible by integration' };
    assert.equal(rateLimitOf({ status: 403, headers, body }, NOW_MS), undefined);
    assert.equal(rateLimitOf({ status: 403, headers: {}, body: { message: 'nope' } }, NOW_MS), undefined);
    assert.equal(rateLimitOf({ status: 200, headers: { 'retry-after': '5' }, body }, NOW_MS), undefined);
  });

  it('is read by the clock of GitHub, and survives strange numbers', () => {
    const body = { message: 'API rate limit exceeded' };
    const reset = String(NOW_MS / 1000 + 10);
    const limited = (headers: Readonly<Record<string, string>>) => rateLimitOf({ status: 403, headers, body }, 0);
    const primary = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    assert.equal(limited({ ...primary, date: new Date(NOW_MS).toUTCString() })?.waitMs, 11_000);
    assert.equal(limited({ ...primary, date: 'yesterday' })?.waitMs, 24 * 60 * 60 * 1000);
    assert.equal(limited({ 'retry-after': '999999999999999' })?.endsAt.getTime(), 24 * 60 * 60 * 1000);
    assert.equal(limited({ 'retry-after': 'soon' }), undefined);
  });
});

describe('a failure that may pass', () => {
  const READ = { path: /pulls\/7/ };
  const passing: readonly [string, Fault][] = [
    ['502', BAD_GATEWAY],
    ['a broken connection', { kind: 'break' }],
    ['half an answer', { kind: 'truncate' }],
    ['an answer without content', { kind: 'answer', answer: { status: 200 } }],
  ];
  for (const [name, fault] of passing) {
    it(`is tried again when reading: ${name}`, () =>
      withFake(async (fake) => {
        const clock = createInstantClock();
        fake.script(fault, { ...READ, times: 3 });
        assert.equal((await connectTo(fake, { clock }).pullRequest(7))?.number, 7);
        assert.deepEqual(clock.sleepsMs, [750, 1500, 3000]);
      }));

    it(`is an error after four times: ${name}`, () =>
      withFake(async (fake) => {
        fake.script(fault, { ...READ, times: 99 });
        await assert.rejects(connectTo(fake).pullRequest(7), { problem: 'unreachable', code: 'github-unreachable' });
        assert.equal(fake.requests.length, 4);
      }));

    it(`never makes a list look empty: ${name}`, () =>
      withFake(async (fake) => {
        fake.state.comments.push({ id: 1, number: 7, author: 'github-actions[bot]', body: 'x', edits: 0 });
        fake.script(fault, { path: /comments/ });
        assert.equal((await connectTo(fake).ownComments(7, 'x')).length, 1);
      }));
  }

  const uncertain: readonly [string, Fault, number][] = [
    ['the connection broke before', { kind: 'break' }, 0],
    ['the connection broke after', { kind: 'break', executed: true }, 1],
    ['502 before', BAD_GATEWAY, 0],
    ['502 after', { ...BAD_GATEWAY, executed: true }, 1],
    ['half an answer', { kind: 'truncate' }, 1],
  ];
  for (const [name, fault, comments] of uncertain) {
    it(`does not make a comment twice: ${name}`, () =>
      withFake(async (fake) => {
        fake.script(fault, POST);
        await assert.rejects(connectTo(fake).createComment(7, 'x'), {
          problem: 'unreachable',
          hint: /the comment may have been made all the same/,
        });
        assert.equal(fake.state.comments.length, comments);
        assert.equal(fake.requests.length, 1);
      }));

    it(`does not open an issue twice: ${name}`, () =>
      withFake(async (fake) => {
        fake.script(fault, { method: 'POST', path: /issues$/ });
        const issue = { title: 't', body: 'b', labels: [] };
        await assert.rejects(connectTo(fake).createIssue(issue), { problem: 'unreachable', hint: /the issue may/ });
        assert.equal(fake.requests.length, 1);
      }));

    it(`updates, deletes and reacts again, which is the same twice: ${name}`, () =>
      withFake(async (fake) => {
        const host = connectTo(fake);
        const { id } = await host.createComment(7, 'x');
        fake.script(fault, { method: 'PATCH' });
        fake.script(fault, { method: 'DELETE' });
        fake.script(fault, { method: 'POST', path: /reactions/ });
        await host.react(id, 'eyes');
        await host.updateComment(id, 'y');
        assert.deepEqual(
          fake.state.comments.map(({ body }) => body),
          ['y'],
        );
        assert.equal(fake.state.reactions.length, 1);
        await host.deleteComment(id);
        assert.deepEqual(fake.state.comments, []);
      }));
  }

  it('is tried again for a comment when it was certainly not sent', async () => {
    const fake = await startGitHubFake({ pullRequests: [PULL] });
    await fake.close();
    const clock = createInstantClock();
    await assert.rejects(connectTo(fake, { clock }).createComment(7, 'x'), {
      problem: 'unreachable',
      message: /commenting on #7 failed: GitHub did not answer: .*ECONNREFUSED/,
      hint: /proxy/,
    });
    assert.equal(clock.sleepsMs.length, 3);
  });

  it('ends when the signal does, while an answer is awaited', () =>
    withFake(async (fake) => {
      const controller = new AbortController();
      const held = fake.hold({ path: /pulls/ });
      const reading = connectTo(fake).pullRequest(7, controller.signal);
      await held.reached;
      controller.abort(new Error('enough'));
      await assert.rejects(reading, /enough/);
      held.release();
    }));

  it('ends a list when the signal does, on a later page', () =>
    withFake(async (fake) => {
      for (let index = 0; index < 150; index += 1) {
        fake.state.comments.push({ id: index + 1, number: 7, author: 'octocat', body: 'x', edits: 0 });
      }
      const controller = new AbortController();
      const held = fake.hold({ path: /page=2/ });
      const reading = connectTo(fake).ownComments(7, 'x', controller.signal);
      await held.reached;
      controller.abort(new Error('enough'));
      await assert.rejects(reading, /enough/);
      held.release();
    }));
});
