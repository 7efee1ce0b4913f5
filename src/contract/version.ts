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
 * Whether a service's contract version can be checked by the version that ships with cloudrun-perf, which is of the current
 * major or of the one before. Throws UsageError for older majors, and for anything newer.
 */
export function checkContractVersion(wanted: string, current: string): void {
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
}

/** Majors that are supported of those that ship: the current one and the one before. */
export function supportedMajors(shipped: readonly number[]): readonly number[] {
  const newest = Math.max(...shipped);
  return shipped.filter((major) => major >= newest - 1);
}

/** What is to be said to those who still honour the major before the current one. */
export function deprecationText(
  contract: { readonly type: string; readonly version: string; readonly supportedUntil?: string },
  today: string,
): string {
  const { type, version, supportedUntil } = contract;
  const major = majorOf(version);
  const end =
    supportedUntil === undefined
      ? `until ${type} ${major + 2} ships`
      : today <= supportedUntil
        ? `until ${supportedUntil}`
        : `until ${supportedUntil}, which is over: the next release may refuse it`;
  return `${type} ${major}.x is deprecated and supported ${end}; the current version is ${major + 1}.x`;
}
