import { posix } from 'node:path';
import type { Annotation } from '../domain/annotation.ts';
import type { ImplementationSource, Run } from '../domain/run.ts';
import { plain } from './escape.ts';
import { type Finding, findings } from './findings.ts';

export interface AnnotationOptions {
  /** Whether a regression fails the check; otherwise it is a warning. */
  readonly regressionFails: boolean;
  readonly contractFails: boolean;
  /** Root of that service repository, relative to the checked-out one; undefined when it lies elsewhere. */
  readonly inRepository: (source: ImplementationSource) => string | undefined;
  /** Files of the change, relative to the checked-out repository. */
  readonly changedFiles?: readonly string[];
}

/** GitHub shows so many errors and so many warnings of a step, and drops the others without a word. */
const SHOWN = 10;
const LONGEST_MESSAGE = 1000;
const LONGEST_PATH = 500;

/**
 * One remark per implementation with a regression or a contract failure: on the first file of it that was changed, else
 * on its Dockerfile. At most 10 errors and 10 warnings; the last of either says how many more there are.
 */
export function annotations(run: Run, options: AnnotationOptions): readonly Annotation[] {
  const sources = new Map(
    run.results.flatMap(({ serviceType, implementations }) =>
      implementations.map(({ name, source }) => [key(serviceType, name), source] as const),
    ),
  );
  const byImplementation = Map.groupBy(findings(run), ({ serviceType, implementation }) =>
    key(serviceType, implementation),
  );
  const all = [...byImplementation].flatMap(([name, found]) => {
    const source = sources.get(name);
    const file = source === undefined ? undefined : fileOf(source, options);
    return file === undefined ? [] : [annotationOf(found, file, options)];
  });
  return (['error', 'warning'] as const).flatMap((level) => bounded(all.filter((remark) => remark.level === level)));
}

const key = (serviceType: string, name: string) => JSON.stringify([serviceType, name]);

function annotationOf(found: readonly Finding[], file: string, options: AnnotationOptions): Annotation {
  const fails = found.some(({ kind }) => (kind === 'regression' ? options.regressionFails : options.contractFails));
  const [first] = found;
  const kinds = new Set(found.map(({ kind }) => (kind === 'regression' ? 'regression' : 'contract failure')));
  const message = found
    .map(({ profile, text }) => `${profile === undefined ? '' : `profile ${plain(profile, 100)}: `}${plain(text)}`)
    .join('; ');
  return {
    level: fails ? 'error' : 'warning',
    file,
    line: 1,
    title: plain(`${first?.implementation ?? ''} (${first?.serviceType ?? ''}): ${[...kinds].join(', ')}`, 200),
    message: plain(message, LONGEST_MESSAGE),
  };
}

function bounded(remarks: readonly Annotation[]): readonly Annotation[] {
  const shown = remarks.slice(0, SHOWN);
  const more = remarks.length - shown.length;
  const last = shown.at(-1);
  if (more <= 0 || last === undefined) return shown;
  const others = more === 1 ? '1 more implementation has findings' : `${more} more implementations have findings`;
  return [...shown.slice(0, -1), { ...last, message: `${last.message} (${others}: see the report)` }];
}

/** A path of the checked-out repository; undefined for what lies outside, or cannot be a path. */
function fileOf(source: ImplementationSource, { inRepository, changedFiles }: AnnotationOptions): string | undefined {
  const root = inRepository(source);
  if (root === undefined) return undefined;
  const directory = posix.normalize(posix.join(root, slashes(source.path)));
  const within = directory === '.' || directory === './' ? '' : `${directory.replace(/\/$/, '')}/`;
  const changed = changedFiles?.find((file) => slashes(file).startsWith(within));
  const file = posix.normalize(changed === undefined ? `${within}${slashes(source.dockerfile)}` : slashes(changed));
  const usable = !file.startsWith('../') && !posix.isAbsolute(file) && file.length <= LONGEST_PATH;
  return usable && plain(file, LONGEST_PATH) === file ? file : undefined;
}

const slashes = (path: string) => path.replaceAll('\\', '/');
