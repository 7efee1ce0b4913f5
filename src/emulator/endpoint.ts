import { createServer as createHttp1Server } from 'node:http';
import { constants, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { InfrastructureError } from '../domain/errors.ts';
import type { RevisionRunner } from './data-plane-revision.ts';
import type { InstanceLog } from './model.ts';
import { answerText, exchange } from './proxy-exchange.ts';
import { frontOfHttp1, frontOfHttp2 } from './proxy-front.ts';
import type { FrontRequest, FrontResponse } from './proxy-model.ts';
import { upgrade } from './proxy-upgrade.ts';

/** First bytes of the HTTP/2 preface that no HTTP/1.1 method shares. */
const PREFACE = 'PRI';
/** As Google's front end: longer than any client keeps an idle connection. */
const KEEP_ALIVE_MS = 620_000;
const NOT_FOUND = 'Nothing is served at this address: no revision has its traffic.';

export interface Endpoint {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Stops listening, lets requests in flight end for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** Opens a listener on 127.0.0.1 for HTTP/1.1, WebSocket and HTTP/2 cleartext. `route` is asked once per request. */
export async function openEndpoint(route: () => RevisionRunner | undefined, log: InstanceLog): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  let active = 0;
  let drained: (() => void) | undefined;
  const begin = () => {
    active += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      active -= 1;
      if (active === 0) drained?.();
    };
  };
  function serve(request: FrontRequest, response: FrontResponse): void {
    const runner = route();
    if (runner === undefined) answerText(response, 404, NOT_FOUND);
    else exchange(request, response, runner, log, begin());
  }

  const http1 = createHttp1Server({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 0,
    headersTimeout: 60_000,
    maxHeaderSize: 65_536,
    // Others, such as `Upgrade: h2c`, are offers that a server may ignore.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  http1.on('request', (request, response) => serve(...frontOfHttp1(request, response)));
  http1.on('upgrade', (request, socket, head) => {
    const runner = route();
    if (runner === undefined || runner.spec.portName === 'h2c') {
      socket.end(`HTTP/1.1 ${runner === undefined ? '404 Not Found' : '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    } else upgrade(request, socket, head, runner, log, begin());
  });
  http1.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', () => socket.destroy());
    else socket.destroy();
  });
  const http2 = createHttp2Server();
  http2.on('stream', (stream, headers, flags) => {
    serve(...frontOfHttp2(stream, headers, (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0));
  });
  http2.on('sessionError', () => undefined);

  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    sniff(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit('connection', socket));
  });
  const port = await listen(listener);
  return {
    origin: `http://127.0.0.1:${port}`,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      if (active > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          drained = () => {
            clearTimeout(timer);
            // The last answer is in the socket's buffer at this moment.
            setImmediate(resolve);
          };
        });
      }
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Reads just enough of a connection to know its protocol, and puts it back. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  function onData(chunk: Buffer): void {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const start = seen.toString('latin1', 0, PREFACE.length);
    if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
    socket.off('data', onData);
    socket.pause();
    socket.unshift(seen);
    const isHttp2 = start === PREFACE;
    decide(isHttp2);
    // An HTTP/2 session takes what was put back by itself, on the next tick; flowing would lose it.
    if (!isHttp2) socket.resume();
  }
  socket.on('data', onData);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new InfrastructureError('endpoint-not-opened', `No port on 127.0.0.1: ${cause.message}`, { cause })),
    );
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}
