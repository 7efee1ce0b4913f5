import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InfrastructureError } from '../../domain/errors.ts';
import type { GitCli } from './git-cli.ts';

/** Builds a directory beside its place and renames it: nobody ever sees half of it. An existing one stays. */
export async function placeDirectory(target: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  if (await isDirectory(target)) return;
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await mkdir(dirname(target), { recursive: true });
    await rename(temporary, target).catch(async (error: unknown) => {
      // Somebody else was quicker with the same tree.
      if (!(await isDirectory(target))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Writes a tree of a repository to `target`, exactly as it was committed: by an index of its own, since `git archive`
 * leaves out what attributes say, and a worktree would be recorded in the user's repository.
 */
export async function exportTree(
  git: GitCli,
  repository: { readonly gitDirectory: string; readonly tree: string },
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await placeDirectory(target, async (temporary) => {
    const index = `${temporary}.index`;
    const call = { cwd: temporary, signal, env: { GIT_INDEX_FILE: index } };
    const place = [`--git-dir=${repository.gitDirectory}`, `--work-tree=${temporary}`];
    try {
      for (const args of [
        ['read-tree', repository.tree],
        ['checkout-index', '--all', '--force'],
      ]) {
        const { code, stderr } = await git.run([...place, ...args], call);
        if (code !== 0)
          throw new InfrastructureError(
            'export-failed',
            `git could not write tree ${repository.tree}: ${stderr.trim().slice(-500)}`,
          );
      }
    } finally {
      await rm(index, { force: true });
    }
  });
}

/** Where a repository keeps its objects, absolute; undefined outside Git. */
export async function gitDirectoryOf(
  git: GitCli,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!(await isDirectory(directory))) return undefined;
  return git.text(['rev-parse', '--absolute-git-dir'], { cwd: directory, signal });
}

export const treesBelow = (cacheDirectory: string) => join(cacheDirectory, 'trees');
