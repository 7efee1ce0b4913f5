import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { TransportError } from '../../ports/transport.ts';

/** A connected socket to an http: or https: origin, TLS handshake done, with the protocol to be spoken agreed on. */
export function connectTo(origin: URL, signal: AbortSignal, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Promise<Socket> {
  const secure = origin.protocol === 'https:';
  const host = origin.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(origin.port || (secure ? 443 : 80));
  const socket = secure
    ? connectTls({ host, port, ALPNProtocols: [protocol], ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectTcp({ host, port });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
      // Between here and the request nobody else listens, and an unheard error would end the process.
      socket.on('error', () => undefined);
      done();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const abort = () => {
      socket.destroy();
      settle(() => reject(new Error('aborted while connecting')));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      // A server that was asked for HTTP/2 only, and does not speak it, may connect all the same.
      if (secure && protocol === 'h2' && (socket as TLSSocket).alpnProtocol !== 'h2') {
        fail(new TransportError('protocol', 'the server does not speak HTTP/2'));
        socket.destroy();
      } else settle(() => resolve(socket));
    });
  });
}
