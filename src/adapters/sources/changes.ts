import type { PullRequest } from '../../domain/job.ts';
import type { Commits, GitPlace } from './commits.ts';
import { checkRef, type GitCli } from './git-cli.ts';
import { gitDirectoryOf } from './trees.ts';

/** A list that long was cut at its beginning, or might have been. */
const LONGEST_LIST = 8 * 1024 * 1024;
const FULL_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * Paths relative to `directory` that differ between a commit and the files as they are now; undefined when the commit is
 * not known, or the directory does not belong to a repository.
 */
export async function changedFiles(
  git: GitCli,
  commits: Commits,
  directory: string,
  base: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  checkRef(base);
  if ((await gitDirectoryOf(git, directory, signal)) === undefined) return undefined;
  const place = { cwd: directory, signal };
  if (await isIgnored(git, place)) return undefined;
  const commit = await commits.find(base, place);
  if (commit === undefined) return undefined;
  // Without the search for renames both names of a file that was moved are told.
  const diff = ['diff', '--name-only', '-z', '--no-renames', '--relative', '--no-ext-diff', '--ignore-submodules=none'];
  const untracked = ['ls-files', '-z', '--others', '--exclude-standard'];
  const lists = [await paths([...diff, commit, '--', '.'], place), await paths([...untracked, '--', '.'], place)];
  if (lists.includes(undefined)) return undefined;
  return [...new Set(lists.flatMap((list) => list ?? []))].sort();

  async function paths(args: readonly string[], at: GitPlace): Promise<readonly string[] | undefined> {
    const { code, stdout } = await git.run(args, { ...at, env: { GIT_OPTIONAL_LOCKS: '0' } });
    if (code !== 0 || stdout.length > LONGEST_LIST) return undefined;
    // A repository inside the repository is told with a slash at its end.
    return stdout
      .split('\0')
      .filter((path) => path !== '')
      .map((path) => path.replace(/\/$/, ''));
  }
}

/**
 * The commit that a checked-out pull request is compared with. GitHub's test merge has the base as its first parent; a
 * checkout of the head itself left the base where its merge base is.
 */
export async function baseOf(
  git: GitCli,
  commits: Commits,
  directory: string,
  { headSha, baseSha }: Pick<PullRequest, 'headSha' | 'baseSha'>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!FULL_ID.test(headSha) || !FULL_ID.test(baseSha)) return undefined;
  if ((await gitDirectoryOf(git, directory, signal)) === undefined) return undefined;
  const place = { cwd: directory, signal };
  const head = await commits.known('HEAD', place);
  if (head === undefined || (await isIgnored(git, place))) return undefined;
  const [first, second, ...others] = await parentsOf(git, head, place);
  if (first !== undefined && second === headSha && others.length === 0) {
    const base = await commits.find(first, place);
    if (base !== undefined) return base;
  }
  const base = await commits.find(baseSha, place);
  return base === undefined ? undefined : ((await commits.mergeBase(base, head, headSha, place)) ?? base);
}

/** As the commit itself says: a shallow clone hides the parents that it lacks from everything else. */
async function parentsOf(git: GitCli, commit: string, place: GitPlace): Promise<readonly string[]> {
  const text = (await git.text(['cat-file', 'commit', commit], place)) ?? '';
  const [header = ''] = text.split('\n\n', 1);
  return header
    .split('\n')
    .filter((line) => line.startsWith('parent '))
    .map((line) => line.slice('parent '.length));
}

/** An ignored directory, such as a cache, has nothing to do with the commit around it. */
export async function isIgnored(git: GitCli, place: GitPlace): Promise<boolean> {
  const { code } = await git.run(['check-ignore', '--quiet', '--', '.'], place);
  return code === 0;
}
