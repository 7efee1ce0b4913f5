import { locate } from '../documents/locate.ts';
import { parseDocument } from '../documents/parse-document.ts';
import { type PerfError, UsageError } from '../domain/errors.ts';
import type { Implementation, LocalRuntime, Manifest } from '../domain/implementation.ts';
import type { ServiceType } from '../domain/service-type.ts';
import type { ImplementationDocument, ManifestDocument } from './document.ts';
import { splitCommand } from './split-command.ts';

export interface ManifestSource {
  readonly text: string;
  /** What messages call it. */
  readonly file: string;
}

/** Throws one UsageError whose problems name every mistake with file:line:column. */
export function parseManifest(source: ManifestSource, schemas: { readonly manifest: object }): Manifest {
  const document = parseDocument<ManifestDocument>(source, schemas.manifest, { what: 'manifest' });
  const problems: PerfError[] = [...duplicateNames(document, source)];
  const implementations = document.implementations.map((entry, index) => {
    const run = runCommand(entry, index, source);
    if (run instanceof UsageError) problems.push(run);
    return toImplementation(entry, document.service_type, run instanceof UsageError ? undefined : run);
  });
  if (problems.length > 0) throw manifestProblems(source.file, problems);
  return {
    serviceType: document.service_type,
    contractVersion: document.contract_version,
    implementations,
  };
}

/** One error for all that is wrong with one manifest. */
export function manifestProblems(file: string, problems: readonly PerfError[]): UsageError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new UsageError('manifest-invalid', `this manifest has ${count}`, { at: { file }, problems });
}

function* duplicateNames(document: ManifestDocument, source: ManifestSource): Generator<UsageError> {
  const first = new Map<string, number>();
  for (const [index, { name }] of document.implementations.entries()) {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      continue;
    }
    const line = locate(source, `/implementations/${earlier}/name`).line;
    yield new UsageError(
      'duplicate-name',
      `found a second implementation named "${name}", the first is in line ${line}`,
      {
        at: locate(source, `/implementations/${index}/name`),
        hint: 'Names are service names and must differ.',
      },
    );
  }
}

function runCommand(
  entry: ImplementationDocument,
  index: number,
  source: ManifestSource,
): readonly string[] | UsageError | undefined {
  const run = entry.local?.run;
  if (run === undefined) return undefined;
  const split = typeof run === 'string' ? splitCommand(run) : { ok: true as const, words: run };
  const words = split.ok ? split.words : [];
  if (split.ok && words[0] !== undefined && words[0].trim() !== '') return words;
  const found = split.ok ? 'no program' : split.problem;
  return new UsageError(
    'bad-run-command',
    `found ${found} in local.run of ${entry.name}, wanted a program and its arguments`,
    {
      at: locate(source, `/implementations/${index}/local/run`),
      hint: 'It is started without a shell, so that signals reach it: quote such characters, or write run: [sh, -c, "exec ..."].',
    },
  );
}

function toImplementation(
  entry: ImplementationDocument,
  serviceType: ServiceType,
  run: readonly string[] | undefined,
): Implementation {
  const { language, framework, image, target } = entry;
  return {
    name: entry.name,
    serviceType,
    path: normalPath(entry.path),
    dockerfile: normalPath(entry.dockerfile ?? 'Dockerfile'),
    buildArgs: Object.fromEntries(Object.entries(entry.build_args ?? {}).map(([key, value]) => [key, String(value)])),
    supportedFeatures: entry.supported_features ?? [],
    ...(language === undefined ? {} : { language }),
    ...(framework === undefined ? {} : { framework }),
    ...(image === undefined ? {} : { image }),
    ...(target === undefined ? {} : { target }),
    ...(run === undefined ? {} : { local: localRuntime(entry, run) }),
  };
}

function localRuntime(entry: ImplementationDocument, run: readonly string[]): LocalRuntime {
  const build = entry.local?.build;
  return { run, requires: entry.local?.requires ?? [], ...(build === undefined ? {} : { build }) };
}

/** `./a//b/` as `a/b`; the schema has already refused whatever leaves the repository. */
function normalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length === 0 ? '.' : segments.join('/');
}
