import { cleanEnvironment, type ProgramResult, runProgram } from '../system/run-program.ts';

/** Which engine is meant, and how it is reached: what the runtime's own calls see must hold for builds too. */
const ENGINE_PLACE = [
  'DOCKER_CONTEXT',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'CONTAINER_HOST',
  'CONTAINERS_CONF',
  'XDG_RUNTIME_DIR',
  'BUILDX_BUILDER',
  'BUILDX_CONFIG',
] as const;

const CALL_TIMEOUT_MS = 1_800_000;
/** Said by Docker's program from version 23 on when BuildKit is asked for and its plugin is not installed. */
const NO_BUILDX = /buildx component is missing/i;

export interface EngineCall {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly input?: string;
}

/** Runs the container program without our tokens. Throws InfrastructureError when it cannot be started. */
export function callEngine(
  containerCli: string,
  args: readonly string[],
  { signal, timeoutMs = CALL_TIMEOUT_MS, input }: EngineCall = {},
  extra: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const place = ENGINE_PLACE.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const env = { ...cleanEnvironment(), ...Object.fromEntries(place), ...extra };
  return runProgram(containerCli, args, { env, timeoutMs, signal, input });
}

/** Runs a build with BuildKit, or with the engine's own builder where BuildKit is not installed. */
export async function callBuild(
  containerCli: string,
  args: readonly string[],
  call: EngineCall,
  extra: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  // Attestations would make the digest that of an index, which names more than the image.
  const buildKit = { DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  const built = await callEngine(containerCli, args, call, { ...extra, ...buildKit });
  if (built.code === 0 || !NO_BUILDX.test(built.stderr)) return built;
  return callEngine(containerCli, args, call, { ...extra, DOCKER_BUILDKIT: '0' });
}

/** Whether builds have a network of their own. Without one, an engine only runs `RUN` on the host's. */
export async function buildsOnBridge(containerCli: string, call: EngineCall): Promise<boolean> {
  const listed = await callEngine(containerCli, ['network', 'ls', '--format', '{{.Driver}}'], call);
  return listed.code !== 0 || listed.stdout.split('\n').some((driver) => driver.trim() === 'bridge');
}
