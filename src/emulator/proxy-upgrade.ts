import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveInstance, RevisionRunner } from './data-plane-revision.ts';
import type { InstanceLog } from './model.ts';
import { type Admission, admit } from './proxy-admission.ts';
import { MALFORMED } from './proxy-exchange.ts';
import { type FlatHeaders, requestHeaders, responseHeaders, traceContext } from './proxy-headers.ts';

/**
 * Passes a WebSocket through. It is one long request: it holds a slot of its instance until either side closes, and
 * the revision's request time-out cuts it.
 */
export function upgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  runner: RevisionRunner,
  log: InstanceLog,
  done: () => void,
): void {
  const trace = traceContext(single(request.headers.traceparent), single(request.headers['x-cloud-trace-context']));
  let upstream: ClientRequest | undefined;
  let instanceSide: Duplex | undefined;
  let admission: Admission | undefined;
  let answered = false;

  function cut(): void {
    upstream?.destroy();
    instanceSide?.destroy();
    client.destroy();
  }
  function answer(status: number, statusText: string, headers: FlatHeaders): void {
    answered = true;
    client.write(headText(status, statusText, headers));
  }
  function forward(instance: LiveInstance): void {
    const own = requestHeaders(request.rawHeaders, peerAddress(request), trace);
    upstream = httpRequest({
      agent: false,
      host: '127.0.0.1',
      port: instance.port,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: [...own, 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? 'websocket'],
    });
    upstream.on('upgrade', (response, socket, first) => {
      instanceSide = socket;
      const switching = ['Connection', 'Upgrade', 'Upgrade', response.headers.upgrade ?? 'websocket'];
      answer(101, response.statusMessage ?? '', [...responseHeaders(response.rawHeaders), ...switching]);
      if (first.length > 0) client.write(first);
      if (head.length > 0) socket.write(head);
      socket.pipe(client);
      client.pipe(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        admission?.finish(101);
        // What was received last is still to be written.
        client.end();
      });
    });
    upstream.on('response', (response) => {
      answer(response.statusCode ?? 503, response.statusMessage ?? '', [
        ...responseHeaders(response.rawHeaders),
        'Connection',
        'close',
      ]);
      response.pipe(client);
      response.on('error', cut);
      response.on('end', () => admission?.finish(response.statusCode ?? 503));
    });
    upstream.on('error', () => admission?.refuse(503, MALFORMED));
    upstream.end();
  }

  client.on('error', cut);
  client.on('finish', () => client.destroy());
  client.on('close', () => {
    admission?.finish(answered ? 101 : 499);
    cut();
    done();
  });
  admission = admit(runner, log, trace.trace, {
    forward,
    refuse(status, text) {
      if (answered) return cut();
      const body = `${text}\n`;
      const length = ['Content-Length', String(Buffer.byteLength(body))];
      answer(status, '', ['Content-Type', 'text/plain; charset=utf-8', ...length, 'Connection', 'close']);
      client.end(body);
      upstream?.destroy();
    },
  });
}

function headText(status: number, statusText: string, headers: FlatHeaders): string {
  let text = `HTTP/1.1 ${status} ${statusText || STATUS_CODES[status] || ''}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

function peerAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
