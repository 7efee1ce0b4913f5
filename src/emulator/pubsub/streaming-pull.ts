import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Broker } from './broker.ts';
import { asPubSubError } from './errors.ts';
import type { Delivery } from './message.ts';

export interface PulledFrom {
  readonly subscription: string;
  readonly ackIds: readonly string[];
  readonly modifyDeadlineSeconds: readonly number[];
  readonly modifyDeadlineAckIds: readonly string[];
  readonly streamAckDeadlineSeconds: number;
  readonly maxOutstandingMessages: string;
}

const MAX_BATCH = 1000;

/**
 * Sends messages as they arrive, as many at a time as the client's first request allows, and takes acknowledgements
 * and new deadlines from its later ones.
 */
export function streamingPull<Response>(
  broker: Broker,
  call: ServerDuplexStream<PulledFrom, Response>,
  encode: (deliveries: readonly Delivery[]) => Response,
): void {
  const outstanding = new Set<string>();
  let first: PulledFrom | undefined;
  let stop = () => {};

  const fail = (error: unknown) => {
    stop();
    const { grpcCode, message } = asPubSubError(error);
    call.emit('error', { code: grpcCode, details: message });
  };

  function room(limit: number): number {
    if (limit <= 0) return MAX_BATCH;
    const mailbox = broker.mailbox(first?.subscription ?? '');
    for (const ackId of outstanding) if (!mailbox.isLeased(ackId)) outstanding.delete(ackId);
    return Math.min(MAX_BATCH, limit - outstanding.size);
  }

  function pump(): void {
    if (first === undefined) return;
    try {
      // Looked up each time: a deleted subscription ends the stream.
      const mailbox = broker.mailbox(first.subscription);
      const leaseMs = first.streamAckDeadlineSeconds * 1000 || mailbox.ackDeadlineMs;
      const deliveries = mailbox.take(Math.max(0, room(Number(first.maxOutstandingMessages))), leaseMs);
      if (deliveries.length === 0) return;
      for (const { ackId } of deliveries) outstanding.add(ackId);
      call.write(encode(deliveries));
    } catch (error) {
      fail(error);
    }
  }

  function accept(request: PulledFrom): void {
    if (first === undefined) {
      first = request;
      const mailbox = broker.mailbox(request.subscription);
      const stops = [mailbox.onOffer(pump), mailbox.onRoom(pump)];
      stop = () => {
        for (const end of stops) end();
      };
    }
    const { subscription } = first;
    if (request.ackIds.length > 0) broker.mailbox(subscription).acknowledge(request.ackIds);
    request.modifyDeadlineAckIds.forEach((ackId, index) => {
      broker.modifyAckDeadline(subscription, [ackId], request.modifyDeadlineSeconds[index] ?? 0);
    });
    pump();
  }

  call.on('data', (request: PulledFrom) => {
    try {
      accept(request);
    } catch (error) {
      fail(error);
    }
  });
  call.on('cancelled', () => stop());
  call.on('error', () => stop());
  call.on('end', () => {
    stop();
    call.end();
  });
}
