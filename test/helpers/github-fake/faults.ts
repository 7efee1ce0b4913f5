import { type FakeAnswer, refusal } from './answers.ts';

/** What goes wrong instead of, or after, what the request asks for. */
export type Fault =
  /** All requests of the hour are used up. */
  | { readonly kind: 'primary'; readonly resetInS: number; readonly status?: 403 | 429 }
  /** Too many came too fast; without a number GitHub does not say for how long. */
  | { readonly kind: 'secondary'; readonly retryAfterS?: number; readonly status?: 403 | 429 }
  /** Any answer; executed says that the request was carried out all the same. */
  | { readonly kind: 'answer'; readonly answer: FakeAnswer; readonly executed?: boolean }
  /** The connection ends without an answer. */
  | { readonly kind: 'break'; readonly executed?: boolean }
  /** The request is carried out, half of the answer comes. */
  | { readonly kind: 'truncate' };

/** Which requests: those that match, after the first `skip`, `times` in all. */
export interface Aim {
  readonly method?: string;
  readonly path?: RegExp;
  readonly skip?: number;
  readonly times?: number;
}

export interface Hold {
  /** Resolves when the request is there. */
  readonly reached: Promise<void>;
  release(): void;
}

interface Scripted<T> {
  readonly aim: Aim;
  readonly what: T;
  seen: number;
}

interface Barrier {
  readonly at: 'request' | 'answer';
  readonly reach: () => void;
  readonly released: Promise<void>;
}

export interface Faults {
  script(fault: Fault, aim?: Aim): void;
  /** Stops the matching request: before it is carried out, or with its answer ready, which is usual. */
  hold(aim: Aim, at?: 'request' | 'answer'): Hold;
  /** What applies to this request; counts it. */
  take(method: string, path: string): { readonly fault: Fault | undefined; readonly barrier: Barrier | undefined };
  releaseAll(): void;
}

export function createFaults(): Faults {
  const faults: Scripted<Fault>[] = [];
  const barriers: Scripted<Barrier>[] = [];
  const releases: (() => void)[] = [];
  return {
    script: (what, aim = {}) => void faults.push({ aim, what, seen: 0 }),
    hold(aim, at = 'answer') {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      barriers.push({ aim, what: { at, reach: reached.resolve, released: released.promise }, seen: 0 });
      releases.push(released.resolve);
      return { reached: reached.promise, release: released.resolve };
    },
    take: (method, path) => ({ fault: first(faults, method, path), barrier: first(barriers, method, path) }),
    releaseAll: () => {
      for (const release of releases) release();
    },
  };
}

function first<T>(scripted: readonly Scripted<T>[], method: string, path: string): T | undefined {
  for (const entry of scripted) {
    const { aim, what } = entry;
    if ((aim.method ?? method) !== method || aim.path?.test(path) === false) continue;
    const { skip = 0, times = 1 } = aim;
    if (entry.seen >= skip + times) continue;
    entry.seen += 1;
    if (entry.seen > skip) return what;
  }
  return undefined;
}

/** The answer of a rate limit, as GitHub's is. */
export function limitAnswer(fault: Fault & { kind: 'primary' | 'secondary' }, nowMs: number): FakeAnswer {
  const { status = 403 } = fault;
  if (fault.kind === 'secondary') {
    const headers = fault.retryAfterS === undefined ? undefined : { 'retry-after': String(fault.retryAfterS) };
    return refusal(status, 'You have exceeded a secondary rate limit. Please wait a few minutes.', headers);
  }
  return refusal(status, 'API rate limit exceeded for installation ID 1.', {
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.floor(nowMs / 1000) + fault.resetInS),
  });
}
