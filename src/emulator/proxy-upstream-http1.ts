import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { FlatHeaders } from './proxy-headers.ts';
import type { FrontRequest, Upstream, UpstreamCall, UpstreamEvents } from './proxy-model.ts';

/** Below every usual keep-alive time-out of servers, so that a pooled connection is seldom closed under a request. */
const IDLE_CONNECTION_MS = 1_000;

/** Pooled HTTP/1.1 connections to one instance. */
export function createHttp1Upstream(port: number): Upstream {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: Number.POSITIVE_INFINITY,
    maxFreeSockets: 1_024,
    scheduling: 'lifo',
    timeout: IDLE_CONNECTION_MS,
  });
  return {
    send: (request, headers, events) => send(agent, port, request, headers, events, true),
    close: () => agent.destroy(),
  };
}

function framed(request: FrontRequest, headers: FlatHeaders): readonly string[] {
  if (request.hasLength) return headers;
  if (request.hasBody) return [...headers, 'Transfer-Encoding', 'chunked'];
  return request.method === 'GET' || request.method === 'HEAD' ? headers : [...headers, 'Content-Length', '0'];
}

function send(
  agent: Agent,
  port: number,
  request: FrontRequest,
  headers: FlatHeaders,
  events: UpstreamEvents,
  mayRetry: boolean,
): UpstreamCall {
  let over = false;
  let retried: UpstreamCall | undefined;
  let answer: IncomingMessage | undefined;
  const upstream = httpRequest({
    agent,
    host: '127.0.0.1',
    port,
    method: request.method,
    path: request.path,
    headers: framed(request, headers),
  });

  function fail(error: Error): void {
    if (over) return;
    over = true;
    if (request.hasBody) request.body.unpipe(upstream);
    upstream.destroy();
    // The instance closed a pooled connection just as we took it: not this request's fault, and nothing was consumed.
    if (mayRetry && answer === undefined && upstream.reusedSocket && !request.hasBody) {
      retried = send(agent, port, request, headers, events, false);
      return;
    }
    events.failed(error);
  }

  upstream.on('response', (response) => {
    answer = response;
    response.on('end', () => {
      if (over || !response.complete) return;
      over = true;
      events.ended(response.rawTrailers);
    });
    response.on('error', fail);
    response.on('close', () => fail(new Error('the instance closed the connection before the end of its answer')));
    events.started(response.statusCode ?? 0, response.statusMessage ?? '', response.rawHeaders, response, false);
  });
  upstream.on('error', fail);
  upstream.on('close', () => {
    if (answer === undefined) fail(new Error('the instance closed the connection without an answer'));
  });

  if (request.hasBody) {
    request.body.pipe(upstream, { end: false });
    request.body.once('end', () => {
      const trailers = request.trailers();
      if (trailers.length > 0) upstream.addTrailers(pairs(trailers));
      upstream.end();
    });
  } else upstream.end();

  return {
    abort() {
      retried?.abort();
      over = true;
      if (answer?.complete && upstream.writableFinished) return;
      upstream.destroy();
    },
  };
}

function pairs(flat: FlatHeaders): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2] ?? '', flat[i * 2 + 1] ?? '']);
}
