import type { Config } from '../config/config.ts';
import type { GlobalOptions } from '../config/request.ts';
import type { ExitCode } from '../domain/exit-codes.ts';
import type { Selection } from '../domain/implementation.ts';
import type { PlatformName } from '../domain/plan.ts';
import { plain } from '../report/escape.ts';
import { discoverRepositories } from './catalog.ts';
import { discover } from './discover.ts';
import type { Ports } from './ports.ts';
import { validate } from './validate.ts';

const ALL: Selection = { types: [], languages: [], frameworks: [], implementations: [] };

/**
 * Discovers and validates the service repository at `output`, and prints both tables. What this machine cannot run, and
 * what would be deployed to a cloud that nobody named for it, is told and not validated. Returns validate's exit codes.
 */
export async function prove(
  request: GlobalOptions,
  output: string,
  platform: PlatformName,
  config: Config,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ExitCode[]> {
  const globals = { ...request, manifest: output, dryRun: false };
  ports.print('\ndiscover:\n');
  await discover(
    {
      ...globals,
      command: 'discover',
      selection: ALL,
      suite: 'quick',
      profiles: [],
      baseline: { kind: 'none' },
      all: true,
      format: 'table',
      plan: false,
    },
    platform,
    config,
    ports,
    signal,
  );
  const again = 'run it later, inside the new repository: cloudrun-perf validate --platform local\n';
  if (platform === 'cloudrun' && request.platform === undefined) {
    ports.print('\nvalidate did not run: it would deploy to the configured project; --platform local stays here\n');
    return [];
  }
  const repositories = await discoverRepositories(globals, config, ports, signal);
  const implementations = repositories.flatMap(({ manifest }) => manifest.implementations);
  const reasons: string[] = [];
  for (const implementation of implementations) {
    const reason = await ports.builder.unavailable(implementation);
    if (reason !== undefined) reasons.push(`  ${implementation.name}: ${plain(reason)}\n`);
  }
  if (reasons.length === implementations.length) {
    ports.print(`\nvalidate could not run: nothing here can start the implementations\n${reasons.join('')}${again}`);
    return [];
  }
  ports.print('\nvalidate:\n');
  const { exitCodes } = await validate(
    {
      ...globals,
      command: 'validate',
      selection: ALL,
      vectors: [],
      probeUndeclared: false,
      format: 'terminal',
    },
    platform,
    config,
    ports,
    signal,
  );
  if (reasons.length > 0)
    ports.print(`\nnot validated, since nothing here can start them\n${reasons.join('')}${again}`);
  return exitCodes;
}
