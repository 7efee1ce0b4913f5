import { nearest } from '../documents/nearest.ts';
import { alternatives, printable } from '../documents/show.ts';
import { UsageError } from '../domain/errors.ts';
import type { LoadedContract } from './contract.ts';
import { compareVersions } from './version.ts';

/** Throws UsageError when a declared feature is not one of the contract's. */
export function checkFeatures(contract: LoadedContract, declared: readonly string[]): void {
  const valid = Object.keys(contract.features);
  const problems = declared
    .filter((name) => !valid.includes(name))
    .map((name) => {
      const near = nearest(name, valid);
      return new UsageError(
        'feature-unknown',
        `unknown feature ${printable(JSON.stringify(name))}, wanted ${alternatives(valid)}`,
        {
          ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
        },
      );
    });
  if (problems.length === 1 && problems[0] !== undefined) throw problems[0];
  if (problems.length > 1) throw new UsageError('feature-unknown', 'unknown features', { problems });
}

/** Required features of that contract version which are not declared: declaring nothing must not pass. */
export function missingFeatures(
  contract: LoadedContract,
  contractVersion: string,
  declared: readonly string[],
): readonly string[] {
  return Object.entries(contract.features)
    .filter(([, feature]) => feature.required && compareVersions(feature.since, contractVersion) <= 0)
    .map(([name]) => name)
    .filter((name) => !declared.includes(name));
}
