import type { BaselineChoice } from '../config/request.ts';
import type { Baseline, BaselineRun } from '../domain/baseline.ts';
import type { BaselineReference } from '../domain/comparison.ts';
import { UsageError } from '../domain/errors.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import { parseManifest } from '../manifest/parse.ts';
import { updateBaseline } from '../results/baseline.ts';
import { groupOfKey, type ResultGroup } from '../results/groups.ts';
import { loadBaseline, loadRun } from '../results/runs.ts';
import type { Ports } from './ports.ts';
import type { SideSource } from './prepare.ts';

/**
 * What of one repository can be built and measured beside the head, by name of the implementation, or `name@profile`
 * where one profile's baseline is another commit. What is not in it is new; undefined is what cannot be built any more.
 */
export type Bases = ReadonlyMap<string, SideSource | undefined>;

/** What a run is compared with, and why in that way. */
export interface BaselineSource {
  /** By root of the head's repository. */
  readonly trees: ReadonlyMap<string, Bases>;
  readonly stored?: Baseline;
  readonly reference?: BaselineReference;
  readonly reason: string;
}

const NO_TREES: ReadonlyMap<string, Bases> = new Map();

/** What an implementation is measured beside; `profile` in a run with several. */
export function baseOf(
  { trees }: BaselineSource,
  repositoryRoot: string,
  name: string,
  profile?: string,
): SideSource | undefined {
  const bases = trees.get(repositoryRoot);
  const own = profile === undefined ? name : baseKey(name, profile);
  return bases?.has(own) ? bases.get(own) : bases?.get(name);
}

const baseKey = (name: string, profile: string) => `${name}@${profile}`;

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
  const trees = new Map<string, Bases>();
  for (const repository of repositories) {
    const bases = await basesAt(repository, ref, ports, signal);
    if (bases === undefined) {
      throw new UsageError(
        'baseline-missing',
        `baseline git:${ref}: ${repository.source} has no such commit or is no Git repository`,
        {
          hint: 'name a branch, tag or commit of the service repository, or use --baseline latest',
        },
      );
    }
    trees.set(repository.root, bases);
  }
  return {
    trees,
    reason: `base is the tree of git:${ref}, measured beside the head in this run`,
    reference: referenceTo(trees),
  };
}

