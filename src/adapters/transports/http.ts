import type { HttpTransport } from '../../ports/transport.ts';
import { openConnection } from './keep-alive.ts';
import { exchange } from './raw-exchange.ts';

/** HTTP/1.1: single exchanges as raw as node allows, and keep-alive connections for load. */
export function createHttpTransport(): HttpTransport {
  return { exchange, open: openConnection };
}
