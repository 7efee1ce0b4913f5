import { type FakeAnswer, refusal } from './answers.ts';
import type { FakeToken, TokenPermissions } from './state.ts';

type Scope = keyof TokenPermissions | 'metadata';

/** One permission of several, each of which is enough. */
export interface Need {
  readonly scope: Scope;
  readonly level: 'read' | 'write';
}

export const read = (scope: Scope): Need => ({ scope, level: 'read' });
export const write = (scope: Scope): Need => ({ scope, level: 'write' });

const NAMES = {
  pullRequests: 'pull_requests',
  issues: 'issues',
  actions: 'actions',
  contents: 'contents',
  metadata: 'metadata',
} as const satisfies Record<Scope, string>;

/** `issues=write; pull_requests=write`: what would have been enough. */
export function acceptedPermissions(needs: readonly Need[]): string {
  return needs.map(({ scope, level }) => `${NAMES[scope]}=${level}`).join('; ');
}

export function isAllowed({ permissions }: FakeToken, needs: readonly Need[]): boolean {
  return needs.some(({ scope, level }) => {
    if (scope === 'metadata') return level === 'read';
    const has = permissions[scope] ?? 'none';
    return has === 'write' || has === level;
  });
}

export function notAccessible(needs: readonly Need[]): FakeAnswer {
  return refusal(403, 'Resource not accessible by integration', {
    'x-accepted-github-permissions': acceptedPermissions(needs),
  });
}
