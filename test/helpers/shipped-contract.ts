import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type LoadedContract, loadContract } from '../../src/contract/contract.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { keyForService } from '../../src/protocols/signing.ts';

const CONTRACTS = join(import.meta.dirname, '../../contracts');

/** Files of a directory by path relative to it, with forward slashes. */
export function filesBelow(root: string): ReadonlyMap<string, string> {
  const paths = (readdirSync(root, { recursive: true }) as string[]).map((path) => join(root, path));
  const files = paths.filter((path) => statSync(path).isFile());
  return new Map(files.map((path) => [relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')]));
}

/** The port that reads shipped contracts. */
export const contractFiles = async (type: string): Promise<ReadonlyMap<string, string>> =>
  filesBelow(join(CONTRACTS, 'v1', type));

/** A contract as it ships. */
export const shippedContract = (type: string, major = 'v1'): LoadedContract =>
  loadContract(filesBelow(join(CONTRACTS, major, type)));

export const shippedProtocol = (type: string, major = 'v1'): Protocol => protocolOf(shippedContract(type, major));

/** What services of a type are given to check signatures with. */
export function serviceKey(type: string, scheme: string): string {
  const entry = shippedContract(type).signing[scheme];
  if (entry === undefined) throw new TypeError(`${type} has no scheme ${scheme}`);
  return keyForService(entry);
}
