import { contractDiff } from '../contract/diff/contract-diff.ts';
import type { ContractDiff } from '../domain/contract-change.ts';
import { PerfError, UsageError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import { contractPlace, contractVerdict } from '../report/contract-diff.ts';
import type { ChangeBases } from './change-base.ts';
import { localContract } from './contracts.ts';
import type { Ports } from './ports.ts';

const MOST_NAMED = 10;

/**
 * Refuses a change of a repository's own contract whose version says too little about it. Copies of shipped contracts
 * are not judged here: they are compared with the original. Throws PerfError `contract-bump`, exit code 3.
 */
export async function checkContractBumps(
  repositories: readonly ServiceRepository[],
  bases: ChangeBases,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  for (const repository of repositories) {
    const base = bases.get(repository.root);
    const { serviceType } = repository.manifest;
    // Another type is another contract.
    const isAnother = base?.manifest !== undefined && base.manifest.serviceType !== serviceType;
    if (base === undefined || isAnother || (await ports.contractMajors(serviceType)).length > 0) continue;
    const diff = await diffSince(repository, base.commit, ports, signal);
    if (diff !== undefined && !diff.enough) throw tooSmall(diff);
  }
}

/** Undefined where there was no contract at the base, or none that can be read: what is being repaired binds nobody. */
async function diffSince(
  { root }: ServiceRepository,
  commit: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<ContractDiff | undefined> {
  const tree = await ports.sources.treeAt(root, commit, signal);
  if (tree === undefined) return undefined;
  const [before, after] = await Promise.all([localContract(tree.root, ports), localContract(root, ports)]);
  if (!before.has('contract.yaml') || sameFiles(before, after)) return undefined;
  try {
    return contractDiff(before, after);
  } catch (error) {
    // The new one was loaded before: it is the old one that is not valid.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

const sameFiles = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
  before.size === after.size && [...before].every(([path, text]) => after.get(path) === text);

function tooSmall(diff: ContractDiff): PerfError {
  const { changes, needed, before } = diff;
  const worst = changes.filter(({ kind }) => kind === changes[0]?.kind);
  const problems = worst
    .slice(0, MOST_NAMED)
    .map((change) => new PerfError('contract-bump', `${change.kind}: ${contractPlace(change)}: ${change.message}`));
  const hint =
    needed === 'none'
      ? `Leave the version at ${before}.`
      : `Raise version in contract/contract.yaml by one ${needed} step from ${before}, and contract_version of the manifest with it.`;
  const options = { at: { file: 'contract/contract.yaml' }, hint, problems };
  return new PerfError('contract-bump', contractVerdict(diff), options, EXIT.contract);
}
