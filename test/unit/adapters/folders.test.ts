import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { createFolders } from '../../../src/adapters/system/folders.ts';
import { PerfError } from '../../../src/domain/errors.ts';
import type { NewFile } from '../../../src/ports/folders.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'cloudrun-perf-folders-')));
after(() => rmSync(root, { recursive: true, force: true }));
const folders = createFolders('/nowhere');

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const directory = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', directory, ...args]);

const paths = (found: { readonly entries: readonly { readonly path: string }[] }) =>
  found.entries.map(({ path }) => path);

const refusedAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof PerfError, String(error));
  assert.equal(error.code, code);
  return true;
};

test('outside Git everything is read but what is installed or generated, and links are not followed', async () => {
  const directory = folder('plain', {
    'a/x': '',
    'a/node_modules/y': '',
    'b/target/z': '',
    'b/dist/kept': '',
    '.env': '',
  });
  const outside = folder('outside', { secret: 's' });
  symlinkSync(outside, join(directory, 'link'));
  const found = await folders.read(directory);
  assert.deepEqual(found.entries, [
    { path: '.env' },
    { path: 'a/x' },
    { path: 'b/dist/kept' },
    { path: 'link', linkTarget: outside },
  ]);
  assert.deepEqual(found.leftOut, ['a/node_modules', 'b/target']);
  assert.equal(found.repository, undefined);
  await assert.rejects(folders.read(join(directory, 'none')), refusedAs('directory-missing'));
  await assert.rejects(folders.read(join(directory, '.env')), refusedAs('directory-missing'));
});

test('in Git: what it tracks or would track, and nothing that it ignores', async () => {
  const repository = folder('repository', {
    '.gitignore': '.env\nbuilt/\n',
    'services/a/x': '',
    'services/a/.env': 'secret',
    'services/a/built/y': '',
    'services/a/target/kept': '',
    'services/gone': '',
    'services/moved/passwd': 'harmless',
    'other/z': '',
  });
  const outside = folder('elsewhere', { passwd: 'secret' });
  git(repository, 'init', '-q');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'one');
  writeFileSync(join(repository, 'services/a/new'), '');
  rmSync(join(repository, 'services/gone'));
  // Git still lists services/moved/passwd; now that path leads to somebody else's file.
  rmSync(join(repository, 'services/moved'), { recursive: true });
  symlinkSync(outside, join(repository, 'services/moved'));
  const found = await folders.read(join(repository, 'services'));
  assert.deepEqual(paths(found), ['a/new', 'a/target/kept', 'a/x', 'moved']);
  assert.deepEqual(found.leftOut, ['moved/passwd']);
  assert.deepEqual(found.repository, { root: repository, prefix: 'services/' });
  assert.equal((await folders.read(repository)).repository?.prefix, '');
  // A package below an ignored directory is no business of the repository around it.
  const inside = await folders.read(join(repository, 'services/a/built'));
  assert.deepEqual([paths(inside), inside.repository], [['y'], undefined]);
});

test("a repository's own settings run no program", async () => {
  const repository = folder('trap', { 'a/x': '' });
  git(repository, 'init', '-q');
  git(repository, 'add', '-A');
  const mark = join(root, 'ran');
  writeFileSync(join(root, 'trap.sh'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
  git(repository, 'config', 'core.fsmonitor', join(root, 'trap.sh'));
  rmSync(mark, { force: true });
  assert.deepEqual(paths(await folders.read(repository)), ['a/x']);
  assert.ok(!existsSync(mark));
});

test('a new directory has texts, copies with their modes, and links as links', async () => {
  const source = folder('source', { run: '#!/bin/sh\n', text: 'a' });
  chmodSync(join(source, 'run'), 0o700);
  chmodSync(join(source, 'text'), 0o666);
  symlinkSync('run', join(source, 'link'));
  const files: NewFile[] = [
    { path: 'deep/er/made', text: 'made' },
    ...['run', 'text', 'link'].map((name) => ({ path: `x/${name}`, copyOf: join(source, name) })),
  ];
  mkdirSync(join(root, 'empty'));
  for (const name of ['absent/below', 'empty']) {
    const target = join(root, name);
    await folders.create(target, files);
    assert.deepEqual(readdirSync(target), ['deep', 'x'], 'nothing else is left');
    assert.equal(readFileSync(join(target, 'deep/er/made'), 'utf8'), 'made');
    assert.equal(statSync(join(target, 'x/run')).mode & 0o777, 0o755);
    assert.equal(statSync(join(target, 'x/text')).mode & 0o777, 0o644);
    assert.equal(readlinkSync(join(target, 'x/link')), 'run');
    assert.equal(statSync(target).mode, statSync(join(root, 'empty')).mode);
    await assert.rejects(folders.create(target, files), refusedAs('directory-not-empty'));
  }
  assert.deepEqual(readdirSync(join(root, 'absent')), ['below']);
});

test('all files or none: a failure in the middle leaves nothing behind', async () => {
  const broken: NewFile[] = [
    { path: 'a', text: 'a' },
    { path: 'b', copyOf: join(root, 'no-such-file') },
  ];
  const empty = join(root, 'stays-empty');
  mkdirSync(empty);
  const before = readdirSync(root);
  for (const target of [empty, join(root, 'never')])
    await assert.rejects(folders.create(target, broken), refusedAs('directory-not-written'));
  assert.deepEqual(readdirSync(root), before);
  assert.deepEqual(readdirSync(empty), []);
  const aborted = AbortSignal.abort(new Error('stop'));
  await assert.rejects(folders.create(join(root, 'never'), [{ path: 'a', text: '' }], aborted), /stop/);
  for (const path of ['../x', '/x', 'a/../../x', 'a//b', ''])
    await assert.rejects(folders.create(join(root, 'never'), [{ path, text: '' }]), /leaves the new directory/);
  assert.deepEqual(readdirSync(root), before);
});

test('files, links and directories with anything in them are taken', async () => {
  const directory = folder('taken', { '.git/HEAD': '' });
  const link = join(root, 'link-to-nothing');
  symlinkSync('nothing', link);
  for (const target of [directory, join(directory, '.git/HEAD'), link])
    await assert.rejects(folders.checkFree(target), refusedAs('directory-not-empty'));
  assert.ok(lstatSync(link).isSymbolicLink());
  await folders.checkFree(join(root, 'free'));
});
