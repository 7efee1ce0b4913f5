import { UsageError } from '../../domain/errors.ts';

/** Whether a path of forward slashes stays inside its store, on every system. */
export function isSafePath(path: string): boolean {
  const safe = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  return safe && path.length <= 900 && !/[\p{Cc}\\:]/u.test(path);
}

/** The path itself. Throws UsageError `path-unsafe`. */
export function safePath(path: string, location: string): string {
  if (isSafePath(path)) return path;
  throw new UsageError(
    'path-unsafe',
    `found the path ${JSON.stringify(path.slice(0, 200))}, wanted one inside ${location}`,
  );
}

/** A text of this size is not read. */
export function tooLarge(file: string, bytes: number, mostBytes: number): UsageError {
  return new UsageError('file-too-large', `found ${bytes} bytes, wanted at most ${mostBytes}`, { at: { file } });
}
