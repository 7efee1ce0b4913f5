import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InfrastructureError } from '../../domain/errors.ts';
import { callEngine } from './engine-calls.ts';
import { lastWords } from './image-failure.ts';

export interface Login {
  readonly containerCli: string;
  readonly host: string;
  readonly token: string;
  /** Directory of this build alone; the login is kept below it, and goes with it. */
  readonly directory: string;
  readonly secrets: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** What of the user's own configuration calls still need: the engine's address, builders and plugins. */
const SHARED = ['contexts', 'cli-plugins'] as const;

/**
 * Logs in to a registry with an access token, in a configuration of its own: the user's is neither changed nor asked
 * to keep the token. Gives the environment for the calls that shall use it. Throws InfrastructureError when refused.
 */
export async function logIn(login: Login): Promise<Readonly<Record<string, string>>> {
  const { containerCli, host, token, directory, secrets, signal } = login;
  const users = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const own = join(directory, 'login');
  await mkdir(own, { recursive: true, mode: 0o700 });
  const known = await usersConfiguration(users);
  // An empty helper keeps this host's login in the file; without one the user's keychain would get it.
  const credHelpers = { ...(known.credHelpers as Readonly<Record<string, string>> | undefined), [host]: '' };
  await writeFile(join(own, 'config.json'), JSON.stringify({ ...known, credHelpers }), { mode: 0o600 });
  for (const name of SHARED) await symlink(join(users, name), join(own, name)).catch(() => undefined);
  const environment = {
    DOCKER_CONFIG: own,
    BUILDX_CONFIG: process.env.BUILDX_CONFIG ?? join(users, 'buildx'),
    // What Podman reads in place of both.
    REGISTRY_AUTH_FILE: join(own, 'auth.json'),
  };
  const args = ['login', '--username', 'oauth2accesstoken', '--password-stdin', host];
  const answer = await callEngine(containerCli, args, { signal, input: token }, environment);
  if (answer.code === 0) return environment;
  throw new InfrastructureError(
    'registry-login',
    `${host} refuses the login of this run:\n${lastWords(answer, [...secrets, token], 3)}`,
    { hint: 'The account needs roles/artifactregistry.writer on the repository, and the registry must exist.' },
  );
}

async function usersConfiguration(directory: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const found: unknown = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}
