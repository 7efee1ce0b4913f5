import { Server, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Broker, SubscriptionSettings, SubscriptionState } from './broker.ts';
import { deadLetterPolicy, retryPolicy } from './delivery-rules.ts';
import { PUBSUB_DESCRIPTOR } from './descriptor.ts';
import { asPubSubError, PubSubError } from './errors.ts';
import { checkedPush } from './json-wire.ts';
import type { Delivery, Draft } from './message.ts';
import { type PulledFrom, streamingPull } from './streaming-pull.ts';

interface Time {
  readonly seconds: string;
  readonly nanos: number;
}
interface WireMessage extends Draft {
  readonly messageId: string;
  readonly publishTime: Time | null;
}
interface WirePush {
  readonly pushEndpoint: string;
  readonly noWrapper: object | null;
}
interface WireSubscription {
  readonly name: string;
  readonly topic: string;
  readonly pushConfig: WirePush | null;
  readonly ackDeadlineSeconds: number;
  readonly messageRetentionDuration: Time | null;
  readonly enableMessageOrdering: boolean;
  readonly deadLetterPolicy: { readonly deadLetterTopic: string; readonly maxDeliveryAttempts: number } | null;
  readonly retryPolicy: { readonly minimumBackoff: Time | null; readonly maximumBackoff: Time | null } | null;
}
interface Named {
  readonly subscription: string;
}
interface Acks extends Named {
  readonly ackIds: readonly string[];
}

/** A pull without a deadline of its own ends after this time, empty. */
const LONG_POLL_MS = 10_000;

const unary =
  <Request, Response>(answer: (request: Request, gone: AbortSignal) => Response | Promise<Response>) =>
  async (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    try {
      done(null, await answer(call.request, gone.signal));
    } catch (error) {
      const { grpcCode, message } = asPubSubError(error);
      done({ code: grpcCode, details: message });
    }
  };

function settings(wire: WireSubscription): SubscriptionSettings {
  const dead = wire.deadLetterPolicy ?? undefined;
  const retry = wire.retryPolicy ?? undefined;
  return {
    topic: wire.topic,
    ackDeadlineSeconds: wire.ackDeadlineSeconds,
    retentionSeconds: Number(wire.messageRetentionDuration?.seconds ?? 0),
    push: push(wire.pushConfig),
    deadLetter: dead && deadLetterPolicy(dead.deadLetterTopic, dead.maxDeliveryAttempts),
    retry: retry && retryPolicy(secondsOf(retry.minimumBackoff), secondsOf(retry.maximumBackoff)),
    ordered: wire.enableMessageOrdering,
  };
}

const push = (wire: WirePush | null) =>
  wire === null || wire.pushEndpoint === '' ? undefined : checkedPush(wire.pushEndpoint, wire.noWrapper !== null);

const secondsOf = (time: Time | null) => (time === null ? undefined : Number(time.seconds) + time.nanos / 1e9);

function timeOf(durationMs: number): Time {
  const seconds = Math.floor(durationMs / 1000);
  return { seconds: String(seconds), nanos: Math.round((durationMs - seconds * 1000) * 1e6) };
}

function wireSubscription(state: SubscriptionState): WireSubscription {
  const { deadLetter, retry } = state;
  return {
    name: state.name,
    topic: state.topic,
    pushConfig: {
      pushEndpoint: state.push?.endpoint ?? '',
      noWrapper: state.push?.noWrapper === true ? {} : null,
    },
    ackDeadlineSeconds: state.ackDeadlineSeconds,
    messageRetentionDuration: timeOf(state.retentionSeconds * 1000),
    enableMessageOrdering: state.ordered === true,
    deadLetterPolicy:
      deadLetter === undefined
        ? null
        : { deadLetterTopic: deadLetter.topic, maxDeliveryAttempts: deadLetter.maxAttempts },
    retryPolicy:
      retry === undefined
        ? null
        : { minimumBackoff: timeOf(retry.minimumSeconds * 1000), maximumBackoff: timeOf(retry.maximumSeconds * 1000) },
  };
}

