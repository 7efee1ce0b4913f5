import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Checkout, SourceRepository } from '../../ports/source.ts';
import { baseOf, changedFiles, isIgnored } from './changes.ts';
import { createCommits } from './commits.ts';
import { checkRef, checkUrl, GitCli } from './git-cli.ts';
import { checkoutRemote } from './remote.ts';
import type { SharedCache } from './shared-cache.ts';
import { exportTree, gitDirectoryOf, isDirectory, treesBelow } from './trees.ts';

export interface GitSourcesOptions {
  readonly cacheDirectory: string;
  readonly clock: Clock;
  /** For `serverUrl` only; reaches git by its environment, so that it is in no argument. */
  readonly githubToken?: string;
  /** `https://github.com` unless told otherwise. */
  readonly serverUrl?: string;
  /** In CI a checkout often lacks all commits but one: whether those that are needed are fetched from `origin`. */
  readonly deepen?: boolean;
  readonly logger?: Pick<Logger, 'debug'>;
  /** Keeps trees of remote repositories from job to job. */
  readonly shared?: SharedCache;
}

/** Directories, and Git repositories by the git program. */
export function createGitSources(options: GitSourcesOptions): SourceRepository {
  const { cacheDirectory, clock, githubToken, serverUrl, deepen = false, logger, shared } = options;
  const cache = resolve(cacheDirectory);
  const git = new GitCli(githubToken, serverUrl);
  const commits = createCommits(git, { deepen, ...(logger === undefined ? {} : { logger }) });

  async function checkout(
    url: string,
    ref: string | undefined,
    ttlMs: number,
    signal?: AbortSignal,
  ): Promise<Checkout> {
    if (ref !== undefined) checkRef(ref);
    const directory = await localDirectory(url);
    if (directory === undefined) {
      // Only of a path it is certain that there are no credentials in it to be printed.
      if (isAbsolute(url))
        throw new UsageError('directory-missing', `found no directory ${url}`, {
          hint: 'Name the directory of a service repository, its manifest.yaml, or a Git URL.',
        });
      checkUrl(url);
      return checkoutRemote(
        { git, cacheDirectory: cache, clock, ...(shared === undefined ? {} : { shared }) },
        url,
        ref,
        ttlMs,
        signal,
      );
    }
    if (ref === undefined) {
      const commit = await describe(directory, signal);
      return { root: directory, ...(commit === undefined ? {} : { commit }) };
    }
    const tree = await treeAt(directory, ref, signal);
    if (tree !== undefined) return tree;
    throw new UsageError('ref-missing', `${url} is no Git repository with the ref ${ref}`, {
      hint: 'Name an existing branch, tag or commit, or leave ref out.',
    });
  }

  async function treeAt(directory: string, commitish: string, signal?: AbortSignal): Promise<Checkout | undefined> {
    checkRef(commitish);
    const gitDirectory = await gitDirectoryOf(git, directory, signal);
    if (gitDirectory === undefined) return undefined;
    const call = { cwd: directory, signal };
    const prefix = await git.text(['rev-parse', '--show-prefix'], call);
    const commit = await commits.find(commitish, call);
    if (prefix === undefined || commit === undefined) return undefined;
    const tree = await git.text(['rev-parse', '--verify', '--quiet', `${commit}:${prefix.replace(/\/$/, '')}`], call);
    if (tree === undefined) return undefined;
    const root = join(treesBelow(cache), `${commit}-${tree.slice(0, 12)}`);
    await exportTree(git, { gitDirectory, tree }, root, signal);
    return { root, commit };
  }

  async function describe(directory: string, signal?: AbortSignal): Promise<string | undefined> {
    if ((await gitDirectoryOf(git, directory, signal)) === undefined) return undefined;
    const call = { cwd: directory, signal };
    const commit = await commits.known('HEAD', call);
    if (commit === undefined || (await isIgnored(git, call))) return undefined;
    const changes = await git.text(['status', '--porcelain', '--', '.'], call);
    return changes === '' ? commit : `${commit}-dirty`;
  }

  return {
    checkout,
    treeAt,
    describe,
    changedFiles: (directory, base, signal) => changedFiles(git, commits, directory, base, signal),
    baseOf: (directory, change, signal) => baseOf(git, commits, directory, change, signal),
  };
}

/** The directory that a URL names by its path: a plain one, or `file://` to one that is no Git repository. */
async function localDirectory(url: string): Promise<string | undefined> {
  if (!url.includes('://')) return (await isDirectory(url)) ? resolve(url) : undefined;
  if (!url.startsWith('file://')) return undefined;
  try {
    const directory = fileURLToPath(url);
    const repository = (await exists(join(directory, '.git'))) || (await exists(join(directory, 'HEAD')));
    return !repository && (await isDirectory(directory)) ? directory : undefined;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
