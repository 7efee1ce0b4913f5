import { type IssueComment, type Job, runUrl, type WorkflowRun } from '../../domain/job.ts';
import { at, branchAt, idAt, loginAt, matching, repositoryAt, shaAt, textAt } from './fields.ts';
import { pullRequestOf } from './pull-request.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const EVENT = /^[a-z_]{1,64}$/;
const REF = /^refs\/[^\p{Cc}\s]{1,512}$/u;
const COUNT = /^[1-9][0-9]{0,15}$/;
const MAX_COMMENT_CHARS = 65_536;

/**
 * The job that this process is a step of, from the variables and the event file that GitHub's runner gives; undefined
 * outside of one. What is missing or of an unexpected form is left out, nothing throws.
 */
export async function readJob(env: Environment, readText: (path: string) => Promise<string>): Promise<Job | undefined> {
  const repository = repositoryAt(env, 'GITHUB_REPOSITORY');
  const runId = countOf(env.GITHUB_RUN_ID);
  if (env.GITHUB_ACTIONS !== 'true' || repository === undefined || runId === undefined) return undefined;
  const payload = await readEvent(env.GITHUB_EVENT_PATH, readText);
  const event = matching(EVENT, env.GITHUB_EVENT_NAME) ?? 'unknown';
  const serverUrl = serverOf(env.GITHUB_SERVER_URL);
  return {
    repository,
    serverUrl,
    event,
    runId,
    runAttempt: countOf(env.GITHUB_RUN_ATTEMPT) ?? 1,
    ...known('sha', shaAt(env, 'GITHUB_SHA')),
    ...known('ref', matching(REF, env.GITHUB_REF)),
    ...known('defaultBranch', branchAt(payload, 'repository', 'default_branch')),
    ...known('actor', loginAt(env, 'GITHUB_ACTOR')),
    ...aboutOf(event, payload, { repository, serverUrl }),
  };
}

/** What the event is about. An event file of another event than the variable names proves nothing. */
function aboutOf(
  event: string,
  payload: unknown,
  place: Pick<Job, 'repository' | 'serverUrl'>,
): Pick<Job, 'pullRequest' | 'workflowRun' | 'comment'> {
  switch (event) {
    case 'pull_request':
    case 'pull_request_target':
      return known('pullRequest', pullRequestOf(at(payload, 'pull_request')));
    case 'workflow_run':
      return known('workflowRun', workflowRunOf(at(payload, 'workflow_run'), place));
    case 'issue_comment':
      return known('comment', commentOf(payload));
    default:
      return {};
  }
}

function workflowRunOf(value: unknown, place: Pick<Job, 'repository' | 'serverUrl'>): WorkflowRun | undefined {
  const id = idAt(value, 'id');
  const event = matching(EVENT, textAt(value, 'event'));
  const headSha = shaAt(value, 'head_sha');
  const headBranch = branchAt(value, 'head_branch');
  const headRepository = repositoryAt(value, 'head_repository', 'full_name');
  if (!id || !event || !headSha || !headBranch || !headRepository) return undefined;
  const url = runUrl({ ...place, runId: id });
  return { id, attempt: idAt(value, 'run_attempt') ?? 1, event, headSha, headBranch, headRepository, url };
}

function commentOf(payload: unknown): IssueComment | undefined {
  const id = idAt(payload, 'comment', 'id');
  const author = loginAt(payload, 'comment', 'user', 'login');
  const number = idAt(payload, 'issue', 'number');
  const body = textAt(payload, 'comment', 'body');
  const isNew = at(payload, 'action') === 'created';
  if (!isNew || id === undefined || author === undefined || number === undefined || body === undefined)
    return undefined;
  const pullRequest = at(payload, 'issue', 'pull_request');
  return {
    id,
    body: body.slice(0, MAX_COMMENT_CHARS).toWellFormed(),
    author,
    number,
    onPullRequest: typeof pullRequest === 'object' && pullRequest !== null,
  };
}

async function readEvent(path: string | undefined, readText: (path: string) => Promise<string>): Promise<unknown> {
  if (path === undefined || path === '') return undefined;
  try {
    return JSON.parse(await readText(path));
  } catch {
    return undefined;
  }
}

function serverOf(text: string | undefined): string {
  const url = URL.parse(text ?? '');
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'https://github.com';
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function countOf(text: string | undefined): number | undefined {
  const digits = matching(COUNT, text);
  return digits === undefined || !Number.isSafeInteger(Number(digits)) ? undefined : Number(digits);
}

function known<Key extends keyof Job>(key: Key, value: Job[Key] | undefined): Partial<Pick<Job, Key>> {
  return value === undefined ? {} : ({ [key]: value } as Pick<Job, Key>);
}
