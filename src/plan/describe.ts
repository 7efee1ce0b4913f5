import type { RegionPrices } from '../domain/cost.ts';
import type { MeasureSettings, Plan, PlannedImplementation, PlannedService } from '../domain/plan.ts';
import { estimatePlan } from './estimate.ts';
import { buildLabel } from './leftovers.ts';
import { priceSentence } from './prices.ts';

export interface DescribeOptions {
  /** Where images would be pushed; absent: they stay on this machine. */
  readonly artifactRegistry?: string;
  /** Whether implementations with `local.run` run as processes. */
  readonly runtime?: 'auto' | 'process' | 'container';
  /** How far the command goes; absent: all the way. */
  readonly goal?: 'benchmark' | 'validate' | 'deploy';
}

/** What `--dry-run` prints: names, images, calls in their order, estimates. */
export function describePlan(plan: Plan, prices: RegionPrices, options: DescribeOptions = {}): string {
  const place =
    plan.platform === 'local' ? 'this machine (embedded Cloud Run)' : `project ${plan.project}, ${plan.region}`;
  return [
    `Dry run of ${plan.runId}: nothing is built, deployed or measured.`,
    '',
    measures(options) ? `Suite ${plan.suite} on ${place}, measuring order from seed ${plan.seed}` : `On ${place}`,
    ...(measures(options) ? measureLines(plan) : []),
    ...plan.implementations.flatMap((planned) => ['', ...implementationLines(planned, plan, options)]),
    '',
    ...estimateLines(plan, prices),
    '',
  ].join('\n');
}

const measures = ({ goal = 'benchmark' }: DescribeOptions) => goal === 'benchmark';

function measureLines(plan: Plan): readonly string[] {
  const { settings } = plan;
  const { rounds, samplesPerRound, warm, scaleToZeroTimeoutMs } = settings;
  return [
    `${rounds} rounds x ${samplesPerRound} fresh instances per side, each with one cold start and one warm block`,
    `Warm block: ${warm.warmupRequests} warm-up requests, then ${warm.requests} over ${warm.connections} connections, ${loadText(plan)}`,
    scaleToZeroTimeoutMs === 0
      ? 'Scale to zero: not measured'
      : `Scale to zero: watched for up to ${duration(scaleToZeroTimeoutMs)}, once for all`,
    ...strataLines(settings),
  ];
}

/** Where warm requests come from, in words. */
export function loadText({ settings: { load }, platform }: Pick<Plan, 'settings' | 'platform'>): string {
  if (load?.from !== 'job') return 'from this machine';
  const tasks = `from ${load.tasks === 1 ? '1 task' : `${load.tasks} tasks`} of a job`;
  // Here they are processes, which take what there is.
  return platform === 'local' ? tasks : `${tasks} with ${load.cpu} vCPU and ${load.memory}`;
}

/** Other ways to a cold start than a fresh revision; nothing where there is none. */
function strataLines(settings: MeasureSettings): readonly string[] {
  const { forcedZeroStarts = 0, afterIdleSamples = 0, scaleToZeroTimeoutMs, instancesAtOnce, gateStratum } = settings;
  const forced = `Forced zero: ${forcedZeroStarts} cold starts per side after manual scaling to 0`;
  const idle = `After idle: ${afterIdleSamples} cold starts per side, after everything was left alone for up to ${duration(scaleToZeroTimeoutMs)}, once for all`;
  const room = `At most ${instancesAtOnce} instances at a time, by the CPU quota`;
  const judged = gateStratum === 'after-idle' ? 'after idle' : 'of fresh revisions';
  return [
    ...(forcedZeroStarts > 0 ? [forced] : []),
    ...(afterIdleSamples > 0 ? [idle] : []),
    ...(instancesAtOnce === undefined ? [] : [room]),
    ...(forcedZeroStarts + afterIdleSamples > 0
      ? [`Judged: cold starts ${judged}; the others are shown beside them`]
      : []),
  ];
}

