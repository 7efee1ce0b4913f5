import type { SeededComment, SeededIssue, SeededPullRequest } from '../memory-code-host.ts';

export type Level = 'none' | 'read' | 'write';

/** As a workflow's `permissions` say it. What is left out is none. */
export interface TokenPermissions {
  readonly pullRequests?: Level;
  readonly issues?: Level;
  readonly actions?: Level;
  readonly contents?: Level;
}

export interface FakeToken {
  readonly login: string;
  readonly permissions: TokenPermissions;
  /** What GraphQL's viewer is called: another name than REST says, or nothing at all. */
  readonly viewer?: string | 'refused';
}

export interface FakeComment {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  body: string;
  edits: number;
}

export interface FakeIssue {
  readonly number: number;
  readonly labels: readonly string[];
  readonly author: string;
  title: string;
  body: string;
  open: boolean;
  locked: boolean;
}

export interface FakePullRequest extends Omit<SeededPullRequest, 'headSha' | 'open' | 'headRepository'> {
  headSha: string;
  open: boolean;
  locked: boolean;
  readonly author: string;
  readonly labels: readonly string[];
  /** Undefined when the head's repository was deleted. */
  headRepository: string | undefined;
}

export interface FakeArtifact {
  readonly id: number;
  readonly runId: number;
  readonly name: string;
  readonly archive: Uint8Array;
  /** What the list says, true or not. */
  readonly sizeInBytes: number;
  readonly expired: boolean;
}

/** Somebody gets a mail: only for what is new, never for an edit. */
export interface Notification {
  readonly what: 'comment' | 'issue';
  readonly number: number;
  /** Names after an `@` that GitHub would turn into a mention. */
  readonly mentions: readonly string[];
}

export interface FakeSeed {
  readonly repository?: string;
  /** By secret. */
  readonly tokens?: Readonly<Record<string, FakeToken>>;
  readonly pullRequests?: readonly (Omit<SeededPullRequest, 'headRepository'> & {
    readonly headRepository: string | undefined;
    readonly locked?: boolean;
    readonly author?: string;
    readonly labels?: readonly string[];
  })[];
  readonly comments?: readonly SeededComment[];
  readonly issues?: readonly (SeededIssue & { readonly locked?: boolean })[];
  /** `permission` as REST says it, with the finer role in `role`. */
  readonly collaborators?: Readonly<Record<string, { readonly permission: string; readonly role?: string }>>;
  readonly runs?: readonly number[];
  readonly artifacts?: readonly {
    readonly runId: number;
    readonly name: string;
    readonly archive: Uint8Array;
    readonly sizeInBytes?: number;
    readonly expired?: boolean;
  }[];
  /** In characters, of comments and issues. */
  readonly bodyLimit?: number;
}

export interface FakeState {
  readonly repository: string;
  readonly tokens: Map<string, FakeToken>;
  readonly pullRequests: Map<number, FakePullRequest>;
  readonly comments: FakeComment[];
  readonly issues: FakeIssue[];
  readonly reactions: { readonly commentId: number; readonly content: string; readonly author: string }[];
  readonly collaborators: Map<string, { readonly permission: string; readonly role?: string }>;
  readonly runs: Set<number>;
  readonly artifacts: FakeArtifact[];
  readonly notifications: Notification[];
  readonly bodyLimit: number;
  nextId(): number;
}

/** Secret of the token that a fake has when the seed names none. */
export const JOB_TOKEN = 'ghs_fake0123456789abcdef';
export const JOB_ACCOUNT = 'github-actions[bot]';
export const REPOSITORY_ID = 4711;

const JOB: FakeToken = {
  login: JOB_ACCOUNT,
  permissions: { pullRequests: 'write', issues: 'write', actions: 'read', contents: 'read' },
};

export function createState(seed: FakeSeed): FakeState {
  let id = 1000;
  const nextId = () => ++id;
  const artifacts = (seed.artifacts ?? []).map((artifact) => ({
    sizeInBytes: artifact.archive.length,
    expired: false,
    ...artifact,
    id: nextId(),
  }));
  return {
    repository: seed.repository ?? 'org/service',
    tokens: new Map(Object.entries(seed.tokens ?? { [JOB_TOKEN]: JOB })),
    pullRequests: new Map(
      (seed.pullRequests ?? []).map((pull) => [pull.number, { locked: false, author: 'octocat', labels: [], ...pull }]),
    ),
    comments: (seed.comments ?? []).map((comment) => ({ author: JOB_ACCOUNT, ...comment, id: nextId(), edits: 0 })),
    issues: (seed.issues ?? []).map((issue) => ({ author: JOB_ACCOUNT, open: true, locked: false, ...issue })),
    reactions: [],
    collaborators: new Map(Object.entries(seed.collaborators ?? {})),
    runs: new Set([...(seed.runs ?? []), ...artifacts.map(({ runId }) => runId)]),
    artifacts,
    notifications: [],
    bodyLimit: seed.bodyLimit ?? 65_536,
    nextId,
  };
}

/** Mentions as GitHub finds them: not in code, not in comments of HTML, not within a word. */
export function mentionsIn(body: string): readonly string[] {
  const visible = body
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .replace(/(`+)[\s\S]*?\1/g, '');
  return [...visible.matchAll(/(?<![\w/`])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))/g)].map(([, name = '']) => name);
}
