import { connect, type Socket } from 'node:net';
import type { FlatHeaders } from './proxy-headers.ts';
import { type AnswerParser, createAnswerParser } from './proxy-http1-answer.ts';
import { sendRequest } from './proxy-http1-request.ts';
import type { FrontRequest, Upstream, UpstreamCall, UpstreamEvents } from './proxy-model.ts';

/** Below every usual keep-alive time-out of servers, so that a pooled connection is seldom closed under a request. */
const IDLE_CONNECTION_MS = 1_000;

/** A connection and what it is busy with. */
interface Connection {
  readonly socket: Socket;
  used: boolean;
  parser: AnswerParser | undefined;
  fail: (error: Error) => void;
}

const nothing = () => undefined;

/** Pooled HTTP/1.1 connections to one instance. */
export function createHttp1Upstream(port: number): Upstream {
  const all = new Set<Connection>();
  const idle: Connection[] = [];

  function open(): Connection {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const connection: Connection = { socket, used: false, parser: undefined, fail: nothing };
    all.add(connection);
    socket.on('data', (chunk) => {
      if (connection.parser === undefined) {
        socket.destroy();
        return;
      }
      try {
        connection.parser.feed(chunk);
      } catch (error) {
        connection.fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => connection.fail(error));
    socket.on('end', () => {
      if (connection.parser?.close() !== true) connection.fail(new Error('the instance closed the connection'));
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('close', () => {
      all.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      connection.fail(new Error('the connection to the instance was closed'));
    });
    return connection;
  }

  function take(): Connection {
    // The one used last is the least likely to be closed by the other side.
    let connection = idle.pop();
    while (connection !== undefined && !connection.socket.readable) connection = idle.pop();
    if (connection === undefined) return open();
    connection.used = true;
    connection.socket.setTimeout(0);
    return connection;
  }

  function giveBack(connection: Connection, reusable: boolean): void {
    connection.parser = undefined;
    connection.fail = nothing;
    if (!reusable || connection.socket.destroyed) {
      connection.socket.destroy();
      return;
    }
    connection.socket.setTimeout(IDLE_CONNECTION_MS);
    // A slow client may have paused it with the last bytes of its answer.
    connection.socket.resume();
    idle.push(connection);
  }

  function send(
    request: FrontRequest,
    headers: FlatHeaders,
    events: UpstreamEvents,
    connection: Connection,
  ): UpstreamCall {
    let over = false;
    let begun = false;
    let retried: UpstreamCall | undefined;
    const body = sendRequest(connection.socket, request, headers);

    connection.parser = createAnswerParser(request.method, {
      head(head) {
        begun = true;
        events.started(head.status, head.statusText, head.headers, false);
      },
      data: events.data,
      ended(trailers, reusable) {
        over = true;
        // A connection on which the request is still being sent cannot take the next one.
        giveBack(connection, reusable && body.finished());
        body.stop();
        events.ended(trailers);
      },
    });
    connection.fail = (error) => {
      if (over) return;
      over = true;
      body.stop();
      giveBack(connection, false);
      // Closed by the instance just as we took it from the pool: not this request's fault, and nothing was consumed.
      if (connection.used && !begun && !request.hasBody) retried = send(request, headers, events, open());
      else events.failed(error);
    };
    return {
      pause: () => void (retried === undefined ? over || connection.socket.pause() : retried.pause()),
      resume: () => void (retried === undefined ? over || connection.socket.resume() : retried.resume()),
      abort() {
        retried?.abort();
        if (over) return;
        over = true;
        body.stop();
        giveBack(connection, false);
      },
    };
  }

  return {
    send: (request, headers, events) => send(request, headers, events, take()),
    close() {
      for (const { socket } of all) socket.destroy();
    },
  };
}
