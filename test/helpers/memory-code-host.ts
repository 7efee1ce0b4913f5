import type { PullRequest } from '../../src/domain/job.ts';
import {
  type ArtifactLimits,
  type CodeHost,
  CodeHostError,
  type HostComment,
  type HostIssue,
  type Permission,
  type Reaction,
} from '../../src/ports/code-host.ts';

export const OWN_ACCOUNT = 'github-actions[bot]';
export const REPOSITORY = 'org/service';
export const BODY_LIMIT = 65_536;

export interface SeededPullRequest extends PullRequest {
  readonly headBranch: string;
}

export interface SeededComment {
  /** Of the pull request or issue. */
  readonly number: number;
  readonly body: string;
  /** The own account when it is left out. */
  readonly author?: string;
}

export interface SeededIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly open?: boolean;
  readonly author?: string;
}

/** What is there before the test; everything may be left out. */
export interface CodeHostSeed {
  readonly pullRequests?: readonly SeededPullRequest[];
  readonly comments?: readonly SeededComment[];
  readonly issues?: readonly SeededIssue[];
  readonly permissions?: Readonly<Record<string, Permission>>;
  /** Files by path, of `{runId}/{name}`. */
  readonly artifacts?: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** In characters, of comments and issues. */
  readonly bodyLimit?: number;
}

export interface MemoryComment {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  body: string;
}

export interface MemoryIssue {
  readonly number: number;
  readonly labels: readonly string[];
  readonly author: string;
  title: string;
  body: string;
  open: boolean;
}

export interface MemoryCodeHost extends CodeHost {
  /** May be changed during a test: a push is another headSha. */
  readonly pullRequests: Map<number, SeededPullRequest>;
  readonly comments: MemoryComment[];
  readonly issues: MemoryIssue[];
  readonly reactions: { readonly commentId: number; readonly reaction: Reaction }[];
  /** Names of the methods that were called, in order. */
  readonly calls: (keyof CodeHost)[];
  /** Runs before each call; what it throws is what the call throws, what it awaits holds the call up. */
  before: (call: keyof CodeHost) => void | Promise<void>;
}

/** A code host that forgets everything at the end of the test. */
export function createMemoryCodeHost(seed: CodeHostSeed = {}): MemoryCodeHost {
  const { bodyLimit = BODY_LIMIT, permissions = {}, artifacts = new Map<string, ReadonlyMap<string, string>>() } = seed;
  let nextId = 1;
  const pullRequests = new Map((seed.pullRequests ?? []).map((pull) => [pull.number, pull]));
  const comments: MemoryComment[] = (seed.comments ?? []).map((comment) => ({
    author: OWN_ACCOUNT,
    ...comment,
    id: nextId++,
  }));
  const issues: MemoryIssue[] = (seed.issues ?? []).map((issue) => ({ open: true, author: OWN_ACCOUNT, ...issue }));
  const reactions: { commentId: number; reaction: Reaction }[] = [];

  const missing = (what: string) => new CodeHostError('not-found', `${what} does not exist`);
  const shown = ({ id, number, body }: MemoryComment): HostComment => ({
    id,
    body,
    url: `https://github.com/${REPOSITORY}/pull/${number}#issuecomment-${id}`,
  });
  const shownIssue = ({ number, title, body, open }: MemoryIssue): HostIssue => ({
    number,
    title,
    body,
    open,
    url: `https://github.com/${REPOSITORY}/issues/${number}`,
  });
  const checkLength = (body: string) => {
    if ([...body].length > bodyLimit) throw new CodeHostError('too-long', `a body has at most ${bodyLimit} characters`);
  };
  const commentOf = (id: number) => {
    const found = comments.find((comment) => comment.id === id);
    if (found === undefined) throw missing(`comment ${id}`);
    return found;
  };

  const host: MemoryCodeHost = {
    repository: REPOSITORY,
    pullRequests,
    comments,
    issues,
    reactions,
    calls: [],
    before: () => undefined,

    async pullRequest(number, signal) {
      await enter('pullRequest', signal);
      const found = pullRequests.get(number);
      return found === undefined ? undefined : withoutBranch(found);
    },

    async pullRequestsOfHead({ repository, branch, sha }, signal) {
      await enter('pullRequestsOfHead', signal);
      return [...pullRequests.values()]
        .filter(({ open, headRepository, headBranch, headSha }) => {
          const same = headRepository.toLowerCase() === repository.toLowerCase();
          return open && same && headBranch === branch && headSha === sha;
        })
        .map(withoutBranch);
    },

    async ownComments(number, marker, signal) {
      await enter('ownComments', signal);
      checkNumber(number);
      return comments
        .filter((comment) => comment.number === number && comment.author === OWN_ACCOUNT)
        .filter(({ body }) => body.startsWith(marker))
        .map(shown);
    },

    async createComment(number, body, signal) {
      await enter('createComment', signal);
      checkNumber(number);
      checkLength(body);
      const made = { id: nextId++, number, author: OWN_ACCOUNT, body };
      comments.push(made);
      return shown(made);
    },

    async updateComment(id, body, signal) {
      await enter('updateComment', signal);
      const found = commentOf(id);
      checkLength(body);
      found.body = body;
      return shown(found);
    },

    async deleteComment(id, signal) {
      await enter('deleteComment', signal);
      const index = comments.findIndex((comment) => comment.id === id);
      if (index >= 0) comments.splice(index, 1);
    },

    async permissionOf(user, signal) {
      await enter('permissionOf', signal);
      return permissions[user] ?? 'none';
    },

    async react(commentId, reaction, signal) {
      await enter('react', signal);
      commentOf(commentId);
      const isThere = reactions.some((known) => known.commentId === commentId && known.reaction === reaction);
      if (!isThere) reactions.push({ commentId, reaction });
    },

    async ownIssues(label, signal) {
      await enter('ownIssues', signal);
      return issues.filter(({ author, labels }) => author === OWN_ACCOUNT && labels.includes(label)).map(shownIssue);
    },

    async createIssue({ title, body, labels }, signal) {
      await enter('createIssue', signal);
      checkLength(body);
      const number = Math.max(0, ...pullRequests.keys(), ...issues.map((issue) => issue.number)) + 1;
      const made = { number, title, body, labels, open: true, author: OWN_ACCOUNT };
      issues.push(made);
      return shownIssue(made);
    },

    async updateIssue(number, change, signal) {
      await enter('updateIssue', signal);
      const found = issues.find((issue) => issue.number === number);
      if (found === undefined) throw missing(`issue ${number}`);
      if (change.body !== undefined) checkLength(change.body);
      Object.assign(found, change);
      return shownIssue(found);
    },

    async artifact(runId, name, limits, signal) {
      await enter('artifact', signal);
      const files = artifacts.get(`${runId}/${name}`);
      if (files !== undefined) checkLimits(files, limits);
      return files;
    },
  };

  async function enter(call: keyof CodeHost, signal: AbortSignal | undefined): Promise<void> {
    host.calls.push(call);
    await host.before(call);
    signal?.throwIfAborted();
  }

  function checkNumber(number: number): void {
    if (!pullRequests.has(number) && !issues.some((issue) => issue.number === number)) throw missing(`#${number}`);
  }

  return host;
}

function withoutBranch({ headBranch: _branch, ...pullRequest }: SeededPullRequest): PullRequest {
  return pullRequest;
}

function checkLimits(files: ReadonlyMap<string, string>, limits: ArtifactLimits): void {
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (files.size <= limits.files && bytes <= limits.totalBytes) return;
  throw new CodeHostError('artifact-refused', `found ${files.size} files of ${bytes} bytes, wanted fewer`);
}
