import type { SourcePosition } from '../domain/errors.ts';
import type { SignOptions } from './signing.ts';

/** One test vector of the format `test-vectors/1`, as written: templates are not yet replaced. */
export interface Vector {
  readonly id: string;
  readonly title: string;
  /** Vector file, relative to the contract's directory. */
  readonly file: string;
  readonly at: SourcePosition;
  /** Features without which the vector is skipped. */
  readonly requires: readonly string[];
  /** Contract version that introduced it; absent: the first. */
  readonly since?: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly steps: readonly HttpStep[];
}

export interface HttpStep {
  readonly http: HttpStepRequest;
  readonly expect: Expectation;
  /** Name to runtime expression: `$response.body#/id`, `$response.header.etag`, `$response.status`. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly effects?: readonly Effect[];
  /** Longest time to repeat the step until it passes, such as `5s`. */
  readonly eventually?: string;
}

export interface HttpStepRequest {
  readonly method: string;
  readonly path: string;
  /** Applied after signing; null removes. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly base64?: string;
  readonly sign?: SignOptions;
}

export interface Expectation {
  readonly status: number | readonly number[];
  readonly json?: unknown;
  readonly absent?: readonly string[];
  readonly excludes?: readonly string[];
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly empty?: boolean;
  readonly text?: unknown;
}

/** Messages on a channel that `where` selects. */
export interface Effect {
  readonly channel: string;
  readonly where: { readonly attributes?: Readonly<Record<string, unknown>>; readonly json?: unknown };
  readonly count: number;
  readonly within?: string;
  readonly settle?: string;
  readonly message?: MessageExpectation;
}

export interface MessageExpectation {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly json?: unknown;
  readonly text?: unknown;
  readonly absent?: readonly string[];
  readonly excludes?: readonly string[];
}

/** Milliseconds of `400ms`, `5s`, `1.5s` or `1m`. */
export function durationMs(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const unitMs = { ms: 1, s: 1000, m: 60_000 }[found?.[2] ?? 'ms'] ?? 1;
  return Number(found?.[1] ?? 0) * unitMs;
}
