import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

/** The node that runs this tool first, so that every implementation in JavaScript is measured on that one. */
export function searchPath(): string {
  return [dirname(process.execPath), process.env.PATH ?? ''].filter((part) => part !== '').join(delimiter);
}

/** The first program of that name on the path; undefined when there is none. */
export async function findProgram(name: string, path: string = searchPath()): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory === '' ? '.' : directory, name);
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}