async function fromRun(runId: string, ports: Ports): Promise<BaselineSource> {
  const run = await loadRun(ports.store, runId, ports.schemas);
  const stored = run.results.reduce<Baseline | undefined>(
    // A run that was asked for by name is the baseline as it is, regressions and all.
    (baseline, results) => updateBaseline(baseline, results, run.metadata, { acceptRegressions: true }),
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

/** The store's latest baseline: each implementation's own commit is measured again beside the head where there still is one. */
async function fromStore(
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<BaselineSource> {
  const stored = await loadBaseline(ports.store, ports.schemas, ports.baselinePath);
  if (stored === undefined) return fromPullRequest(repositories, ports, signal);
  const newest = newestRuns(stored);
  const [last] = newest;
  const reference: BaselineReference = {
    runIds: [...new Set(newest.map(({ run }) => run.runId))],
    ...(last === undefined ? {} : { date: last.run.date }),
    ...(last?.run.commit === undefined ? {} : { commit: last.run.commit }),
  };
  const trees = new Map<string, Bases>();
  for (const repository of repositories) {
    const bases = await storedBases(repository, newest, ports, signal);
    if ([...bases.values()].some((base) => base !== undefined)) trees.set(repository.root, bases);
  }
  return { trees, stored, reference, reason: storedReason(trees) };
}

function storedReason(trees: ReadonlyMap<string, Bases>): string {
  const commits = commitsOf(trees);
  const [commit, ...others] = commits;
  if (commit === undefined)
    return 'the stored baseline names no commit that this repository still has: its stored numbers are used';
  const what =
    others.length === 0
      ? `commit ${shortCommit(commit)} of the stored baseline`
      : `each implementation's own commit of the stored baseline (${commits.map(shortCommit).join(', ')})`;
  return `base is ${what}, measured beside the head in this run`;
}

/** Before there is a baseline, a pull request is measured beside what it would be merged into. */
async function fromPullRequest(
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<BaselineSource> {
  const none = `${ports.store.location} holds no baseline yet`;
  const pullRequest = ports.job?.pullRequest;
  const trees = new Map<string, Bases>();
  if (pullRequest === undefined) return { trees, reason: none };
  for (const repository of repositories) {
    const commit = await ports.sources.baseOf(repository.root, pullRequest, signal);
    const bases = commit === undefined ? undefined : await basesAt(repository, commit, ports, signal);
    if (bases !== undefined) trees.set(repository.root, bases);
  }
  if (trees.size === 0) return { trees, reason: none };
  const commits = commitsOf(trees).map(shortCommit).join(', ');
  return {
    trees,
    reason: `${none}: base is commit ${commits} that the pull request starts from, measured beside the head in this run`,
    reference: referenceTo(trees),
  };
}

/** The newest run of one implementation in the baseline, and what it was measured as. */
interface NewestRun extends ResultGroup {
  readonly name: string;
  readonly run: BaselineRun;
}

/** Of all implementations, newest first. */
function newestRuns({ serviceTypes }: Baseline): readonly NewestRun[] {
  return Object.entries(serviceTypes)
    .flatMap(([key, entries]) =>
      entries.flatMap(({ name, runs: [run] }) => (run === undefined ? [] : [{ ...groupOfKey(key), name, run }])),
    )
    .toSorted((a, b) => (a.run.date < b.run.date ? 1 : a.run.date > b.run.date ? -1 : 0));
}

/**
 * Each implementation at its own newest commit, so that one that kept an older baseline is not compared with what it
 * regressed to. One that the baseline lacks is taken from the newest commit of all, if that has it.
 */
async function storedBases(
  repository: ServiceRepository,
  newest: readonly NewestRun[],
  ports: Ports,
  signal: AbortSignal,
): Promise<Bases> {
  const trees = new Map<string, Bases | undefined>();
  const at = async (commit: string | undefined, name: string): Promise<SideSource | undefined> => {
    // A "-dirty" commit names no tree that could be built again.
    if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
    if (!trees.has(commit)) trees.set(commit, await basesAt(repository, commit, ports, signal));
    return trees.get(commit)?.get(name);
  };
  const bases = new Map<string, SideSource | undefined>();
  for (const { name, serviceType } of repository.manifest.implementations) {
    const own = newest.filter((one) => one.serviceType === serviceType && one.name === name);
    for (const { profile, run } of own)
      if (profile !== undefined) bases.set(baseKey(name, profile), await at(run.commit, name));
    const whole = own.find(({ profile }) => profile === undefined) ?? own[0] ?? newest[0];
    const base = await at(whole?.run.commit, name);
    // Not even undefined for what the baseline has never heard of: that is new.
    if (base !== undefined || own.length > 0) bases.set(name, base);
  }
  return bases;
}

/** Every implementation of the repository's tree at a commit-ish; undefined when there is no such tree. */
async function basesAt(
  repository: ServiceRepository,
  ref: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<Bases | undefined> {
  const checkout = await ports.sources.treeAt(repository.root, ref, signal);
  if (checkout === undefined) return undefined;
  const text = await ports.fileTree(checkout.root).read(repository.manifestPath);
  const file = `${ref}:${repository.manifestPath}`;
  // Paths may differ from the head's, so its own manifest counts.
  const listed = text === undefined ? [] : parseManifest({ text, file }, ports.schemas).implementations;
  const { root, commit } = checkout;
  return new Map(
    listed.map((implementation) => [
      implementation.name,
      { implementation, root, ...(commit === undefined ? {} : { commit }) },
    ]),
  );
}

function commitsOf(trees: ReadonlyMap<string, Bases>): readonly string[] {
  const sources = [...trees.values()].flatMap((bases) => [...bases.values()]);
  return [...new Set(sources.map((base) => base?.commit))].filter((commit) => commit !== undefined);
}

function referenceTo(trees: ReadonlyMap<string, Bases>): BaselineReference {
  const [commit] = commitsOf(trees);
  return { runIds: [], ...(commit === undefined ? {} : { commit }) };
}

const shortCommit = (commit: string) => commit.slice(0, 12);
