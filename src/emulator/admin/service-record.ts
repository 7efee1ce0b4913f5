import { randomUUID } from 'node:crypto';
import { reconciling } from './conditions.ts';
import type { Revision, RevisionTemplate, Service, ServiceInput } from './messages.ts';
import { type Location, revisionName, serviceName } from './names.ts';
import { timestampOf } from './times.ts';
import { seededRandom, seedOf } from './weighted-route.ts';

export interface RevisionRecord {
  readonly id: string;
  readonly template: RevisionTemplate;
  message: Revision;
  /** Set when the platform has accepted or refused it. */
  state: 'pending' | 'ready' | 'failed';
}

/** One service: its message as clients see it, its revisions (oldest first) and its open endpoints. */
export interface ServiceRecord {
  readonly id: string;
  message: Service;
  readonly revisions: RevisionRecord[];
  /** Endpoint key to URL: the service itself and its tags. */
  readonly endpoints: Map<string, string>;
  /** Work of this service, one after the other. */
  queue: Promise<void>;
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz';

export function newServiceRecord(location: Location, id: string, input: ServiceInput, nowMs: number): ServiceRecord {
  const now = timestampOf(nowMs);
  const message: Service = {
    ...input,
    name: serviceName(location, id),
    uid: randomUUID(),
    generation: '1',
    createTime: now,
    updateTime: now,
    reconciling: true,
    terminalCondition: reconciling(nowMs),
    etag: etagOf(1),
  };
  return { id, message, revisions: [], endpoints: new Map(), queue: Promise.resolve() };
}

/** The message after an accepted update: next generation, new etag, reconciling. */
export function nextGeneration(current: Service, input: ServiceInput, nowMs: number): Service {
  const { name, uid, createTime, observedGeneration, latestReadyRevision, latestCreatedRevision } = current;
  const { urls, uri, trafficStatuses } = current;
  const generation = Number(current.generation) + 1;
  const kept = { name, uid, createTime, observedGeneration, latestReadyRevision, latestCreatedRevision };
  return {
    ...input,
    ...defined({ ...kept, urls, uri, trafficStatuses }),
    generation: String(generation),
    updateTime: timestampOf(nowMs),
    reconciling: true,
    terminalCondition: reconciling(nowMs),
    etag: etagOf(generation),
  };
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Opaque to clients, quoted as Google's are. */
const etagOf = (generation: number) => `"${Buffer.from(`v${generation}`).toString('base64url')}"`;

/** `<service>-00003-xyz`, always the same for the same service and generation of one life. */
export function generatedRevisionId(record: ServiceRecord): string {
  const { uid = '', generation = '1' } = record.message;
  const random = seededRandom(seedOf(`${uid}/${generation}`));
  const letters = Array.from({ length: 3 }, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)]);
  return `${record.id}-${generation.padStart(5, '0')}-${letters.join('')}`;
}

export function newRevisionRecord(
  location: Location,
  service: ServiceRecord,
  id: string,
  template: RevisionTemplate,
  nowMs: number,
): RevisionRecord {
  const now = timestampOf(nowMs);
  const { revision: _name, healthCheckDisabled: _check, ...carried } = template;
  const message: Revision = {
    ...carried,
    name: revisionName(location, service.id, id),
    uid: randomUUID(),
    generation: '1',
    createTime: now,
    updateTime: now,
    service: service.id,
    reconciling: true,
    conditions: [reconciling(nowMs)],
    etag: etagOf(1),
  };
  return { id, template, message, state: 'pending' };
}

/** Templates are the same when all their fields are, in whatever order; a zero and an absent field are the same. */
export function sameTemplate(left: RevisionTemplate | undefined, right: RevisionTemplate | undefined): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, field]) => !isUnset(field))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

const isUnset = (field: unknown) =>
  field === undefined || field === false || field === 0 || field === '' || (Array.isArray(field) && field.length === 0);
