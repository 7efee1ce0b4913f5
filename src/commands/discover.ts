import type { Config } from '../config/config.ts';
import type { DiscoverRequest } from '../config/request.ts';
import { type SelectedImplementation, selectImplementations } from '../plan/filter.ts';
import { jobMatrix } from '../plan/matrix.ts';
import { discoverRepositories } from './catalog.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Lists the implementations of all service repositories, and the job matrix over them. */
export async function discover(
  request: DiscoverRequest,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const repositories = await discoverRepositories(request, config, ports, signal);
  const selected = selectImplementations(repositories, request.selection);
  const matrix = JSON.stringify(jobMatrix(selected));
  const texts = {
    table: () => table(selected),
    json: () => `${JSON.stringify(listing(selected), undefined, 2)}\n`,
    matrix: () => `${matrix}\n`,
  };
  ports.print(texts[request.format]());
  return { exitCodes: [], outputs: { matrix } };
}

function listing(selected: readonly SelectedImplementation[]): readonly object[] {
  return selected.map(({ repository, implementation }) => ({
    repository: repository.source,
    ...(repository.commit === undefined ? {} : { commit: repository.commit }),
    contractVersion: repository.manifest.contractVersion,
    ...implementation,
  }));
}

function table(selected: readonly SelectedImplementation[]): string {
  const rows = [
    ['TYPE', 'IMPLEMENTATION', 'LANGUAGE', 'FRAMEWORK', 'FEATURES', 'SOURCE'],
    ...selected.map(
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
