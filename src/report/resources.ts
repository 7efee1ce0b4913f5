import { RESOURCE_KINDS, type Resource } from '../domain/resources.ts';
import type { RunMetadata } from '../domain/run.ts';
import { count } from './numbers.ts';

const LISTED = 10;

/**
 * What became of all that a run made, in one sentence: `created 4 services, removed 4 services, left nothing`. Names and
 * reasons are as they were recorded, to be escaped. Undefined for a run that recorded nothing of the kind.
 */
export function resourcesSentence({ resources, state }: Pick<RunMetadata, 'resources' | 'state'>): string | undefined {
  if (resources === undefined) return undefined;
  const { created, removed, left } = resources;
  const lost = created.filter((one) => !isIn(removed, one) && !isIn(left, one));
  const leaks = [...left.map(({ reason, ...one }) => ({ ...one, reason })), ...lost.map(unaccounted(state))];
  const shown = leaks.slice(0, LISTED).map(({ kind, name, reason }) => `${kind} ${name} (${reason})`);
  const more = leaks.length > LISTED ? `; and ${leaks.length - LISTED} more` : '';
  const rest = leaks.length === 0 ? 'nothing' : `${counted(leaks)}: ${shown.join('; ')}${more}`;
  return `created ${counted(created)}, removed ${counted(removed)}, left ${rest}`;
}

/** Whether the run left services or jobs behind: images stay on purpose, for a day. */
export function leaks(metadata: Pick<RunMetadata, 'resources'>): boolean {
  const { created, removed } = metadata.resources ?? { created: [], removed: [] };
  return created.some((one) => one.kind !== 'image' && !isIn(removed, one));
}

const isIn = (list: readonly Resource[], { kind, name }: Resource) =>
  list.some((other) => other.kind === kind && other.name === name);

const unaccounted = (state: RunMetadata['state']) => (one: Resource) => ({
  ...one,
  reason: state === 'running' ? 'the run is not finished' : 'the run ended before it was removed',
});

/** `4 services, 2 images` */
function counted(resources: readonly Resource[]): string {
  const parts = RESOURCE_KINDS.flatMap((kind) => {
    const number = resources.filter((one) => one.kind === kind).length;
    return number === 0 ? [] : [count(number, kind)];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