export function wireDelivery({ ackId, message, deliveryAttempt = 0 }: Delivery) {
  const { data, attributes, orderingKey, messageId } = message;
  return {
    ackId,
    message: { data, attributes, orderingKey, messageId, publishTime: timeOf(message.publishedAtMs) },
    deliveryAttempt,
  };
}

function publisher(broker: Broker) {
  return {
    CreateTopic: unary(({ name }: { readonly name: string }) => {
      broker.createTopic(name);
      return { name };
    }),
    GetTopic: unary(({ topic }: { readonly topic: string }) => {
      broker.requireTopic(topic);
      return { name: topic };
    }),
    ListTopics: unary(({ project }: { readonly project: string }) => ({
      topics: broker.listTopics(project).map((name) => ({ name })),
    })),
    Publish: unary(({ topic, messages }: { readonly topic: string; readonly messages: readonly WireMessage[] }) => ({
      messageIds: broker.publish(
        topic,
        messages.map(({ data, attributes, orderingKey }) => ({ data, attributes, orderingKey })),
      ),
    })),
    DeleteTopic: unary(({ topic }: { readonly topic: string }) => {
      broker.deleteTopic(topic);
      return {};
    }),
  };
}

async function pull(
  broker: Broker,
  request: Named & { readonly returnImmediately: boolean; readonly maxMessages: number },
  gone: AbortSignal,
) {
  const mailbox = broker.mailbox(request.subscription);
  if (request.maxMessages <= 0) throw new PubSubError('INVALID_ARGUMENT', 'No max_messages specified');
  if (!request.returnImmediately) await mailbox.ready(LONG_POLL_MS, gone);
  return { receivedMessages: gone.aborted ? [] : mailbox.take(request.maxMessages).map(wireDelivery) };
}

function subscriber(broker: Broker) {
  return {
    CreateSubscription: unary((wire: WireSubscription) =>
      wireSubscription(broker.createSubscription(wire.name, settings(wire))),
    ),
    GetSubscription: unary(({ subscription }: Named) => wireSubscription(broker.subscription(subscription))),
    ListSubscriptions: unary(({ project }: { readonly project: string }) => ({
      subscriptions: broker.listSubscriptions({ project }).map(wireSubscription),
    })),
    DeleteSubscription: unary(({ subscription }: Named) => {
      broker.deleteSubscription(subscription);
      return {};
    }),
    ModifyAckDeadline: unary((request: Acks & { readonly ackDeadlineSeconds: number }) => {
      broker.modifyAckDeadline(request.subscription, request.ackIds, request.ackDeadlineSeconds);
      return {};
    }),
    Acknowledge: unary(({ subscription, ackIds }: Acks) => {
      broker.mailbox(subscription).acknowledge(ackIds);
      return {};
    }),
    Pull: unary((request: Parameters<typeof pull>[1], gone) => pull(broker, request, gone)),
    StreamingPull: (call: ServerDuplexStream<PulledFrom, object>) =>
      streamingPull(broker, call, (deliveries) => ({ receivedMessages: deliveries.map(wireDelivery) })),
    ModifyPushConfig: unary((request: Named & { readonly pushConfig: WirePush | null }) => {
      broker.modifyPush(request.subscription, push(request.pushConfig));
      return {};
    }),
  };
}

/** Method tables of google.pubsub.v1, as grpc-js wants them. */
export function pubsubService(name: 'Publisher' | 'Subscriber') {
  const found = definitions[`google.pubsub.v1.${name}`];
  if (found === undefined || 'format' in found) throw new Error(`no service ${name} in the Pub/Sub descriptor`);
  return found;
}

const definitions = fromJSON(PUBSUB_DESCRIPTOR, { longs: String, enums: String, defaults: true });

/** A gRPC server that listens nowhere: connections are injected into it. */
export function createGrpcServer(broker: Broker): Server {
  const server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
  server.addService(pubsubService('Publisher'), publisher(broker));
  server.addService(pubsubService('Subscriber'), subscriber(broker));
  return server;
}
