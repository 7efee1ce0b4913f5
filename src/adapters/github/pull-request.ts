import type { PullRequest } from '../../domain/job.ts';
import { at, idAt, repositoryAt, shaAt } from './fields.ts';

/** Stands for a head repository that was deleted: no repository has this name, so it counts as a foreign one. */
const GONE = '';

/** A pull request as GitHub's API and its event files describe it; undefined when something essential is missing. */
export function pullRequestOf(value: unknown): PullRequest | undefined {
  const number = idAt(value, 'number');
  const headSha = shaAt(value, 'head', 'sha');
  const baseSha = shaAt(value, 'base', 'sha');
  if (number === undefined || headSha === undefined || baseSha === undefined) return undefined;
  const headRepository = repositoryAt(value, 'head', 'repo', 'full_name') ?? GONE;
  return { number, open: at(value, 'state') === 'open', headSha, headRepository, baseSha };
}
