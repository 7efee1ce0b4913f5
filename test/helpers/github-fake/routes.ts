import {
  commentOf,
  created,
  type FakeAnswer,
  invalid,
  issueOf,
  noContent,
  notFound,
  ok,
  pullAsIssue,
  pullOf,
  refusal,
  tooLong,
} from './answers.ts';
import { page } from './pages.ts';
import { type Need, read, write } from './permissions.ts';
import { type FakeState, type FakeToken, mentionsIn } from './state.ts';

export interface FakeRequest {
  readonly method: string;
  /** Without the prefix of the API and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly token: FakeToken;
  readonly apiUrl: string;
  /** Where the archives of artifacts are, on another origin. */
  readonly storeUrl: string;
}

export interface Route {
  readonly method: string;
  /** After `/repos/{owner}/{repo}`; groups are given to answer as texts. */
  readonly path: RegExp;
  /** Query parameters that GitHub knows here, besides those of pages. */
  readonly query?: readonly string[];
  needs(state: FakeState, found: readonly string[]): readonly Need[];
  answer(state: FakeState, request: FakeRequest, found: readonly string[]): FakeAnswer;
}

const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'];
const EITHER_WRITE = [write('issues'), write('pullRequests')];

/** Issues and pull requests have one numbering; the permission of a pull request is enough for its comments only. */
function onThread(level: (scope: 'issues' | 'pullRequests') => Need): Route['needs'] {
  return (state, [number]) =>
    state.pullRequests.has(Number(number)) ? [level('issues'), level('pullRequests')] : [level('issues')];
}

const comment = (state: FakeState, id: string | undefined) => state.comments.find((known) => known.id === Number(id));

