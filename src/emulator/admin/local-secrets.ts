import type { EnvVar } from './messages.ts';

/** Prefix of the environment variables that stand for Secret Manager: PERF_SECRET_<name of the container's variable>. */
export const LOCAL_SECRET_PREFIX = 'PERF_SECRET_';

/** Value of a container's variable that is a secret in the cloud; undefined: there is none on this machine. */
export type SecretLookup = (variable: string) => string | undefined;

export const localSecrets =
  (env: Readonly<Record<string, string | undefined>>): SecretLookup =>
  (variable) =>
    env[`${LOCAL_SECRET_PREFIX}${variable}`] || undefined;

/** Shorter values would blank out ordinary words. */
export const SHORTEST_SECRET = 4;

/** Values of all variables that stand for Secret Manager, and the names of those that are too short to be blanked out. */
export function localSecretValues(env: Readonly<Record<string, string | undefined>>): {
  readonly values: readonly string[];
  readonly tooShort: readonly string[];
} {
  const found = Object.entries(env).filter(([name, value]) => name.startsWith(LOCAL_SECRET_PREFIX) && value);
  const isLong = ([, value = '']: (typeof found)[number]) => value.length >= SHORTEST_SECRET;
  return {
    values: found.filter(isLong).map(([, value = '']) => value),
    tooShort: found.filter((one) => !isLong(one)).map(([name]) => name),
  };
}

export const isSecret = ({ valueSource }: EnvVar) => valueSource !== undefined;

export function plainVariables(env: readonly EnvVar[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    env.filter((one) => !isSecret(one)).map(({ name = '', value = '' }) => [name, value] as const),
  );
}

/** By name; what has no value here is left out, and was refused when the service was described. */
export function secretVariables(env: readonly EnvVar[], lookUp: SecretLookup): Readonly<Record<string, string>> {
  return Object.fromEntries(
    env.filter(isSecret).flatMap(({ name = '' }) => {
      const value = lookUp(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
