import { createServer, type Server, type Socket } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import { InfrastructureError } from '../../domain/errors.ts';
import { Broker } from './broker.ts';
import { createGrpcServer } from './grpc.ts';
import { createRestServer } from './rest.ts';

export interface PubSubEmulator {
  /** `127.0.0.1:PORT`, as `PUBSUB_EMULATOR_HOST` wants it. */
  readonly host: string;
  close(): Promise<void>;
}

/** The first bytes of every HTTP/2 connection, and of no HTTP/1 request. */
const HTTP2_PREFACE = Buffer.from('PRI');

/** Calls back with the protocol as soon as enough bytes came; they stay in the socket for its server. */
function sniff(socket: Socket, found: (http2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const look = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < HTTP2_PREFACE.length) return;
    socket.off('data', look);
    socket.pause();
    socket.unshift(seen);
    found(seen.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE));
  };
  socket.on('data', look);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `cannot listen on 127.0.0.1:${port} for Pub/Sub: ${cause.message}`;
      reject(new InfrastructureError('pubsub-port-unavailable', message, { cause, hint: 'choose another port' }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Starts a Pub/Sub in this process, on one loopback port, REST and gRPC. Everything is in memory and gone after
 * `close`. Port 0 or none takes a free one. Throws InfrastructureError when the port is taken.
 */
export async function startPubSubEmulator(options: { readonly port?: number } = {}): Promise<PubSubEmulator> {
  const broker = new Broker();
  const rest = createRestServer(broker);
  const grpc = createGrpcServer(broker);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    sniff(socket, (http2) => {
      if (http2) {
        injector.injectConnection(socket);
      } else {
        rest.emit('connection', socket);
        socket.resume();
      }
    });
  });
  const port = await listen(server, options.port ?? 0);

  return {
    host: `127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      broker.close();
      injector.destroy();
      grpc.forceShutdown();
      rest.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
