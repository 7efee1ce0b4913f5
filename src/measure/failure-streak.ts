import type { Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';

/** What became of a sample that was not kept: a transport failure, `status 503`, `aborted`, `unproven` or `void`. */
export interface Loss {
  readonly kind: string;
  readonly reason: string;
  /** Of `aborted`: what the platform answered. */
  readonly abortedStatus?: number;
}

// Three dead answers in a row are no accident. What the log fails to prove may come back: more patience.
const MOST_FAILURES = 3;
const MOST_UNPROVEN = 5;

/** Losses that are not the service's failure. */
export const SOFT: ReadonlySet<string> = new Set(['unproven', 'aborted', 'void']);

const HINTS: Readonly<Record<string, string>> = {
  timeout: 'the service starts but does not answer, or it never opens its port: see its log',
  refused: 'nothing listens at the address: see the log of the instance',
  reset: 'the service closed the connection without an answer: see its log',
  protocol: 'what came back is not HTTP/1.1: does something else listen on the port?',
  'wrong answer': 'the service answers, but not as its contract says: validate it',
  unproven:
    'only proven cold starts are counted; check that the platform log can be read and that nothing else calls the service',
  aborted: 'the platform has no instance to give: check the CPU and memory quota of the project and region',
  void: 'a warm block counts only with correct answers of one instance: check the answers under load and max instances',
};

/** Counts losses of one kind in a row, per side, and says when to give up. */
export class FailureStreak {
  readonly #counts = new Map<Side, { kind: string; count: number }>();

  kept(side: Side): void {
    this.#counts.delete(side);
  }

  /** Throws InfrastructureError when the same has happened too often in a row. `evidence` is the platform's word, if any. */
  lost(side: Side, service: string, loss: Loss, evidence?: string): void {
    const before = this.#counts.get(side);
    const count = before?.kind === loss.kind ? before.count + 1 : 1;
    this.#counts.set(side, { kind: loss.kind, count });
    const soft = SOFT.has(loss.kind);
    if (count < (soft ? MOST_UNPROVEN : MOST_FAILURES)) return;
    const said = evidence === undefined ? '' : `; the platform says: ${evidence}`;
    throw new InfrastructureError(
      `measure-${loss.kind.replaceAll(' ', '-')}`,
      `${service} (${side}): ${count} samples in a row were lost, the last because: ${loss.reason}${said}`,
      { hint: HINTS[loss.kind] ?? 'the service must answer its first request with 200' },
    );
  }
}
