/** A pull request as the code host describes it, never as files of the pull request do. */
export interface PullRequest {
  readonly number: number;
  readonly open: boolean;
  readonly headSha: string;
  /** `owner/name` of the repository that the head lives in; another one than the base's means a fork. */
  readonly headRepository: string;
  readonly baseSha: string;
}

/** The CI job that runs us, from the runner's environment and event file. Nothing in it comes from checked-out files. */
export interface Job {
  /** `owner/name` of the repository whose workflow runs. */
  readonly repository: string;
  /** `https://github.com`, or the address of an Enterprise Server. */
  readonly serverUrl: string;
  /** Name of the event: `pull_request`, `push`, `schedule`, `workflow_dispatch`, `workflow_run`, `issue_comment`. */
  readonly event: string;
  readonly runId: number;
  readonly runAttempt: number;
  /** Commit that the event is about; for `pull_request` a merge of head and base. */
  readonly sha?: string;
  readonly ref?: string;
  readonly defaultBranch?: string;
  readonly actor?: string;
  /** Of `pull_request` and `pull_request_target`. */
  readonly pullRequest?: PullRequest;
  /** Of `workflow_run`: the run that has completed. */
  readonly workflowRun?: WorkflowRun;
  /** Of `issue_comment`: a new comment, whose text is hostile. */
  readonly comment?: IssueComment;
}

export interface WorkflowRun {
  readonly id: number;
  readonly attempt: number;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string;
  readonly url: string;
}

export interface IssueComment {
  readonly id: number;
  readonly body: string;
  readonly author: string;
  /** Number of the issue or pull request that it stands under. */
  readonly number: number;
  readonly onPullRequest: boolean;
}

/** Address of the run in a browser. */
export function runUrl({ serverUrl, repository, runId }: Pick<Job, 'serverUrl' | 'repository' | 'runId'>): string {
  return `${serverUrl}/${repository}/actions/runs/${runId}`;
}

/**
 * Whether GitHub keeps secrets, an identity token and a token that writes from the job: it does for pull requests of
 * forks and of Dependabot. Runs that somebody with write access started are trusted, whatever they measure.
 */
export function isUntrusted({ pullRequest, repository, actor, event }: Job): boolean {
  if (event !== 'pull_request') return false;
  // Of an event that cannot be read nothing is known: in doubt it is a stranger's.
  if (pullRequest === undefined) return true;
  return pullRequest.headRepository.toLowerCase() !== repository.toLowerCase() || actor === 'dependabot[bot]';
}
