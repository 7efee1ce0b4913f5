import { InfrastructureError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { type HttpTransport, TransportError, type WireRequest } from '../ports/transport.ts';

export interface ReadinessTarget {
  readonly service: string;
  readonly revision: string;
  readonly url: string;
}

const SHOWN_CHARS = 200;
const READ_BYTES = 65_536;

interface Ports {
  readonly transport: HttpTransport;
  readonly platform: Platform;
  readonly clock: Clock;
  /** Blanks out secrets in what the service answered; absent: it has none. */
  readonly hide?: (text: string) => string;
}

/**
 * One request that may take a whole cold start. Resolves with the status that came, whatever it is: judging answers
 * is the contract's task. Throws InfrastructureError `not-ready` when no instance could answer, with the platform's
 * own words for why.
 */
export async function waitUntilReady(
  target: ReadinessTarget,
  request: WireRequest,
  timeoutMs: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<number> {
  const sinceMs = ports.clock.epochMs() - 1;
  const what = nameOf(request);
  try {
    const { status, body } = await ports.transport.exchange(target.url, request, { timeoutMs, signal });
    if (status < 500) return status;
    throw notReady(
      `answered ${what} with ${status}${excerpt(body, ports.hide)}`,
      await startFailure(ports.platform, target, sinceMs),
    );
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const found =
      error.failure === 'timeout'
        ? `gave no answer to ${what} within ${timeoutMs} ms`
        : `broke the connection on ${what} (${error.failure})`;
    throw notReady(found, await startFailure(ports.platform, target, sinceMs));
  }
}

/** The platform's front end says in the body why it answers in the service's place. The text is a stranger's. */
function excerpt(body: Uint8Array, hide: (text: string) => string = (text) => text): string {
  // Hidden before it is cut, where a secret would not be recognised any more.
  const text = hide(new TextDecoder().decode(body.subarray(0, READ_BYTES)))
    .slice(0, SHOWN_CHARS)
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ')
    .trim();
  return text === '' ? '' : ` (${text})`;
}

/** Why no instance could answer, as the platform tells it; undefined when one was ready. */
async function startFailure(platform: Platform, target: ReadinessTarget, sinceMs: number): Promise<string | undefined> {
  const events = await platform.instanceLog({ service: target.service, revision: target.revision, sinceMs });
  const failed = events.find((event) => event.kind === 'start-failed')?.detail;
  if (failed !== undefined) return failed;
  const started = events.some((event) => event.kind === 'start');
  const ready = events.some((event) => event.kind === 'ready');
  return started && !ready ? 'an instance was started but did not listen on its port in that time' : undefined;
}

function notReady(found: string, failure: string | undefined): InfrastructureError {
  return failure === undefined
    ? new InfrastructureError('not-ready', `the service ${found}`, {
        hint: 'start it by hand with the environment that "cloudrun-perf env" prints',
      })
    : new InfrastructureError('start-failed', `the service ${found}: ${failure}`, {
        hint: 'a service must listen on 0.0.0.0:$PORT soon after its start',
      });
}

const KIND_NAMES = { grpc: 'gRPC call', websocket: 'WebSocket' } as const;

function nameOf(request: WireRequest): string {
  const kind = request.kind === undefined || request.kind === 'http' ? request.method : KIND_NAMES[request.kind];
  return `${kind} ${request.path}`;
}
