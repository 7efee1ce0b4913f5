import type { Logger } from '../../ports/logger.ts';
import type { GitCli } from './git-cli.ts';

/** Where git is called. */
export interface GitPlace {
  readonly cwd: string;
  readonly signal: AbortSignal | undefined;
}

export interface Commits {
  /** A commit-ish of the repository itself, as a full id. */
  known(name: string, place: GitPlace): Promise<string | undefined>;
  /** The same, and where it lacks and may be asked for, from the remote `origin`. */
  find(name: string, place: GitPlace): Promise<string | undefined>;
  /**
   * The newest common ancestor; a shallow clone is deepened until there is one, within bounds. `head` may be a commit
   * that this job made on top of `published`, which the remote has.
   */
  mergeBase(base: string, head: string, published: string, place: GitPlace): Promise<string | undefined>;
}

export interface CommitsOptions {
  /** Whether a missing commit is always fetched, and history where it lacks; else only one commit of a shallow clone. */
  readonly deepen: boolean;
  readonly logger?: Pick<Logger, 'debug'>;
}

const FULL_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Commits to fetch further back, one step after the other. */
const STEPS = [50, 200, 1000, 5000] as const;
// A housekeeping process would outlive the call, and be killed with a lock in its hands.
const FETCH = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-gc'] as const;

export function createCommits(git: GitCli, { deepen, logger }: CommitsOptions): Commits {
  const known = (name: string, place: GitPlace) =>
    git.text(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], place);
  const isShallow = async (place: GitPlace) =>
    (await git.text(['rev-parse', '--is-shallow-repository'], place)) === 'true';

  async function fetch(options: readonly string[], names: readonly string[], place: GitPlace): Promise<boolean> {
    const { code, stderr } = await git.run([...FETCH, ...options, '--end-of-options', 'origin', ...names], place);
    if (code !== 0) logger?.debug(`git fetch of ${names.join(' and ')} failed: ${stderr.trim().slice(-300)}`);
    return code === 0;
  }

  /** A shallow clone, as CI makes it, lacks the base: only then the remote is asked, for that one commit. */
  async function fetched(name: string, place: GitPlace): Promise<string | undefined> {
    if (/[@^~{}]/.test(name)) return undefined;
    const shallow = await isShallow(place);
    if (!shallow && !(deepen && FULL_ID.test(name))) return undefined;
    const wanted = name.replace(/^origin\//, '');
    return (await fetch(shallow ? ['--depth=1'] : [], [wanted], place)) ? known('FETCH_HEAD', place) : undefined;
  }

  async function find(name: string, place: GitPlace): Promise<string | undefined> {
    return (
      (await known(name, place)) ?? (await known(`refs/remotes/origin/${name}`, place)) ?? (await fetched(name, place))
    );
  }

  async function mergeBase(
    base: string,
    head: string,
    published: string,
    place: GitPlace,
  ): Promise<string | undefined> {
    const common = () => git.text(['merge-base', '--end-of-options', base, head], place);
    let found = await common();
    if (!deepen) return found;
    let tips: readonly string[] = [base, head];
    for (const step of STEPS) {
      if (found !== undefined || !(await isShallow(place))) return found;
      const further = [`--deepen=${step}`];
      if (!(await fetch(further, tips, place))) {
        tips = [base, published];
        if (!(await fetch(further, tips, place))) return undefined;
      }
      found = await common();
    }
    if (found === undefined) logger?.debug(`no common ancestor of ${base} and ${head} was found in the last commits`);
    return found;
  }

  return { known, find, mergeBase };
}
