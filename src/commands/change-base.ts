import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BaselineChoice } from '../config/request.ts';
import type { Manifest, ServiceRepository } from '../domain/implementation.ts';
import { parseManifest } from '../manifest/parse.ts';
import { loadBaseline } from '../results/runs.ts';
import type { Ports } from './ports.ts';

/** The commit that a repository's files are compared with. */
export interface ChangeBase {
  readonly commit: string;
  /** What its manifest says; absent when it has none, or none that can be read. */
  readonly manifest?: Manifest;
}

/** By the repository's root. */
export type ChangeBases = ReadonlyMap<string, ChangeBase>;

/** The base of the pull request that the job is about, in every repository that it is checked out in. */
export async function pullRequestBases(
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<ChangeBases> {
  const bases = new Map<string, ChangeBase>();
  const change = ports.job?.pullRequest;
  if (change === undefined) return bases;
  for (const repository of repositories.filter(isInPlace)) {
    const commit = await ports.sources.baseOf(repository.root, change, signal);
    if (commit !== undefined) bases.set(repository.root, await baseAt(repository, commit, ports, signal));
  }
  return bases;
}

/** `commit` is one that the repository is known to have. */
export async function baseAt(
  repository: ServiceRepository,
  commit: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<ChangeBase> {
  const tree = await ports.sources.treeAt(repository.root, commit, signal);
  const text = tree === undefined ? undefined : await ports.fileTree(tree.root).read(repository.manifestPath);
  if (text === undefined) return { commit };
  try {
    return { commit, manifest: parseManifest({ text, file: repository.manifestPath }, ports.schemas) };
  } catch {
    // What is being repaired was not readable before.
    return { commit };
  }
}

/** Whether the files are those that people work on, and not a copy of a remote or of another commit. */
export function isInPlace({ source, ref, root }: ServiceRepository): boolean {
  if (ref !== undefined) return false;
  if (source.startsWith('file://')) return directoryOf(source) === resolve(root);
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !/^[\w.-]+@[\w.-]+:/.test(source);
}

function directoryOf(url: string): string | undefined {
  try {
    return resolve(fileURLToPath(url));
  } catch {
    return undefined;
  }
}

/**
 * What a run is compared with: as long as the store has no baseline, a pull request is measured beside its own base,
 * where that base is one commit of all repositories.
 */
export async function baselineOf(
  choice: BaselineChoice,
  repositories: readonly ServiceRepository[],
  bases: ChangeBases,
  ports: Ports,
): Promise<BaselineChoice> {
  if (choice.kind !== 'latest' || repositories.some(({ root }) => bases.get(root)?.manifest === undefined))
    return choice;
  const [commit, ...others] = new Set([...bases.values()].map((base) => base.commit));
  if (commit === undefined || others.length > 0) return choice;
  return (await loadBaseline(ports.store, ports.schemas, ports.baselinePath)) === undefined
    ? { kind: 'git', ref: commit }
    : choice;
}

/** A choice as `--baseline` takes it. */
export function baselineText(choice: BaselineChoice): string {
  if (choice.kind === 'git') return `git:${choice.ref}`;
  return choice.kind === 'run' ? choice.runId : choice.kind;
}

/** The opposite; `text` is one that `baselineText` gave. */
export function baselineFromText(text: string): BaselineChoice {
  if (text === 'latest' || text === 'none') return { kind: text };
  return text.startsWith('git:') ? { kind: 'git', ref: text.slice('git:'.length) } : { kind: 'run', runId: text };
}
