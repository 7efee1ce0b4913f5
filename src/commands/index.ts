import type { Config } from '../config/config.ts';
import type { CommandRequest } from '../config/request.ts';
import type { PlatformName } from '../domain/plan.ts';
import { benchmark } from './benchmark.ts';
import { cleanup } from './cleanup.ts';
import { compare } from './compare.ts';
import { compareContracts } from './contract-diff.ts';
import { deploy } from './deploy.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { emulate } from './emulate.ts';
import { env } from './env.ts';
import { init } from './init.ts';
import { migrate } from './migrate.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { report } from './report.ts';
import { setup } from './setup.ts';
import { slashCommand } from './slash-command.ts';
import { validate } from './validate.ts';
import { worker } from './worker.ts';

export interface Execution {
  readonly request: CommandRequest;
  readonly config: Config;
  readonly platform: PlatformName;
  readonly ports: Ports;
  /** Aborted when the user or the runner wants it to end. */
  readonly signal: AbortSignal;
}

/** Runs the use case that the request names. */
export function execute({ request, config, platform, ports, signal }: Execution): Promise<Outcome> {
  switch (request.command) {
    case 'discover':
      return discover(request, platform, config, ports, signal);
    case 'validate':
      return validate(request, platform, config, ports, signal);
    case 'deploy':
      return deploy(request, platform, config, ports, signal);
    case 'benchmark':
      return benchmark(request, platform, config, ports, signal);
    case 'report':
      return report(request, config, ports, signal);
    case 'compare':
      return compare(request, config, ports);
    case 'cleanup':
      return cleanup(request, platform, ports, signal);
    case 'env':
      return env(request, config, ports);
    case 'emulate':
      return emulate(request, ports, signal);
    case 'init':
      return init(request, ports, signal);
    case 'migrate':
      return migrate(request, platform, config, ports, signal);
    case 'contract':
      return compareContracts(request, ports);
    case 'setup':
      return setup(request, config, ports);
    case 'doctor':
      return doctor(request, config, ports, signal);
    case 'worker':
      return worker(ports, signal);
    case 'slash-command':
      return slashCommand(ports, signal);
  }
}