function implementationLines(planned: PlannedImplementation, plan: Plan, options: DescribeOptions): readonly string[] {
  const { implementation, profile, labels } = planned;
  const limits = `cpu ${profile.cpu}, memory ${profile.memory}, concurrency ${profile.concurrency}, instances ${profile.minInstances} to ${profile.maxInstances}, ${profile.executionEnvironment}${profile.port?.protocol === 'h2c' ? ', HTTP/2' : ''}`;
  const sides = planned.services.map(({ side }) => side);
  return [
    `${implementation.name} (${implementation.serviceType} ${planned.contractVersion}, profile ${profile.name}: ${limits})`,
    `  source    ${planned.repositoryRoot}/${implementation.path}`,
    ...(measures(options)
      ? [`  compared  ${sides.includes('base') ? 'base and head side by side' : 'head only, no base is available'}`]
      : []),
    `  labels    ${Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')}`,
    ...planned.services.flatMap((service) => serviceLines(service, planned, plan, options)),
  ];
}

function serviceLines(
  service: PlannedService,
  planned: PlannedImplementation,
  plan: Plan,
  options: DescribeOptions,
): readonly string[] {
  const { name, side, sampleTags, checkTag } = service;
  const tags = [...(checkTag === undefined ? [] : [checkTag]), ...sampleTags];
  const { goal = 'benchmark' } = options;
  const checked = goal !== 'deploy' && side === 'head' && checkTag !== undefined;
  // Locally the platform ends with the command; in the cloud what was only deployed stays until cleanup.
  const stays = goal === 'deploy' && plan.platform === 'cloudrun';
  const measured = plan.settings.rounds * plan.settings.samplesPerRound;
  return [
    `  ${side}: service ${name}`,
    `    build     ${imageOf(planned, side, plan, options)}`,
    `    create    service ${name} with revision tag ${tags[0] ?? 'none'}, no deploy-time instance`,
    ...(tags.length > 1
      ? [`    update    ${tags.length - 1} more revisions with tags ${shortList(tags.slice(1))}`]
      : []),
    ...(checked ? [`    validate  contract vectors against tag ${checkTag}`] : []),
    ...(measures(options)
      ? [`    measure   ${measured} of ${sampleTags.length} tagged revisions, the rest are spares`]
      : []),
    stays
      ? `    stays     until cloudrun-perf cleanup --run ${plan.runId}`
      : `    delete    service ${name}${goal === 'deploy' ? ', when the command is interrupted' : ''}`,
  ];
}

function imageOf(
  planned: PlannedImplementation,
  side: string,
  plan: Plan,
  { artifactRegistry, runtime = 'auto' }: DescribeOptions,
): string {
  const { implementation } = planned;
  if (implementation.image !== undefined) return `image ${implementation.image}, pre-built`;
  const asProcess = plan.platform === 'local' && runtime !== 'container' && implementation.local !== undefined;
  if (asProcess) return `image local/${implementation.name}, a process: ${implementation.local?.run.join(' ')}`;
  const registry = plan.platform === 'cloudrun' && artifactRegistry !== undefined ? `${artifactRegistry}/` : 'local/';
  const tag = buildLabel(plan.runId, side, planned.labels);
  return `image ${registry}${implementation.name}:${tag} from ${implementation.path}/${implementation.dockerfile}`;
}

function estimateLines(plan: Plan, prices: RegionPrices): readonly string[] {
  const { services, revisions, adminWrites, coldStarts, requests, durationMs, dollars } = estimatePlan(plan, prices);
  const price = `${priceSentence(prices)}; builds, storage and logs excluded`;
  const cost =
    plan.platform === 'local'
      ? `none, everything runs on this machine; on Cloud Run in ${prices.region} at most ${formatDollars(dollars)}`
      : `at most ${formatDollars(dollars)}`;
  return [
    'Estimates',
    `  calls     ${services} services, ${revisions} revisions, ${adminWrites} Admin API writes`,
    `  measured  ${coldStarts} cold starts, ${requests} requests`,
    `  time      about ${duration(durationMs)}, builds excluded`,
    `  cost      ${cost} (${price})`,
  ];
}

/** `0.42 US dollars`; a tenth of a cent where it is less than ten cents. */
export function formatDollars(dollars: number): string {
  return `${dollars.toFixed(dollars < 0.1 ? 3 : 2)} US dollars`;
}

function shortList(tags: readonly string[]): string {
  return tags.length <= 4 ? tags.join(', ') || 'none' : `${tags[0]} to ${tags.at(-1)}`;
}

function duration(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
