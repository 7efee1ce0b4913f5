import { at, textAt } from './fields.ts';

/** An answer that is an error. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON, or whatever came instead. */
  readonly body: unknown;
}

/** No answer came. */
export interface Silence {
  readonly reason: string;
  /** Whether the request may have reached GitHub all the same. */
  readonly maybeSent: boolean;
}

/** Why an exchange with GitHub failed. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly answer: Answer | undefined;
  readonly silence: Silence | undefined;
  constructor(came: { readonly answer: Answer } | { readonly silence: Silence }, cause?: unknown) {
    super('answer' in came ? `HTTP ${came.answer.status}` : came.silence.reason, { cause });
    this.answer = 'answer' in came ? came.answer : undefined;
    this.silence = 'silence' in came ? came.silence : undefined;
  }
}

/** Codes of errors that happen before anything is sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What Octokit or fetch has thrown, in one form; undefined when it is no failed exchange but a fault of ours. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof Trouble) return error;
  const response = at(error, 'response');
  const status = at(response, 'status');
  if (typeof status === 'number') {
    const headers = (at(response, 'headers') ?? {}) as Answer['headers'];
    return new Trouble({ answer: { status, headers, body: at(response, 'data') } }, error);
  }
  const causes = causesOf(error);
  // fetch's own TypeErrors have a cause; those of a mistake in a program have none.
  if (!causes.some((cause) => cause instanceof TypeError && cause.cause instanceof Error)) return undefined;
  const root = causes.at(-1);
  const codes = causes.flatMap((cause) => textAt(cause, 'code') ?? []);
  const text = root instanceof Error && root.message !== '' ? root.message : (codes.at(-1) ?? 'the connection failed');
  return new Trouble({ silence: { reason: text, maybeSent: !codes.some((code) => UNSENT.has(code)) } }, error);
}

/** The error and what caused it, outermost first. */
export function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 8; cause = cause.cause) causes.push(cause);
  return causes;
}
