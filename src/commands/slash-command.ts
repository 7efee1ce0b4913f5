import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

export async function slashCommand(_ports: Ports, _signal: AbortSignal): Promise<Outcome> {
  return NOTHING;
}
