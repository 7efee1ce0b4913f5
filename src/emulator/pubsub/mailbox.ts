import { PubSubError } from './errors.ts';
import type { Delivery, Message } from './message.ts';

interface Lease {
  readonly message: Message;
  readonly timer: NodeJS.Timeout;
}

/** The messages of one subscription: waiting, or leased to a reader until acknowledged or the deadline passes. */
export class Mailbox {
  readonly name: string;
  readonly ackDeadlineMs: number;
  private readonly retentionMs: number;
  private readonly waiting = new Set<Message>();
  private readonly leases = new Map<string, Lease>();
  private readonly listeners = new Set<() => void>();
  private readonly roomListeners = new Set<() => void>();
  private lastLease = 0;

  constructor(name: string, ackDeadlineMs: number, retentionMs: number) {
    this.name = name;
    this.ackDeadlineMs = ackDeadlineMs;
    this.retentionMs = retentionMs;
  }

  get size(): number {
    return this.waiting.size;
  }

  offer(message: Message): void {
    this.expire(message.publishedAtMs - this.retentionMs);
    this.waiting.add(message);
    this.notify();
  }

  take(max: number, leaseMs = this.ackDeadlineMs): Delivery[] {
    const taken: Delivery[] = [];
    for (const message of this.waiting) {
      if (taken.length >= max) break;
      this.waiting.delete(message);
      this.lastLease += 1;
      const ackId = `${this.name}:${this.lastLease}`;
      this.leases.set(ackId, { message, timer: this.leaseTimer(ackId, leaseMs) });
      taken.push({ ackId, message });
    }
    return taken;
  }

  isLeased(ackId: string): boolean {
    return this.leases.has(ackId);
  }

  /** Acknowledging a lease that has ended is no error, as in Pub/Sub. */
  acknowledge(ackIds: readonly string[]): void {
    for (const ackId of this.checked(ackIds)) {
      clearTimeout(this.leases.get(ackId)?.timer);
      this.leases.delete(ackId);
    }
    for (const listener of [...this.roomListeners]) listener();
  }

  /** A new deadline from now; 0 gives the message back at once. */
  modifyDeadline(ackIds: readonly string[], deadlineMs: number): void {
    for (const ackId of this.checked(ackIds)) {
      const lease = this.leases.get(ackId);
      if (lease === undefined) continue;
      clearTimeout(lease.timer);
      if (deadlineMs === 0) this.release(ackId);
      else this.leases.set(ackId, { message: lease.message, timer: this.leaseTimer(ackId, deadlineMs) });
    }
  }

  /** Calls back whenever a message may be waiting, until the returned function is called. */
  onOffer(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls back after acknowledgements, for readers that limit what is outstanding. */
  onRoom(listener: () => void): () => void {
    this.roomListeners.add(listener);
    return () => this.roomListeners.delete(listener);
  }

  /** Resolves when a message waits, the time is over or the signal fires. */
  async ready(waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.waiting.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      const stop = this.onOffer(done);
      signal.addEventListener('abort', done);
    });
  }

  close(): void {
    for (const { timer } of this.leases.values()) clearTimeout(timer);
    this.leases.clear();
    this.waiting.clear();
    this.notify();
  }

  private checked(ackIds: readonly string[]): readonly string[] {
    if (ackIds.length === 0) throw new PubSubError('INVALID_ARGUMENT', 'No ack ids specified.');
    const wrong = ackIds.find((id) => !id.startsWith(`${this.name}:`));
    if (wrong === undefined) return ackIds;
    throw new PubSubError('INVALID_ARGUMENT', `Invalid ack id (ack_id=${wrong.slice(0, 300)})`);
  }

  private leaseTimer(ackId: string, leaseMs: number): NodeJS.Timeout {
    return setTimeout(() => this.release(ackId), leaseMs).unref();
  }

  private release(ackId: string): void {
    const lease = this.leases.get(ackId);
    if (lease === undefined) return;
    this.leases.delete(ackId);
    this.waiting.add(lease.message);
    this.notify();
  }

  /** A subscription that nobody reads must not grow for ever: what is older than the retention is gone. */
  private expire(beforeMs: number): void {
    for (const message of this.waiting) {
      if (message.publishedAtMs >= beforeMs) return;
      this.waiting.delete(message);
    }
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
