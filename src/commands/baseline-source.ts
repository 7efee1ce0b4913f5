import type { BaselineChoice } from '../config/request.ts';
import type { Baseline } from '../domain/baseline.ts';
import type { BaselineReference } from '../domain/comparison.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, ServiceRepository } from '../domain/implementation.ts';
import { parseManifest } from '../manifest/parse.ts';
import { updateBaseline } from '../results/baseline.ts';
import { loadBaseline, loadRun } from '../results/runs.ts';
import type { Ports } from './ports.ts';

/** A source tree that can be built and measured beside the head. */
export interface BaseTree {
  readonly root: string;
  readonly commit?: string;
  /** What its own manifest lists, by name: paths may differ from the head's; what is not in it is new. */
  readonly implementations: ReadonlyMap<string, Implementation>;
}

/** What a run is compared with, and why in that way. */
export interface BaselineSource {
  /** By root of the head's repository. */
  readonly trees: ReadonlyMap<string, BaseTree>;
  readonly stored?: Baseline;
  readonly reference?: BaselineReference;
  readonly reason: string;
}

const NO_TREES: ReadonlyMap<string, BaseTree> = new Map();

/** Finds the baseline: a tree to deploy beside the head where there is one, else stored numbers, else nothing. */
export async function resolveBaseline(
  choice: BaselineChoice,
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<BaselineSource> {
  switch (choice.kind) {
    case 'none':
      return { trees: NO_TREES, reason: 'no baseline was asked for' };
    case 'git':
      return fromGit(choice.ref, repositories, ports, signal);
    case 'run':
      return fromRun(choice.runId, ports);
    case 'latest':
      return fromStore(repositories, ports, signal);
  }
}

async function fromGit(
  ref: string,
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<BaselineSource> {
  const trees = new Map<string, BaseTree>();
  for (const repository of repositories) {
    const tree = await treeAt(repository, ref, ports, signal);
    if (tree === undefined) {
      throw new UsageError(
        'baseline-missing',
        `baseline git:${ref}: ${repository.source} has no such commit or is no Git repository`,
        {
          hint: 'name a branch, tag or commit of the service repository, or use --baseline latest',
        },
      );
    }
    trees.set(repository.root, tree);
  }
  const commit = [...trees.values()][0]?.commit;
  return {
    trees,
    reason: `base is the tree of git:${ref}, measured beside the head in this run`,
    reference: { runIds: [], ...(commit === undefined ? {} : { commit }) },
  };
}

async function fromRun(runId: string, ports: Ports): Promise<BaselineSource> {
  const run = await loadRun(ports.store, runId, ports.schemas);
  const stored = run.results.reduce<Baseline | undefined>(
    (baseline, results) => updateBaseline(baseline, results, run.metadata),
    undefined,
  );
  const { commit, startedAt } = run.metadata;
  return {
    trees: NO_TREES,
    reason: `base is stored run ${run.metadata.runId}; it was not measured beside the head`,
    reference: { runIds: [run.metadata.runId], date: startedAt, ...(commit === undefined ? {} : { commit }) },
    ...(stored === undefined ? {} : { stored }),
  };
}

/** The store's latest baseline; its commit is measured again beside the head where this repository still has it. */
async function fromStore(
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<BaselineSource> {
  const stored = await loadBaseline(ports.store, ports.schemas);
  if (stored === undefined) return { trees: NO_TREES, reason: `${ports.store.location} holds no baseline yet` };
  const runs = Object.values(stored.serviceTypes).flatMap((entries) =>
    entries.flatMap((entry) => entry.runs.slice(0, 1)),
  );
  const newest = runs.toSorted((a, b) => b.date.localeCompare(a.date, 'en'))[0];
  const reference: BaselineReference = {
    runIds: [...new Set(runs.map((run) => run.runId))],
    ...(newest === undefined ? {} : { date: newest.date }),
    ...(newest?.commit === undefined ? {} : { commit: newest.commit }),
  };
  const trees = new Map<string, BaseTree>();
  const commit = newest?.commit;
  // A "-dirty" commit names no tree that could be built again.
  if (commit !== undefined && /^[0-9a-f]{40}$/.test(commit)) {
    for (const repository of repositories) {
      const tree = await treeAt(repository, commit, ports, signal);
      if (tree !== undefined) trees.set(repository.root, tree);
    }
  }
  const reason =
    trees.size > 0
      ? `base is commit ${commit?.slice(0, 12)} of the stored baseline, measured beside the head in this run`
      : 'the stored baseline names no commit that this repository still has: its stored numbers are used';
  return { trees, stored, reference, reason };
}

async function treeAt(
  repository: ServiceRepository,
  ref: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<BaseTree | undefined> {
  const checkout = await ports.sources.treeAt(repository.root, ref, signal);
  if (checkout === undefined) return undefined;
  const text = await ports.fileTree(checkout.root).read(repository.manifestPath);
  const file = `${ref}:${repository.manifestPath}`;
  const listed = text === undefined ? [] : parseManifest({ text, file }, ports.schemas).implementations;
  return {
    root: checkout.root,
    implementations: new Map(listed.map((implementation) => [implementation.name, implementation])),
    ...(checkout.commit === undefined ? {} : { commit: checkout.commit }),
  };
}
