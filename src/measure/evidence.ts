import type { InstanceEvent } from '../domain/deployment.ts';
import type { Platform } from '../ports/platform.ts';
import type { SampleTarget } from './target.ts';

const EVIDENCE_CHARACTERS = 400;

/** The platform's own account of a failed start, bounded: its text comes from the service. */
export async function evidence(
  target: SampleTarget,
  ports: { readonly platform: Platform },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const query = { service: target.service, revision: target.revision, sinceMs: target.deployedSinceMs };
  const events: readonly InstanceEvent[] = await ports.platform.instanceLog(query, signal);
  const detail = events.findLast(({ kind, detail }) => kind === 'start-failed' && detail !== undefined)?.detail;
  return detail === undefined ? undefined : JSON.stringify(detail.slice(-EVIDENCE_CHARACTERS));
}
