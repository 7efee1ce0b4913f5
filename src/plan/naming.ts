import { createHash } from 'node:crypto';
import type { Side } from '../domain/deployment.ts';

export { CHECK_TAG } from '../domain/deployment.ts';

/** Cloud Run allows 46 characters for service and tag together: 34 and 12. */
export const LONGEST_SERVICE = 34;
export const LONGEST_TAG = 12;

export const HASH_CHARACTERS = 8;
const RUN_SUFFIX = 6;
// No vowels and no look-alikes: names are read aloud and must not spell words.
const ALPHABET = 'bcdfghjkmnpqrstvwxz23456789';

/** Labels of everything that cloudrun-perf deploys; `cleanup` finds services by them. */
export const MANAGED_LABELS = { 'managed-by': 'cloudrun-perf' } as const;
export const RUN_LABEL = 'perf-run-id';
export const OWNER_LABEL = 'perf-owner';
/** Epoch seconds as text: from then on the sweeper may remove what carries it. */
export const EXPIRY_LABEL = 'perf-expires';
/** Far more than any run takes. */
export const LIFETIME_MS = 86_400_000;

/** Letters and digits that depend on all parts. */
function hashText(parts: readonly string[], length: number): string {
  const digest = createHash('sha256').update(parts.join('\u0000')).digest();
  return [...digest.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export interface ServiceIdentity {
  readonly repository: string;
  readonly implementation: string;
  readonly profile: string;
  readonly side: Side;
  readonly runId: string;
}

/** `<implementation>-<side>-<hash>`: at most 34 characters, and another one for every part that differs. */
export function serviceName(identity: ServiceIdentity): string {
  const { repository, implementation, profile, side, runId } = identity;
  const hash = hashText([repository, implementation, profile, side, runId], HASH_CHARACTERS);
  const room = LONGEST_SERVICE - side.length - HASH_CHARACTERS - 2;
  const readable = implementation.slice(0, room).replace(/-+$/, '');
  return `${readable}-${side}-${hash}`;
}

/** Of the job that makes the load of one process of a run; `token`: what tells the processes apart. */
export function loadJobName(runId: string, token: string): string {
  return `perf-load-${hashText([runId, token], HASH_CHARACTERS)}`;
}

/** `c01`, `c02`, ... in order of use. */
export function sampleTags(count: number): readonly string[] {
  const width = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => `c${String(index + 1).padStart(width, '0')}`);
}

/** `run-20261121-124800-x7k2q9`: sortable by time (UTC), and unique by the random text. */
export function createRunId(epochMs: number, randomText: string): string {
  const [date, time] = new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `run-${date}-${time}-${hashText([randomText], RUN_SUFFIX)}`;
}

/** A text as a value of a Google Cloud label: lower case letters, digits, `-` and `_`, at most 63. */
export function labelValue(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

/**
 * A repository or user as the label `perf-owner`. With a hash, because label values know neither `/` nor capitals:
 * `a/b-c` and `a-b/c` must not clean up after each other.
 */
export function ownerLabel(owner: string): string {
  const readable = labelValue(owner).slice(0, 50).replace(/-+$/, '');
  return `${readable === '' ? 'owner' : readable}-${ownerHash(owner)}`;
}

/** GitHub's names are the same in any case. */
export function ownerHash(owner: string): string {
  return hashText([owner.toLowerCase()], HASH_CHARACTERS);
}

/** Labels that everything carries which one owner deployed, and only that. */
export function ownedLabels(owner: string): Readonly<Record<string, string>> {
  return { ...MANAGED_LABELS, [OWNER_LABEL]: ownerLabel(owner) };
}

export function expiryLabel(startedAtMs: number): string {
  return String(Math.ceil((startedAtMs + LIFETIME_MS) / 1000));
}

/** The measuring order's seed of a run, 32 bits: the same run id gives the same order. */
export function runSeed(runId: string): number {
  return createHash('sha256').update(runId).digest().readUInt32BE(0);
}
