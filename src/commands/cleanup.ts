import type { CleanupRequest } from '../config/request.ts';
import { UsageError } from '../domain/errors.ts';
import type { PlatformName } from '../domain/plan.ts';
import { labelValue, MANAGED_LABELS, OWNER_LABEL, RUN_LABEL } from '../plan/naming.ts';
import { NOTHING, type Outcome } from './outcome.ts';

import type { Ports } from './ports.ts';

/**
 * Removes what runs left behind. On this machine: instances whose owner is gone, always. In the cloud: the services
 * of one run, or with `--all` every service that cloudrun-perf labelled as its own.
 */
export async function cleanup(
  request: CleanupRequest,
  platformName: PlatformName,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const leftovers = request.dryRun ? [] : await ports.stopLeftovers();
  for (const line of leftovers) ports.print(`${line}\n`);
  if (platformName === 'local') {
    if (leftovers.length === 0)
      ports.print(
        request.dryRun
          ? 'would end the processes of killed runs on this machine\n'
          : 'nothing was left on this machine\n',
      );
    return NOTHING;
  }
  if (request.run === undefined && !request.all) {
    throw new UsageError('cleanup-scope', 'cleanup in the cloud needs a scope: found neither --run nor --all', {
      hint: 'name the run with --run RUN-ID, or remove the services of all runs with --all',
    });
  }
  const platform = await ports.platform();
  // Other repositories may share the project: nothing of theirs is ever in scope.
  const owned = { ...MANAGED_LABELS, [OWNER_LABEL]: labelValue(ports.tool.owner) };
  const labels = request.run === undefined ? owned : { ...owned, [RUN_LABEL]: labelValue(request.run) };
  const services = await platform.list(labels, signal);
  for (const { name } of services) {
    if (!request.dryRun) await platform.remove(name, signal);
    ports.print(`${request.dryRun ? 'would remove' : 'removed'} service ${name}\n`);
  }
  if (services.length === 0) ports.print('no service to remove\n');
  return NOTHING;
}
