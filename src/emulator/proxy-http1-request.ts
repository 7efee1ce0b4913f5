import type { Socket } from 'node:net';
import type { FlatHeaders } from './proxy-headers.ts';
import type { FrontRequest } from './proxy-model.ts';

const SMALL_BYTES = 16_384;
const UNSAFE_TARGET = /[^\x21-\x7e\x80-\xff]/;
const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export interface SentBody {
  /** True when the whole request is on its way. */
  finished(): boolean;
  /** Takes no more from the client's side. */
  stop(): void;
}

/** Writes a request to a connection, its body as it comes. Throws when a part of it could break out of its line. */
export function sendRequest(socket: Socket, request: FrontRequest, headers: FlatHeaders): SentBody {
  const head = headOf(request, headers);
  if (!request.hasBody) {
    socket.write(head, 'latin1');
    return { finished: () => true, stop: () => undefined };
  }
  const { body, hasLength } = request;
  let headSent = false;
  let finished = false;

  function onData(chunk: Buffer): void {
    let more: boolean;
    if (!headSent && hasLength && chunk.length <= SMALL_BYTES) {
      // latin1 maps bytes one to one; head and body leave in one system call.
      more = socket.write(head + chunk.toString('latin1'), 'latin1');
    } else {
      sendHead();
      if (!hasLength) socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      more = socket.write(chunk);
      if (!hasLength) more = socket.write('\r\n', 'latin1');
    }
    headSent = true;
    if (more) return;
    body.pause();
    socket.once('drain', resume);
  }
  function resume(): void {
    body.resume();
  }
  function onEnd(): void {
    finished = true;
    sendHead();
    if (!hasLength) socket.write(`0\r\n${linesOf(request.trailers())}\r\n`, 'latin1');
  }
  function sendHead(): void {
    if (!headSent) socket.write(head, 'latin1');
    headSent = true;
  }

  body.on('data', onData);
  body.on('end', onEnd);
  // The first piece is usually there already and comes before this; a slow client must not hold the head back.
  const immediate = setImmediate(sendHead);
  return {
    finished: () => finished,
    stop() {
      clearImmediate(immediate);
      body.off('data', onData);
      body.off('end', onEnd);
      socket.off('drain', resume);
      // What is still to come is of no interest, but must not block the client's connection.
      body.resume();
    },
  };
}

function headOf(request: FrontRequest, headers: FlatHeaders): string {
  if (UNSAFE_TARGET.test(request.path) || UNSAFE_TARGET.test(request.method)) throw new Error('malformed request line');
  const framing = request.hasLength
    ? ''
    : request.hasBody
      ? 'Transfer-Encoding: chunked\r\n'
      : request.method === 'GET' || request.method === 'HEAD'
        ? ''
        : 'Content-Length: 0\r\n';
  return `${request.method} ${request.path} HTTP/1.1\r\n${linesOf(headers)}${framing}Connection: keep-alive\r\n\r\n`;
}

function linesOf(headers: FlatHeaders): string {
  let lines = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const value = headers[i + 1] ?? '';
    if (UNSAFE_VALUE.test(value)) throw new Error('malformed header');
    lines += `${headers[i]}: ${value}\r\n`;
  }
  return lines;
}
