import { resolve } from 'node:path';
import type { ContractRequest } from '../config/request.ts';
import { contractDiff } from '../contract/diff/contract-diff.ts';
import { majorOf } from '../contract/version.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import { CONTRACT_DIFF_EXPORTERS } from '../report/contract-diff.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

const SHIPPED = /^([a-z][a-z0-9-]*)@(\d+)(\.\d+\.\d+)?$/;
const CONTRACT_FILE = 'contract.yaml';

/** Compares two contracts, and fails when the version of the second says too little about what has changed. */
export async function compareContracts(request: ContractRequest, ports: Ports): Promise<Outcome> {
  const [before, after] = await Promise.all([filesOf(request.before, ports), filesOf(request.after, ports)]);
  const diff = contractDiff(before, after);
  const exporter = CONTRACT_DIFF_EXPORTERS[request.format];
  if (request.output === undefined) ports.print(exporter(diff, ports.terminal));
  else await ports.writeFile(request.output, exporter(diff));
  return { exitCodes: diff.enough ? [] : [EXIT.contract], outputs: {} };
}

/** Of `type@version`, which ships; of a directory with `contract.yaml` in it; or of a service repository. */
async function filesOf(name: string, ports: Ports): Promise<ReadonlyMap<string, string>> {
  const shipped = SHIPPED.exec(name);
  if (shipped !== null) return shippedFiles(shipped[1] ?? '', Number(shipped[2]), name, ports);
  const root = resolve(ports.workingDirectory, name);
  const own = await filesBelow(root, ports);
  const found = own.has(CONTRACT_FILE) ? own : await filesBelow(resolve(root, 'contract'), ports);
  if (found.has(CONTRACT_FILE)) return found;
  throw new UsageError('contract-missing', `found no ${CONTRACT_FILE} in ${name}, nor in its contract/`, {
    hint: 'name a directory that holds a contract, or one that ships, such as discord-webhook@1',
  });
}

async function filesBelow(root: string, ports: Ports): Promise<ReadonlyMap<string, string>> {
  const tree = ports.fileTree(root);
  // A directory that is no contract may hold anything: nothing of it is read.
  if (!(await tree.exists(CONTRACT_FILE))) return new Map();
  const files = new Map<string, string>();
  for (const path of await tree.list('')) files.set(path, (await tree.read(path)) ?? '');
  return files;
}

async function shippedFiles(type: string, major: number, name: string, ports: Ports) {
  const majors = await ports.contractMajors(type);
  const files = majors.includes(major) ? await ports.contractFiles(type, major) : undefined;
  const version = /^version: *['"]?([\d.]+)/m.exec(files?.get(CONTRACT_FILE) ?? '')?.[1];
  const [, wanted = ''] = name.split('@');
  if (files !== undefined && version !== undefined && (wanted === version || wanted === String(majorOf(version))))
    return files;
  const known = majors.map((one) => `${type}@${one}`).join(', ') || 'none of this type';
  throw new UsageError('contract-missing', `found ${name}, shipped are ${known}`, {
    hint:
      version === undefined
        ? 'name a directory, or a type and major version that ship'
        : `of ${major} it is ${version}`,
  });
}
