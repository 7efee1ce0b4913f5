import type { Config } from '../config/config.ts';
import type { MigrateRequest } from '../config/request.ts';
import type { PlatformName } from '../domain/plan.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

export async function migrate(
  _request: MigrateRequest,
  _platform: PlatformName,
  _config: Config,
  _ports: Ports,
  _signal: AbortSignal,
): Promise<Outcome> {
  return NOTHING;
}