export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/pulls$/,
    query: ['state', 'head', 'base', 'sort', 'direction'],
    needs: () => [read('pullRequests')],
    answer: (state, request) => {
      const head = request.query.get('head');
      const wanted = request.query.get('state') ?? 'open';
      const found = [...state.pullRequests.values()]
        .filter(({ open }) => wanted === 'all' || (wanted === 'open') === open)
        .filter(({ headRepository, headBranch }) => {
          // Without an owner the filter is ignored, as on GitHub.
          if (head === null || !head.includes(':')) return true;
          return head === `${headRepository?.split('/')[0]}:${headBranch}`;
        });
      return page(
        request,
        found.map((pull) => pullOf(state, pull)),
      );
    },
  },
  {
    method: 'GET',
    path: /^\/pulls\/(\d+)$/,
    needs: () => [read('pullRequests')],
    answer: (state, _request, [number]) => {
      const pull = state.pullRequests.get(Number(number));
      return pull === undefined ? notFound() : ok(pullOf(state, pull));
    },
  },
  {
    method: 'GET',
    path: /^\/issues\/(\d+)\/comments$/,
    query: ['since'],
    needs: onThread(read),
    answer: (state, request, [number]) => {
      if (!hasThread(state, Number(number))) return notFound();
      const found = state.comments.filter((known) => known.number === Number(number));
      return page(
        request,
        found.map((known) => commentOf(state, known)),
      );
    },
  },
  {
    method: 'POST',
    path: /^\/issues\/(\d+)\/comments$/,
    needs: onThread(write),
    answer: (state, { body, token }, [text]) => {
      const number = Number(text);
      if (!hasThread(state, number)) return notFound();
      const thread = state.pullRequests.get(number) ?? state.issues.find((issue) => issue.number === number);
      if (thread?.locked) return refusal(403, 'Unable to create comment because issue is locked.');
      const problem = problemOf(state, 'IssueComment', body.body);
      if (problem !== undefined) return problem;
      const made = { id: state.nextId(), number, author: token.login, body: String(body.body), edits: 0 };
      state.comments.push(made);
      state.notifications.push({ what: 'comment', number, mentions: mentionsIn(made.body) });
      return created(commentOf(state, made));
    },
  },
  {
    method: 'PATCH',
    path: /^\/issues\/comments\/(\d+)$/,
    needs: () => EITHER_WRITE,
    answer: (state, { body }, [id]) => {
      const found = comment(state, id);
      if (found === undefined) return notFound();
      const problem = problemOf(state, 'IssueComment', body.body);
      if (problem !== undefined) return problem;
      found.body = String(body.body);
      found.edits += 1;
      return ok(commentOf(state, found));
    },
  },
  {
    method: 'DELETE',
    path: /^\/issues\/comments\/(\d+)$/,
    needs: () => EITHER_WRITE,
    answer: (state, _request, [id]) => {
      const found = comment(state, id);
      if (found === undefined) return notFound();
      state.comments.splice(state.comments.indexOf(found), 1);
      return noContent();
    },
  },
  {
    method: 'POST',
    path: /^\/issues\/comments\/(\d+)\/reactions$/,
    needs: () => EITHER_WRITE,
    answer: (state, { body, token }, [id]) => {
      const found = comment(state, id);
      if (found === undefined) return notFound();
      const content = String(body.content);
      if (!REACTIONS.includes(content)) return invalid([{ resource: 'Reaction', field: 'content', code: 'invalid' }]);
      const reaction = { commentId: found.id, content, author: token.login };
      const isThere = state.reactions.some(
        (known) => known.commentId === found.id && known.content === content && known.author === token.login,
      );
      if (!isThere) state.reactions.push(reaction);
      return isThere ? ok(reaction) : created(reaction);
    },
  },
  {
    method: 'GET',
    path: /^\/issues$/,
    query: ['state', 'labels', 'creator', 'sort', 'direction'],
    needs: () => [read('issues')],
    answer: (state, request) => {
      const wanted = request.query.get('state') ?? 'open';
      const labels = (request.query.get('labels') ?? '').split(',').filter((label) => label !== '');
      const isWanted = (open: boolean) => wanted === 'all' || (wanted === 'open') === open;
      const hasLabels = (own: readonly string[]) =>
        labels.every((label) => own.some((name) => name.toLowerCase() === label.toLowerCase()));
      const issues = state.issues
        .filter(({ open }) => isWanted(open))
        .filter((issue) => hasLabels(issue.labels))
        .map((issue) => ({ number: issue.number, shown: issueOf(state, issue) }));
      const pulls = [...state.pullRequests.values()]
        .filter((pull) => isWanted(pull.open) && hasLabels(pull.labels))
        .map((pull) => ({ number: pull.number, shown: pullAsIssue(state, pull) }));
      const ascending = request.query.get('direction') === 'asc';
      const sorted = [...issues, ...pulls].sort((a, b) => (ascending ? a.number - b.number : b.number - a.number));
      return page(
        request,
        sorted.map(({ shown }) => shown),
      );
    },
  },
  {
    method: 'POST',
    path: /^\/issues$/,
    needs: () => [write('issues')],
    answer: (state, { body, token }) => {
      const problem = problemOf(state, 'Issue', body.body);
      if (problem !== undefined) return problem;
      if (typeof body.title !== 'string' || body.title === '') {
        return invalid([{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
      }
      const number = Math.max(0, ...state.pullRequests.keys(), ...state.issues.map((issue) => issue.number)) + 1;
      const labels = Array.isArray(body.labels) ? body.labels.map(String) : [];
      const texts = { title: body.title, body: String(body.body) };
      const made = { number, ...texts, labels, author: token.login, open: true, locked: false };
      state.issues.push(made);
      state.notifications.push({ what: 'issue', number, mentions: mentionsIn(made.body) });
      return created(issueOf(state, made));
    },
  },
  {
    method: 'PATCH',
    path: /^\/issues\/(\d+)$/,
    needs: () => [write('issues')],
    answer: (state, { body }, [number]) => {
      const found = state.issues.find((issue) => issue.number === Number(number));
      if (found === undefined) return notFound();
      const problem = body.body === undefined ? undefined : problemOf(state, 'Issue', body.body);
      if (problem !== undefined) return problem;
      if (body.body !== undefined) found.body = String(body.body);
      if (body.title !== undefined) found.title = String(body.title);
      if (body.state !== undefined) found.open = body.state === 'open';
      return ok(issueOf(state, found));
    },
  },
  {
    method: 'GET',
    path: /^\/collaborators\/([^/]+)\/permission$/,
    needs: () => [read('metadata')],
    answer: (state, _request, [user = '']) => {
      const found = state.collaborators.get(decodeURIComponent(user));
      if (found === undefined) return notFound();
      return ok({ permission: found.permission, role_name: found.role ?? found.permission, user: { login: user } });
    },
  },
  {
    method: 'GET',
    path: /^\/actions\/runs\/(\d+)\/artifacts$/,
    query: ['name'],
    needs: () => [read('actions')],
    answer: (state, request, [runId]) => {
      if (!state.runs.has(Number(runId))) return notFound();
      const name = request.query.get('name');
      const found = state.artifacts
        .filter((artifact) => artifact.runId === Number(runId) && (name === null || artifact.name === name))
        .map(({ id, name: ownName, sizeInBytes, expired }) => ({
          id,
          name: ownName,
          size_in_bytes: sizeInBytes,
          expired,
          archive_download_url: `${request.apiUrl}/repos/${state.repository}/actions/artifacts/${id}/zip`,
        }));
      return page(request, found, (entries) => ({ total_count: found.length, artifacts: entries }));
    },
  },
  {
    method: 'GET',
    path: /^\/actions\/artifacts\/(\d+)\/zip$/,
    needs: () => [read('actions')],
    answer: (state, { storeUrl }, [id]) => {
      const found = state.artifacts.find((artifact) => artifact.id === Number(id));
      if (found === undefined) return notFound();
      if (found.expired) return refusal(410, 'Artifact has expired');
      return { status: 302, headers: { location: `${storeUrl}/store/${found.id}?sig=c2lnbmF0dXJl` } };
    },
  },
];

function hasThread({ pullRequests, issues }: FakeState, number: number): boolean {
  return pullRequests.has(number) || issues.some((issue) => issue.number === number);
}

function problemOf({ bodyLimit }: FakeState, resource: string, body: unknown): FakeAnswer | undefined {
  if (typeof body !== 'string' || body === '') {
    return invalid([{ resource, code: 'missing_field', field: 'body', message: "Body can't be blank" }]);
  }
  return [...body].length > bodyLimit ? tooLong(resource, bodyLimit) : undefined;
}
