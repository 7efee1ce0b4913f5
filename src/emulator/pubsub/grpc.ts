import { Server, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Broker, SubscriptionSettings, SubscriptionState } from './broker.ts';
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
  return {
    topic: wire.topic,
    ackDeadlineSeconds: wire.ackDeadlineSeconds,
    retentionSeconds: Number(wire.messageRetentionDuration?.seconds ?? 0),
    push: push(wire.pushConfig),
  };
}

const push = (wire: WirePush | null) =>
  wire === null || wire.pushEndpoint === '' ? undefined : checkedPush(wire.pushEndpoint, wire.noWrapper !== null);

function wireSubscription(state: SubscriptionState): WireSubscription {
  return {
    name: state.name,
    topic: state.topic,
    pushConfig: {
      pushEndpoint: state.push?.endpoint ?? '',
      noWrapper: state.push?.noWrapper === true ? {} : null,
    },
    ackDeadlineSeconds: state.ackDeadlineSeconds,
    messageRetentionDuration: { seconds: String(state.retentionSeconds), nanos: 0 },
  };
}

export function wireDelivery({ ackId, message }: Delivery): { readonly ackId: string; readonly message: WireMessage } {
  const seconds = Math.floor(message.publishedAtMs / 1000);
  const nanos = Math.round((message.publishedAtMs - seconds * 1000) * 1e6);
  const { data, attributes, orderingKey, messageId } = message;
  return {
    ackId,
    message: { data, attributes, orderingKey, messageId, publishTime: { seconds: String(seconds), nanos } },
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
