import type { JobPlan, PlannedItem, Shard } from '../domain/job-plan.ts';

/** GitHub starts at most this many jobs of one matrix. */
export const MOST_JOBS = 256;

/**
 * The jobs that measure these items: one for each while they fit, else as few to a job as will do. A job is about one
 * type, and about one profile unless there are more profiles than jobs. The same items give the same jobs, whatever
 * their order; what is named twice is measured once.
 */
export function jobPlanShards(items: readonly PlannedItem[], mostJobs: number = MOST_JOBS): readonly Shard[] {
  const sorted = [...new Map(items.map((item) => [keyOf(item), item])).values()].sort(byKey);
  const jobs = sorted.length <= mostJobs ? sorted.map((item) => [item]) : packed(sorted, mostJobs);
  const width = Math.max(2, String(jobs.length).length);
  return jobs.map((members, index) => ({ id: String(index + 1).padStart(width, '0'), items: members }));
}

/** Types and profiles come before names, so that neighbours belong together. */
const keyOf = ({ type, profile, implementation }: PlannedItem) => [type, profile, implementation].join('\u0000');

function byKey(a: PlannedItem, b: PlannedItem): number {
  const [left, right] = [keyOf(a), keyOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function packed(sorted: readonly PlannedItem[], mostJobs: number): readonly (readonly PlannedItem[])[] {
  const alike = groups(sorted, ({ type, profile }) => [type, profile].join('\u0000'));
  const together = alike.length <= mostJobs ? alike : groups(sorted, ({ type }) => type);
  if (together.length > mostJobs) throw new RangeError(`${together.length} service types need as many jobs`);
  const jobsOf = (size: number) => together.map((group) => Math.ceil(group.length / size));
  let size = Math.ceil(sorted.length / mostJobs);
  while (jobsOf(size).reduce((sum, count) => sum + count, 0) > mostJobs) size += 1;
  return together.flatMap((group) => evenly(group, Math.ceil(group.length / size)));
}

const groups = (items: readonly PlannedItem[], keyOfGroup: (item: PlannedItem) => string) => [
  ...Map.groupBy(items, keyOfGroup).values(),
];

/** Neighbours in parts whose sizes differ by one at most. */
function evenly<T>(values: readonly T[], parts: number): readonly (readonly T[])[] {
  const start = (index: number) => Math.floor((index * values.length) / parts);
  return Array.from({ length: parts }, (_, index) => values.slice(start(index), start(index + 1)));
}

/** One job as the workflow sees it; lists are joined with commas, as the action's inputs take them. */
export interface MatrixEntry {
  readonly shard: string;
  /** For people. */
  readonly title: string;
  readonly implementation: string;
  readonly type: string;
  readonly profile: string;
  /** Empty when unknown, or when those of the job differ. */
  readonly language: string;
  readonly framework: string;
}

/** `strategy.matrix` of a workflow. */
export interface JobMatrix {
  readonly include: readonly MatrixEntry[];
}

/** What is known of an implementation besides its name. */
export interface ItemDetails {
  readonly language?: string;
  readonly framework?: string;
}

export function jobMatrix(
  { shards }: Pick<JobPlan, 'shards'>,
  detailsOf: (item: PlannedItem) => ItemDetails,
): JobMatrix {
  const all = shards.flatMap(({ items }) => items);
  const [types, profiles] = [distinct(all, 'type'), distinct(all, 'profile')];
  const include = shards.map(({ id, items }): MatrixEntry => {
    const names = distinct(items, 'implementation');
    const own = distinct(items, 'profile');
    const remarks = [
      ...(types.length > 1 ? distinct(items, 'type') : []),
      ...(own.length > 1 ? [`${own.length} profiles`] : profiles.length > 1 ? own : []),
    ];
    return {
      shard: id,
      title: `${named(names)}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`,
      implementation: names.join(','),
      type: distinct(items, 'type').join(','),
      profile: own.join(','),
      language: shared(items.map((item) => detailsOf(item).language)),
      framework: shared(items.map((item) => detailsOf(item).framework)),
    };
  });
  return { include };
}

function distinct(items: readonly PlannedItem[], key: keyof PlannedItem): readonly string[] {
  return [...new Set(items.map((item) => item[key]))];
}

/** `a`, `a and b`, `a, b and 3 more`. */
function named(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

function shared(values: readonly (string | undefined)[]): string {
  return new Set(values).size === 1 ? (values[0] ?? '') : '';
}
