import type { CleanupRequest } from '../config/request.ts';
import { PerfError, UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { PlatformName } from '../domain/plan.ts';
import type { LeftResource, Resource } from '../domain/resources.ts';
import type { CleanupScope } from '../plan/leftovers.ts';
import { cleanJobs, cleanServices } from './cleanup-deployed.ts';
import { cleanupImages } from './cleanup-images.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { updateRecord } from './resource-record.ts';

/** What a cleanup did; what it could not do is told at the end and does not stop the rest. */
export interface CleanupWork {
  readonly scope: CleanupScope;
  readonly dryRun: boolean;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  removed(resource: Resource): void;
  left(resource: LeftResource): void;
  failed(resource: Resource, error: unknown): void;
  /** What there is of a kind is not known; that fails nothing. */
  unseen(error: PerfError): void;
}

/**
 * Removes what runs left behind. On this machine: instances whose owner is gone, always. In the cloud: jobs, services and
 * images of one run, of all runs that are old and expired, or with `--all` of all runs; never what is not labelled as
 * cloudrun-perf's and this owner's. May be repeated. Exit code 1 when something in scope could not be removed.
 */
export async function cleanup(
  request: CleanupRequest,
  platformName: PlatformName,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  await cleanMachine(request, platformName, ports);
  if (platformName === 'local') return NOTHING;
  const scope = scopeOf(request, ports);
  const { dryRun } = request;
  const [removed, left]: [Resource[], LeftResource[]] = [[], []];
  const unseen: PerfError[] = [];
  const failures: { readonly resource: Resource; readonly error: unknown }[] = [];
  const work: CleanupWork = {
    scope,
    dryRun,
    ports,
    signal,
    removed(resource) {
      removed.push(resource);
      ports.print(`${dryRun ? 'would remove' : 'removed'} ${resource.kind} ${resource.name}\n`);
    },
    left(resource) {
      left.push(resource);
      ports.print(`left ${resource.kind} ${resource.name}: ${resource.reason}\n`);
    },
    failed(resource, error) {
      signal.throwIfAborted();
      failures.push({ resource, error });
    },
    unseen(error) {
      unseen.push(error);
      ports.logger.warn(error.message, { code: error.code, hint: error.hint });
    },
  };
  // A list that cannot be read must not keep the other kinds from being removed. What loads goes before what is loaded.
  const broken: unknown[] = [];
  for (const clean of [cleanJobs, cleanServices, cleanupImages]) {
    await clean(work).catch((error: unknown) => {
      signal.throwIfAborted();
      broken.push(error);
    });
  }
  if (removed.length + left.length + failures.length + broken.length + unseen.length === 0)
    ports.print('nothing to remove\n');
  for (const { resource, error } of failures) report(resource, error, ports);
  const reasons = failures.map(({ resource, error }) => ({ ...resource, reason: messageOf(error) }));
  if (!dryRun && scope.kind === 'run') await updateRecord(scope.runId, removed, [...left, ...reasons], ports);
  for (const error of broken.slice(1)) ports.logger.error(messageOf(error));
  // With its code and its hint.
  if (broken.length > 0) throw broken[0];
  return { exitCodes: failures.length > 0 ? [EXIT.infrastructure] : [], outputs: {} };
}

async function cleanMachine({ dryRun }: CleanupRequest, platformName: PlatformName, ports: Ports): Promise<void> {
  const leftovers = dryRun ? [] : await ports.stopLeftovers();
  for (const line of leftovers) ports.print(`${line}\n`);
  if (platformName !== 'local' || leftovers.length > 0) return;
  ports.print(
    dryRun ? 'would end the processes of killed runs on this machine\n' : 'nothing was left on this machine\n',
  );
}

function scopeOf({ run, olderThanMs, all }: CleanupRequest, { clock }: Ports): CleanupScope {
  if (run !== undefined) return { kind: 'run', runId: run };
  if (olderThanMs !== undefined) return { kind: 'age', olderThanMs, nowMs: clock.epochMs() };
  if (all) return { kind: 'all' };
  throw new UsageError('cleanup-scope', 'cleanup in the cloud needs a scope: found no --run, --older-than or --all', {
    hint: 'name the run with --run RUN-ID, sweep what expired with --older-than 24h, or remove everything with --all',
  });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function report({ kind, name }: Resource, error: unknown, ports: Ports): void {
  const code = error instanceof PerfError ? error.code : 'unexpected';
  ports.logger.error(`could not remove ${kind} ${name}: ${messageOf(error)}`, { code });
}
