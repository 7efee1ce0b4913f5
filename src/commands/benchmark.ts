import type { Config } from '../config/config.ts';
import type { BenchmarkRequest } from '../config/request.ts';
import type { PlatformName } from '../domain/plan.ts';
import type { SettingsOverrides } from '../plan/settings.ts';
import { resolveBaseline } from './baseline-source.ts';
import { discoverRepositories } from './catalog.ts';
import { compareAll } from './compare-run.ts';
import type { Outcome } from './outcome.ts';
import { planRun, runMetadata } from './plan-run.ts';
import type { Ports } from './ports.ts';
import { publish } from './publish.ts';
import { RunRecorder } from './recorder.ts';
import { measureAll } from './run-plan.ts';

/** The whole main job: discover, plan, build, deploy, validate, measure, compare, report, clean up. */
export async function benchmark(
  request: BenchmarkRequest,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const repositories = await discoverRepositories(request, config, ports, signal);
  const baseline = await resolveBaseline(request.baseline, repositories, ports, signal);
  const { plan, description } = planRun(
    { ...request, platform, overrides: overridesOf(request, config) },
    config,
    repositories,
    baseline,
    ports,
  );
  if (request.dryRun) {
    ports.print(description);
    return { exitCodes: [], outputs: {} };
  }
  ports.rememberRun(plan.runId);
  const metadata = await runMetadata(plan, repositories, baseline, ports, signal);
  const recorder = new RunRecorder(metadata, ports);
  await recorder.begin();
  try {
    await measureAll({ runtime: config.emulator.runtime, plan, baseline, metadata, recorder, ports, signal });
    signal.throwIfAborted();
    await compareAll(config, baseline, recorder);
    return await publish(request, recorder, ports);
  } catch (error) {
    await recorder.finish(signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}

/** What flags and configuration change of the suite; flags win. */
function overridesOf(request: BenchmarkRequest, { benchmark: configured }: Config): SettingsOverrides {
  return {
    samplesPerRound: request.iterations ?? configured.coldStart.iterations,
    rounds: request.rounds,
    requests: configured.warmRequests.count,
    connections: configured.warmRequests.concurrency,
    scaleToZeroTimeoutMs: configured.coldStart.scaleToZeroTimeoutMs,
  };
}
