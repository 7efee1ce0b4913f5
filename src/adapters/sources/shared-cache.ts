import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../ports/logger.ts';
import { readEntry } from './remote-entry.ts';

/** Part of `@actions/cache`. */
export interface CacheClient {
  restoreCache(paths: string[], key: string, restoreKeys: string[], options: object): Promise<string | undefined>;
  saveCache(paths: string[], key: string): Promise<number>;
}

export interface SharedCacheOptions {
  /** What is kept, also the trees of it; its path is part of what is looked for. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Pick<Logger, 'debug' | 'info'>;
  readonly load?: () => Promise<CacheClient>;
  /** Beyond this nobody waits for the cache, milliseconds. */
  readonly patienceMs?: number;
}

/** Trees of remote repositories, kept by GitHub from job to job. None of its failures reaches the run. */
export interface SharedCache {
  /** Before the first remote repository is looked at; later calls wait for the first one. */
  restore(): Promise<void>;
  /** Something was fetched that the cache may not have. */
  changed(): void;
  /** At the end: keeps what has changed. */
  save(): Promise<void>;
}

const KEY = 'cloudrun-perf-sources-v1-';
const PATIENCE_MS = 60_000;

/** Undefined outside jobs of GitHub Actions. */
export function createSharedCache(options: SharedCacheOptions): SharedCache | undefined {
  const { directory, env, logger, load = loadClient, patienceMs = PATIENCE_MS } = options;
  if (!env.ACTIONS_RESULTS_URL || !env.ACTIONS_RUNTIME_TOKEN) return undefined;
  // Entries never change, so each job that has something new makes another one; the newest is found by the prefix.
  const key = `${KEY}${env.GITHUB_RUN_ID ?? '0'}-${env.GITHUB_RUN_ATTEMPT ?? '1'}-${env.GITHUB_JOB ?? 'job'}`;
  let restored: Promise<void> | undefined;
  let hasChanged = false;
  const attempt = async (what: string, work: (client: CacheClient) => Promise<string>): Promise<void> => {
    try {
      logger.debug(await within(patienceMs, async () => work(await load())));
    } catch (error) {
      logger.info(`GitHub's cache was not ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return {
    restore() {
      restored ??= attempt('read', async (client) => {
        const found = await client.restoreCache([directory], key, [KEY], { timeoutInMs: patienceMs });
        return found === undefined ? "GitHub's cache has no sources yet" : `took sources from GitHub's cache: ${found}`;
      });
      return restored;
    },
    changed() {
      hasChanged = true;
    },
    async save() {
      if (!hasChanged) return;
      hasChanged = false;
      await attempt('written', async (client) => {
        await dropOldTrees(directory);
        await client.saveCache([directory], key);
        return `left sources in GitHub's cache: ${key}`;
      });
    },
  };
}

/** Only the trees that were seen last are of use to another job. */
async function dropOldTrees(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const last = await readEntry(join(directory, `${name}.json`));
    for (const tree of await readdir(join(directory, name)))
      if (tree !== last?.commit) await rm(join(directory, name, tree), { recursive: true, force: true });
  }
}

async function loadClient(): Promise<CacheClient> {
  return import(/* webpackMode: "eager" */ '@actions/cache');
}

async function within<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
