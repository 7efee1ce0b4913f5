import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile, readlink, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../../domain/errors.ts';
import { cleanEnvironment, runProgram } from '../system/run-program.ts';
import { isCredentialsName } from './build-context.ts';

const LIST_TIMEOUT_MS = 60_000;
/** Never part of a source tree; dependencies are the business of `local.build`. */
const LEFT_OUT = new Set(['.git', 'node_modules', '__pycache__', '.venv']);

/**
 * Files of an implementation, relative to its directory, sorted. Inside Git what is tracked or new and not ignored;
 * outside, or where Git ignores the directory as a whole, all files but dependencies.
 */
export async function sourceFiles(directory: string, signal?: AbortSignal): Promise<readonly string[]> {
  const listed = (await gitFiles(directory, signal)) ?? [];
  const files = listed.length > 0 ? listed : await allFiles(directory);
  const present = await Promise.all(
    files.map(async (file) => {
      if (isCredentialsName(basename(file))) return [];
      const found = await lstat(join(directory, file)).catch(() => undefined);
      return found !== undefined && (found.isFile() || found.isSymbolicLink()) ? [file] : [];
    }),
  );
  return present.flat().sort();
}

async function gitFiles(directory: string, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
  const args = [
    '-c',
    'core.fsmonitor=false',
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    '.',
  ];
  const options = { cwd: directory, env: cleanEnvironment(), timeoutMs: LIST_TIMEOUT_MS, signal };
  try {
    const { code, stdout } = await runProgram('git', args, options);
    return code === 0 ? [...new Set(stdout.split('\u0000').filter((file) => file !== ''))] : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

async function allFiles(directory: string, below = ''): Promise<readonly string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  const nested = entries.map((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? allFiles(directory, path) : [path];
  });
  return (await Promise.all(nested)).flat();
}

/** Copies the files to an empty directory and gives the sha256, in hex, of their paths and contents and of `extra`. */
export async function copyTree(
  directory: string,
  files: readonly string[],
  target: string,
  extra: readonly string[],
): Promise<string> {
  const hash = createHash('sha256');
  const root = await realpath(directory);
  for (const file of files) {
    const from = join(directory, file);
    const to = join(target, file);
    await mkdir(dirname(to), { recursive: true });
    const found = await lstat(from);
    if (found.isSymbolicLink()) {
      const link = await readlink(from);
      refuseOutside(root, resolve(dirname(join(root, file)), link), file);
      await symlink(link, to);
      add(hash, 'link', file, Buffer.from(link));
    } else {
      refuseOutside(root, await realpath(from), file);
      await copyFile(from, to);
      add(hash, (found.mode & 0o100) === 0 ? 'file' : 'program', file, await readFile(from));
    }
  }
  for (const text of extra) add(hash, 'extra', '', Buffer.from(text));
  return hash.digest('hex');
}

/** Every part with its length, so that no two trees give the same bytes. */
function add(hash: ReturnType<typeof createHash>, kind: string, path: string, content: Buffer): void {
  hash.update(`${kind} ${Buffer.byteLength(path)} ${content.length}\n${path}`).update(content);
}

function refuseOutside(root: string, target: string, file: string): void {
  const path = relative(root, target);
  if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)) return;
  throw new UsageError('link-leaves-repository', `${file} in ${root} is a link that leads out of its implementation`, {
    hint: 'Copy what it leads to into the implementation.',
  });
}
