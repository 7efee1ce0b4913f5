import { callEngine, type EngineCall } from './engine-calls.ts';

/** What builds images on this machine. */
export type BuildTool =
  /** BuildKit inside the engine, or the engine's older builder. */
  | { readonly kind: 'engine' }
  | {
      readonly kind: 'buildx';
      /** Whether its driver can write caches to registries: all but the engine's own. */
      readonly exportsCache: boolean;
    };

const PROBE_TIMEOUT_MS = 15_000;
const DRIVER = /^Driver:\s*(\S+)/m;

/** Finds out which builder there is, and what the builder that the user has chosen can do. */
export async function findBuildTool(containerCli: string, { signal }: EngineCall): Promise<BuildTool> {
  const call = { signal, timeoutMs: PROBE_TIMEOUT_MS };
  const version = await callEngine(containerCli, ['buildx', 'version'], call);
  // Podman takes the word `buildx` too, and is none.
  if (version.code !== 0 || !version.stdout.includes('docker/buildx')) return { kind: 'engine' };
  const { code, stdout } = await callEngine(containerCli, ['buildx', 'inspect'], call);
  const driver = code === 0 ? DRIVER.exec(stdout)?.[1] : undefined;
  return { kind: 'buildx', exportsCache: driver !== undefined && driver !== 'docker' };
}
