import * as core from '@actions/core';

/** Everything that no line of the log may contain. Loggers look at it for every line. */
export interface Secrets {
  readonly values: readonly string[];
  /** Adds a secret that came up during the run, before it is used; with `runner`, tells the runner too. */
  keep(secret: string): void;
}

/** Starts with the secrets of the configuration. `runner`: this process speaks to the runner of GitHub Actions. */
export function createSecrets(known: readonly string[], runner: boolean): Secrets {
  const values = [...known];
  return {
    values,
    keep(secret) {
      if (secret === '' || values.includes(secret)) return;
      values.push(secret);
      if (runner) core.setSecret(secret);
    },
  };
}
