import type { MessageBus, ReceivedMessage } from '../../src/ports/message-bus.ts';

export interface MemoryBus extends MessageBus {
  publish(data: string, attributes: Readonly<Record<string, string>>, messageId?: string): void;
  readonly openSubscriptions: () => number;
}

interface Inbox {
  readonly messages: ReceivedMessage[];
  wake: () => void;
}

/** One topic for everything; what is published before a subscription is not seen by it. */
export function createMemoryBus(): MemoryBus {
  const inboxes = new Set<Inbox>();
  let published = 0;
  return {
    project: 'test-project',
    ensureTopic: async () => undefined,
    async subscribe() {
      const inbox: Inbox = { messages: [], wake: () => undefined };
      inboxes.add(inbox);
      return {
        async pull(waitMs, signal) {
          if (inbox.messages.length === 0) {
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, waitMs);
              inbox.wake = () => {
                clearTimeout(timer);
                resolve();
              };
              signal?.addEventListener('abort', inbox.wake, { once: true });
            });
          }
          signal?.throwIfAborted();
          return inbox.messages.splice(0);
        },
        async close() {
          inboxes.delete(inbox);
        },
      };
    },
    publish(data, attributes, messageId = `m-${++published}`) {
      const message = { messageId, data: Buffer.from(data), attributes, publishTime: '2026-01-01T00:00:00Z' };
      for (const inbox of inboxes) {
        inbox.messages.push(message);
        inbox.wake();
      }
    },
    openSubscriptions: () => inboxes.size,
  };
}
