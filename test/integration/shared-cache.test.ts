import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createGitSources } from '../../src/adapters/sources/git.ts';
import { type CacheClient, createSharedCache } from '../../src/adapters/sources/shared-cache.ts';
import { startActionsCache } from '../helpers/actions-cache-server.ts';

const TOKEN = 'planted-runtime-token';
const [OLD, NEW] = ['a'.repeat(40), 'b'.repeat(40)];

async function temporary(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'perf-shared-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

function logged() {
  const lines: string[] = [];
  const say = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, logger: { debug: say('debug'), info: say('info') } };
}

/** One remote repository, of which two commits were seen, the second one last. */
async function fillSources(directory: string): Promise<void> {
  for (const commit of [OLD, NEW]) {
    await mkdir(join(directory, 'key', commit), { recursive: true });
    await writeFile(join(directory, 'key', commit, 'manifest.yaml'), commit);
  }
  await writeFile(join(directory, 'key.json'), JSON.stringify({ commit: NEW, fetchedAtMs: 1 }));
}

test('what one job fetched another one has, by the client of GitHub', async (t) => {
  const server = await startActionsCache(TOKEN);
  const root = await temporary(t);
  const env = {
    ACTIONS_RESULTS_URL: `${server.origin}/`,
    ACTIONS_RUNTIME_TOKEN: TOKEN,
    ACTIONS_CACHE_SERVICE_V2: 'true',
    RUNNER_TEMP: root,
    GITHUB_WORKSPACE: root,
    GITHUB_RUN_ID: '7',
  };
  const before = { ...process.env };
  // The client reads nothing else.
  Object.assign(process.env, env);
  t.after(async () => {
    process.env = before;
    await server.close();
  });
  const directory = join(root, 'state', 'remotes');

  const first = logged();
  const one = createSharedCache({ directory, env, logger: first.logger });
  assert.ok(one !== undefined);
  await one.restore();
  await fillSources(directory);
  await one.save();
  assert.deepEqual([...server.entries.keys()], [], 'nothing was fetched, nothing is kept');
  one.changed();
  await one.save();
  assert.deepEqual([...server.entries.keys()], ['cloudrun-perf-sources-v1-7-1-job']);
  assert.deepEqual(await readdir(join(directory, 'key')), [NEW], 'old trees are not kept for ever');

  await rm(directory, { recursive: true });
  const second = logged();
  const two = createSharedCache({ directory, env: { ...env, GITHUB_RUN_ID: '8' }, logger: second.logger });
  await Promise.all([two?.restore(), two?.restore()]);
  assert.equal(await readFile(join(directory, 'key', NEW, 'manifest.yaml'), 'utf8'), NEW);
  assert.match(await readFile(join(directory, 'key.json'), 'utf8'), new RegExp(NEW));
  assert.equal(server.calls.filter((call) => call === 'POST GetCacheEntryDownloadURL').length, 2);
  assert.deepEqual(second.lines, ["debug took sources from GitHub's cache: cloudrun-perf-sources-v1-7-1-job"]);
  assert.ok(!JSON.stringify([first.lines, second.lines]).includes('planted'));
});

const env = { ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: TOKEN };
const broken: CacheClient = {
  restoreCache: async () => {
    throw new Error('broken');
  },
  saveCache: async () => {
    throw new Error('read-only');
  },
};
const hanging: CacheClient = { restoreCache: () => new Promise(() => {}), saveCache: () => new Promise(() => {}) };

for (const [title, load, reason] of [
  ['is broken', async () => broken, /broken$/],
  ['does not answer', async () => hanging, /no answer within 0\.05 s$/],
  ['cannot be loaded', async () => assert.fail('no such module'), /no such module$/],
] as const) {
  test(`a cache that ${title} fails nothing`, async (t) => {
    const directory = await temporary(t);
    const { lines, logger } = logged();
    const cache = createSharedCache({ directory, env, logger, load, patienceMs: 50 });
    await cache?.restore();
    cache?.changed();
    await cache?.save();
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^info GitHub's cache was not read: /);
    assert.match(lines[0] ?? '', reason);
    assert.match(lines[1] ?? '', /^info GitHub's cache was not written: /);
  });
}

test('outside jobs of GitHub Actions there is none', () => {
  const { logger } = logged();
  for (const absent of ['ACTIONS_RESULTS_URL', 'ACTIONS_RUNTIME_TOKEN'])
    assert.equal(createSharedCache({ directory: '/x', env: { ...env, [absent]: '' }, logger }), undefined);
});

test('the cache is read before the first remote repository, and written only when one was fetched', async (t) => {
  const root = await temporary(t);
  const origin = join(root, 'origin');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: origin,
      stdio: 'ignore',
    });
  await mkdir(origin);
  git('init', '--quiet', '--initial-branch=main');
  await writeFile(join(origin, 'manifest.yaml'), 'x');
  git('add', '--all');
  git('commit', '--quiet', '--message=one');
  const calls: string[] = [];
  const shared = {
    restore: async () => void calls.push('restore'),
    changed: () => void calls.push('changed'),
    save: async () => void calls.push('save'),
  };
  const clock = { epochMs: () => 1_000_000, monotonicMs: () => 0, sleep: async () => undefined };
  const sources = createGitSources({ cacheDirectory: join(root, 'cache'), clock, shared });
  await sources.checkout(origin, undefined, 1000);
  assert.deepEqual(calls, []);
  await sources.checkout(pathToFileURL(origin).href, undefined, 1000);
  assert.deepEqual(calls, ['restore', 'changed']);
  await sources.checkout(pathToFileURL(origin).href, undefined, 1000);
  assert.deepEqual(calls, ['restore', 'changed', 'restore']);
});
