import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { connectTo, createInstantClock } from '../../helpers/github-fake/adapter.ts';
import { refusal } from '../../helpers/github-fake/answers.ts';
import type { Fault } from '../../helpers/github-fake/faults.ts';
import { rawZip } from '../../helpers/github-fake/raw-zip.ts';
import type { FakeSeed } from '../../helpers/github-fake/state.ts';
import { type GitHubFake, startGitHubFake } from '../../helpers/github-fake.ts';

const LIMITS = { archiveBytes: 10_000, totalBytes: 1000, files: 5 };
const zipOf = (text: string) => rawZip([{ name: 'a.json', content: text }]);
const RESULTS = { runId: 42, name: 'results', archive: zipOf('one') };

async function withFake(artifacts: FakeSeed['artifacts'], check: (fake: GitHubFake) => Promise<void>): Promise<void> {
  const fake = await startGitHubFake({ runs: [42], artifacts: artifacts ?? [] });
  try {
    await check(fake);
    assert.deepEqual(fake.unexpected, []);
  } finally {
    await fake.close();
  }
}

describe('an artifact', () => {
  it('comes from another host, which does not get the token', () =>
    withFake([RESULTS], async (fake) => {
      assert.deepEqual(await connectTo(fake).artifact(42, 'results', LIMITS), new Map([['a.json', 'one']]));
      assert.ok(fake.requests.length === 2 && fake.requests.every(({ authorized }) => authorized));
      assert.deepEqual(
        fake.storeRequests.map(({ authorized, status }) => ({ authorized, status })),
        [{ authorized: false, status: 200 }],
      );
    }));

  it('is the newest of its name that has not expired', () => {
    const artifacts = [
      { ...RESULTS, archive: zipOf('old') },
      { ...RESULTS, archive: zipOf('new') },
      { ...RESULTS, archive: zipOf('expired'), expired: true },
      { ...RESULTS, name: 'results-2', archive: zipOf('other name') },
      { ...RESULTS, runId: 43, archive: zipOf('other run') },
    ];
    return withFake(artifacts, async (fake) => {
      assert.deepEqual(await connectTo(fake).artifact(42, 'results', LIMITS), new Map([['a.json', 'new']]));
    });
  });

  it('is none when all have expired, and when the run is not there', () =>
    withFake([{ ...RESULTS, expired: true }], async (fake) => {
      assert.equal(await connectTo(fake).artifact(42, 'results', LIMITS), undefined);
      assert.equal(await connectTo(fake).artifact(404, 'results', LIMITS), undefined);
      assert.deepEqual(fake.storeRequests, []);
    }));

  it('is found by an odd name, among more than a hundred', () => {
    const many = Array.from({ length: 120 }, () => ({ ...RESULTS, name: 'a&b=c d/ü' }));
    return withFake([{ ...RESULTS, archive: zipOf('no') }, ...many], async (fake) => {
      assert.equal((await connectTo(fake).artifact(42, 'a&b=c d/ü', LIMITS))?.get('a.json'), 'one');
    });
  });

  const refused = { name: 'CodeHostError', problem: 'artifact-refused', code: 'github-artifact-refused' };

  it('is refused by its size before it is downloaded', () =>
    withFake([{ ...RESULTS, sizeInBytes: 10_001 }], async (fake) => {
      await assert.rejects(connectTo(fake).artifact(42, 'results', LIMITS), { ...refused, message: /10001 bytes/ });
      assert.equal(fake.requests.length, 1);
      assert.deepEqual(fake.storeRequests, []);
    }));

  it('is refused while it is downloaded, when the size was a lie', () =>
    withFake([{ ...RESULTS, archive: Buffer.alloc(5_000_000), sizeInBytes: 100 }], async (fake) => {
      await assert.rejects(connectTo(fake).artifact(42, 'results', LIMITS), { ...refused, message: /at most 10000/ });
    }));

  it('is refused when it is no archive, or a hostile one', async () => {
    const archives: readonly [Buffer, RegExp][] = [
      [Buffer.from('<html>'), /is no zip archive/],
      [rawZip([{ name: '../../.bashrc', content: 'x' }]), /path that leaves it/],
      [rawZip([{ name: 'a', content: 'x', mode: 0o120777 }]), /no file/],
      [zipOf('x'.repeat(1001)), /more than 1000 bytes/],
    ];
    for (const [archive, message] of archives) {
      await withFake([{ ...RESULTS, archive }], async (fake) => {
        await assert.rejects(connectTo(fake).artifact(42, 'results', LIMITS), { ...refused, message });
      });
    }
  });

  const passing: readonly [string, Fault][] = [
    ['503', { kind: 'answer', answer: refusal(503, 'Server Busy') }],
    ['a broken connection', { kind: 'break' }],
    ['half of it', { kind: 'truncate' }],
  ];
  for (const [name, fault] of passing) {
    it(`is downloaded again after a failure of the store that may pass: ${name}`, () =>
      withFake([RESULTS], async (fake) => {
        const clock = createInstantClock();
        fake.script(fault, { path: /^\/store/, times: 3 });
        const files = await connectTo(fake, { clock }).artifact(42, 'results', LIMITS);
        assert.equal(files?.get('a.json'), 'one');
        assert.deepEqual(clock.sleepsMs, [750, 1500, 3000]);
        fake.script(fault, { path: /^\/store/, times: 99 });
        await assert.rejects(connectTo(fake).artifact(42, 'results', LIMITS), (error: Error) => {
          assert.equal((error as { problem?: string }).problem, 'unreachable');
          assert.ok(!inspect(error, { depth: 10 }).includes('sig='), 'the signed address is in the error');
          return true;
        });
      }));
  }

  it('waits no longer in all than one call may, whichever host it waits for', () =>
    withFake([RESULTS], async (fake) => {
      const clock = createInstantClock();
      fake.script({ kind: 'secondary', retryAfterS: 70 }, { path: /artifacts\?/ });
      fake.script({ kind: 'secondary', retryAfterS: 70 }, { path: /zip$/ });
      await assert.rejects(connectTo(fake, { clock }).artifact(42, 'results', LIMITS), { problem: 'rate-limited' });
      assert.deepEqual(clock.sleepsMs, [70_000]);
    }));

  it('does not follow where no address of the web leads', async () => {
    for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/x', 'data:,x', '']) {
      await withFake([RESULTS], async (fake) => {
        const headers = location === '' ? {} : { location };
        fake.script({ kind: 'answer', answer: { status: 302, headers } }, { path: /zip$/ });
        const reading = connectTo(fake).artifact(42, 'results', LIMITS);
        await assert.rejects(reading, { problem: 'unexpected', message: /without an address/ });
      });
    }
  });

  it('says what the store of artifacts says when it refuses', () =>
    withFake([RESULTS], async (fake) => {
      fake.script({ kind: 'answer', answer: refusal(403, 'AuthenticationFailed') }, { path: /^\/store/ });
      const reading = connectTo(fake).artifact(42, 'results', LIMITS);
      await assert.rejects(reading, { problem: 'unexpected', message: /store of artifacts answered 403/ });
    }));

  it('is read straight from a host that does not redirect', () =>
    withFake([RESULTS], async (fake) => {
      fake.script({ kind: 'answer', answer: { status: 200, body: zipOf('direct') } }, { path: /zip$/ });
      assert.equal((await connectTo(fake).artifact(42, 'results', LIMITS))?.get('a.json'), 'direct');
      fake.script({ kind: 'answer', answer: { status: 200, body: Buffer.alloc(20_000) } }, { path: /zip$/ });
      await assert.rejects(connectTo(fake).artifact(42, 'results', LIMITS), refused);
    }));
});
