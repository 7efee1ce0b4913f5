import type { LeftResource } from '../domain/resources.ts';
import { EXPIRY_LABEL, HASH_CHARACTERS, LIFETIME_MS, OWNER_LABEL, ownerHash } from './naming.ts';

/** What was found deployed under our own labels. */
export interface FoundService {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0 when the platform does not say. */
  readonly createdAtMs: number;
}

/** What cleanup is about. Everything is always about one owner. */
export type CleanupScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'age'; readonly olderThanMs: number; readonly nowMs: number };

/** Why a service of ours is not in scope; undefined when it is to be removed. */
export function whyKept({ labels, createdAtMs }: FoundService, scope: CleanupScope): string | undefined {
  if (scope.kind !== 'age') return undefined;
  // An age since 1970 would make a service of this second the oldest of all.
  if (!(createdAtMs > 0)) return 'its creation time is unknown';
  if (scope.nowMs - createdAtMs < scope.olderThanMs) return 'it is not old enough';
  return scope.nowMs < expiresAtMs(labels[EXPIRY_LABEL], createdAtMs) ? 'it has not expired' : undefined;
}

/** What has no readable expiry lives for a day. */
function expiresAtMs(label: string | undefined, createdAtMs: number): number {
  return label !== undefined && /^\d{9,11}$/.test(label) ? Number(label) * 1000 : createdAtMs + LIFETIME_MS;
}

/** Newest first: what was made last goes first. */
export function inReverse(services: readonly FoundService[]): readonly FoundService[] {
  return services.toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.name.localeCompare(a.name, 'en'));
}

/** An image of a registry with all of its tags. */
export interface FoundImage {
  /** Repository with its host, without tag and digest. */
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
}

export interface ImageDecision {
  readonly image: FoundImage;
  /** Our tags, to be removed first. */
  readonly tags: readonly string[];
  /** Whether the image itself goes. */
  readonly whole: boolean;
}

const TAG = /^(run-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[a-z0-9]{6})-(?:head|base)-([a-z0-9]{8})$/;

/** Tag of an image that one side of a run is built as: says the run, its time and, by the owner label, whose it is. */
export function buildLabel(runId: string, side: string, labels: Readonly<Record<string, string>>): string {
  return `${runId}-${side}-${(labels[OWNER_LABEL] ?? '').slice(-HASH_CHARACTERS)}`;
}

/** Tags of an image that runs of this owner have set and that the cleanup is about. */
export function tagsInScope({ tags }: FoundImage, owner: string, scope: CleanupScope): readonly string[] {
  return tags.filter((tag) => inScope(tag, owner, scope));
}

/**
 * Which images of ours are removed, and which stay and why. Those of others, and those that no run of ours has tagged,
 * are in neither list.
 */
export function sortImages(
  images: readonly FoundImage[],
  owner: string,
  scope: CleanupScope,
  baselineDigests: ReadonlySet<string> | undefined,
): { readonly remove: readonly ImageDecision[]; readonly left: readonly LeftResource[] } {
  const remove: ImageDecision[] = [];
  const left: LeftResource[] = [];
  for (const image of images) {
    const tags = tagsInScope(image, owner, scope);
    if (tags.length === 0) continue;
    const name = imageName(image);
    if (baselineDigests === undefined) {
      left.push({ kind: 'image', name, reason: 'no stored baseline was found that could say whether it names it' });
      continue;
    }
    if (baselineDigests.has(image.digest)) {
      left.push({ kind: 'image', name, reason: 'a stored baseline names it' });
      continue;
    }
    const whole = tags.length === image.tags.length;
    if (!whole) left.push({ kind: 'image', name, reason: 'it has other tags, only those of the run are removed' });
    remove.push({ image, tags, whole });
  }
  return { remove, left };
}

export const imageName = ({ repository, digest }: Pick<FoundImage, 'repository' | 'digest'>) =>
  `${repository}@${digest}`;

function inScope(tag: string, owner: string, scope: CleanupScope): boolean {
  const [, runId, year, month, day, hour, minute, second, hash] = TAG.exec(tag) ?? [];
  if (hash !== ownerHash(owner)) return false;
  if (scope.kind === 'all') return true;
  if (scope.kind === 'run') return runId === scope.runId;
  const builtAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return scope.nowMs - builtAtMs >= Math.max(scope.olderThanMs, LIFETIME_MS);
}
