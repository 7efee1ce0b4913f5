import { InfrastructureError, type PerfErrorOptions } from '../domain/errors.ts';
import type { PullRequest } from '../domain/job.ts';

export interface HostComment {
  readonly id: number;
  readonly body: string;
  readonly url: string;
}

export interface HostIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly open: boolean;
  readonly url: string;
}

export const PERMISSIONS = ['admin', 'write', 'read', 'none'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export type Reaction = 'eyes' | 'rocket' | 'confused' | '+1' | '-1';

export interface ArtifactLimits {
  /** Of the archive as it is transferred. */
  readonly archiveBytes: number;
  /** Of all files together when unpacked. */
  readonly totalBytes: number;
  readonly files: number;
}

/**
 * What we ask of GitHub for one repository. Reads follow all pages. Rate limits are waited for as the host says, within
 * the signal; nothing else is retried but what is safe to repeat. Throws CodeHostError.
 */
export interface CodeHost {
  /** `owner/name` */
  readonly repository: string;
  pullRequest(number: number, signal?: AbortSignal): Promise<PullRequest | undefined>;
  /** Open pull requests of this repository whose head is exactly that commit of that branch. */
  pullRequestsOfHead(
    head: { readonly repository: string; readonly branch: string; readonly sha: string },
    signal?: AbortSignal,
  ): Promise<readonly PullRequest[]>;
  /** Comments that this token's own account wrote and that begin with the marker, oldest first. */
  ownComments(number: number, marker: string, signal?: AbortSignal): Promise<readonly HostComment[]>;
  createComment(number: number, body: string, signal?: AbortSignal): Promise<HostComment>;
  updateComment(id: number, body: string, signal?: AbortSignal): Promise<HostComment>;
  /** Deleting what is gone is no error. */
  deleteComment(id: number, signal?: AbortSignal): Promise<void>;
  permissionOf(user: string, signal?: AbortSignal): Promise<Permission>;
  react(commentId: number, reaction: Reaction, signal?: AbortSignal): Promise<void>;
  /** Issues, open and closed, that this token's own account wrote and that carry the label; no pull requests. */
  ownIssues(label: string, signal?: AbortSignal): Promise<readonly HostIssue[]>;
  createIssue(
    issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] },
    signal?: AbortSignal,
  ): Promise<HostIssue>;
  updateIssue(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly open?: boolean },
    signal?: AbortSignal,
  ): Promise<HostIssue>;
  /**
   * The text files of a workflow run's artifact by path; undefined when there is no such artifact. Refuses, before
   * anything is kept, what exceeds a limit or names a path outside the archive.
   */
  artifact(
    runId: number,
    name: string,
    limits: ArtifactLimits,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | undefined>;
}

export type CodeHostProblem =
  /** The token may not do it. */
  | 'forbidden'
  | 'not-found'
  /** 422: the body is longer than the host takes. */
  | 'too-long'
  | 'rate-limited'
  /** The artifact exceeds a limit, or is no archive. */
  | 'artifact-refused'
  | 'unreachable'
  | 'unexpected';

export class CodeHostError extends InfrastructureError {
  override readonly name = 'CodeHostError';
  readonly problem: CodeHostProblem;
  constructor(problem: CodeHostProblem, message: string, options: PerfErrorOptions = {}) {
    super(`github-${problem}`, message, options);
    this.problem = problem;
  }
}
