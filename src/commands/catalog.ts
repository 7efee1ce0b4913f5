import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Config, ServiceRepositoryConfig } from '../config/config.ts';
import type { GlobalOptions } from '../config/request.ts';
import { contractDrift } from '../contract/drift.ts';
import { majorOf } from '../contract/version.ts';
import { locate } from '../documents/locate.ts';
import type { Source } from '../documents/source-tree.ts';
import { UsageError } from '../domain/errors.ts';
import type { Manifest, ServiceRepository } from '../domain/implementation.ts';
import { parseManifest } from '../manifest/parse.ts';
import { checkRepository } from '../manifest/repository.ts';
import { contractFor, deprecationOf, localContract } from './contracts.ts';
import type { Ports } from './ports.ts';

const MANIFEST = 'manifest.yaml';

/** Discovers all service repositories of a request: the given manifest, else the configured ones, else ./manifest.yaml. */
export async function discoverRepositories(
  request: Pick<GlobalOptions, 'manifest'> & { readonly shard?: string },
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ServiceRepository[]> {
  // What the user names on the command line starts from here; what a file names starts from that file.
  const named = request.manifest !== undefined || config.serviceRepositories.length === 0;
  const wanted = named ? [{ url: request.manifest ?? '.' }] : config.serviceRepositories;
  const base =
    named || config.file === undefined ? ports.workingDirectory : dirname(resolve(ports.workingDirectory, config.file));
  const repositories: ServiceRepository[] = [];
  for (const repository of wanted) {
    signal.throwIfAborted();
    repositories.push(await discoverRepository(repository, base, config.discovery.cacheTtlMs, ports, signal));
  }
  refuseSameNames(repositories);
  refuseSeveralVersions(repositories);
  // Who planned the jobs of a run has said it already.
  if (request.shard === undefined) await warnOfDeprecation(repositories, ports);
  return repositories;
}

/** Results, baselines and comments know an implementation by its type and name: a second one would replace the first. */
function refuseSameNames(repositories: readonly ServiceRepository[]): void {
  const known = new Map<string, string>();
  for (const { source, manifest } of repositories) {
    for (const { serviceType, name } of manifest.implementations) {
      const key = `${serviceType}/${name}`;
      const other = known.get(key);
      if (other !== undefined) {
        throw new UsageError(
          'duplicate-name',
          `found ${name} (${serviceType}) in ${other} and in ${source}, wanted names that are unique in a service type`,
          { hint: 'rename one of them, or measure the repositories in runs of their own with --manifest' },
        );
      }
      known.set(key, source);
    }
  }
}

/** Results of a service type are one table and one baseline, which are of one contract. */
function refuseSeveralVersions(repositories: readonly ServiceRepository[]): void {
  const known = new Map<string, ServiceRepository>();
  for (const repository of repositories) {
    const { serviceType, contractVersion } = repository.manifest;
    const other = known.get(serviceType);
    if (other !== undefined && other.manifest.contractVersion !== contractVersion) {
      throw new UsageError(
        'contract-versions-mixed',
        `found ${serviceType} ${other.manifest.contractVersion} in ${other.source} and ${contractVersion} in ${repository.source}, wanted one version in a run`,
        { hint: 'move one of them, or measure the repositories in runs of their own with --manifest' },
      );
    }
    known.set(serviceType, repository);
  }
}

async function discoverRepository(
  wanted: ServiceRepositoryConfig,
  base: string,
  cacheTtlMs: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<ServiceRepository> {
  ports.logger.progress(`discovering ${wanted.url}`);
  const named = /\.ya?ml$/.test(wanted.url);
  const url = named ? wanted.url.replace(/[^/\\]+$/, '') || '.' : wanted.url;
  const manifestPath = named ? wanted.url.slice(url === '.' ? 0 : url.length) : MANIFEST;
  const checkout = await ports.sources.checkout(absolute(url, base), wanted.ref, cacheTtlMs, signal);
  if (checkout.cachedAgeMs !== undefined) {
    ports.logger.warn(`${wanted.url} is unreachable: using the copy from ${minutes(checkout.cachedAgeMs)} ago`, {
      url: wanted.url,
    });
  }
  const tree = ports.fileTree(checkout.root);
  const file = displayPath(join(checkout.root, manifestPath), ports);
  const text = await tree.read(manifestPath);
  if (text === undefined) {
    throw new UsageError('manifest-missing', `${file}: no such file`, {
      hint: `a service repository holds a ${MANIFEST}; name another one with --manifest`,
    });
  }
  const manifest = parseManifest({ text, file }, ports.schemas);
  if (wanted.type !== undefined && wanted.type !== manifest.serviceType) {
    throw new UsageError(
      'type-mismatch',
      `${file}: service_type is ${manifest.serviceType}, the configuration says ${wanted.type}`,
      {
        hint: 'correct "type" in the configuration or "service_type" in the manifest',
      },
    );
  }
  const contract = await contractFor({ ...manifest, repositoryRoot: tree.root }, ports).catch((error: unknown) => {
    throw atType(error, { text, file });
  });
  await checkRepository(manifest, tree, { text, file }, Object.keys(contract.features));
  await warnOfDrift(manifest, tree.root, ports);
  return {
    source: wanted.url,
    root: checkout.root,
    manifestPath,
    manifest,
    // gRPC is HTTP/2 from end to end.
    ...(contract.documents.services === undefined ? {} : { portProtocol: 'h2c' as const }),
    ...(wanted.ref === undefined ? {} : { ref: wanted.ref }),
    ...(checkout.commit === undefined ? {} : { commit: checkout.commit }),
    ...(checkout.cachedAgeMs === undefined ? {} : { cachedAgeMs: checkout.cachedAgeMs }),
  };
}

async function warnOfDeprecation(repositories: readonly ServiceRepository[], ports: Ports): Promise<void> {
  const found = repositories.map(({ manifest }) => deprecationOf(manifest, ports, ports.clock.epochMs()));
  for (const text of new Set(await Promise.all(found))) if (text !== undefined) ports.logger.warn(text);
}

/** A type that nobody knows is a finding about the manifest. */
function atType(error: unknown, source: Source): unknown {
  if (!(error instanceof UsageError) || error.code !== 'contract-missing') return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new UsageError(error.code, error.message, { at: locate(source, '/service_type'), ...hint });
}

/** The contract shipped here is the one that counts; a copy in the service repository that differs misleads its readers. */
async function warnOfDrift({ serviceType, contractVersion }: Manifest, root: string, ports: Ports): Promise<void> {
  const majors = await ports.contractMajors(serviceType);
  const local = majors.length === 0 ? new Map<string, string>() : await localContract(root, ports);
  if (local.size === 0) return;
  const wanted = majorOf(contractVersion);
  const major = majors.includes(wanted) ? wanted : majors[0];
  const differing = contractDrift(await ports.contractFiles(serviceType, major), local);
  if (differing.length === 0) return;
  ports.logger.warn(
    `contract/ of ${displayPath(root, ports)} differs from the ${serviceType} contract in: ${differing.slice(0, 5).join(', ')}`,
  );
}

/** A directory made absolute; Git URLs (`scheme://`, `user@host:path`) as they are. */
function absolute(url: string, base: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[\w.-]+@[\w.-]+:/.test(url) || isAbsolute(url)
    ? url
    : resolve(base, url);
}

function displayPath(path: string, ports: Ports): string {
  const fromHere = relative(ports.workingDirectory, path);
  return fromHere.startsWith('..') || fromHere === '' ? path : fromHere;
}

function minutes(durationMs: number): string {
  return durationMs < 120_000 ? `${Math.round(durationMs / 1000)} s` : `${Math.round(durationMs / 60_000)} min`;
}
