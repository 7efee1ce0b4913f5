import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { Config } from '../config/config.ts';
import { printable } from '../documents/show.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import { changedImplementations, type TouchedImplementations } from '../plan/changes.ts';
import type { ChangeBase } from './change-base.ts';
import type { Ports } from './ports.ts';

/** Read where no other is named; its removal is a change too. */
const DEFAULT_CONFIG = 'cloudrun-perf.yaml';

/** What differs in a repository from its base; undefined when the base is not known there. */
export async function touchedSince(
  repository: ServiceRepository,
  base: ChangeBase,
  config: Pick<Config, 'file'>,
  ports: Ports,
  signal: AbortSignal,
): Promise<TouchedImplementations | undefined> {
  const { root } = repository;
  const files = await ports.sources.changedFiles(root, base.commit, signal);
  if (files === undefined) return undefined;
  const configFile = resolve(ports.workingDirectory, config.file ?? DEFAULT_CONFIG);
  const path = relative(root, configFile);
  const inside = !path.startsWith('..') && resolve(root, path) === configFile;
  if (!inside && (await changed(configFile, base.commit, ports, signal)))
    return { kind: 'all', reason: `${printable(config.file ?? DEFAULT_CONFIG)} changed` };
  return changedImplementations({
    repository,
    changedFiles: files,
    ...(base.manifest === undefined ? {} : { baseManifest: base.manifest }),
    ...(inside ? { configFile: path.split(sep).join('/') } : {}),
  });
}

/** Of a file above the repository's root, where it belongs to the same history. */
async function changed(file: string, commit: string, ports: Ports, signal: AbortSignal): Promise<boolean> {
  const files = await ports.sources.changedFiles(dirname(file), commit, signal);
  return files?.includes(basename(file)) ?? false;
}
