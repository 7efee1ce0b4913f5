import type { Config } from '../config/config.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { cloudNeeds } from '../plan/cloud-needs.ts';
import { projectChecks } from './cloud-preflight.ts';
import type { Ports } from './ports.ts';

/** What a run was told that its needs depend on. */
interface Told {
  readonly serviceAccount?: string;
  readonly results?: string;
}

/**
 * Before a run in the cloud builds or deploys anything: throws InfrastructureError `preflight-failed` with all that the
 * project lacks. What cannot be told stops nothing.
 */
export async function preflight(plan: Plan, told: Told, config: Config, ports: Ports): Promise<void> {
  if (plan.platform !== 'cloudrun' || plan.implementations.length === 0) return;
  const { artifactRegistry, invoker = 'public' } = config.gcp;
  const resultsBucket = told.results ?? config.storage.resultsBucket;
  const needs = cloudNeeds({
    ...(artifactRegistry === undefined ? {} : { artifactRegistry }),
    ...(resultsBucket === undefined ? {} : { resultsBucket }),
    profiles: plan.implementations.map(({ profile }) => profile),
    jobs: ports.tool.parallelJobs ?? 1,
    instancesAtOnce: plan.settings.instancesAtOnce ?? 0,
    impersonates: invoker === 'private' || told.serviceAccount !== undefined,
    privateServices: invoker === 'private',
    ...(plan.settings.load?.from === 'job' ? { load: config.load } : {}),
  });
  const cloud = await ports.cloudProject();
  const account = await cloud.account();
  // In its own words, with its own exit code.
  if (!account.known && account.cause !== undefined) throw account.cause;
  const checks = await projectChecks(needs, plan, cloud, invoker);
  for (const { subject, state, found } of checks) {
    if (state === 'unknown') ports.logger.debug('Cannot be told before the run', { subject, found });
  }
  const problems = checks.filter(({ state }) => state === 'problem');
  if (problems.length === 0) return;
  const found = problems.length === 1 ? 'one thing' : `${problems.length} things`;
  throw new InfrastructureError('preflight-failed', `project ${plan.project} lacks ${found} that this run needs`, {
    hint: 'Nothing was built or deployed. "cloudrun-perf doctor" looks at everything again.',
    problems: problems.map(
      ({ id, subject, found: text, hint }) =>
        new InfrastructureError(id, `${subject}: ${text}`, hint === undefined ? {} : { hint }),
    ),
  });
}
