import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createGitSources } from '../../src/adapters/sources/git.ts';
import { UsageError } from '../../src/domain/errors.ts';
import { git } from '../helpers/cli.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'cloudrun-perf-changes-')));
const clock = { epochMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined };
const said: string[] = [];
const logger = { debug: (message: string) => void said.push(message) };
let count = 0;
after(() => rmSync(base, { recursive: true, force: true }));
beforeEach(() => void said.splice(0));

const sources = (deepen = false) => createGitSources({ cacheDirectory: join(base, 'cache'), clock, deepen, logger });

function write(repository: string, path: string, text: string): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
}

/** A repository with one commit of these files. */
function repositoryOf(...paths: readonly string[]): string {
  count += 1;
  const repository = join(base, `repository-${count}`);
  mkdirSync(repository);
  git(repository, 'init', '-q', '-b', 'main');
  for (const path of paths) write(repository, path, path);
  commit(repository);
  return repository;
}

function commit(repository: string): string {
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'x', '--allow-empty');
  return git(repository, 'rev-parse', 'HEAD');
}

describe('what has changed since a commit', () => {
  test('committed, staged, changed, deleted, renamed and new files, not ignored ones', async () => {
    const repository = repositoryOf(
      'kept',
      'a/committed',
      'a/staged',
      'a/edited',
      'a/deleted',
      'a/moved',
      '.gitignore',
    );
    const first = git(repository, 'rev-parse', 'HEAD');
    write(repository, 'a/committed', 'later');
    write(repository, '.gitignore', 'ignored\n');
    commit(repository);
    write(repository, 'a/staged', 'later');
    git(repository, 'add', '-A');
    git(repository, 'mv', 'a/moved', 'b-moved');
    write(repository, 'a/edited', 'later');
    rmSync(join(repository, 'a/deleted'));
    write(repository, 'a/new', 'new');
    write(repository, 'a/ignored', 'new');
    const expected = ['.gitignore', 'a/committed', 'a/deleted', 'a/edited', 'a/moved', 'a/new', 'a/staged', 'b-moved'];
    assert.deepEqual(await sources().changedFiles(repository, first), expected);
    assert.deepEqual(await sources().changedFiles(repository, 'HEAD'), expected.slice(2));
    const below = await sources().changedFiles(join(repository, 'a'), first);
    assert.deepEqual(below, ['committed', 'deleted', 'edited', 'moved', 'new', 'staged'], 'relative, and no others');
    commit(repository);
    assert.deepEqual(await sources().changedFiles(repository, 'HEAD'), []);
  });

  test('names are told as they are', async () => {
    const repository = repositoryOf('plain');
    const names = ['a b', 'line\nend', 'quote"\\', 'ümlaut', '-x', 'tab\t'];
    for (const name of names) write(repository, `d/${name}`, 'x');
    const expected = names.map((name) => `d/${name}`).sort();
    assert.deepEqual(await sources().changedFiles(repository, 'HEAD'), expected, 'untracked');
    git(repository, 'add', '-A');
    assert.deepEqual(await sources().changedFiles(repository, 'HEAD'), expected, 'staged');
  });

  test('a repository inside the repository is one path', async () => {
    const repository = repositoryOf('plain');
    write(repository, 'services/inner/file', 'x');
    git(join(repository, 'services/inner'), 'init', '-q');
    commit(join(repository, 'services/inner'));
    assert.deepEqual(await sources().changedFiles(repository, 'HEAD'), ['services/inner']);
  });

  test('nothing is known of an unknown commit, an ignored directory, or outside of Git', async () => {
    const repository = repositoryOf('.gitignore', 'a');
    assert.equal(await sources().changedFiles(repository, 'no-such-branch'), undefined);
    assert.equal(await sources(true).changedFiles(repository, 'a'.repeat(40)), undefined);
    assert.match(said.join('\n'), /git fetch of a+ failed: .*origin/s);
    write(repository, '.gitignore', 'out\n');
    write(repository, 'out/file', 'x');
    assert.equal(await sources().changedFiles(join(repository, 'out'), 'HEAD'), undefined);
    const plain = join(base, 'plain');
    mkdirSync(plain);
    assert.equal(await sources().changedFiles(plain, 'HEAD'), undefined);
    await assert.rejects(sources().changedFiles(repository, '--output=x'), UsageError);
    await assert.rejects(sources().changedFiles(repository, 'a..b'), UsageError);
  });
});

