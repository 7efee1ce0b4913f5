import type { PullRequest } from '../domain/job.ts';

export interface Checkout {
  /** Absolute directory that holds the files. */
  readonly root: string;
  readonly commit?: string;
  /** Set when the remote was unreachable and a cached copy was used. */
  readonly cachedAgeMs?: number;
}

/** Source trees: local directories and Git repositories. */
export interface SourceRepository {
  /** A tree of `url` (directory, file:// or Git URL) at `ref`; cached for `ttlMs`, and used beyond that when the remote is unreachable. */
  checkout(url: string, ref: string | undefined, ttlMs: number, signal?: AbortSignal): Promise<Checkout>;
  /** The tree of a commit-ish of the Git repository that contains `directory`, restricted to that directory; undefined when there is no such repository or commit. */
  treeAt(directory: string, commitish: string, signal?: AbortSignal): Promise<Checkout | undefined>;
  /** Commit that `directory` is checked out at, with a `-dirty` suffix when files differ; undefined outside Git. */
  describe(directory: string, signal?: AbortSignal): Promise<string | undefined>;
  /**
   * Files that differ between a commit and `directory` as it is now, as paths relative to it: also untracked, unless
   * ignored, and deleted ones, and both names of a renamed one. Undefined when there is no such repository or commit.
   */
  changedFiles(directory: string, base: string, signal?: AbortSignal): Promise<readonly string[] | undefined>;
  /**
   * The commit that a checked-out pull request is compared with: the first parent of a test merge of its head, else the
   * merge base of its base and what is checked out, else its base. Undefined when none of them can be had.
   */
  baseOf(
    directory: string,
    change: Pick<PullRequest, 'headSha' | 'baseSha'>,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
}
