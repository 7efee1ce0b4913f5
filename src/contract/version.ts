import { printable } from '../documents/show.ts';
import { UsageError } from '../domain/errors.ts';

type Version = readonly [major: number, minor: number, patch: number];

function parseVersion(text: string): Version {
  const found = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})$/.exec(text);
  if (found === null) {
    throw new UsageError(
      'contract-version-invalid',
      `found contract version ${printable(JSON.stringify(text))}, wanted MAJOR.MINOR.PATCH`,
      {
        hint: 'Write it like "1.0.0".',
      },
    );
  }
  return [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** The first number of a version. Throws UsageError for what is no version. */
export const majorOf = (text: string): number => parseVersion(text)[0];

/** Below 0, 0 or above 0. Throws UsageError for what is no version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/**
 * Whether a service's contract version can be checked by the version that ships with cloudrun-perf. Returns a warning
 * for the major before the current one. Throws UsageError for older majors, and for anything newer.
 */
export function checkContractVersion(wanted: string, current: string): { readonly deprecation?: string } {
  const [wantedMajor, wantedMinor] = parseVersion(wanted);
  const [major, minor] = parseVersion(current);
  if (wantedMajor > major || (wantedMajor === major && wantedMinor > minor)) {
    throw new UsageError(
      'contract-version-newer',
      `found contract version ${wanted}, this cloudrun-perf knows ${current}`,
      {
        hint: 'Update the cloudrun-perf action.',
      },
    );
  }
  if (wantedMajor < major - 1) {
    throw new UsageError(
      'contract-version-older',
      `found contract version ${wanted}, wanted ${major - 1}.x or ${major}.x`,
      {
        hint: `Move the service to contract ${major}.`,
      },
    );
  }
  if (wantedMajor === major) return {};
  return { deprecation: `contract version ${wanted} is deprecated: the current one is ${current}` };
}
