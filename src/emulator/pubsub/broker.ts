import { backoffMs, type DeadLetterPolicy, type RetryPolicy } from './delivery-rules.ts';
import { PubSubError } from './errors.ts';
import { Mailbox, type MailboxRules } from './mailbox.ts';
import { checkDrafts, checkName, type Draft, type Message } from './message.ts';
import { type PushConfig, startPush } from './push.ts';

/** How a subscription is created. Times in seconds, as Pub/Sub has them. */
export interface SubscriptionSettings {
  readonly topic: string;
  readonly ackDeadlineSeconds: number;
  readonly retentionSeconds: number;
  readonly push?: PushConfig | undefined;
  readonly deadLetter?: DeadLetterPolicy | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly ordered?: boolean;
}

export interface SubscriptionState extends SubscriptionSettings {
  readonly name: string;
}

interface Subscription {
  readonly mailbox: Mailbox;
  state: SubscriptionState;
  stopPush?: (() => void) | undefined;
}

const DEFAULT_ACK_SECONDS = 10;
const MAX_ACK_SECONDS = 600;
const DEFAULT_RETENTION_SECONDS = 604_800;
/** What Pub/Sub writes in place of the topic's name once the topic is gone. */
const DELETED_TOPIC = '_deleted-topic_';

/** Topics and subscriptions in memory. Names are full: `projects/P/topics/T`. */
export class Broker {
  private readonly topics = new Set<string>();
  private readonly subscriptions = new Map<string, Subscription>();
  private lastMessage = 0;

  createTopic(name: string): void {
    checkName('topics', name);
    if (this.topics.has(name)) throw new PubSubError('ALREADY_EXISTS', 'Topic already exists');
    this.topics.add(name);
  }

  requireTopic(name: string): void {
    if (!this.topics.has(name)) throw new PubSubError('NOT_FOUND', 'Topic not found');
  }

  listTopics(project: string): string[] {
    return [...this.topics].filter((name) => name.startsWith(`${project}/topics/`));
  }

  /** Subscriptions stay and keep their messages. */
  deleteTopic(name: string): void {
    this.requireTopic(name);
    this.topics.delete(name);
    for (const subscription of this.subscriptions.values()) {
      if (subscription.state.topic === name) subscription.state = { ...subscription.state, topic: DELETED_TOPIC };
    }
  }

  publish(topic: string, drafts: readonly Draft[]): string[] {
    this.requireTopic(topic);
    checkDrafts(drafts);
    const receivers = [...this.subscriptions.values()].filter((subscription) => subscription.state.topic === topic);
    return drafts.map((draft) => {
      this.lastMessage += 1;
      const messageId = String(this.lastMessage);
      // One object per subscription: a mailbox tells messages apart by identity.
      for (const { mailbox } of receivers) mailbox.offer({ ...draft, messageId, publishedAtMs: Date.now() });
      return messageId;
    });
  }

  createSubscription(name: string, wanted: SubscriptionSettings): SubscriptionState {
    checkName('subscriptions', name);
    if (this.subscriptions.has(name)) throw new PubSubError('ALREADY_EXISTS', 'Subscription already exists');
    if (!this.topics.has(wanted.topic)) throw new PubSubError('NOT_FOUND', 'Subscription topic does not exist');
    const ackDeadlineSeconds = wanted.ackDeadlineSeconds || DEFAULT_ACK_SECONDS;
    const retentionSeconds = wanted.retentionSeconds || DEFAULT_RETENTION_SECONDS;
    checkDeadline(ackDeadlineSeconds);
    if (wanted.deadLetter !== undefined && !this.topics.has(wanted.deadLetter.topic)) {
      throw new PubSubError('NOT_FOUND', 'Dead letter topic not found');
    }
    const state = { ...wanted, name, ackDeadlineSeconds, retentionSeconds, push: undefined };
    const mailbox = new Mailbox(name, ackDeadlineSeconds * 1000, retentionSeconds * 1000, this.rulesOf(name, wanted));
    this.subscriptions.set(name, { mailbox, state });
    return this.modifyPush(name, wanted.push);
  }

  subscription(name: string): SubscriptionState {
    return this.required(name).state;
  }

  mailbox(name: string): Mailbox {
    return this.required(name).mailbox;
  }

  listSubscriptions(within: { readonly project?: string; readonly topic?: string }): SubscriptionState[] {
    return [...this.subscriptions.values()]
      .map((subscription) => subscription.state)
      .filter((state) => within.project === undefined || state.name.startsWith(`${within.project}/subscriptions/`))
      .filter((state) => within.topic === undefined || state.topic === within.topic);
  }

  modifyPush(name: string, push: PushConfig | undefined): SubscriptionState {
    const subscription = this.required(name);
    subscription.stopPush?.();
    subscription.state = { ...subscription.state, push };
    subscription.stopPush = push === undefined ? undefined : startPush(subscription.mailbox, push);
    return subscription.state;
  }

  modifyAckDeadline(name: string, ackIds: readonly string[], seconds: number): void {
    checkDeadline(seconds);
    this.mailbox(name).modifyDeadline(ackIds, seconds * 1000);
  }

  deleteSubscription(name: string): void {
    const subscription = this.required(name);
    this.subscriptions.delete(name);
    subscription.stopPush?.();
    subscription.mailbox.close();
  }

  close(): void {
    for (const name of [...this.subscriptions.keys()]) this.deleteSubscription(name);
  }

  private rulesOf(name: string, { deadLetter, retry, ordered }: SubscriptionSettings): MailboxRules {
    return {
      ...(retry && { backoffMs: (attempts) => backoffMs(retry, attempts) }),
      ...(deadLetter && {
        deadLetter: {
          maxAttempts: deadLetter.maxAttempts,
          take: (message, attempts) => this.publishDead(name, deadLetter.topic, message, attempts),
        },
      }),
      ...(ordered === true && { ordered }),
    };
  }

  /** With the attributes that Pub/Sub adds. False when the topic is gone. */
  private publishDead(subscription: string, topic: string, message: Message, attempts: number): boolean {
    if (!this.topics.has(topic)) return false;
    const [, project = '', , id = ''] = subscription.split('/');
    const attributes = {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishedAtMs).toISOString(),
    };
    this.publish(topic, [{ data: message.data, attributes, orderingKey: message.orderingKey }]);
    return true;
  }

  private required(name: string): Subscription {
    const subscription = this.subscriptions.get(name);
    if (subscription === undefined) throw new PubSubError('NOT_FOUND', 'Subscription does not exist');
    return subscription;
  }
}

function checkDeadline(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_ACK_SECONDS) {
    throw new PubSubError(
      'INVALID_ARGUMENT',
      `Invalid ack deadline (${seconds} s): 0 to ${MAX_ACK_SECONDS} s are allowed`,
    );
  }
}
