import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { fromHttp2Headers, toHttp2Headers } from './proxy-headers.ts';
import type { Upstream, UpstreamCall } from './proxy-model.ts';

/** HTTP/2 cleartext with prior knowledge to one instance: all requests share one connection. */
export function createH2cUpstream(port: number): Upstream {
  let session: ClientHttp2Session | undefined;

  function openSession(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(`http://127.0.0.1:${port}`);
    // Its streams report the failure; without a listener it would end the process.
    session.on('error', () => undefined);
    return session;
  }

  return {
    send(request, headers, events): UpstreamCall {
      let over = false;
      let started = false;
      const fail = (error: Error) => {
        if (over) return;
        over = true;
        events.failed(error);
      };
      const fields = toHttp2Headers(headers);
      fields[':method'] = request.method;
      fields[':path'] = request.path;
      const host = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
      if (host >= 0) fields[':authority'] = headers[host + 1] ?? '';
      // Connection-specific on the first hop, but HTTP/2 servers of gRPC insist on it.
      if (/^application\/grpc/.test(String(fields['content-type'] ?? ''))) fields.te = 'trailers';
      const stream = openSession().request(fields, { endStream: !request.hasBody, waitForTrailers: false });
      let trailers: readonly string[] = [];
      stream.on('response', (received, flags) => {
        started = true;
        const complete = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        events.started(received[':status'] ?? 0, '', fromHttp2Headers(received), complete);
      });
      stream.on('data', (chunk: Buffer) => events.data(chunk));
      stream.on('trailers', (received) => {
        trailers = fromHttp2Headers(received);
      });
      stream.on('end', () => {
        if (over || !started || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
        over = true;
        events.ended(trailers);
      });
      stream.on('error', fail);
      stream.on('close', () => fail(new Error('the instance closed the stream before the end of its answer')));
      if (request.hasBody) request.body.pipe(stream);
      return {
        pause: () => void stream.pause(),
        resume: () => void stream.resume(),
        abort() {
          over = true;
          if (request.hasBody) request.body.unpipe(stream);
          if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
        },
      };
    },
    close: () => session?.destroy(),
  };
}
