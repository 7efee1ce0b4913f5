import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramResult } from '../system/run-program.ts';
import { buildArguments, cacheArguments, imageTag } from './build-arguments.ts';
import { buildContext } from './build-context.ts';
import { findBuildTool } from './build-tool.ts';
import type { ContainerBuild, NamedImage } from './container-build.ts';
import { buildsOnBridge, callBuild } from './engine-calls.ts';
import { imageFailure, lastWords } from './image-failure.ts';
import { parseImageReference } from './image-reference.ts';
import { accessRegistry, pushImage, type RegistryAccess } from './push-image.ts';

/** What BuildKit asks of GitHub's cache; builds get it only where the configuration wants that cache. */
const GITHUB_CACHE = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_SERVICE_V2', 'ACTIONS_CACHE_URL'];
const CACHE_FAILED = /^.*\b(?:error|failed)\b.*\bcache\b.*$/im;

/** Builds from the Dockerfile, pushes where there is a registry, and names the image by its digest. */
export async function buildImage(build: ContainerBuild): Promise<NamedImage> {
  const { request, options, directory, signal } = build;
  const { implementation, label, repositoryRoot } = request;
  const tag = imageTag(implementation, label, options.registry);
  const { directory: context, leftOut } = await buildContext(join(repositoryRoot, implementation.path), directory);
  for (const file of leftOut) options.logger?.info(`${implementation.name}: ${file} is left out of the build`);
  const idFile = join(directory, 'id');
  const tool = await findBuildTool(options.containerCli, { signal });
  const cache = cacheArguments({
    cache: options.cache ?? 'registry',
    tool,
    name: implementation.name,
    registry: options.registry,
    onGitHub: hasGitHubCache(),
  });
  const bridge = await buildsOnBridge(options.containerCli, { signal });
  const native = process.arch === 'x64' && options.registry === undefined;
  const call = { implementation, context, tag, idFile, tool, native, bridge };
  const { result, secrets } = await runBuild(build, (used) => buildArguments({ ...call, cache: used }), cache);
  if (result.code !== 0)
    throw imageFailure(
      `the image of ${implementation.name} cannot be built`,
      result,
      implementation.dockerfile,
      secrets,
    );
  const id = /sha256:[0-9a-f]{64}/.exec(await readFile(idFile, 'utf8'))?.[0] ?? '';
  if (options.registry !== undefined) return pushImage(tag, tag, build);
  return { local: id, image: `${tag.slice(0, tag.lastIndexOf(':'))}@${id}` };
}

/** Builds with the cache; once more without, when it was the cache that failed. */
async function runBuild(
  build: ContainerBuild,
  argumentsWith: (cache: readonly string[]) => readonly string[],
  cache: readonly string[],
): Promise<{ readonly result: ProgramResult; readonly secrets: readonly string[] }> {
  const { request, options, signal } = build;
  const none = { env: {}, secrets: options.secrets ?? [] };
  const call = (access: RegistryAccess, used: readonly string[]) =>
    callBuild(options.containerCli, argumentsWith(used), { signal }, access.env);
  if (cache.length === 0) return { result: await call(none, []), secrets: none.secrets };
  const access = await cacheAccess(cache, build);
  if (access !== undefined) {
    const result = await call(access, cache);
    if (result.code === 0 || !CACHE_FAILED.test(result.stderr)) return { result, secrets: access.secrets };
    const words = CACHE_FAILED.exec(lastWords(result, access.secrets, 200))?.[0].trim() ?? '';
    options.logger?.warn(`${request.implementation.name} is built without the cache of layers: ${words}`);
  }
  return { result: await call(none, []), secrets: none.secrets };
}

/** What the cache needs; undefined: its registry refuses us, so the build goes without it. */
async function cacheAccess(cache: readonly string[], build: ContainerBuild): Promise<RegistryAccess | undefined> {
  const { options, request, signal } = build;
  if (cache.some((part) => part.startsWith('type=gha'))) {
    const env = Object.fromEntries(
      GITHUB_CACHE.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
    );
    return { env, secrets: [...(options.secrets ?? []), env.ACTIONS_RUNTIME_TOKEN ?? ''].filter(Boolean) };
  }
  try {
    return await accessRegistry(parseImageReference(`${options.registry}/cache`).host, build);
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    options.logger?.warn(`${request.implementation.name} is built without the cache of layers: ${why}`);
    return undefined;
  }
}

function hasGitHubCache(): boolean {
  const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: url } = process.env;
  return token !== undefined && token !== '' && url !== undefined && url !== '';
}
