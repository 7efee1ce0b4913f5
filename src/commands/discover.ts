import type { Config } from '../config/config.ts';
import type { DiscoverRequest } from '../config/request.ts';
import { printable } from '../documents/show.ts';
import type { PlannedItem } from '../domain/job-plan.ts';
import type { PlatformName } from '../domain/plan.ts';
import { type ItemDetails, jobMatrix, jobPlanShards } from '../plan/matrix.ts';
import { overridesOf } from './benchmark.ts';
import { discoverRepositories } from './catalog.ts';
import { refuseAbove } from './cost-basis.ts';
import { jobPlan } from './job-plan.ts';
import type { Outcome } from './outcome.ts';
import { planRun } from './plan-run.ts';
import { plannedItems } from './planned-items.ts';
import type { Ports } from './ports.ts';
import { type ChangeSelection, type Choice, selectForChange } from './selection.ts';

/**
 * Lists the implementations of all service repositories, and the job matrix over those that are worth measuring. With
 * `plan` a run of several jobs begins: what they share is stored.
 */
export async function discover(
  request: DiscoverRequest,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const repositories = await discoverRepositories(request, config, ports, signal);
  // Jobs measure what a benchmark would; a list shows people all that is there.
  const jobs = request.plan || request.format === 'matrix';
  const benchmark = jobs ? config.benchmark : { ...config.benchmark, filter: NO_FILTER };
  const selection = await selectForChange(request, repositories, { ...config, benchmark }, ports, signal);
  const shards = jobPlanShards(plannedItems(selection.measured, request.profiles, config).map(({ item }) => item));
  if (jobs && platform === 'cloudrun' && request.maxCost !== undefined && shards.length > 0) {
    const items = shards.flatMap((shard) => shard.items);
    const overrides = overridesOf({}, config, ports);
    const alone = { trees: new Map(), reason: '' };
    const { cost } = planRun({ ...uncapped(request), platform, overrides, items }, config, repositories, alone, ports);
    // Each implementation may have its base beside it.
    const what = `${items.length} implementations in ${shards.length} jobs, with a base each,`;
    refuseAbove(request.maxCost, 2 * cost.estimatedDollars, what, cost.prices);
  }
  const matrix = JSON.stringify(jobMatrix({ shards }, detailsOf(selection.measured)));
  const texts = {
    table: () => table(selection),
    json: () => `${JSON.stringify(listing(selection), undefined, 2)}\n`,
    matrix: () => `${matrix}\n`,
  };
  if (selection.compared) ports.logger.info(selection.reason);
  ports.print(texts[request.format]());
  const outputs = { matrix, jobs: String(shards.length), platform };
  if (!request.plan || request.dryRun) return { exitCodes: [], outputs };
  const planned = await jobPlan({ request, platform, config, repositories, selection, shards }, ports, signal);
  return { exitCodes: [], outputs: { ...outputs, ...planned } };
}

const uncapped = ({ maxCost: _, ...request }: DiscoverRequest) => request;

const NO_FILTER = { types: [], languages: [], frameworks: [], implementations: [] };

function detailsOf(measured: readonly Choice[]): (item: PlannedItem) => ItemDetails {
  const key = (type: string, name: string) => `${type}/${name}`;
  const known = new Map(
    measured.map(({ implementation }) => [key(implementation.serviceType, implementation.name), implementation]),
  );
  return ({ type, implementation }) => known.get(key(type, implementation)) ?? {};
}

/** In the order of the manifests. */
function chosen({
  measured,
  carried,
  compared,
}: ChangeSelection): readonly (Choice & { readonly changed?: boolean })[] {
  if (!compared) return measured;
  const all = [
    ...measured.map((one) => ({ ...one, changed: true })),
    ...carried.map((one) => ({ ...one, changed: false })),
  ];
  const repositories = [...new Set(all.map(({ repository }) => repository))];
  const place = ({ repository, implementation }: Choice) => repository.manifest.implementations.indexOf(implementation);
  return repositories.flatMap((repository) =>
    all.filter((one) => one.repository === repository).sort((a, b) => place(a) - place(b)),
  );
}

function listing(selection: ChangeSelection): readonly object[] {
  return chosen(selection).map(({ repository, implementation, changed, reason }) => ({
    repository: repository.source,
    ...(repository.commit === undefined ? {} : { commit: repository.commit }),
    contractVersion: repository.manifest.contractVersion,
    ...implementation,
    ...(changed === undefined ? {} : { changed, reason }),
  }));
}

function table(selection: ChangeSelection): string {
  const rows = [
    ['TYPE', 'IMPLEMENTATION', 'LANGUAGE', 'FRAMEWORK', 'FEATURES', 'SOURCE'],
    ...chosen(selection).map(
      ({ repository, implementation: { serviceType, name, language, framework, supportedFeatures, path } }) => [
        serviceType,
        name,
        language ?? '-',
        framework ?? '-',
        supportedFeatures.join(',') || '-',
        `${repository.source}/${path}`.replace(/^\.\//, ''),
      ],
    ),
  ];
  if (selection.compared) {
    const texts = ['CHANGED', ...chosen(selection).map(({ changed, reason }) => (changed ? `yes: ${reason}` : 'no'))];
    for (const [index, row] of rows.entries()) row.push(printable(texts[index] ?? '', 200));
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
