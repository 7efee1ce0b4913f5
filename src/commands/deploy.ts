import type { Config } from '../config/config.ts';
import type { DeployRequest } from '../config/request.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { PlatformName } from '../domain/plan.ts';
import { buildOnce } from './build-once.ts';
import { discoverRepositories } from './catalog.ts';
import { untilAborted } from './emulate.ts';
import type { Outcome } from './outcome.ts';
import { mapParallel } from './parallel.ts';
import { planRun } from './plan-run.ts';
import { labelOf } from './planned-group.ts';
import type { Ports } from './ports.ts';
import { prepare, removeServices, StageError } from './prepare.ts';
import { ResourceLog } from './resource-log.ts';

const NO_BASELINE = { trees: new Map(), reason: 'deploy compares nothing' };

/**
 * Deploys one revision of every selected implementation and prints the URLs. The local platform lives in this process,
 * so there the command stays until it is interrupted and then removes everything; in the cloud `cleanup --run` does.
 */
export async function deploy(
  request: DeployRequest,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  if (platform === 'local' && ports.job !== undefined && !request.dryRun) {
    throw new UsageError('deploy-needs-cloud', 'found platform local in a job, wanted cloudrun', {
      hint: 'the embedded platform ends with the step that started it: validate and benchmark deploy by themselves',
    });
  }
  const repositories = await discoverRepositories(request, config, ports, signal);
  // Only the check revision: nothing is measured.
  const overrides = { samplesPerRound: 0, rounds: 1 };
  const { plan, description } = planRun(
    { ...request, platform, suite: 'quick', overrides, goal: 'deploy' },
    config,
    repositories,
    NO_BASELINE,
    ports,
  );
  if (request.dryRun) {
    ports.print(description);
    return { exitCodes: [], outputs: {} };
  }
  ports.rememberRun(plan.runId);
  const building = {
    ...ports,
    builder: buildOnce(ports.builder, ports.tool.cpus),
    // Written down nowhere: it tells what is to be removed.
    resources: new ResourceLog(async () => undefined),
  };
  const failures: unknown[] = [];
  const deployed: { name: string; service: string; url: string }[] = [];
  try {
    await mapParallel(plan.implementations, ports.tool.cpus, async (planned) => {
      const name = labelOf(planned, plan);
      const missing = await ports.builder.unavailable(planned.implementation);
      if (missing !== undefined) return ports.logger.warn(`${name} is not deployed: ${missing}`);
      try {
        const { sides } = await prepare(plan, planned, {}, building, (error) => failures.push(error), signal);
        for (const { deployment } of sides) deployed.push({ name, service: deployment.service, url: deployment.url });
      } catch (error) {
        if (signal.aborted) throw error;
        const cause = error instanceof StageError ? error.cause : error;
        ports.logger.error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
        failures.push(error);
      }
    });
    deployed.sort((a, b) => a.name.localeCompare(b.name, 'en'));
    const { runId } = plan;
    ports.print(
      request.format === 'json'
        ? `${JSON.stringify({ runId, services: deployed }, undefined, 2)}\n`
        : `${[`run ${runId}`, ...deployed.map(({ name, url }) => `${name}  ${url}`)].join('\n')}\n`,
    );
    if (platform === 'local' && deployed.length > 0) {
      ports.logger.info('the services live until you press Ctrl-C');
      await untilAborted(signal);
    }
  } finally {
    if (platform === 'local')
      for (const planned of plan.implementations)
        await removeServices(planned, building, (error) => failures.push(error));
  }
  return { exitCodes: failures.length > 0 ? [EXIT.infrastructure] : [], outputs: { 'run-id': plan.runId } };
}
