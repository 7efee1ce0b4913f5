import { callEngine, type EngineCall } from './engine-calls.ts';

/** What builds images on this machine. */
export type BuildTool =
  /** BuildKit inside the engine, or the engine's older builder. */
  | { readonly kind: 'engine' }
  | {
      readonly kind: 'buildx';
      /** Whether builds run elsewhere than in the engine, and so in a network that is not the engine's. */
      readonly outside: boolean;
      /** Whether it can write caches to registries: inside the engine only with the image store of containerd. */
      readonly exportsCache: boolean;
    };

const PROBE_TIMEOUT_MS = 15_000;
const DRIVER = /^Driver:\s*(\S+)/m;
/** Label of workers that use containerd's image store; buildx itself goes by it. */
const CONTAINERD_STORE = 'org.mobyproject.buildkit.worker.snapshotter';

/** Finds out which builder there is, and what the builder that the user has chosen can do. */
export async function findBuildTool(containerCli: string, { signal }: EngineCall): Promise<BuildTool> {
  const call = { signal, timeoutMs: PROBE_TIMEOUT_MS };
  const version = await callEngine(containerCli, ['buildx', 'version'], call);
  // Podman takes the word `buildx` too, and is none.
  if (version.code !== 0 || !version.stdout.includes('docker/buildx')) return { kind: 'engine' };
  const { code, stdout } = await callEngine(containerCli, ['buildx', 'inspect'], call);
  const driver = code === 0 ? DRIVER.exec(stdout)?.[1] : undefined;
  const outside = driver !== undefined && driver !== 'docker';
  return { kind: 'buildx', outside, exportsCache: outside || stdout.includes(CONTAINERD_STORE) };
}
