type FieldList = Readonly<Record<string, readonly [number: number, type: string, rule?: 'repeated']>>;
interface MapField {
  readonly keyType: 'string';
  readonly type: 'string';
  readonly id: number;
}

interface PlainField {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
}
interface MessageShape {
  readonly fields: Record<string, PlainField | MapField>;
  readonly nested?: Record<string, MessageShape>;
}

function message(
  fields: FieldList,
  maps: Record<string, MapField> = {},
  nested?: Record<string, MessageShape>,
): MessageShape {
  const plain = Object.entries(fields).map(([name, [id, type, rule]]): [string, PlainField] => [
    name,
    rule === undefined ? { type, id } : { type, id, rule },
  ]);
  return { fields: { ...Object.fromEntries(plain), ...maps }, ...(nested && { nested }) };
}

const textMap = (id: number): MapField => ({ keyType: 'string', type: 'string', id });
const method = (requestType: string, responseType: string, streams = false) => ({
  requestType,
  responseType,
  comment: '',
  ...(streams && { requestStream: true, responseStream: true }),
});
const EMPTY = 'google.protobuf.Empty';

const publisher = {
  CreateTopic: method('Topic', 'Topic'),
  GetTopic: method('GetTopicRequest', 'Topic'),
  ListTopics: method('ListTopicsRequest', 'ListTopicsResponse'),
  Publish: method('PublishRequest', 'PublishResponse'),
  DeleteTopic: method('DeleteTopicRequest', EMPTY),
};

const subscriber = {
  CreateSubscription: method('Subscription', 'Subscription'),
  GetSubscription: method('GetSubscriptionRequest', 'Subscription'),
  ListSubscriptions: method('ListSubscriptionsRequest', 'ListSubscriptionsResponse'),
  DeleteSubscription: method('DeleteSubscriptionRequest', EMPTY),
  ModifyAckDeadline: method('ModifyAckDeadlineRequest', EMPTY),
  Acknowledge: method('AcknowledgeRequest', EMPTY),
  Pull: method('PullRequest', 'PullResponse'),
  StreamingPull: method('StreamingPullRequest', 'StreamingPullResponse', true),
  ModifyPushConfig: method('ModifyPushConfigRequest', EMPTY),
};

const page = { pageSize: [2, 'int32'], pageToken: [3, 'string'] } as const;

const pubsub = {
  Publisher: { methods: publisher },
  Subscriber: { methods: subscriber },
  Topic: message({ name: [1, 'string'] }, { labels: textMap(2) }),
  PubsubMessage: message(
    {
      data: [1, 'bytes'],
      messageId: [3, 'string'],
      publishTime: [4, 'google.protobuf.Timestamp'],
      orderingKey: [5, 'string'],
    },
    { attributes: textMap(2) },
  ),
  GetTopicRequest: message({ topic: [1, 'string'] }),
  ListTopicsRequest: message({ project: [1, 'string'], ...page }),
  ListTopicsResponse: message({ topics: [1, 'Topic', 'repeated'], nextPageToken: [2, 'string'] }),
  DeleteTopicRequest: message({ topic: [1, 'string'] }),
  PublishRequest: message({ topic: [1, 'string'], messages: [2, 'PubsubMessage', 'repeated'] }),
  PublishResponse: message({ messageIds: [1, 'string', 'repeated'] }),
  PushConfig: message(
    { pushEndpoint: [1, 'string'], noWrapper: [5, 'NoWrapper'] },
    { attributes: textMap(2) },
    {
      NoWrapper: message({ writeMetadata: [1, 'bool'] }),
    },
  ),
  Subscription: message(
    {
      name: [1, 'string'],
      topic: [2, 'string'],
      pushConfig: [4, 'PushConfig'],
      ackDeadlineSeconds: [5, 'int32'],
      retainAckedMessages: [7, 'bool'],
      messageRetentionDuration: [8, 'google.protobuf.Duration'],
      enableMessageOrdering: [10, 'bool'],
      filter: [12, 'string'],
      deadLetterPolicy: [13, 'DeadLetterPolicy'],
      retryPolicy: [14, 'RetryPolicy'],
    },
    { labels: textMap(9) },
  ),
  DeadLetterPolicy: message({ deadLetterTopic: [1, 'string'], maxDeliveryAttempts: [2, 'int32'] }),
  RetryPolicy: message({
    minimumBackoff: [1, 'google.protobuf.Duration'],
    maximumBackoff: [2, 'google.protobuf.Duration'],
  }),
  GetSubscriptionRequest: message({ subscription: [1, 'string'] }),
  ListSubscriptionsRequest: message({ project: [1, 'string'], ...page }),
  ListSubscriptionsResponse: message({
    subscriptions: [1, 'Subscription', 'repeated'],
    nextPageToken: [2, 'string'],
  }),
  DeleteSubscriptionRequest: message({ subscription: [1, 'string'] }),
  ModifyPushConfigRequest: message({ subscription: [1, 'string'], pushConfig: [2, 'PushConfig'] }),
  PullRequest: message({ subscription: [1, 'string'], returnImmediately: [2, 'bool'], maxMessages: [3, 'int32'] }),
  ReceivedMessage: message({ ackId: [1, 'string'], message: [2, 'PubsubMessage'], deliveryAttempt: [3, 'int32'] }),
  PullResponse: message({ receivedMessages: [1, 'ReceivedMessage', 'repeated'] }),
  ModifyAckDeadlineRequest: message({
    subscription: [1, 'string'],
    ackDeadlineSeconds: [3, 'int32'],
    ackIds: [4, 'string', 'repeated'],
  }),
  AcknowledgeRequest: message({ subscription: [1, 'string'], ackIds: [2, 'string', 'repeated'] }),
  StreamingPullRequest: message({
    subscription: [1, 'string'],
    ackIds: [2, 'string', 'repeated'],
    modifyDeadlineSeconds: [3, 'int32', 'repeated'],
    modifyDeadlineAckIds: [4, 'string', 'repeated'],
    streamAckDeadlineSeconds: [5, 'int32'],
    clientId: [6, 'string'],
    maxOutstandingMessages: [7, 'int64'],
    maxOutstandingBytes: [8, 'int64'],
  }),
  StreamingPullResponse: message(
    { receivedMessages: [1, 'ReceivedMessage', 'repeated'], subscriptionProperties: [4, 'SubscriptionProperties'] },
    {},
    {
      SubscriptionProperties: message({
        exactlyOnceDeliveryEnabled: [1, 'bool'],
        messageOrderingEnabled: [2, 'bool'],
      }),
    },
  ),
};

const time = { seconds: [1, 'int64'], nanos: [2, 'int32'] } as const;

/**
 * The part of google.pubsub.v1 that clients need, with its field numbers, as protobufjs JSON. Written as a value and
 * not read from a .proto file, so that it survives bundling. Unknown fields are ignored, as in every protobuf.
 */
export const PUBSUB_DESCRIPTOR = {
  options: { syntax: 'proto3' },
  nested: {
    google: {
      nested: {
        protobuf: { nested: { Timestamp: message(time), Duration: message(time), Empty: message({}) } },
        pubsub: { nested: { v1: { nested: pubsub } } },
      },
    },
  },
};
