import { basename, resolve } from 'node:path';
import type { InitRequest } from '../config/request.ts';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Manifest } from '../domain/implementation.ts';
import { composeManifest } from '../manifest/compose.ts';
import type { NewFile } from '../ports/folders.ts';
import { plain } from '../report/escape.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { repositoryFiles } from './service-repository.ts';
import { templateManifest } from './template.ts';

/** The template's implementation with the fewest parts: what nobody asked for should be little. */
const SMALLEST = 'node-http';

/** Writes a service repository with implementations of the template, ready to be discovered and validated. */
export async function init(request: InitRequest, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const directory = resolve(ports.workingDirectory, request.directory);
  await ports.folders.checkFree(directory);
  const template = await templateManifest(ports);
  const implementations = chosen(template, request);
  const manifest = composeManifest({ ...template, serviceType: request.type, implementations });
  const files = await repositoryFiles(
    {
      title: basename(directory) || 'services',
      serviceType: request.type,
      contractVersion: template.contractVersion,
      templateType: template.serviceType,
      implementations,
      manifest,
      files: await filesOf(implementations, ports, signal),
    },
    ports,
    signal,
  );
  const shown = plain(request.directory);
  if (request.dryRun) {
    ports.print(`${shown} would get ${files.length} files:\n${listing(files)}`);
    return NOTHING;
  }
  await ports.folders.create(directory, files, signal);
  ports.print(`wrote ${files.length} files into ${shown}\n\n${NEXT}`);
  return NOTHING;
}

/** Paths, one a line. */
export function listing(files: readonly NewFile[]): string {
  return files.map(({ path }) => `  ${plain(path)}\n`).join('');
}

/** What only the owner can do; README.md of the repository says where. */
export const NEXT = `Four things to change, which its README.md explains:
  1. names: the title of README.md, the owners in .github/CODEOWNERS
  2. implementations: their directories, and their entries in manifest.yaml
  3. the cloud: the repository variables of the project and of Workload Identity, or none to stay on the embedded platform
  4. the branch rule: require the check "perf / report"

Check it from inside:
  cloudrun-perf discover
  cloudrun-perf validate --platform local
`;

function chosen({ serviceType, implementations }: Manifest, request: InitRequest): readonly Implementation[] {
  if (serviceType !== request.type)
    throw new UsageError(
      'template-missing',
      `the template has implementations of ${serviceType}, not of ${request.type}`,
      {
        hint: `Take one of test/fixtures/services/${request.type}/implementations of cloudrun-perf, or write one by its contract, and make a repository of it with cloudrun-perf migrate.`,
      },
    );
  const names = implementations.map(({ name }) => name);
  for (const wanted of request.implementations) {
    if (names.includes(wanted)) continue;
    const near = nearest(wanted, names);
    throw new UsageError(
      'unknown-implementation',
      `the template has no implementation ${JSON.stringify(wanted)}; it has ${names.join(', ')}`,
      {
        hint: near === undefined ? 'Others are added by hand, or with cloudrun-perf migrate.' : `Did you mean ${near}?`,
      },
    );
  }
  const wanted = request.implementations.length === 0 ? [SMALLEST] : request.implementations;
  return implementations.filter(({ name }) => wanted.includes(name));
}

async function filesOf(
  implementations: readonly Implementation[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly NewFile[]> {
  const { root, entries } = await ports.folders.read(ports.folders.template, signal);
  const wanted = entries.filter(({ path }) => implementations.some((one) => path.startsWith(`${one.path}/`)));
  return wanted.map(({ path }) => ({ path, copyOf: `${root}/${path}` }));
}
