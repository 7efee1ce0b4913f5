import { type LoadedContract, loadContract } from '../contract/contract.ts';
import { checkContractVersion, deprecationText, majorOf, supportedMajors } from '../contract/version.ts';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import { SERVICE_TYPES } from '../domain/service-type.ts';
import { protocolOf } from '../protocols/contract-protocol.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Ports } from './ports.ts';

/** Which contract is meant. */
export interface ContractName {
  readonly serviceType: string;
  /**
   * Of a shipped type its major chooses among those that ship. Absent: the oldest that is supported, since who names none
   * has not moved to a newer one.
   */
  readonly contractVersion?: string;
  /** Root of the service repository: a type that does not ship has its contract there, in `contract/`. */
  readonly repositoryRoot?: string;
}

type ContractPorts = Pick<Ports, 'contractFiles' | 'contractMajors' | 'fileTree'>;

const DIRECTORY = 'contract';
/** Compiling a contract takes a tenth of a second, and a run asks for it often. */
const LOADED = new WeakMap<ContractPorts['contractFiles'], Map<string, Promise<LoadedContract>>>();

/**
 * The contract of a service type: the one that ships with cloudrun-perf, else the service repository's own. Throws
 * UsageError for a type that has none, a version that is not supported, and a contract that is not valid.
 */
export async function contractFor(name: ContractName, ports: ContractPorts): Promise<LoadedContract> {
  const { serviceType, repositoryRoot = '' } = name;
  const majors = await ports.contractMajors(serviceType);
  if (majors.length > 0) return shippedContract(name, majors, ports);
  const contract = await remembered(`${repositoryRoot}\u0000${serviceType}`, ports, () => ownFiles(name, ports));
  if (contract.type !== serviceType) {
    throw new UsageError('contract-type', `found type ${contract.type}, wanted ${serviceType} as in the manifest`, {
      at: { file: `${DIRECTORY}/contract.yaml` },
    });
  }
  if (name.contractVersion !== undefined) checkOwnVersion(name.contractVersion, contract.version);
  return contract;
}

/** What is to be said of a version that is not the current one, or undefined. `nowMs` since the epoch. */
export async function deprecationOf(
  name: ContractName,
  ports: ContractPorts,
  nowMs: number,
): Promise<string | undefined> {
  const majors = await ports.contractMajors(name.serviceType);
  if (majors.length === 0) return undefined;
  const contract = await contractFor(name, ports);
  if (majorOf(contract.version) === Math.max(...majors)) return undefined;
  return deprecationText(contract, new Date(nowMs).toISOString().slice(0, 10));
}

/** A service repository holds one version of its own contract: services of another major have none to be checked by. */
function checkOwnVersion(wanted: string, own: string): void {
  checkContractVersion(wanted, own);
  if (majorOf(wanted) === majorOf(own)) return;
  throw new UsageError(
    'contract-version-older',
    `found contract version ${wanted}, ${DIRECTORY}/ of the service repository holds ${own}`,
    { hint: 'Move the services to it, and contract_version of the manifest with them.' },
  );
}

/** How to speak to services of a type. Throws as `contractFor`, and for a contract that describes no benchmark. */
export async function protocolFor(name: ContractName, ports: ContractPorts): Promise<Protocol> {
  return protocolOf(await contractFor(name, ports));
}

/** Files of a service repository's own contract, by path relative to `contract/`; empty when it has none. */
export async function localContract(
  root: string,
  ports: Pick<Ports, 'fileTree'>,
): Promise<ReadonlyMap<string, string>> {
  const tree = ports.fileTree(root);
  const files = new Map<string, string>();
  for (const path of await tree.list(DIRECTORY)) {
    files.set(path.slice(DIRECTORY.length + 1), (await tree.read(path)) ?? '');
  }
  return files;
}

async function shippedContract(
  { serviceType, contractVersion }: ContractName,
  majors: readonly number[],
  ports: ContractPorts,
): Promise<LoadedContract> {
  const newest = Math.max(...majors);
  const load = (major: number) =>
    remembered(`${serviceType} ${major}`, ports, () => ports.contractFiles(serviceType, major));
  const supported = supportedMajors(majors);
  if (contractVersion === undefined) return load(Math.min(...supported));
  const major = majorOf(contractVersion);
  const found = await load(supported.includes(major) ? major : newest);
  checkContractVersion(contractVersion, found.version);
  if (majorOf(found.version) === major) return found;
  throw new UsageError(
    'contract-version-older',
    `found contract version ${contractVersion} of ${serviceType}, shipped are ${supported.map((one) => `${one}.x`).join(' and ')}`,
    { hint: `Move the service to contract ${newest}.` },
  );
}

async function remembered(
  key: string,
  ports: ContractPorts,
  read: () => Promise<ReadonlyMap<string, string>>,
): Promise<LoadedContract> {
  const known = LOADED.get(ports.contractFiles) ?? new Map<string, Promise<LoadedContract>>();
  LOADED.set(ports.contractFiles, known);
  const contract = known.get(key) ?? read().then(loadContract);
  known.set(key, contract);
  // What could not be read may be mended before it is asked for again.
  contract.catch(() => known.delete(key));
  return contract;
}

async function ownFiles({ serviceType, repositoryRoot }: ContractName, ports: ContractPorts) {
  const files = repositoryRoot === undefined ? new Map<string, string>() : await localContract(repositoryRoot, ports);
  if (files.has('contract.yaml')) return files;
  const near = nearest(serviceType, SERVICE_TYPES);
  const where = repositoryRoot === undefined ? '' : ', and the service repository has no contract/contract.yaml';
  throw new UsageError('contract-missing', `cloudrun-perf ships no contract ${serviceType}${where}`, {
    hint:
      near === undefined
        ? `shipped are ${SERVICE_TYPES.join(', ')}; docs/contracts.md says how to bring one of your own`
        : `Did you mean "${near}"?`,
  });
}
