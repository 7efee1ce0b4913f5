import type { Config } from '../config/config.ts';
import type { ValidateRequest } from '../config/request.ts';
import { chosenVectors } from '../contract/selection.ts';
import { type Conformance, conforms } from '../domain/conformance.ts';
import { EXIT, type ExitCode } from '../domain/exit-codes.ts';
import type { PlannedImplementation, PlatformName } from '../domain/plan.ts';
import { CONFORMANCE_EXPORTERS } from '../report/registry.ts';
import { discoverRepositories } from './catalog.ts';
import { pullRequestBases } from './change-base.ts';
import { checkConformance } from './conformance.ts';
import { checkContractBumps } from './contract-bump.ts';
import { contractFor } from './contracts.ts';
import type { Outcome } from './outcome.ts';
import { mapParallel } from './parallel.ts';
import { planRun } from './plan-run.ts';
import type { Ports } from './ports.ts';
import { checkUrl, prepare, removeServices, StageError } from './prepare.ts';
import { ResourceLog } from './resource-log.ts';
import { checkCommitKnown, namedBases } from './selection.ts';
import { validateUrl } from './validate-url.ts';

const NO_BASELINE = { trees: new Map(), reason: 'validate compares nothing' };

interface Checked {
  readonly implementation: string;
  readonly conformance?: Conformance;
  readonly failure?: string;
  readonly unavailable?: string;
}

/** Deploys every selected implementation, checks it against its contract and removes it; or checks a given URL. */
export async function validate(
  request: ValidateRequest,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  if (request.url !== undefined) return validateUrl(request, config, ports, signal);
  const repositories = await discoverRepositories(request, config, ports, signal);
  await checkCommitKnown(request, repositories, ports, signal);
  const ofPullRequest = await pullRequestBases(repositories, ports, signal);
  const bases = await namedBases(request, repositories, ofPullRequest, ports, signal);
  await checkContractBumps(repositories, bases, ports, signal);
  // Only the check revision: nothing is measured.
  const overrides = { samplesPerRound: 0, rounds: 1 };
  const { plan, description } = planRun(
    { ...request, profiles: [], platform, suite: 'quick', overrides, goal: 'validate' },
    config,
    repositories,
    NO_BASELINE,
    ports,
  );
  // A vector that does not exist is the user's mistake, to be told before anything is built.
  for (const planned of plan.implementations) {
    const { serviceType } = planned.implementation;
    chosenVectors(await contractFor({ ...planned, serviceType }, ports), request.vectors);
  }
  if (request.dryRun) {
    ports.print(description);
    return { exitCodes: [], outputs: {} };
  }
  ports.rememberRun(plan.runId);
  // Written down nowhere: it tells what is to be removed.
  const preparing = { ...ports, resources: new ResourceLog(async () => undefined) };

  async function check(planned: PlannedImplementation): Promise<Checked> {
    const { name: implementation, serviceType, supportedFeatures } = planned.implementation;
    const unavailable = await ports.builder.unavailable(planned.implementation);
    if (unavailable !== undefined) return { implementation, unavailable };
    try {
      const prepared = await prepare(plan, planned, {}, preparing, () => undefined, signal);
      const bus = await ports.messageBus();
      const conformance = await checkConformance(
        {
          serviceType,
          contractVersion: planned.contractVersion,
          repositoryRoot: planned.repositoryRoot,
          features: supportedFeatures,
          url: checkUrl(prepared, 'head'),
          topic: prepared.topic,
          vectors: request.vectors,
          probeUndeclared: request.probeUndeclared,
          ...(bus === undefined ? {} : { bus }),
        },
        ports,
        signal,
      );
      return { implementation, conformance };
    } catch (error) {
      if (signal.aborted) throw error;
      const cause = error instanceof StageError ? error.cause : error;
      return { implementation, failure: cause instanceof Error ? cause.message : String(cause) };
    } finally {
      await removeServices(planned, preparing, (error) =>
        ports.logger.error(error instanceof Error ? error.message : String(error)),
      );
    }
  }

  const checked = await mapParallel(plan.implementations, ports.tool.cpus, check);
  for (const { implementation, unavailable, failure } of checked) {
    if (unavailable !== undefined) ports.logger.warn(`${implementation} was not checked: ${unavailable}`);
    if (failure !== undefined) ports.logger.error(`${implementation}: ${failure}`);
  }
  const results = checked.flatMap(({ implementation, conformance }) =>
    conformance === undefined ? [] : [{ implementation, conformance }],
  );
  ports.print(CONFORMANCE_EXPORTERS[request.format](results, ports.terminal));
  const exitCodes: ExitCode[] = [
    ...(checked.some(({ failure }) => failure !== undefined) ? [EXIT.infrastructure] : []),
    ...(results.some(({ conformance }) => !conforms(conformance)) ? [EXIT.contract] : []),
  ];
  const verdict = exitCodes.includes(EXIT.contract)
    ? 'contract failed'
    : exitCodes.length > 0
      ? 'not measured'
      : 'passed';
  return { exitCodes, outputs: { 'run-id': plan.runId, verdict }, summary: CONFORMANCE_EXPORTERS.markdown(results) };
}