/** main: first, moved; a branch from first with 3 commits; and GitHub's test merge of both. */
function pullRequest() {
  const origin = repositoryOf('implementations/a/main', 'implementations/b/main');
  const first = git(origin, 'rev-parse', 'HEAD');
  git(origin, 'checkout', '-q', '-b', 'change');
  for (const text of ['1', '2', '3']) {
    write(origin, 'implementations/a/main', text);
    commit(origin);
  }
  const headSha = git(origin, 'rev-parse', 'HEAD');
  git(origin, 'checkout', '-q', 'main');
  write(origin, 'implementations/b/main', 'moved');
  const moved = commit(origin);
  git(origin, 'checkout', '-q', '--detach');
  git(origin, 'merge', '-q', '--no-ff', '-m', 'Merge', headSha);
  const merge = git(origin, 'rev-parse', 'HEAD');
  git(origin, 'update-ref', 'refs/pull/1/merge', merge);
  git(origin, 'checkout', '-q', 'main');
  return { origin, first, headSha, moved, merge };
}

/** As actions/checkout does by default: one commit, and nothing before it. */
function checkout(origin: string, sha: string, ...options: readonly string[]): string {
  count += 1;
  const clone = join(base, `clone-${count}`);
  mkdirSync(clone);
  git(clone, 'init', '-q');
  git(clone, 'remote', 'add', 'origin', pathToFileURL(origin).href);
  git(clone, 'fetch', '-q', '--no-tags', ...options, 'origin', sha);
  git(clone, 'checkout', '-q', '--detach', sha);
  return clone;
}

describe('the base of a pull request', () => {
  test('is the first parent of the test merge, also when the event is older', async () => {
    const { origin, first, headSha, moved, merge } = pullRequest();
    for (const [what, deepen, clone] of [
      ['a whole clone', false, checkout(origin, merge)],
      ['one commit', true, checkout(origin, merge, '--depth=1')],
    ] as const) {
      assert.equal(await sources(deepen).baseOf(clone, { headSha, baseSha: first }), moved, what);
      assert.deepEqual(await sources(deepen).changedFiles(clone, moved), ['implementations/a/main'], what);
    }
  });

  test('is the merge base when the head itself is checked out', async () => {
    const { origin, first, headSha, moved } = pullRequest();
    for (const [what, deepen, options] of [
      ['whole', false, []],
      ['one commit', true, ['--depth=1']],
      ['two commits', true, ['--depth=2']],
    ] as const) {
      const clone = checkout(origin, headSha, ...options);
      git(clone, 'fetch', '-q', ...options, 'origin', 'main');
      assert.equal(await sources(deepen).baseOf(clone, { headSha, baseSha: moved }), first, what);
      assert.deepEqual(await sources(deepen).changedFiles(clone, first), ['implementations/a/main'], what);
    }
    const clone = checkout(origin, headSha, '--depth=1');
    commit(clone);
    assert.equal(await sources(true).baseOf(clone, { headSha, baseSha: moved }), first, 'a commit of the job itself');
  });

  test('is the base itself when the two have no common ancestor', async () => {
    const { origin, headSha } = pullRequest();
    git(origin, 'checkout', '-q', '--orphan', 'other');
    const baseSha = commit(origin);
    assert.equal(await sources(true).baseOf(checkout(origin, headSha, '--depth=1'), { headSha, baseSha }), baseSha);
  });

  test('is unknown without the commits, where they cannot be had, and in another repository', async () => {
    const { origin, headSha, moved, merge } = pullRequest();
    const change = { headSha, baseSha: 'c'.repeat(40) };
    const clone = checkout(origin, headSha, '--depth=1');
    assert.equal(await sources(true).baseOf(clone, change), undefined);
    assert.match(said.join('\n'), /git fetch of c+ failed: /);
    assert.equal(await sources().baseOf(repositoryOf('x'), { headSha, baseSha: moved }), undefined);
    assert.equal(await sources(true).baseOf(clone, { headSha: '--x', baseSha: moved }), undefined);
    assert.equal(await sources(true).baseOf(base, { headSha, baseSha: moved }), undefined);
    const away = checkout(origin, merge, '--depth=1');
    renameSync(origin, `${origin}-away`);
    assert.equal(await sources(true).baseOf(away, { headSha, baseSha: moved }), undefined);
  });

  test('of a whole clone nothing is asked for, unless a commit is missing and the job may', async () => {
    const { origin, first, moved } = pullRequest();
    const clone = checkout(origin, first);
    assert.equal(await sources().treeAt(clone, moved), undefined);
    assert.equal((await sources(true).treeAt(clone, moved))?.commit, moved);
    assert.equal(git(clone, 'rev-parse', '--is-shallow-repository'), 'false', 'its history stays whole');
    assert.equal(git(clone, 'rev-list', '--count', moved), '2');
  });
});
