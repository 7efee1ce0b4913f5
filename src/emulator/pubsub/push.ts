import type { Mailbox } from './mailbox.ts';
import type { Delivery } from './message.ts';

export interface PushConfig {
  readonly endpoint: string;
  /** Sends the bare data instead of the JSON envelope, and the attributes as headers. */
  readonly noWrapper: boolean;
}

/** Statuses that count as an acknowledgement, by Pub/Sub's documentation. */
const ACKNOWLEDGED: ReadonlySet<number> = new Set([102, 200, 201, 202, 204]);
/** Google's emulator repeats a refused push after about this time; a retry policy says it otherwise. */
const RETRY_MS = 1000;
const MAX_IN_FLIGHT = 100;

/** The JSON body of a push, with both spellings of the names, as Pub/Sub sends it. */
export function pushEnvelope(subscription: string, { message, deliveryAttempt }: Delivery): unknown {
  const publishTime = new Date(message.publishedAtMs).toISOString();
  return {
    message: {
      ...(Object.keys(message.attributes).length === 0 ? {} : { attributes: message.attributes }),
      ...(message.data.length === 0 ? {} : { data: message.data.toString('base64') }),
      messageId: message.messageId,
      message_id: message.messageId,
      ...(message.orderingKey === '' ? {} : { orderingKey: message.orderingKey }),
      publishTime,
      publish_time: publishTime,
    },
    subscription,
    ...(deliveryAttempt === undefined ? {} : { deliveryAttempt }),
  };
}

function pushRequest(subscription: string, delivery: Delivery, config: PushConfig): RequestInit {
  if (!config.noWrapper) {
    const body = JSON.stringify(pushEnvelope(subscription, delivery));
    return { body, headers: { 'content-type': 'application/json' } };
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...delivery.message.attributes };
  return { body: new Uint8Array(delivery.message.data), headers };
}

/** Pushes what arrives in the mailbox until stopped. A refused or failed push comes again. */
export function startPush(mailbox: Mailbox, config: PushConfig): () => void {
  const stopped = new AbortController();
  let inFlight = 0;

  async function push(delivery: Delivery): Promise<void> {
    let acknowledged = false;
    try {
      const timeout = AbortSignal.timeout(mailbox.ackDeadlineMs);
      const response = await fetch(config.endpoint, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([stopped.signal, timeout]),
        ...pushRequest(mailbox.name, delivery, config),
      });
      acknowledged = ACKNOWLEDGED.has(response.status);
      await response.body?.cancel();
    } catch {
      // Unreachable or too slow is as good as refused.
    }
    inFlight -= 1;
    if (acknowledged) mailbox.acknowledge([delivery.ackId]);
    else mailbox.modifyDeadline([delivery.ackId], mailbox.hasRetryPolicy ? 0 : RETRY_MS);
    pump();
  }

  function pump(): void {
    if (stopped.signal.aborted) return;
    // The lease outlives the push, whose own time limit is the ack deadline.
    for (const delivery of mailbox.take(MAX_IN_FLIGHT - inFlight, mailbox.ackDeadlineMs + RETRY_MS)) {
      inFlight += 1;
      void push(delivery);
    }
  }

  const stop = mailbox.onOffer(pump);
  pump();
  return () => {
    stop();
    stopped.abort();
  };
}
