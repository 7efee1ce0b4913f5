import type { Clock } from '../../ports/clock.ts';
import type { Identity } from '../../ports/identity.ts';
import type { Platform } from '../../ports/platform.ts';
import type { SocketTransport } from '../../ports/sockets.ts';
import type { HeaderList, HttpConnection, HttpTransport } from '../../ports/transport.ts';

/** What all services of all runs accept, so that one ID token an hour is enough for every service and every tag. */
export const AUDIENCE = 'cloudrun-perf';
/** Between two looks at whether the token under load has to be renewed. */
const LOOK_MS = 30_000;

export interface PrivateServices {
  /** The platform, whose deployments are remembered. */
  readonly platform: (platform: Platform) => Platform;
  /** Remembers what somebody else deployed; a token is there when this resolves. Throws PerfError. */
  readonly call: (origins: readonly string[]) => Promise<void>;
  /** Sends an ID token to what was deployed, and to nobody else. */
  readonly transport: HttpTransport;
  /** The same for WebSockets of vectors. */
  readonly sockets: (sockets: SocketTransport) => SocketTransport;
}

/**
 * Calls private services with ID tokens. A token is there before a request is timed: single exchanges wait for it
 * before they connect, connections carry the last one and have it renewed meanwhile. Requests go out by the same
 * transport, at the same places of the code, with one header more.
 */
export function createPrivateServices(
  transport: HttpTransport,
  identity: Pick<Identity, 'idToken'>,
  clock: Pick<Clock, 'monotonicMs'>,
  audience = AUDIENCE,
): PrivateServices {
  const origins = new Set<string>();
  let token = '';
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  const remember = (url: string) => void origins.add(new URL(url).origin);
  const fresh = async () => {
    lookedAtMs = clock.monotonicMs();
    token = await identity.idToken(audience);
  };
  const authorized = <Request extends { readonly headers: HeaderList }>(request: Request): Request => {
    // Cloud Run's second name of it, for services that have a use of their own for the first.
    const taken = request.headers.some(([name]) => name.toLowerCase() === 'authorization');
    const name = taken ? 'x-serverless-authorization' : 'authorization';
    return { ...request, headers: [...request.headers, [name, `Bearer ${token}`]] };
  };

  function open(origin: string, options: { readonly timeoutMs: number }): HttpConnection {
    const connection = transport.open(origin, options);
    if (!origins.has(new URL(origin).origin)) return connection;
    return {
      send(request, done) {
        // A renewal that fails is felt as an answer 401; the next exchange tells why.
        if (clock.monotonicMs() - lookedAtMs > LOOK_MS) void fresh().catch(() => undefined);
        connection.send(authorized(request), done);
      },
      close: () => connection.close(),
    };
  }

  return {
    transport: {
      async exchange(origin, request, options) {
        if (!origins.has(new URL(origin).origin)) return transport.exchange(origin, request, options);
        await fresh();
        return transport.exchange(origin, authorized(request), options);
      },
      open,
    },
    sockets: (sockets) => ({
      async connect(origin, request, options) {
        if (!origins.has(new URL(origin).origin)) return sockets.connect(origin, request, options);
        await fresh();
        return sockets.connect(origin, authorized(request), options);
      },
    }),
    async call(found) {
      await fresh();
      for (const url of found) remember(url);
    },
    platform: (platform) => ({
      ...platform,
      async deploy(spec, signal) {
        // Asked before anything is deployed: without it nothing could be measured.
        await fresh();
        const deployment = await platform.deploy(spec, signal);
        remember(deployment.url);
        for (const { url } of deployment.revisions) remember(url);
        return deployment;
      },
    }),
  };
}
