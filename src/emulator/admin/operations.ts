import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { failedPrecondition, notFound } from './admin-error.ts';
import type { Any, Operation } from './messages.ts';
import { type Location, operationName } from './names.ts';

/** Finished operations that are kept; the oldest are forgotten first. */
const KEPT = 2000;

/** What the work of an operation ended with. */
export type Outcome =
  | { readonly ok: true; readonly resource: Any }
  | { readonly ok: false; readonly resource: Any; readonly code: number; readonly message: string };

interface Entry {
  operation: Operation;
  readonly finished: Promise<void>;
}

/** Long-running operations of one location: unfinished when returned, finished when their work is. */
export class Operations {
  readonly #location: Location;
  readonly #entries = new Map<string, Entry>();

  constructor(location: Location) {
    this.#location = location;
  }

  /** Starts an operation; `metadata` is the resource as accepted. Work that throws ends it with INTERNAL. */
  start(metadata: Any, work: () => Promise<Outcome>): Operation {
    const id = randomUUID();
    const accepted: Operation = { name: operationName(this.#location, id), metadata, done: false };
    const { promise: finished, resolve } = Promise.withResolvers<void>();
    const entry: Entry = { operation: accepted, finished };
    this.#entries.set(id, entry);
    // In a later turn of the event loop, so that the client is always told of the unfinished operation first.
    setImmediate(async () => {
      entry.operation = finish(accepted.name, await work().catch((error: unknown) => internal(metadata, error)));
      this.#forgetOldest();
      resolve();
    });
    return accepted;
  }

  /** An operation without work, as `validate_only` answers it. */
  finished(resource: Any): Operation {
    const id = randomUUID();
    const operation = finish(operationName(this.#location, id), { ok: true, resource });
    this.#entries.set(id, { operation, finished: Promise.resolve() });
    return operation;
  }

  get(id: string): Operation {
    return this.#entry(id).operation;
  }

  /** Newest first. */
  list(): readonly Operation[] {
    return [...this.#entries.values()].map(({ operation }) => operation).reverse();
  }

  delete(id: string): void {
    if (this.#entry(id).operation.done !== true) {
      throw failedPrecondition(`Operation '${id}' is not done; only a finished operation can be deleted.`);
    }
    this.#entries.delete(id);
  }

  /** Latest state when the operation has finished or after `timeoutMs`, whichever is first. */
  async wait(id: string, timeoutMs: number): Promise<Operation> {
    const entry = this.#entry(id);
    const { promise: elapsed, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([entry.finished, elapsed]);
    clearTimeout(timer);
    return entry.operation;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw notFound('OPERATION', id, this.#location);
    return entry;
  }

  #forgetOldest(): void {
    for (const [id, { operation }] of this.#entries) {
      if (this.#entries.size <= KEPT) return;
      if (operation.done === true) this.#entries.delete(id);
    }
  }
}

function internal(resource: Any, error: unknown): Outcome {
  return {
    ok: false,
    resource,
    code: status.INTERNAL,
    message: error instanceof Error ? error.message : String(error),
  };
}

function finish(name: string, outcome: Outcome): Operation {
  const { resource: metadata } = outcome;
  return outcome.ok
    ? { name, metadata, done: true, response: metadata }
    : { name, metadata, done: true, error: { code: outcome.code, message: outcome.message } };
}
