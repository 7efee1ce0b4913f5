import { access, readdir, readFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { InfrastructureError } from '../../domain/errors.ts';

const SCHEMA_FILES = {
  manifest: 'manifest',
  config: 'config',
  results: 'results',
  run: 'run',
  baseline: 'baseline',
  plan: 'plan',
  vectors: 'test-vectors',
  contract: 'contract',
} as const;

export type ShippedSchemas = Readonly<Record<keyof typeof SCHEMA_FILES, object>>;

/** The JSON Schemas in `<contracts>/schemas`. */
export async function readSchemas(contracts: string): Promise<ShippedSchemas> {
  const read = async (name: string): Promise<object> =>
    JSON.parse(await readFile(join(contracts, 'schemas', `${name}.schema.json`), 'utf8'));
  const entries = Object.entries(SCHEMA_FILES).map(async ([key, name]) => [key, await read(name)] as const);
  return Object.fromEntries(await Promise.all(entries)) as ShippedSchemas;
}

/** Major versions of a contract that ship, newest first; none for a type that does not ship. */
export async function contractMajors(contracts: string, serviceType: string): Promise<readonly number[]> {
  const versions = (await readdir(contracts)).flatMap((name) => /^v([1-9][0-9]*)$/.exec(name)?.[1] ?? []).map(Number);
  const ships = await Promise.all(
    versions.map(async (major) => {
      const entry = join(contracts, `v${major}`, basename(serviceType), 'contract.yaml');
      return access(entry).then(
        () => true,
        () => false,
      );
    }),
  );
  return versions.filter((_, index) => ships[index]).sort((a, b) => b - a);
}

/**
 * Files of a shipped contract, by path relative to its directory; of the newest version when none is named. Throws
 * InfrastructureError `contract-missing`.
 */
export async function readContract(
  contracts: string,
  serviceType: string,
  major?: number,
): Promise<ReadonlyMap<string, string>> {
  const version = major ?? (await contractMajors(contracts, serviceType))[0] ?? 1;
  const root = join(contracts, `v${version}`, basename(serviceType));
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new InfrastructureError('contract-missing', `cloudrun-perf ships no contract ${serviceType}`, { cause });
  });
  const files = entries.filter((found) => found.isFile()).map((found) => join(found.parentPath, found.name));
  const relative = (file: string) => file.slice(root.length + 1).replaceAll(sep, '/');
  return new Map(await Promise.all(files.map(async (file) => [relative(file), await readFile(file, 'utf8')] as const)));
}

/** The newest table of prices in `<contracts>/prices`; a test checks that all of them fit their schema. */
export async function readPrices(contracts: string): Promise<object> {
  const directory = join(contracts, 'prices');
  const names = (await readdir(directory)).filter((name) => /^20\d\d-\d\d\.json$/.test(name)).sort();
  return JSON.parse(await readFile(join(directory, names.at(-1) ?? ''), 'utf8'));
}
