import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, UsageError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Checkout } from '../../ports/source.ts';
import type { GitCli } from './git-cli.ts';
import { readEntry, writeEntry } from './remote-entry.ts';
import type { SharedCache } from './shared-cache.ts';
import { isDirectory, placeDirectory } from './trees.ts';

export interface RemoteCache {
  readonly git: GitCli;
  readonly cacheDirectory: string;
  readonly clock: Clock;
  readonly shared?: SharedCache;
}

/** Where the trees of remote repositories are. */
export function remotesOf(cacheDirectory: string): string {
  return join(cacheDirectory, 'remotes');
}

/**
 * A tree of a Git URL. Trees are kept by commit and never change; a small file says which commit was seen last, and is
 * replaced by a rename. Beyond the time to live the remote is asked, and only when it is unreachable an old tree is used.
 */
export async function checkoutRemote(
  { git, cacheDirectory, clock, shared }: RemoteCache,
  url: string,
  ref: string | undefined,
  ttlMs: number,
  signal: AbortSignal | undefined,
): Promise<Checkout> {
  const key = createHash('sha256')
    .update(`${url}\u0000${ref ?? ''}`)
    .digest('hex')
    .slice(0, 24);
  const place = join(remotesOf(cacheDirectory), key);
  await shared?.restore();
  const entry = await readEntry(`${place}.json`);
  const root = (commit: string) => join(place, commit);
  const known = entry !== undefined && (await isDirectory(root(entry.commit))) ? entry : undefined;
  const ageMs = known === undefined ? 0 : clock.epochMs() - known.fetchedAtMs;
  if (known !== undefined && ageMs >= 0 && ageMs < ttlMs) return { root: root(known.commit), commit: known.commit };
  try {
    const commit = await fetchTree(git, url, ref, place, signal);
    await writeEntry(`${place}.json`, { commit, fetchedAtMs: clock.epochMs() });
    shared?.changed();
    return { root: root(commit), commit };
  } catch (error) {
    signal?.throwIfAborted();
    if (known === undefined || error instanceof UsageError) throw error;
    return { root: root(known.commit), commit: known.commit, cachedAgeMs: Math.max(0, ageMs) };
  }
}

async function fetchTree(
  git: GitCli,
  url: string,
  ref: string | undefined,
  place: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  await mkdir(place, { recursive: true });
  const temporary = join(place, `fetch-${process.pid}-${randomBytes(4).toString('hex')}`);
  let commit = '';
  await placeDirectory(temporary, async (directory) => {
    await must(git, ['init', '--quiet', '--initial-branch=main'], directory, signal);
    await must(git, ['remote', 'add', 'origin', '--', url], directory, signal);
    const fetched = await git.run(
      [
        'fetch',
        '--quiet',
        '--depth=1',
        '--no-tags',
        '--no-recurse-submodules',
        '--end-of-options',
        'origin',
        ref ?? 'HEAD',
      ],
      { cwd: directory, signal },
    );
    if (fetched.code !== 0) throw fetchFailure(url, ref, fetched.stderr);
    await must(git, ['checkout', '--quiet', '--detach', 'FETCH_HEAD'], directory, signal);
    commit = (await must(git, ['rev-parse', 'HEAD'], directory, signal)).trim();
  });
  await rename(temporary, join(place, commit)).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    // The remote has not moved, or somebody else was quicker.
    if (!(await isDirectory(join(place, commit)))) throw error;
  });
  return commit;
}

async function must(
  git: GitCli,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { code, stdout, stderr } = await git.run(args, { cwd, signal });
  if (code === 0) return stdout;
  throw new InfrastructureError('git-failed', `git ${args[0]} failed: ${stderr.trim().slice(-500)}`);
}

function fetchFailure(url: string, ref: string | undefined, stderr: string): UsageError | InfrastructureError {
  const reason = stderr.trim().split('\n').slice(-3).join(' ').slice(-500);
  if (/couldn't find remote ref|not our ref|unadvertised object|invalid refspec/i.test(stderr))
    return new UsageError('ref-missing', `${url} has no ref ${ref ?? 'HEAD'}`, {
      hint: 'Name an existing branch, tag or commit.',
    });
  return new InfrastructureError('source-unreachable', `cannot read ${url}: ${reason}`, {
    hint: 'Check the address and, for a private repository, the token; nothing of it is in the cache yet.',
  });
}
