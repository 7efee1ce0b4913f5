import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TaskLog } from './jobs/task-log.ts';
import type { LogLocation } from './logging/entry.ts';
import { FilterError } from './logging/filter.ts';
import { listEntries } from './logging/list-entries.ts';
import type { InstanceLog } from './model.ts';

export interface LoggingServer {
  /** Origin without trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LoggingServerOptions {
  readonly location: LogLocation;
  readonly log: InstanceLog;
  readonly taskLog: TaskLog;
  /** 0 chooses a free one. */
  readonly port: number;
}

const HOST = '127.0.0.1';
const PATH = '/v2/entries:list';
const MAX_BODY_BYTES = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Cloud Logging's `POST /v2/entries:list` on the loopback interface, over what the data plane and tasks have logged. */
export async function startLoggingServer(options: LoggingServerOptions): Promise<LoggingServer> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, options);
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, HOST, resolve);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, { location, log, taskLog }: LoggingServerOptions): Promise<Answer> {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  if (request.method !== 'POST' || path !== PATH) {
    return failure(404, 'NOT_FOUND', `Only POST ${PATH} is served here.`);
  }
  try {
    const text = await readBody(request);
    if (text === undefined)
      return failure(400, 'INVALID_ARGUMENT', `The request is larger than ${MAX_BODY_BYTES} bytes.`);
    return { status: 200, body: listEntries(JSON.parse(text), log.entries(), location, taskLog.lines()) };
  } catch (error) {
    if (error instanceof FilterError || error instanceof SyntaxError) {
      return failure(400, 'INVALID_ARGUMENT', error.message);
    }
    return failure(500, 'INTERNAL', error instanceof Error ? error.message : String(error));
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString();
}

const failure = (code: number, status: string, message: string): Answer => ({
  status: code,
  body: { error: { code, message, status } },
});
