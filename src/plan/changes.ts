import { isDeepStrictEqual } from 'node:util';
import { printable } from '../documents/show.ts';
import type { Implementation, Manifest, ServiceRepository } from '../domain/implementation.ts';

export interface RepositoryChange {
  readonly repository: Pick<ServiceRepository, 'manifest' | 'manifestPath'>;
  /** Relative to the repository's root, with forward slashes. */
  readonly changedFiles: readonly string[];
  /** What the manifest said before the change; absent when there was none, or none that can be read. */
  readonly baseManifest?: Manifest;
  /** The configuration that is used, relative to the root as well; absent when it lies elsewhere. */
  readonly configFile?: string;
}

/** Which implementations a change touches, and why in words. Texts are bounded and printable. */
export type TouchedImplementations =
  | { readonly kind: 'all'; readonly reason: string }
  /** By name, each with its reason; may be empty. */
  | { readonly kind: 'some'; readonly names: ReadonlyMap<string, string> };

const CONTRACT = 'contract/';
/** Of a repository that is one implementation as a whole, what no image is made of. */
const BESIDE = ['.github/', '.cloudrun-perf/'];

/**
 * A file of an implementation's directory touches it, and so does a change of its entry in the manifest; what is meant
 * for all touches all; everything else, such as documentation and workflows, touches nothing.
 */
export function changedImplementations(change: RepositoryChange): TouchedImplementations {
  const reason = reasonForAll(change);
  if (reason !== undefined) return { kind: 'all', reason };
  const { repository, changedFiles, baseManifest } = change;
  const { implementations } = repository.manifest;
  const files = Map.groupBy(
    changedFiles
      .filter((file) => file !== repository.manifestPath)
      .flatMap((file) => ownersOf(file, implementations).map((name) => ({ name, file }))),
    ({ name }) => name,
  );
  const names = implementations.flatMap((implementation): (readonly [string, string])[] => {
    const { name } = implementation;
    const own = files.get(name)?.map(({ file }) => file) ?? [];
    if (own.length > 0) return [[name, changedText(own)]];
    const before = baseManifest?.implementations.find((candidate) => candidate.name === name);
    if (isDeepStrictEqual(before, implementation)) return [];
    return [[name, before === undefined ? 'it is new' : `its entry in ${printable(repository.manifestPath)} changed`]];
  });
  return { kind: 'some', names: new Map(names) };
}

function reasonForAll({ repository, changedFiles, baseManifest, configFile }: RepositoryChange): string | undefined {
  const { manifest, manifestPath } = repository;
  const contract = changedFiles.filter((file) => file.startsWith(CONTRACT));
  if (contract.length > 0) return changedText(contract);
  if (configFile !== undefined && changedFiles.includes(configFile)) return changedText([configFile]);
  if (baseManifest === undefined) return `the base has no ${printable(manifestPath)} that can be read`;
  const { serviceType, contractVersion } = manifest;
  if (baseManifest.serviceType !== serviceType)
    return `service_type changed from ${baseManifest.serviceType} to ${serviceType}`;
  if (baseManifest.contractVersion !== contractVersion)
    return `contract_version changed from ${baseManifest.contractVersion} to ${contractVersion}`;
  return undefined;
}

/** The implementations in the innermost directory that holds the file: several may share one. */
function ownersOf(file: string, implementations: readonly Implementation[]): readonly string[] {
  const holding = implementations.filter((implementation) => holds(implementation, file));
  const longest = Math.max(...holding.map(({ path }) => depthOf(path)));
  return holding.filter(({ path }) => depthOf(path) === longest).map(({ name }) => name);
}

function holds({ path, image, local }: Implementation, file: string): boolean {
  // Nothing is built from the directory then.
  if (image !== undefined && local === undefined) return false;
  if (path === '.') return !BESIDE.some((place) => file.startsWith(place));
  return file === path || file.startsWith(`${path}/`);
}

const depthOf = (path: string) => (path === '.' ? 0 : path.length);

function changedText(files: readonly string[]): string {
  const [first = '', ...others] = files;
  const shown = printable(first, LONGEST_PATH);
  if (others.length === 0) return `${shown} changed`;
  return `${shown} and ${others.length} more ${others.length === 1 ? 'file' : 'files'} changed`;
}

const LONGEST_PATH = 120;
