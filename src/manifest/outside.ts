import { posix } from 'node:path';
import { contextSources } from './dockerfile.ts';

/** A place in a file that counts on files outside its implementation's directory. */
export interface OutsideReference {
  /** Relative to the implementation. */
  readonly file: string;
  readonly line: number;
  /** The path as it is written there. */
  readonly source: string;
  /** What to write in its place, where that is certain. */
  readonly instead?: string;
  readonly kind: 'leads-out' | 'other-context' | 'missing';
}

export interface Surroundings {
  /** Paths of the implementation's files, relative to its directory. */
  readonly files: readonly string[];
  /**
   * Where the implementation lies, relative to directories that a build may have started from: those of `services/a`
   * in a repository are `services/a` and `a`.
   */
  readonly places: readonly string[];
}

/** COPY and ADD lines of a Dockerfile that find nothing, or something else, when the implementation is the context. */
export function dockerfileReferences(
  dockerfile: string,
  text: string,
  { files, places }: Surroundings,
): readonly OutsideReference[] {
  return contextSources(text).flatMap(({ line, source }): readonly OutsideReference[] => {
    const at = { file: dockerfile, line, source };
    if (source.includes('$')) return [];
    const path = posix.normalize(source.replace(/^\/+/, '') || '.').replace(/\/$/, '');
    if (path === '..' || path.startsWith('../')) return [{ ...at, kind: 'leads-out' }];
    if (path === '.' || matches(path, files)) return [];
    const place = places.find((one) => path === one || path.startsWith(`${one}/`));
    if (place === undefined) return [{ ...at, kind: 'missing' }];
    const rest = path.slice(place.length + 1);
    const instead = rest === '' ? '.' : rest;
    return [{ ...at, kind: 'other-context', ...(rest === '' || matches(rest, files) ? { instead } : {}) }];
  });
}

/** Lines of package files that take a dependency from a directory outside. */
export function packageReferences(file: string, text: string): readonly OutsideReference[] {
  const pattern = PATTERNS.find(([name]) => name.test(file))?.[1];
  if (pattern === undefined) return [];
  const lines = text.split('\n', MOST_LINES).map((line) => line.slice(0, LONGEST_LINE));
  return lines.flatMap((line, index) => {
    const source = pattern.exec(line)?.[1];
    return source === undefined ? [] : [{ file, line: index + 1, source, kind: 'leads-out' as const }];
  });
}

const MOST_LINES = 20_000;
const LONGEST_LINE = 1000;

const PATTERNS: readonly (readonly [RegExp, RegExp])[] = [
  [/^go\.mod$/, /=>[ \t]*(\.\.\/?[^\s]*)/],
  [/^package\.json$/, /"(?:file|link|portal):(\.\.\/?[^"]*)"/],
  [/^Cargo\.toml$/, /\bpath[ \t]*=[ \t]*"(\.\.\/?[^"]*)"/],
  [/^pyproject\.toml$/, /\b(?:path|url)[ \t]*=[ \t]*"(?:file:)?(\.\.\/?[^"]*)"/],
  [/^requirements[\w.-]*\.txt$/, /^(?:-[er][ \t]*)?(\.\.\/?[^\s]*)/],
  [/\.(?:cs|fs)proj$/, /<ProjectReference[^>]*Include[ \t]*=[ \t]*"(\.\.[\\/][^"]*)"/],
];

/** Whether a path with Docker's wildcards is one of the files, or a directory that holds one. */
function matches(path: string, files: readonly string[]): boolean {
  if (!/[*?[]/.test(path)) return files.some((file) => file === path || file.startsWith(`${path}/`));
  const wanted = path.split('/').map(segmentPattern);
  return files.some((file) => {
    const segments = file.split('/');
    return segments.length >= wanted.length && wanted.every((one, index) => one(segments[index] ?? ''));
  });
}

const LONGEST_PATTERN = 100;

/** One segment of a path. Character classes are taken for "any character": a file too many does no harm here. */
function segmentPattern(segment: string): (name: string) => boolean {
  if (segment.length > LONGEST_PATTERN) return () => true;
  const parts = segment.replace(/\[[^\]]*\]/g, '?').split(/\*+/);
  return (name) => {
    const [only = ''] = parts;
    if (parts.length === 1) return fits(only, name) && name.length === only.length;
    const [first = '', ...rest] = parts;
    const last = rest.pop() ?? '';
    if (!fits(first, name) || name.length < first.length + last.length) return false;
    if (!fits(last, name.slice(name.length - last.length))) return false;
    let from = first.length;
    for (const part of rest) {
      while (from <= name.length - last.length - part.length && !fits(part, name.slice(from))) from += 1;
      if (from > name.length - last.length - part.length) return false;
      from += part.length;
    }
    return true;
  };
}

/** Whether `name` begins with `part`, in which `?` stands for any character. */
const fits = (part: string, name: string) =>
  part.length <= name.length && [...part].every((character, index) => character === '?' || character === name[index]);
