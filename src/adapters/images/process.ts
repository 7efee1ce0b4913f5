import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Artifact } from '../../domain/deployment.ts';
import { InfrastructureError, UsageError } from '../../domain/errors.ts';
import type { Implementation, LocalRuntime } from '../../domain/implementation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BuildRequest, ImageBuilder } from '../../ports/image-builder.ts';
import { cleanEnvironment, lastLines, runProgram } from '../system/run-program.ts';
import { findProgram, searchPath } from './find-program.ts';
import { copyTree, sourceFiles } from './source-files.ts';

export interface ProcessBuilderOptions {
  /** Builds go to `<workDirectory>/<label>/<implementation>`. */
  readonly workDirectory: string;
  /** Where the emulator looks for process images: `<64 hex>.json`. */
  readonly imagesDirectory: string;
  readonly clock: Clock;
}

/** A directory and an argument vector that stand for an image, as the emulator reads them. */
interface ProcessImage {
  readonly image: string;
  readonly directory: string;
  readonly run: readonly string[];
}

const BUILD_TIMEOUT_MS = 600_000;

/**
 * Prepares implementations to run as plain processes. `node` in `local.run` is the node that runs this tool, so that
 * the numbers do not depend on what else is installed.
 */
export function createProcessBuilder(options: ProcessBuilderOptions): ImageBuilder {
  return {
    unavailable: missingForProcess,

    async build({ implementation, repositoryRoot, label, sourceCommit }: BuildRequest, signal): Promise<Artifact> {
      const { local, name } = implementation;
      if (local === undefined)
        throw new UsageError(
          'no-local-runtime',
          `${name} has no local.run in its manifest, so it cannot run as a process`,
          {
            hint: 'Add local: {run: ...}, or use emulator.runtime: container.',
          },
        );
      const startedMs = options.clock.monotonicMs();
      const directory = join(options.workDirectory, label, name);
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      const source = join(repositoryRoot, implementation.path);
      const extra = [JSON.stringify(local.run), local.build ?? ''];
      const hex = await copyTree(source, await sourceFiles(source, signal), directory, extra);
      await runBuild(name, local, directory, signal);
      const image = `local/${name}@sha256:${hex}`;
      await writeImage(join(options.imagesDirectory, `${hex}.json`), {
        image,
        directory,
        run: runArguments(local.run),
      });
      return {
        kind: 'process',
        image,
        digest: `sha256:${hex}`,
        buildMs: options.clock.monotonicMs() - startedMs,
        ...(sourceCommit === undefined ? {} : { sourceCommit }),
      };
    },
  };
}

/** Why an implementation cannot run as a process on this machine, or undefined. */
export async function missingForProcess({ local }: Implementation): Promise<string | undefined> {
  if (local === undefined) return 'its manifest has no local.run';
  const [program] = local.run;
  // A program with a slash is built first; it cannot be there yet.
  const needed = program === undefined || program.includes('/') ? local.requires : [program, ...local.requires];
  const found = await Promise.all([...new Set(needed)].map(async (name) => [name, await findProgram(name)] as const));
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found on the PATH`;
}

function runArguments([program = '', ...rest]: readonly string[]): readonly string[] {
  return [program === 'node' ? process.execPath : program, ...rest];
}

async function runBuild(
  name: string,
  { build }: LocalRuntime,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (build === undefined) return;
  const result = await runProgram('sh', ['-c', build], {
    cwd: directory,
    env: cleanEnvironment(searchPath()),
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
  if (result.code === 0) return;
  const how = result.timedOut
    ? `took longer than ${BUILD_TIMEOUT_MS / 1000} s`
    : `ended with code ${result.code ?? 'of a signal'}`;
  throw new InfrastructureError(
    'build-failed',
    `the build of ${name} ${how}:\n${lastLines(`${result.stdout}\n${result.stderr}`)}`,
    {
      hint: `It is local.build of the manifest: ${build}`,
    },
  );
}

/** Two sides with the same source share an image: the first directory stays in use, as long as it is there. */
async function writeImage(path: string, image: ProcessImage): Promise<void> {
  if (await isUsable(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, JSON.stringify(image));
  await rename(temporary, path);
}

async function isUsable(path: string): Promise<boolean> {
  try {
    const { directory } = JSON.parse(await readFile(path, 'utf8')) as ProcessImage;
    return (await stat(directory)).isDirectory();
  } catch {
    return false;
  }
}
