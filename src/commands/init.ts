import type { InitRequest } from '../config/request.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

export async function init(_request: InitRequest, _ports: Ports, _signal: AbortSignal): Promise<Outcome> {
  return NOTHING;
}
