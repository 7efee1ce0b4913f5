import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../../domain/errors.ts';
import type { Folder, FolderEntry } from '../../ports/folders.ts';
import { GitCli } from '../sources/git-cli.ts';

/** More than any folder of services has; beyond it somebody named the wrong one. */
const MOST_FILES = 50_000;

/** What is installed or generated; only Git knows better, where it is there. */
const GENERATED = new Set([
  '.git',
  '.build',
  '.gradle',
  '.next',
  '.venv',
  '__pycache__',
  '_build',
  'node_modules',
  'obj',
  'target',
  'vendor',
  'venv',
]);

/** The files of a folder: what Git tracks or would track, elsewhere all but what is usually generated. */
export async function readFolder(folder: string, signal?: AbortSignal): Promise<Folder> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new UsageError('directory-missing', `found no directory ${folder}`, {
      hint: 'Name an existing directory.',
    });
  }
  return (await readByGit(root, signal)) ?? (await readByWalking(root, signal));
}

async function readByGit(root: string, signal?: AbortSignal): Promise<Folder | undefined> {
  const git = new GitCli(undefined);
  const call = { cwd: root, signal };
  const place = await git
    .text(['rev-parse', '--path-format=absolute', '--show-toplevel', '--show-prefix'], call)
    // There is no git on this machine.
    .catch(() => undefined);
  signal?.throwIfAborted();
  const [top, prefix = ''] = place?.split('\n') ?? [];
  if (top === undefined || place?.split('\n').length !== 2) return undefined;
  const tracked = await git.text(['ls-files', '-z', '--cached'], call);
  // A folder that Git ignores altogether, such as a package below node_modules, is read as it is.
  if (tracked === undefined || tracked === '') return undefined;
  const others = await git.text(['ls-files', '-z', '--others', '--exclude-standard'], call);
  const paths = [...new Set([tracked, others ?? ''].flatMap((list) => list.split('\0')))].filter((path) => path !== '');
  checkCount(paths.length, root);
  const found = { entries: [] as FolderEntry[], leftOut: [] as string[] };
  const honest = honestParents(root);
  for (const path of paths.sort()) {
    signal?.throwIfAborted();
    // Git lists what it knows; meanwhile it may be gone, or its directory a link to somewhere else.
    const entry = (await honest(dirname(path))) ? await entryAt(root, path) : undefined;
    if (entry === 'gone') continue;
    if (entry === undefined) found.leftOut.push(path);
    else found.entries.push(entry);
  }
  return { root, ...found, repository: { root: top, prefix } };
}

/** Whether a directory is reached without a symbolic link. */
function honestParents(root: string): (directory: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (directory) => {
    const earlier = known.get(directory);
    if (earlier !== undefined) return earlier;
    const path = join(root, directory);
    const real = await realpath(path).catch(() => path);
    known.set(directory, real === path);
    return real === path;
  };
}

async function entryAt(root: string, path: string): Promise<FolderEntry | 'gone' | undefined> {
  const found = await lstat(join(root, path)).catch(() => undefined);
  if (found === undefined) return 'gone';
  if (found.isSymbolicLink()) return { path, linkTarget: await readlink(join(root, path)) };
  return found.isFile() ? { path } : undefined;
}

async function readByWalking(root: string, signal?: AbortSignal): Promise<Folder> {
  const entries: FolderEntry[] = [];
  const leftOut: string[] = [];
  async function walk(directory: string): Promise<void> {
    signal?.throwIfAborted();
    for (const found of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = directory === '' ? found.name : `${directory}/${found.name}`;
      if (found.isDirectory() && !GENERATED.has(found.name)) {
        await walk(path);
        continue;
      }
      const entry = found.isDirectory() ? undefined : await entryAt(root, path);
      if (entry === undefined) leftOut.push(path);
      else if (entry !== 'gone') entries.push(entry);
      checkCount(entries.length, root);
    }
  }
  await walk('');
  const byPath = (a: FolderEntry, b: FolderEntry) => (a.path < b.path ? -1 : 1);
  return { root, entries: entries.sort(byPath), leftOut: leftOut.filter((path) => path !== '.git').sort() };
}

function checkCount(count: number, root: string): void {
  if (count <= MOST_FILES) return;
  throw new UsageError('folder-too-large', `found more than ${MOST_FILES} files below ${root}`, {
    hint: 'Name the folder that holds the implementations, not one above it.',
  });
}
