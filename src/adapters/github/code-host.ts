import type { Clock } from '../../ports/clock.ts';
import { type CodeHost, PERMISSIONS } from '../../ports/code-host.ts';
import type { Logger } from '../../ports/logger.ts';
import { createClock } from '../system/clock.ts';
import { needed } from './answers.ts';
import { readArtifact } from './artifact.ts';
import { createComments } from './comments.ts';
import { isSameName, loginAt, repositoryAt, textAt } from './fields.ts';
import { createIssues } from './issues.ts';
import type { ProxySettings } from './proxied-fetch.ts';
import { pullRequestOf } from './pull-request.ts';
import { createRepository } from './repository.ts';

export interface GitHubOptions {
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server (GITHUB_API_URL). */
  readonly apiUrl: string;
  /** GITHUB_GRAPHQL_URL; follows from apiUrl when it is left out. */
  readonly graphqlUrl?: string;
  /** `owner/name` */
  readonly repository: string;
  readonly token: string;
  readonly logger: Logger;
  /** GitHub refuses requests without one. */
  readonly userAgent: string;
  readonly clock?: Clock;
  /** How long one call waits in all, for rate limits and between attempts; 2 minutes when it is left out. */
  readonly longestWaitMs?: number;
  /** In [0, 1), spreads the attempts of parallel jobs. */
  readonly random?: () => number;
  /** In place of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly proxy?: ProxySettings;
}

const LONGEST_WAIT_MS = 120_000;
const PULLS = '/repos/{owner}/{repo}/pulls';
const READS = 'pull-requests: read';

/** GitHub's REST API, on github.com and on Enterprise Servers. */
export function createGitHub(options: GitHubOptions): CodeHost {
  const { repository } = options;
  const begin = createRepository(repository, {
    clock: createClock(),
    longestWaitMs: LONGEST_WAIT_MS,
    random: Math.random,
    ...options,
  });
  return {
    repository,
    ...createComments(begin),
    ...createIssues(begin),

    async pullRequest(number, signal) {
      const action = `reading pull request #${number}`;
      const found = await begin(signal).find({
        action,
        needs: READS,
        route: `GET ${PULLS}/{pull_number}`,
        parameters: { pull_number: number },
      });
      return found === undefined ? undefined : needed(pullRequestOf(found), action);
    },

    async pullRequestsOfHead({ repository: headRepository, branch, sha }, signal) {
      if (repositoryAt({ headRepository }, 'headRepository') === undefined) return [];
      const open = await begin(signal).list({
        action: `listing the pull requests of ${headRepository}`,
        needs: READS,
        route: `GET ${PULLS}`,
        parameters: { state: 'open', head: `${headRepository.split('/')[0]}:${branch}` },
      });
      return open
        .filter((pull) => textAt(pull, 'head', 'ref') === branch)
        .flatMap((pull) => pullRequestOf(pull) ?? [])
        .filter((pull) => pull.open && pull.headSha === sha && isSameName(pull.headRepository, headRepository));
    },

    async permissionOf(user, signal) {
      const username = loginAt({ user }, 'user');
      if (username === undefined) return 'none';
      const found = await begin(signal).find({
        action: `asking what ${username} may do`,
        needs: 'metadata: read',
        route: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
        parameters: { username },
      });
      // The finer roles have their own member: here maintain is "write" and triage is "read".
      const permission = textAt(found, 'permission');
      return PERMISSIONS.find((known) => known === permission) ?? 'none';
    },

    artifact: (runId, name, limits, signal) => readArtifact(begin(signal).whole, { runId, name, limits }),
  };
}
