import { Buffer } from 'node:buffer';
import type { Finding } from './findings.ts';

/** What a comment remembers for the next push, in its hidden second line. */
export interface CommentState {
  readonly headSha?: string;
  /** The workflow run that wrote it. */
  readonly run: { readonly id: number; readonly attempt: number };
  /** From 1; a run of the same head again does not count. */
  readonly push: number;
  /** What is wrong: found by this run, or by an earlier one and not checked since. */
  readonly findings: readonly Finding[];
  /** What this push has fixed. */
  readonly fixed: readonly Finding[];
}

const PREFIX = '<!-- cloudrun-perf state ';
const SUFFIX = ' -->';
const LONGEST_LINE = 20_000;
const MOST_FINDINGS = 200;
const LONGEST_NAME = 200;
const LONGEST_TEXT = 300;
const KINDS = ['regression', 'contract failed'] as const;
const MARKER = /^<!-- cloudrun-perf report id=[\w.-]{1,80} -->$/;

/** What tells findings apart: an older one that is found again is the same one, whatever its numbers are now. */
export function findingKey({ profile, implementation, kind }: Finding): string {
  return JSON.stringify([profile?.slice(0, LONGEST_NAME) ?? null, implementation.slice(0, LONGEST_NAME), kind]);
}

/** Short names and an order instead of names: the whole comment may have 60,000 characters. */
type Packed = readonly [profile: string | null, implementation: string, kind: number, text: string];

/**
 * The hidden line, of at most `longest` characters from 300 on: texts are shortened, then the last findings are left
 * out. base64url, so that nothing in it can end the comment.
 */
export function stateLine(serviceType: string, state: CommentState, longest: number): string {
  const { headSha, run, push } = state;
  const write = (findings: readonly Finding[], fixed: readonly Finding[], text: number) => {
    const pack = (finding: Finding): Packed => [
      finding.profile?.slice(0, LONGEST_NAME) ?? null,
      finding.implementation.slice(0, LONGEST_NAME),
      KINDS.indexOf(finding.kind),
      finding.text.slice(0, text),
    ];
    const packed = {
      v: 1,
      ...(headSha === undefined ? {} : { h: headSha.slice(0, 64) }),
      r: [run.id, run.attempt],
      p: push,
      t: serviceType.slice(0, text === 0 ? 40 : LONGEST_NAME),
      f: findings.map(pack),
      x: fixed.map(pack),
    };
    return `${PREFIX}${Buffer.from(JSON.stringify(packed)).toString('base64url')}${SUFFIX}`;
  };
  const fits = (line: string) => line.length <= Math.min(longest, LONGEST_LINE);
  for (const text of [LONGEST_TEXT, 120, 40]) {
    const line = write(state.findings.slice(0, MOST_FINDINGS), state.fixed.slice(0, MOST_FINDINGS), text);
    if (fits(line)) return line;
  }
  for (let kept = Math.min(MOST_FINDINGS, state.findings.length); kept > 0; kept = Math.floor(kept / 2)) {
    const line = write(state.findings.slice(0, kept), state.fixed.slice(0, kept), 40);
    if (fits(line)) return line;
  }
  const line = write([], [], 0);
  return fits(line) ? line : `${PREFIX}${SUFFIX}`;
}

/**
 * The state of a comment that begins as ours do; undefined when anything in it is not as we write it. Comments can be
 * edited by everybody with write access, so nothing of it is believed beyond its shape.
 */
export function readCommentState(body: string): CommentState | undefined {
  const [marker, line] = body.slice(0, LONGEST_LINE + 200).split(/\r?\n/, 2);
  if (marker === undefined || line === undefined || !MARKER.test(marker)) return undefined;
  if (line.length > LONGEST_LINE || !line.startsWith(PREFIX) || !line.endsWith(SUFFIX)) return undefined;
  const encoded = line.slice(PREFIX.length, -SUFFIX.length);
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  try {
    return stateOf(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

function stateOf(value: unknown): CommentState | undefined {
  if (!isRecord(value) || value.v !== 1) return undefined;
  const { h: headSha, r, p: push, t: serviceType, f, x } = value;
  if (headSha !== undefined && !(typeof headSha === 'string' && /^[0-9a-f]{7,64}$/.test(headSha))) return undefined;
  if (!Array.isArray(r) || r.length !== 2 || !isCount(r[0]) || !isCount(r[1]) || !isCount(push)) return undefined;
  if (!isText(serviceType, LONGEST_NAME)) return undefined;
  const findings = findingsOf(f, serviceType);
  const fixed = findingsOf(x, serviceType);
  if (findings === undefined || fixed === undefined) return undefined;
  const run = { id: r[0], attempt: r[1] };
  return { ...(headSha === undefined ? {} : { headSha }), run, push, findings, fixed };
}

function findingsOf(value: unknown, serviceType: string): readonly Finding[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_FINDINGS) return undefined;
  const findings = value.map((entry: unknown): Finding | undefined => {
    if (!Array.isArray(entry) || entry.length !== 4) return undefined;
    const [profile, implementation, number, text]: unknown[] = entry;
    const kind = typeof number === 'number' ? KINDS[number] : undefined;
    if (profile !== null && !isText(profile, LONGEST_NAME)) return undefined;
    if (!isText(implementation, LONGEST_NAME) || kind === undefined || !isText(text, LONGEST_TEXT)) return undefined;
    return { serviceType, ...(profile === null ? {} : { profile }), implementation, kind, text };
  });
  return findings.includes(undefined) ? undefined : findings.filter((finding) => finding !== undefined);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest;
