import { PubSubError } from './errors.ts';
import type { Delivery, Message } from './message.ts';

interface Lease {
  readonly message: Message;
  readonly timer: NodeJS.Timeout;
}

/** What a subscription wants beyond its deadline and its retention. */
export interface MailboxRules {
  /** Milliseconds before the next delivery, after so many; absent: none. */
  readonly backoffMs?: (attempts: number) => number;
  /** Takes a message after its last attempt; false: it could not, and the message is delivered on. */
  readonly deadLetter?: {
    readonly maxAttempts: number;
    readonly take: (message: Message, attempts: number) => boolean;
  };
  /** Messages of one ordering key come one after the other, in the order of publishing. */
  readonly ordered?: boolean;
}

/** The messages of one subscription: waiting, or leased to a reader until acknowledged or the deadline passes. */
export class Mailbox {
  readonly name: string;
  readonly ackDeadlineMs: number;
  private readonly retentionMs: number;
  private readonly rules: MailboxRules;
  private waiting = new Set<Message>();
  private readonly attempts = new WeakMap<Message, number>();
  private readonly delays = new Set<NodeJS.Timeout>();
  /** Ordering keys that have a message on its way, or waiting for its next attempt. */
  private readonly busyKeys = new Set<string>();
  private readonly leases = new Map<string, Lease>();
  private readonly listeners = new Set<() => void>();
  private readonly roomListeners = new Set<() => void>();
  private lastLease = 0;

  constructor(name: string, ackDeadlineMs: number, retentionMs: number, rules: MailboxRules = {}) {
    this.name = name;
    this.ackDeadlineMs = ackDeadlineMs;
    this.retentionMs = retentionMs;
    this.rules = rules;
  }

  get size(): number {
    return this.waiting.size;
  }

  get hasRetryPolicy(): boolean {
    return this.rules.backoffMs !== undefined;
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
      if (this.isHeldBack(message)) continue;
      this.waiting.delete(message);
      if (this.isOrdered(message)) this.busyKeys.add(message.orderingKey);
      const attempt = (this.attempts.get(message) ?? 0) + 1;
      this.attempts.set(message, attempt);
      this.lastLease += 1;
      const ackId = `${this.name}:${this.lastLease}`;
      this.leases.set(ackId, { message, timer: this.leaseTimer(ackId, leaseMs) });
      taken.push({ ackId, message, ...(this.rules.deadLetter && { deliveryAttempt: attempt }) });
    }
    return taken;
  }

  isLeased(ackId: string): boolean {
    return this.leases.has(ackId);
  }

  /** Acknowledging a lease that has ended is no error, as in Pub/Sub. */
  acknowledge(ackIds: readonly string[]): void {
    for (const ackId of this.checked(ackIds)) {
      const lease = this.leases.get(ackId);
      if (lease === undefined) continue;
      clearTimeout(lease.timer);
      this.leases.delete(ackId);
      this.freeKey(lease.message);
    }
    for (const listener of [...this.roomListeners]) listener();
  }

  /** A new deadline from now; 0 gives the message back at once, to be delivered as the retry policy says. */
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
    if (this.hasReady() || signal.aborted) return;
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
    for (const timer of this.delays) clearTimeout(timer);
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
    const { message } = lease;
    const attempts = this.attempts.get(message) ?? 1;
    const { deadLetter, backoffMs } = this.rules;
    if (deadLetter !== undefined && attempts >= deadLetter.maxAttempts && deadLetter.take(message, attempts)) {
      this.freeKey(message);
      return;
    }
    const delayMs = backoffMs?.(attempts) ?? 0;
    if (delayMs === 0) this.putBack(message);
    else this.putBackLater(message, delayMs);
  }

  private putBackLater(message: Message, delayMs: number): void {
    const timer = setTimeout(() => {
      this.delays.delete(timer);
      this.putBack(message);
    }, delayMs).unref();
    this.delays.add(timer);
  }

  private putBack(message: Message): void {
    this.waiting.add(message);
    // What comes back is the oldest of its key.
    if (this.isOrdered(message)) {
      this.waiting = new Set([...this.waiting].sort(byPublishing));
      this.busyKeys.delete(message.orderingKey);
    }
    this.notify();
  }

  private freeKey(message: Message): void {
    if (!this.isOrdered(message)) return;
    this.busyKeys.delete(message.orderingKey);
    this.notify();
  }

  private isOrdered({ orderingKey }: Message): boolean {
    return this.rules.ordered === true && orderingKey !== '';
  }

  private isHeldBack(message: Message): boolean {
    return this.isOrdered(message) && this.busyKeys.has(message.orderingKey);
  }

  private hasReady(): boolean {
    for (const message of this.waiting) if (!this.isHeldBack(message)) return true;
    return false;
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

const byPublishing = (a: Message, b: Message) => Number(a.messageId) - Number(b.messageId);
