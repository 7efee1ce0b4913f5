import { join } from 'node:path';
import type { Implementation } from '../../domain/implementation.ts';
import type { BuildTool } from './build-tool.ts';

/** Cloud Run runs nothing else. */
export const PLATFORM = 'linux/amd64';

export interface BuildCall {
  readonly implementation: Implementation;
  /** Absolute directory that is sent to the builder. */
  readonly context: string;
  readonly tag: string;
  /** File that gets the id of the image. */
  readonly idFile: string;
  readonly tool: BuildTool;
  /** Whether the platform need not be named: this machine's own is the wanted one, and Cloud Run is not meant. */
  readonly native: boolean;
  /** Whether builds have a network of their own. */
  readonly bridge: boolean;
  /** Of `cacheArguments`. */
  readonly cache: readonly string[];
}

/** Arguments of a build: everything explicit, nothing from a shell. */
export function buildArguments(call: BuildCall): readonly string[] {
  const { implementation, context, tool } = call;
  const { target, buildArgs, dockerfile } = implementation;
  const outside = tool.kind === 'buildx' && tool.outside;
  return [
    ...(tool.kind === 'buildx'
      ? // Attestations would make the digest that of an index, which names more than the image.
        ['buildx', 'build', '--load', '--provenance=false', '--sbom=false']
      : ['build']),
    ...(call.native ? [] : ['--platform', PLATFORM]),
    // A builder outside of the engine has a network of its own, and refuses the host's.
    ...(call.bridge || outside ? [] : ['--network', 'host']),
    '--file',
    join(context, dockerfile),
    ...(target === undefined ? [] : ['--target', target]),
    '--tag',
    call.tag,
    '--iidfile',
    call.idFile,
    ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ...call.cache,
    context,
  ];
}

export interface CacheChoice {
  readonly cache: 'registry' | 'gha' | 'none';
  readonly tool: BuildTool;
  /** Name of the implementation: each has a cache of its own. */
  readonly name: string;
  readonly registry?: string | undefined;
  /** Whether this process is a step of an action that may use GitHub's cache. */
  readonly onGitHub: boolean;
}

/** Where layers come from and go to. `ignore-error`: a cache that cannot be written fails no build. */
export function cacheArguments({ cache, tool, name, registry, onGitHub }: CacheChoice): readonly string[] {
  if (cache === 'none' || tool.kind !== 'buildx' || !tool.exportsCache) return [];
  if (cache === 'gha' && onGitHub) return both(`type=gha,scope=${name}`);
  return registry === undefined ? [] : both(`type=registry,ref=${registry}/${name}:buildcache`);
}

function both(place: string): readonly string[] {
  return ['--cache-from', place, '--cache-to', `${place},mode=max,ignore-error=true`];
}

const LONGEST_TAG = 128;

/** Repository and tag of a build; the run id makes the tag unique, so that `cleanup` can tell whose it is. */
export function imageTag({ name }: Pick<Implementation, 'name'>, label: string, registry: string | undefined): string {
  const tag = label.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '');
  // The side is at the end: what is cut off must not be what tells two builds apart.
  return `${registry ?? 'local'}/${name}:${tag.slice(-LONGEST_TAG).replace(/^[.-]+/, '')}`;
}
