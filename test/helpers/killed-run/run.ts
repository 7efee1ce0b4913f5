/**
 * A whole `benchmark` in a process of its own, so that a test can kill it at any moment: services live in an emulator
 * that survives it, as Google Cloud would. One argument, the settings as JSON.
 */
import { createImageBuilder } from '../../../src/adapters/images/builder.ts';
import { createOwnImage } from '../../../src/adapters/images/own-image.ts';
import { createPubSubMessageBus } from '../../../src/adapters/messages/pubsub.ts';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { benchmark } from '../../../src/commands/benchmark.ts';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import type { BenchmarkRequest } from '../../../src/config/request.ts';
import { openContext } from '../../../src/context.ts';
import { COMMAND_LINE, TOOL_ROOT } from '../../../src/paths.ts';
import type { Logger } from '../../../src/ports/logger.ts';

export interface KilledRunSettings {
  readonly admin: { readonly host: string; readonly port: number };
  readonly loggingUrl: string;
  readonly pubsubHost: string;
  readonly imagesDirectory: string;
  readonly workDirectory: string;
  readonly results: string;
  readonly owner: string;
  readonly runId: string;
  /** Of the command line. */
  readonly args: readonly string[];
}

async function main(settings: KilledRunSettings): Promise<void> {
  const { admin, loggingUrl, pubsubHost, imagesDirectory, workDirectory, owner } = settings;
  const parsed = parseCliArgs(['benchmark', '--results', settings.results, ...settings.args]) as BenchmarkRequest;
  const request = { ...parsed, runId: settings.runId };
  const { signal } = new AbortController();
  const { config, ports: own } = await openContext(request, { kind: 'cli', signal });
  const say = (message: string, fields?: object) =>
    void process.stdout.write(`${message} ${JSON.stringify(fields ?? {})}\n`);
  const logger: Logger = { debug: say, info: say, warn: say, error: say, progress: say };
  const { clock } = own;
  const place = { project: 'local', region: 'local' };
  const platform = await createCloudRunPlatform({ name: 'local', ...place, admin, loggingUrl, clock, logger });
  const bus = createPubSubMessageBus({ emulatorHost: pubsubHost, project: 'local' });
  const builder = createImageBuilder({ runtime: 'process', workDirectory, imagesDirectory, clock });
  const program = { root: TOOL_ROOT, commandLine: COMMAND_LINE };
  const ports = {
    ...own,
    logger,
    builder,
    loadImage: createOwnImage({ platform: 'local', builder, imagesDirectory, clock, ...program }),
    platform: async () => platform,
    messageBus: async () => bus,
    tool: { ...own.tool, owner },
  };
  await benchmark(request, 'local', config, ports, signal);
  say('the run has ended');
  await platform.close();
}

void main(JSON.parse(process.argv[2] ?? '{}') as KilledRunSettings);
