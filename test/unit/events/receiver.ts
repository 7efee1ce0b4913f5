import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One answer. `hang` never answers, `reset` ends the connection. */
export type Answering =
  | 'hang'
  | 'reset'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface Receiver {
  readonly port: number;
  readonly received: readonly Received[];
  /** Answers of the next requests, in order; then 200 again. */
  next(...answers: readonly Answering[]): void;
  /** The answer of all requests that `next` says nothing about. */
  always(answer: Answering): void;
  close(): Promise<void>;
}

/** A web server on loopback that keeps what it gets and answers as it is told. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let queue: readonly Answering[] = [];
  let standard: Answering = { status: 200, body: 'ok' };
  const server = createServer(async (request, response) => {
    // Before the body is there, so that a sender who hangs up early counts.
    const entry = { method: request.method, path: request.url, headers: headersOf(request), body: '' };
    received.push(entry);
    const [answer = standard, ...rest] = queue;
    queue = rest;
    for await (const chunk of request.setEncoding('utf8')) entry.body += chunk;
    if (answer === 'hang') return;
    if (answer === 'reset') request.socket.resetAndDestroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    next: (...answers) => {
      queue = answers;
    },
    always: (answer) => {
      standard = answer;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
