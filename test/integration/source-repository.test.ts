import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createGitSources } from '../../src/adapters/sources/git.ts';
import { GitCli } from '../../src/adapters/sources/git-cli.ts';
import { InfrastructureError, UsageError } from '../../src/domain/errors.ts';

const IDENTITY = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
let base = '';
let origin = '';
let first = '';

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...IDENTITY, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

async function commit(text: string): Promise<string> {
  await writeFile(join(origin, 'services/a/main.txt'), text);
  git(origin, 'add', '-A');
  git(origin, 'commit', '-qm', text);
  return git(origin, 'rev-parse', 'HEAD');
}

/** A clock that the tests move, and a cache of their own. */
async function sources(name: string) {
  const time = { nowMs: 1_000_000 };
  const clock = { epochMs: () => time.nowMs, monotonicMs: () => time.nowMs, sleep: async () => undefined };
  const cacheDirectory = join(base, 'cache', name);
  return { time, cacheDirectory, git: createGitSources({ cacheDirectory, clock }) };
}

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'cloudrun-perf-sources-'));
  origin = join(base, 'origin');
  await mkdir(join(origin, 'services/a'), { recursive: true });
  git(origin, 'init', '-q', '-b', 'main');
  // `git archive` would leave this file out; an exported tree must hold it.
  await writeFile(join(origin, '.gitattributes'), 'services/a/main.txt export-ignore\n');
  first = await commit('one');
});
after(() => rm(base, { recursive: true, force: true }));

test('a directory is used in place and described', async () => {
  const { git: found } = await sources('directory');
  const head = git(origin, 'rev-parse', 'HEAD');
  assert.deepEqual(await found.checkout(origin, undefined, 1000), { root: origin, commit: head });
  await writeFile(join(origin, 'services/a/new.txt'), 'x');
  assert.equal(await found.describe(join(origin, 'services/a')), `${head}-dirty`);
  await rm(join(origin, 'services/a/new.txt'));
  assert.equal(await found.describe(join(origin, 'services/a')), head);
  const plain = join(base, 'plain');
  await mkdir(plain);
  assert.deepEqual(await found.checkout(plain, undefined, 1000), { root: plain });
  assert.deepEqual(await found.checkout(pathToFileURL(plain).href, undefined, 1000), { root: plain });
  assert.equal(await found.treeAt(plain, 'main'), undefined);
  await assert.rejects(found.checkout(plain, 'main', 1000), UsageError);
});

test('a remote is cached, asked again after the time to live, and an old copy serves when it is away', async () => {
  const { git: found, time, cacheDirectory } = await sources('remote');
  const url = pathToFileURL(origin).href;
  const one = await found.checkout(url, 'main', 1000);
  assert.equal(one.commit, git(origin, 'rev-parse', 'HEAD'));
  assert.equal(await readFile(join(one.root, 'services/a/main.txt'), 'utf8'), 'one');

  const second = await commit('two');
  time.nowMs += 999;
  assert.equal((await found.checkout(url, 'main', 1000)).commit, one.commit);
  time.nowMs += 1;
  const two = await found.checkout(url, 'main', 1000);
  assert.deepEqual([two.commit, two.cachedAgeMs], [second, undefined]);
  assert.equal(await readFile(join(one.root, 'services/a/main.txt'), 'utf8'), 'one', 'trees never change');
  assert.equal((await found.checkout(url, first, 0)).commit, first);

  await rename(origin, `${origin}-away`);
  try {
    time.nowMs += 5000;
    const stale = await found.checkout(url, 'main', 1000);
    assert.deepEqual([stale.commit, stale.cachedAgeMs], [second, 5000]);
    await assert.rejects(found.checkout(url, 'other', 1000), InfrastructureError);
  } finally {
    await rename(`${origin}-away`, origin);
  }
  await assert.rejects(
    found.checkout(url, 'no-such-branch', 1000),
    (error) => error instanceof UsageError && error.code === 'ref-missing',
  );
  const left = (await readdir(cacheDirectory, { recursive: true })).filter((name) =>
    /\.part|fetch-|json\.\d/.test(name),
  );
  assert.deepEqual(left, []);
});

