import { cp, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** What google-github-actions/auth leaves in the workspace: with it the job's identity can be had. */
const CREDENTIALS_NAME = /^gha-creds-.*\.json$/;
/** Where else it, or its user, may have said that credentials are. */
const CREDENTIALS_PLACES = [
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_GHA_CREDS_PATH',
  'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
] as const;
const NOT_SEARCHED = new Set(['.git', 'node_modules']);

export function isCredentialsName(name: string): boolean {
  return CREDENTIALS_NAME.test(name);
}

export interface BuildContext {
  readonly directory: string;
  /** Files that were left out, relative to the context. */
  readonly leftOut: readonly string[];
}

/**
 * The directory to build from: the source itself, or a copy of it in `scratch` where the source holds credentials of
 * the job, which would otherwise become part of the image.
 */
export async function buildContext(
  source: string,
  scratch: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<BuildContext> {
  const named = await Promise.all(CREDENTIALS_PLACES.map((name) => realPath(env[name])));
  const isCredentials = async (path: string, name: string) =>
    isCredentialsName(name) || (named.some((place) => place !== undefined) && named.includes(await realPath(path)));
  const leftOut = await search(source, '', isCredentials);
  if (leftOut.length === 0) return { directory: source, leftOut };
  const directory = join(scratch, 'context');
  const refused = new Set(leftOut.map((path) => join(source, path)));
  await cp(source, directory, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: (path) => !refused.has(path),
  });
  return { directory, leftOut };
}

async function search(
  root: string,
  below: string,
  wanted: (path: string, name: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const found: string[] = [];
  // A directory that is not there is the build's own error.
  for (const entry of await readdir(join(root, below), { withFileTypes: true }).catch(() => [])) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) {
      if (!NOT_SEARCHED.has(entry.name)) found.push(...(await search(root, path, wanted)));
    } else if (await wanted(join(root, path), entry.name)) found.push(path);
  }
  return found;
}

async function realPath(path: string | undefined): Promise<string | undefined> {
  return path === undefined || path === '' ? undefined : realpath(path).catch(() => undefined);
}
