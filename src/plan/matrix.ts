import type { SelectedImplementation } from './filter.ts';

/** GitHub starts at most this many jobs of one matrix. */
const MOST_JOBS = 256;

export interface MatrixEntry {
  /** One or several names with commas, as the input `implementation` takes them. */
  readonly implementation: string;
  readonly type: string;
  readonly language: string;
  readonly framework: string;
}

export interface JobMatrix {
  readonly include: readonly MatrixEntry[];
}

type Named = Pick<SelectedImplementation, 'implementation'>;

/** One job per implementation; when these are too many, as many implementations to a job as are needed. */
export function jobMatrix(selected: readonly Named[]): JobMatrix {
  const byType = Map.groupBy(selected, ({ implementation }) => implementation.serviceType);
  // Each type may leave one job that is not full.
  const size = Math.max(1, Math.ceil(selected.length / (MOST_JOBS - byType.size + 1)));
  const include = [...byType].flatMap(([type, members]) =>
    chunks(uniqueNames(members), size).map((group) => ({
      implementation: group.map(({ implementation }) => implementation.name).join(','),
      type,
      language: shared(group.map(({ implementation }) => implementation.language)),
      framework: shared(group.map(({ implementation }) => implementation.framework)),
    })),
  );
  return { include };
}

/** A job names implementations, so those of one name go together anyway. */
function uniqueNames(members: readonly Named[]): readonly Named[] {
  return [...new Map(members.map((member) => [member.implementation.name, member])).values()];
}

function shared(values: readonly (string | undefined)[]): string {
  const distinct = new Set(values);
  return distinct.size === 1 ? (values[0] ?? '') : '';
}

function chunks<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