test('the tree of a commit, restricted to a directory', async () => {
  const { git: found } = await sources('tree');
  const tree = await found.treeAt(join(origin, 'services'), first);
  assert.equal(tree?.commit, first);
  assert.equal(await readFile(join(tree?.root ?? '', 'a/main.txt'), 'utf8'), 'one');
  assert.deepEqual(await found.treeAt(join(origin, 'services'), first), tree);
  assert.equal(await found.treeAt(origin, 'no-such-branch'), undefined);
  await mkdir(join(origin, 'later'), { recursive: true });
  assert.equal(await found.treeAt(join(origin, 'later'), first), undefined);
  assert.equal(git(origin, 'status', '--porcelain'), '', 'the repository is as it was');
});

test('a shallow clone finds the base at its remote', async () => {
  const { git: found } = await sources('shallow');
  const head = await commit('three');
  const clone = join(base, 'shallow');
  git(base, 'clone', '-q', '--depth=1', pathToFileURL(origin).href, clone);
  const tree = await found.treeAt(clone, first);
  assert.equal(tree?.commit, first);
  assert.equal(await readFile(join(tree?.root ?? '', 'services/a/main.txt'), 'utf8'), 'one');
  assert.equal(git(clone, 'rev-parse', 'HEAD'), head);
});

test('what git would take for options, programs or credentials is refused', async () => {
  const { git: found } = await sources('refused');
  for (const ref of ['--upload-pack=touch /tmp/x', '-x', 'a..b', 'a b', '']) {
    await assert.rejects(found.checkout(pathToFileURL(origin).href, ref, 0), UsageError, ref);
    await assert.rejects(found.treeAt(origin, ref), UsageError, ref);
  }
  for (const url of [
    'ext::sh -c x',
    '--upload-pack=x',
    'http://127.0.0.1/x',
    'git://127.0.0.1/x',
    '/no/such/directory',
    'a@-oProxyCommand=x:y',
  ])
    await assert.rejects(found.checkout(url, undefined, 0), UsageError, url);
  await assert.rejects(
    found.checkout('https://me:hunter2@127.0.0.1/x', undefined, 0),
    (error) => error instanceof UsageError && !error.message.includes('hunter2'),
  );
});

test('a token reaches git by its environment and no message', async () => {
  const cli = new GitCli('ghs_secret');
  const asked = await cli.run(['config', '--get', 'http.https://github.com/.extraHeader'], { cwd: base });
  const basic = Buffer.from('x-access-token:ghs_secret').toString('base64');
  assert.equal(asked.stdout.trim(), `Authorization: Basic ${basic}`);
  const failed = await cli.run([`no-such-command-ghs_secret-${basic}`], { cwd: base });
  assert.notEqual(failed.code, 0);
  assert.doesNotMatch(failed.stderr, new RegExp(`ghs_secret|${basic}`));
  assert.match(failed.stderr, /\*\*\*/);
});

test('the token goes to one server, in place of what a checkout left for it', async () => {
  const repository = join(base, 'persisted');
  await mkdir(repository);
  git(repository, 'init', '-q');
  const headers = async (cli: GitCli, server: string) => {
    const key = `http.${server}/.extraheader`;
    git(repository, 'config', key, 'AUTHORIZATION: basic of-the-checkout');
    const { stdout } = await cli.run(['config', '--get-urlmatch', 'http.extraheader', `${server}/a/b`], {
      cwd: repository,
    });
    return [
      stdout.trim(),
      (await cli.run(['config', '--get-all', key], { cwd: repository })).stdout.split('\n').slice(1),
    ];
  };
  const ours = `Authorization: Basic ${Buffer.from('x-access-token:ghs_secret').toString('base64')}`;
  const theirs = 'AUTHORIZATION: basic of-the-checkout';
  assert.deepEqual(await headers(new GitCli('ghs_secret'), 'https://github.com'), [ours, ['', ours, '']]);
  const enterprise = new GitCli('ghs_secret', 'https://git.example.com/');
  assert.deepEqual(await headers(enterprise, 'https://git.example.com'), [ours, ['', ours, '']]);
  assert.deepEqual(await headers(enterprise, 'https://github.com'), [theirs, ['']]);
});
