import type { MetricId } from '../domain/metric.ts';
import type { Run } from '../domain/run.ts';
import { markdownText, plain } from './escape.ts';
import { markdownTable } from './markdown-table.ts';
import { type Row, rowsOf } from './model.ts';
import { formatValue, NOTHING } from './numbers.ts';
import { metricOf } from './phrases.ts';
import { type Style, textTable } from './text-table.ts';

const METRICS: readonly (readonly [title: string, metric: MetricId])[] = [
  ['Cold start p50', 'cold-ttfb'],
  ['Warm p50', 'warm-p50'],
  ['Requests/s', 'warm-rps'],
];
const HEADER = [
  'Implementation',
  'Profile',
  'CPU',
  'Memory',
  'Boost',
  'Concurrency',
  ...METRICS.map(([title]) => title),
];
const RIGHT: ReadonlySet<number> = new Set(HEADER.map((_, column) => column).slice(2));
const CELL = 100;

/**
 * What each profile made of each implementation, as Markdown: one table a service type, one row an implementation and
 * profile, in the order of the profiles. Empty when the run has fewer than two profiles.
 */
export function sweepTable(run: Run): string {
  const tables = sweeps(run).map(({ serviceType, cells }) => {
    const rows = cells.map((row) => row.map((cell) => markdownText(cell, CELL)));
    return `**Profiles of ${markdownText(serviceType, CELL)}**\n\n${markdownTable(HEADER, rows, RIGHT)}`;
  });
  return tables.join('\n\n');
}

/** The same for a terminal. */
export function sweepLines(run: Run, width: number, style: Style): readonly string[] {
  return sweeps(run).flatMap(({ serviceType, cells }) => [
    style.strong(`Profiles of ${plain(serviceType, CELL)}`),
    ...textTable(
      HEADER,
      cells.map((row) => row.map((cell) => plain(cell, 40))),
      { right: RIGHT, width, paint: (line) => line },
    ),
    '',
  ]);
}

interface Sweep {
  readonly serviceType: string;
  readonly cells: readonly (readonly string[])[];
}

function sweeps({ results }: Run): readonly Sweep[] {
  const profiles = new Set(results.map(({ profile }) => profile).filter((profile) => profile !== undefined));
  if (profiles.size < 2) return [];
  return [...Map.groupBy(results, ({ serviceType }) => serviceType)].map(([serviceType, groups]) => {
    const rows = groups.flatMap(rowsOf);
    // The names in the order of the alphabet, the profiles of each as the run has them.
    const byName = [...Map.groupBy(rows, ({ name }) => name)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { serviceType, cells: byName.flatMap(([, members]) => members.map(cellsOf)) };
  });
}

function cellsOf({ name, profile, result, head, standing }: Row): readonly string[] {
  const settings = result?.tags.profile;
  const facts =
    settings === undefined
      ? [NOTHING, NOTHING, NOTHING, NOTHING]
      : [settings.cpu, settings.memory, settings.startupCpuBoost ? 'yes' : 'no', String(settings.concurrency)];
  const measured = standing !== 'contract failed' && standing !== 'not measured';
  const numbers = METRICS.map(([, id]) =>
    measured ? formatValue(head[id]?.p50, metricOf(id)?.unit ?? 'ms') : NOTHING,
  );
  const first = numbers[0] === NOTHING && !measured ? [standing, ...numbers.slice(1)] : numbers;
  return [name, profile ?? NOTHING, ...facts, ...first];
}
