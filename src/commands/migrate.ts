import { basename, isAbsolute, relative, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { MigrateRequest } from '../config/request.ts';
import { UsageError } from '../domain/errors.ts';
import type { PlatformName } from '../domain/plan.ts';
import { composeManifest } from '../manifest/compose.ts';
import { plain } from '../report/escape.ts';
import { contractFor } from './contracts.ts';
import { listing, NEXT } from './init.ts';
import { type MigratedFolder, migratedFolder } from './migrated.ts';
import { migrationGuide, outsideText } from './migration-guide.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { prove } from './prove.ts';
import { repositoryFiles } from './service-repository.ts';
import { templateManifest } from './template.ts';

/** Writes a service repository with the implementations of a folder, and proves that it can be discovered and validated. */
export async function migrate(
  request: MigrateRequest,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const output = resolve(ports.workingDirectory, request.output);
  await ports.folders.checkFree(output);
  const folder = await ports.folders.read(resolve(ports.workingDirectory, request.folder), signal);
  refuseInside(output, folder.root, request);
  const contract = await contractFor({ serviceType: request.type }, ports);
  const features = Object.entries(contract.features);
  const required = features.filter(([, feature]) => feature.required).map(([name]) => name);
  const optional = features.filter(([, feature]) => !feature.required).map(([name]) => name);
  const migrated = await migratedFolder(folder, request.type, required, ports.fileTree(folder.root));
  const implementations = migrated.implementations.map(({ implementation }) => implementation);
  const files = await repositoryFiles(
    {
      title: basename(output) || 'services',
      serviceType: request.type,
      contractVersion: contract.version,
      templateType: (await templateManifest(ports)).serviceType,
      implementations,
      manifest: composeManifest(
        { serviceType: request.type, contractVersion: contract.version, implementations },
        optional.length === 0
          ? []
          : [
              `Optional features, to be added to supported_features where they are supported: ${optional.join(', ')}.`,
              'cloudrun-perf validate --probe-undeclared says which of them an implementation passes.',
            ],
      ),
      files: [
        ...migrated.implementations.flatMap((one) => one.files),
        { path: 'MIGRATION.md', text: migrationGuide(migrated, folder, output) },
      ],
    },
    ports,
    signal,
  );
  const shown = plain(request.output);
  ports.print(found(migrated));
  if (request.dryRun) {
    ports.print(`\n${shown} would get ${files.length} files:\n${listing(files)}`);
    return NOTHING;
  }
  await ports.folders.create(output, files, signal);
  ports.print(`\nwrote ${files.length} files into ${shown}; MIGRATION.md says how to bring the history\n`);
  if (!request.proof) {
    ports.print(`\n${NEXT}`);
    return NOTHING;
  }
  const exitCodes = await prove(request, output, platform, config, ports, signal);
  ports.print(`\n${NEXT}`);
  return { exitCodes, outputs: {} };
}

/** A service repository inside the folder would be found in it the next time. */
function refuseInside(output: string, folder: string, request: MigrateRequest): void {
  const path = relative(folder, output);
  if (path === '..' || path.startsWith('../') || path.startsWith('..\\') || isAbsolute(path)) return;
  throw new UsageError(
    'output-inside',
    `--output ${JSON.stringify(request.output)} lies inside ${JSON.stringify(request.folder)}, wanted one outside`,
    { hint: 'Write it beside the old repository, such as --output ../cloudrun-service-mine.' },
  );
}

/** What was found, and what has to be changed by hand, for a person at a terminal. */
function found({ implementations, ignored }: MigratedFolder): string {
  const rows = [
    ['IMPLEMENTATION', 'LANGUAGE', 'FRAMEWORK', 'PROCESS', 'FROM'],
    ...implementations.map(({ from, implementation: { name, language, framework, local } }) => [
      name,
      language ?? '?',
      framework ?? '?',
      local === undefined ? 'no' : 'yes',
      plain(from),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const changes = implementations.flatMap(({ implementation: { path }, outside, remarks }) => [
    ...outside.map((one) => plain(`${path}/${one.file}:${one.line}: ${outsideText(one)}`)),
    ...remarks.map((remark) => plain(`${path}: ${remark}`)),
  ]);
  const others = ignored.map((path) => plain(`${path} made no implementation.`));
  const list = [...changes, ...others].map((line) => `  ${line}`);
  return `${[...table, ...(list.length === 0 ? [] : ['', 'To look at:']), ...list].join('\n')}\n`;
}
