import type { Config } from '../config/config.ts';
import type { ChangeOptions } from '../config/request.ts';
import { printable } from '../documents/show.ts';
import { UsageError } from '../domain/errors.ts';
import type { Selection, ServiceRepository } from '../domain/implementation.ts';
import type { TouchedImplementations } from '../plan/changes.ts';
import { type SelectedImplementation, selectImplementations, withDefaults } from '../plan/filter.ts';
import { baseAt, type ChangeBases, isInPlace, pullRequestBases } from './change-base.ts';
import { checkContractBumps } from './contract-bump.ts';
import type { Ports } from './ports.ts';
import { touchedSince } from './touched.ts';

/** An implementation that is measured, or is not, and why in words. */
export interface Choice extends SelectedImplementation {
  readonly reason: string;
}

/** What of the selected implementations is worth measuring. */
export interface ChangeSelection {
  readonly measured: readonly Choice[];
  /** Untouched by the change: their rows are taken over from the baseline. */
  readonly carried: readonly Choice[];
  readonly reason: string;
  /** False: there was nothing to compare with, or nothing was to be left out. */
  readonly compared: boolean;
  /** Of the pull request that the job is about, by the repository's root. */
  readonly bases: ChangeBases;
}

/** What a commit that is all zeros stands for in the events of a code host. */
const NO_COMMIT = /^0{40,64}$/;
const FULL_ID = /^[0-9a-f]{40,64}$/;

/**
 * What to measure of all that is selected. A named commit goes first; then everything, or what was named; then the base
 * of the job's pull request. In doubt an implementation is measured. Throws UsageError `changed-since-unknown`.
 */
export async function selectForChange(
  request: ChangeOptions & { readonly selection: Selection },
  repositories: readonly ServiceRepository[],
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<ChangeSelection> {
  const selected = selectImplementations(repositories, withDefaults(request.selection, config.benchmark.filter));
  const bases = await pullRequestBases(repositories, ports, signal);
  await checkContractBumps(repositories, await namedBases(request, repositories, bases, ports, signal), ports, signal);
  const reason = reasonForAll(request, repositories, ports);
  if (reason !== undefined) {
    const measured = selected.map((one) => ({ ...one, reason }));
    return { measured, carried: [], reason, compared: false, bases };
  }
  const touched = new Map<ServiceRepository, Touched>();
  for (const repository of repositories)
    touched.set(repository, await touchedIn(repository, repositories, request, bases, config, ports, signal));
  return { ...divide(selected, touched), compared: true, bases };
}

/** The commit that was named, else the base of the pull request: what contracts are compared with. */
export async function namedBases(
  { changedSince }: Pick<ChangeOptions, 'changedSince'>,
  repositories: readonly ServiceRepository[],
  bases: ChangeBases,
  ports: Ports,
  signal: AbortSignal,
): Promise<ChangeBases> {
  if (changedSince === undefined || NO_COMMIT.test(changedSince)) return bases;
  const inPlace = repositories.filter(isInPlace);
  const named = inPlace.map(async (one) => [one.root, await baseAt(one, changedSince, ports, signal)] as const);
  return new Map(await Promise.all(named));
}

function reasonForAll(
  { changedSince, all, selection }: ChangeOptions & { readonly selection: Selection },
  repositories: readonly ServiceRepository[],
  ports: Ports,
): string | undefined {
  if (changedSince !== undefined)
    return NO_COMMIT.test(changedSince) ? 'there is no commit to compare with' : undefined;
  if (all) return 'everything was asked for';
  if (selection.implementations.length > 0) return 'these implementations were asked for';
  if (ports.job?.pullRequest === undefined) return 'there is no pull request whose changes could be told';
  return repositories.some(isInPlace) ? undefined : 'no service repository is checked out here';
}

type Touched = TouchedImplementations & {
  /** What was compared with; absent: nothing was, or could be. */
  readonly since?: string;
};

const OUTSIDE: Touched = { kind: 'some', names: new Map() };

async function touchedIn(
  repository: ServiceRepository,
  repositories: readonly ServiceRepository[],
  { changedSince }: ChangeOptions,
  bases: ChangeBases,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<Touched> {
  signal.throwIfAborted();
  // A copy of a remote is no part of what was checked out and changed, as long as something was.
  if (!isInPlace(repository) && repositories.some(isInPlace)) return OUTSIDE;
  const base =
    changedSince === undefined ? bases.get(repository.root) : await baseAt(repository, changedSince, ports, signal);
  const touched = base === undefined ? undefined : await touchedSince(repository, base, config, ports, signal);
  if (base !== undefined && touched !== undefined) return { ...touched, since: shortened(base.commit) };
  if (changedSince === undefined) return { kind: 'all', reason: 'the base of the pull request is not known here' };
  throw unknownCommit(changedSince, repository);
}

/** Throws UsageError `changed-since-unknown` for a commit that a repository does not have. */
export async function checkCommitKnown(
  { changedSince }: Pick<ChangeOptions, 'changedSince'>,
  repositories: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  if (changedSince === undefined || NO_COMMIT.test(changedSince)) return;
  for (const repository of repositories.filter(isInPlace)) {
    const tree = await ports.sources.treeAt(repository.root, changedSince, signal);
    if (tree === undefined) throw unknownCommit(changedSince, repository);
  }
}

function unknownCommit(changedSince: string, { source }: ServiceRepository): UsageError {
  return new UsageError(
    'changed-since-unknown',
    `changed since ${changedSince}: ${source} has no such commit or is no Git repository`,
    { hint: 'name a branch, tag or commit that the checkout of the service repository has' },
  );
}

function divide(
  selected: readonly SelectedImplementation[],
  touched: ReadonlyMap<ServiceRepository, Touched>,
): Pick<ChangeSelection, 'measured' | 'carried' | 'reason'> {
  const measured: Choice[] = [];
  const carried: Choice[] = [];
  for (const one of selected) {
    const found = touched.get(one.repository) ?? OUTSIDE;
    const reason = found.kind === 'all' ? found.reason : found.names.get(one.implementation.name);
    if (reason !== undefined) measured.push({ ...one, reason });
    else if (found.since === undefined) carried.push({ ...one, reason: 'its repository is not part of the change' });
    else carried.push({ ...one, reason: `unchanged since ${found.since}` });
  }
  const all = [...touched.values()].find(({ kind }) => kind === 'all');
  if (all?.kind === 'all' && carried.length === 0)
    return { measured, carried, reason: `${all.reason}: everything is measured` };
  const since = [...new Set([...touched.values()].flatMap((one) => one.since ?? []))].join(' and ');
  const count = measured.length === 0 ? 'nothing' : `${measured.length} of ${selected.length} implementations`;
  return { measured, carried, reason: `${count} changed since ${since}` };
}

const shortened = (commit: string) => printable(FULL_ID.test(commit) ? commit.slice(0, 12) : commit);
