import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { fromHttp2Headers, toHttp2Headers } from './proxy-headers.ts';
import type { FrontRequest, FrontResponse } from './proxy-model.ts';

export function frontOfHttp1(request: IncomingMessage, response: ServerResponse): [FrontRequest, FrontResponse] {
  const length = request.headers['content-length'];
  return [
    {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: request.rawHeaders,
      clientAddress: request.socket.remoteAddress ?? '',
      hasBody: request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0'),
      hasLength: length !== undefined,
      body: request,
      trailers: () => request.rawTrailers,
    },
    {
      get started() {
        return response.headersSent;
      },
      start(status, statusText, headers) {
        response.writeHead(status, statusText, [...headers]);
        // Headers wait for the first bytes of the body, which usually are there already; a stream that is silent at
        // first (server-sent events) must not hold them back.
        const { socket } = response;
        const writtenBefore = socket?.bytesWritten;
        setImmediate(() => {
          if (response.writableEnded || response.destroyed || socket?.bytesWritten !== writtenBefore) return;
          response.flushHeaders();
        });
      },
      sink: response,
      end(trailers) {
        if (trailers.length > 0) {
          const fields: [string, string][] = [];
          for (let i = 0; i < trailers.length; i += 2) fields.push([trailers[i] ?? '', trailers[i + 1] ?? '']);
          response.addTrailers(fields);
        }
        response.end();
      },
      abort: () => void (response.destroyed || response.destroy()),
      onClose: (gone) => void response.once('close', gone),
    },
  ];
}

export function frontOfHttp2(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  hasBody: boolean,
): [FrontRequest, FrontResponse] {
  const raw = fromHttp2Headers(headers);
  if (headers.host === undefined && headers[':authority'] !== undefined) raw.unshift('host', headers[':authority']);
  let trailersIn: readonly string[] = [];
  let trailersOut: readonly string[] = [];
  stream.on('trailers', (received) => {
    trailersIn = fromHttp2Headers(received);
  });
  stream.on('error', () => undefined);
  return [
    {
      method: headers[':method'] ?? 'GET',
      path: headers[':path'] ?? '/',
      headers: raw,
      clientAddress: stream.session?.socket.remoteAddress ?? '',
      hasBody,
      hasLength: headers['content-length'] !== undefined,
      body: stream,
      trailers: () => trailersIn,
    },
    {
      get started() {
        return stream.headersSent;
      },
      start(status, _statusText, fields, complete) {
        const own = { ...toHttp2Headers(fields), ':status': status };
        if (complete) return stream.respond(own, { endStream: true });
        stream.respond(own, { waitForTrailers: true });
        // Without any, this ends the stream all the same; close() would now and then leave its end unsent.
        stream.on('wantTrailers', () => stream.sendTrailers(toHttp2Headers(trailersOut)));
      },
      sink: stream,
      end(trailers) {
        trailersOut = trailers;
        if (!stream.writableEnded) stream.end();
      },
      abort: () => void (stream.closed || stream.close(constants.NGHTTP2_INTERNAL_ERROR)),
      onClose: (gone) => void stream.once('close', gone),
    },
  ];
}
