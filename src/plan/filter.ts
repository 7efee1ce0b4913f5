import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Selection, ServiceRepository } from '../domain/implementation.ts';

export interface SelectedImplementation {
  readonly repository: ServiceRepository;
  readonly implementation: Implementation;
}

interface Criterion {
  readonly name: string;
  readonly wanted: readonly string[];
  readonly of: (implementation: Implementation) => string | undefined;
}

const same = (a: string, b: string | undefined) => b !== undefined && a.toLowerCase() === b.toLowerCase();

/** What was asked for goes before what the configuration says, criterion by criterion. */
export function withDefaults(asked: Selection, otherwise: Selection): Selection {
  const either = (key: keyof Selection) => (asked[key].length > 0 ? asked[key] : otherwise[key]);
  return {
    types: either('types'),
    languages: either('languages'),
    frameworks: either('frameworks'),
    implementations: either('implementations'),
  };
}

/**
 * The implementations that fit all criteria; within one criterion any of its values will do, upper or lower case.
 * Throws UsageError when a value fits nothing that was discovered, or when nothing fits all.
 */
export function selectImplementations(
  repositories: readonly ServiceRepository[],
  selection: Selection,
): readonly SelectedImplementation[] {
  const all = repositories.flatMap((repository) =>
    repository.manifest.implementations.map((implementation) => ({ repository, implementation })),
  );
  if (all.length === 0)
    throw new UsageError('nothing-discovered', 'no service repository with an implementation was found', {
      hint: 'Name one with --manifest, or list service_repositories in the configuration.',
    });
  const criteria: readonly Criterion[] = [
    { name: 'service type', wanted: selection.types, of: (found) => found.serviceType },
    { name: 'implementation', wanted: selection.implementations, of: (found) => found.name },
    { name: 'language', wanted: selection.languages, of: (found) => found.language },
    { name: 'framework', wanted: selection.frameworks, of: (found) => found.framework },
  ];
  for (const criterion of criteria) refuseUnknown(criterion, all);
  const selected = all.filter(({ implementation }) =>
    criteria.every(({ wanted, of }) => wanted.length === 0 || wanted.some((value) => same(value, of(implementation)))),
  );
  if (selected.length > 0) return selected;
  const asked = criteria.filter(({ wanted }) => wanted.length > 0);
  throw new UsageError(
    'nothing-selected',
    `no implementation is of ${asked.map(({ name, wanted }) => `${name} ${wanted.join(' or ')}`).join(' and of ')}`,
    { hint: 'cloudrun-perf discover lists all implementations.' },
  );
}

function refuseUnknown({ name, wanted, of }: Criterion, all: readonly SelectedImplementation[]): void {
  const known = [...new Set(all.map(({ implementation }) => of(implementation)))].filter(
    (value) => value !== undefined,
  );
  for (const value of wanted) {
    if (known.some((candidate) => same(value, candidate))) continue;
    const near = nearest(value, known);
    const listed = known.length === 0 ? `, and no manifest declares a ${name}` : `; found are ${known.join(', ')}`;
    throw new UsageError(
      `unknown-${name.replace(' ', '-')}`,
      `no ${name} ${JSON.stringify(value)} was discovered${listed}`,
      {
        hint: near === undefined ? 'cloudrun-perf discover lists all implementations.' : `Did you mean ${near}?`,
      },
    );
  }
}
