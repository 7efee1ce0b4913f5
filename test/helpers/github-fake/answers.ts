import { type FakeComment, type FakeIssue, type FakePullRequest, type FakeState, REPOSITORY_ID } from './state.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; nothing is sent for undefined. */
  readonly body?: unknown;
}

const DOCS = 'https://docs.github.com/rest';
const SITE = 'https://github.example';

export const ok = (body: unknown): FakeAnswer => ({ status: 200, body });
export const created = (body: unknown): FakeAnswer => ({ status: 201, body });
export const noContent = (): FakeAnswer => ({ status: 204 });

export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return { status, headers, body: { message, documentation_url: DOCS, status: String(status) } };
}

export const notFound = (): FakeAnswer => refusal(404, 'Not Found');

export function invalid(errors: readonly unknown[]): FakeAnswer {
  return { status: 422, body: { message: 'Validation Failed', errors, documentation_url: DOCS, status: '422' } };
}

export const tooLong = (resource: string, limit: number): FakeAnswer =>
  invalid([
    { resource, code: 'unprocessable', field: 'data', message: `Body is too long (maximum is ${limit} characters)` },
  ]);

export function userOf(login: string): unknown {
  return { login, id: 1 + login.length, type: login.endsWith('[bot]') ? 'Bot' : 'User', site_admin: false };
}

export function commentOf(state: FakeState, { id, number, author, body }: FakeComment): unknown {
  const kind = state.pullRequests.has(number) ? 'pull' : 'issues';
  return {
    id,
    body,
    user: userOf(author),
    html_url: `${SITE}/${state.repository}/${kind}/${number}#issuecomment-${id}`,
  };
}

export function issueOf(state: FakeState, issue: FakeIssue): unknown {
  const { number, title, body, open, author, labels, locked } = issue;
  return {
    id: REPOSITORY_ID * 1000 + number,
    number,
    title,
    body,
    locked,
    state: open ? 'open' : 'closed',
    user: userOf(author),
    labels: labelsOf(labels),
    html_url: `${SITE}/${state.repository}/issues/${number}`,
  };
}

function labelsOf(names: readonly string[]): unknown {
  return names.map((name, id) => ({ id: id + 1, name }));
}

/** A pull request in the list of issues. */
export function pullAsIssue(state: FakeState, { number, open, author, labels }: FakePullRequest): unknown {
  const html = `${SITE}/${state.repository}/pull/${number}`;
  const issue = { number, title: `Change ${number}`, body: null, state: open ? 'open' : 'closed', html_url: html };
  return { ...issue, labels: labelsOf(labels), user: userOf(author), pull_request: { html_url: html } };
}

export function pullOf(state: FakeState, pull: FakePullRequest): unknown {
  const { number, open, headSha, headBranch, headRepository, baseSha, locked } = pull;
  const base = repositoryOf(state.repository);
  const owner = headRepository?.split('/')[0] ?? 'ghost';
  return {
    number,
    locked,
    state: open ? 'open' : 'closed',
    title: `Change ${number}`,
    user: userOf(pull.author),
    html_url: `${SITE}/${state.repository}/pull/${number}`,
    head: {
      label: `${owner}:${headBranch}`,
      ref: headBranch,
      sha: headSha,
      repo: headRepository === undefined ? null : repositoryOf(headRepository),
    },
    base: { label: `${state.repository.split('/')[0]}:main`, ref: 'main', sha: baseSha, repo: base },
  };
}

function repositoryOf(name: string): unknown {
  return { full_name: name, name: name.split('/')[1], owner: userOf(name.split('/')[0] ?? ''), default_branch: 'main' };
}
