import { Client, type Dispatcher } from 'undici';
import type { HttpConnection, HttpOutcome, HttpRequest } from '../../ports/transport.ts';
import { ConnectionClosedError, classifyFailure, DeadlineError } from './failures.ts';

/** What is kept of an answer's body; the rest is read and dropped. Correct answers are far smaller. */
const BODY_LIMIT_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);
/** Longer than any pause inside a run, so that the client never closes the connection by itself. */
const KEEP_IDLE_MS = 600_000;

type Done = (outcome: HttpOutcome) => void;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** undici wants names and values in one flat list. */
function flattened(request: HttpRequest): string[] {
  const flat: string[] = [];
  for (const [name, value] of request.headers) flat.push(name, value);
  return flat;
}

/**
 * One undici client with its one handler, re-used for every request, until the first failure: what a failed client
 * still reports must never reach a later request, so a failure ends the session and the next request opens another.
 */
class Session implements Dispatcher.DispatchHandler {
  readonly #client: Client;
  #done: Done | undefined;
  #startedAt = 0;
  #written = false;
  #status = 0;
  #contentType: string | undefined;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;

  constructor(origin: string, timeoutMs: number) {
    // headersTimeout and bodyTimeout are off: they restart with every byte, and ours is one deadline for the whole.
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: Math.max(1, Math.ceil(timeoutMs)),
      keepAliveTimeout: KEEP_IDLE_MS,
      keepAliveMaxTimeout: KEEP_IDLE_MS,
    });
  }

  get busy(): boolean {
    return this.#done !== undefined;
  }

  send(request: HttpRequest, done: Done): void {
    this.#done = done;
    this.#written = false;
    this.#status = 0;
    this.#contentType = undefined;
    this.#chunks = [];
    this.#bodyBytes = 0;
    this.#startedAt = performance.now();
    this.#client.dispatch(
      {
        path: request.path,
        method: request.method,
        headers: flattened(request),
        body: request.body ?? null,
      },
      this,
    );
  }

  /** Ends the session; a request in flight gets the failure at once. */
  end(error: Error): Promise<void> {
    this.#finish({ ok: false, failure: classifyFailure(error), latencyMs: performance.now() - this.#startedAt });
    return this.#client.destroy(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // undici would send a request again whose connection ended for a reason it calls informational.
    if (this.#written) controller.abort(new Error('the request would be sent twice'));
    this.#written = true;
    this.#startedAt = performance.now();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status;
    const type = headers['content-type'];
    this.#contentType = Array.isArray(type) ? type[0] : type;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = BODY_LIMIT_BYTES - this.#bodyBytes;
    if (room <= 0) return;
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#bodyBytes += Math.min(room, chunk.length);
  }

  onResponseEnd(): void {
    const latencyMs = performance.now() - this.#startedAt;
    const chunks = this.#chunks;
    const body = chunks.length === 0 ? NO_BODY : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    this.#finish({
      ok: true,
      status: this.#status,
      latencyMs,
      body: body ?? NO_BODY,
      contentType: this.#contentType,
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#finish({ ok: false, failure: classifyFailure(error), latencyMs: performance.now() - this.#startedAt });
  }

  #finish(outcome: HttpOutcome): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(outcome);
  }
}

class KeepAliveConnection implements HttpConnection {
  readonly #origin: string;
  readonly #timeoutMs: number;
  #session: Session | undefined;
  #closed = false;
  #deadlineAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #done: Done | undefined;

  constructor(origin: string, timeoutMs: number) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
  }

  send(request: HttpRequest, done: Done): void {
    if (this.#done !== undefined) throw new Error('one request at a time: the one before has not been answered');
    if (this.#closed) throw new Error('the connection is closed');
    this.#done = done;
    this.#session ??= new Session(this.#origin, this.#timeoutMs);
    this.#deadlineAt = performance.now() + this.#timeoutMs;
    // One timer serves many requests: it looks at the current deadline when it fires.
    this.#timer ??= setTimeout(this.#onTimer, this.#timeoutMs);
    this.#session.send(request, this.#onOutcome);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#end(new ConnectionClosedError('closed by the caller'));
  }

  readonly #onOutcome = (outcome: HttpOutcome): void => {
    const done = this.#done;
    this.#done = undefined;
    if (!outcome.ok) void this.#end(new ConnectionClosedError('ended after a failure'));
    done?.(outcome);
  };

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#session?.busy !== true) return;
    const leftMs = this.#deadlineAt - performance.now();
    if (leftMs > 0) this.#timer = setTimeout(this.#onTimer, Math.ceil(leftMs));
    else void this.#end(new DeadlineError(`no complete answer within ${this.#timeoutMs} ms`));
  };

  async #end(error: Error): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.end(error);
  }
}

/**
 * One keep-alive connection to an origin over HTTP/1.1. `latencyMs` runs by `performance.now()` from the moment the
 * request is written to the open connection until the last byte of its answer has been read: neither connecting nor
 * the client's own wait before writing is in it. For a request that never got written it runs from `send`.
 * `timeoutMs` bounds one whole exchange, connecting included. After a failure the next `send` connects anew; nothing
 * is ever sent twice. A second `send` before the answer, or one after `close`, throws.
 */
export function openConnection(origin: string, options: { readonly timeoutMs: number }): HttpConnection {
  return new KeepAliveConnection(origin, options.timeoutMs);
}
