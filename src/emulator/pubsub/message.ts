import { PubSubError } from './errors.ts';

/** A message as published, before it is given to a subscription. */
export interface Draft {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}

export interface Message extends Draft {
  readonly messageId: string;
  readonly publishedAtMs: number;
}

/** One delivery of a message: it is leased until `ackId` is acknowledged or the ack deadline passes. */
export interface Delivery {
  readonly ackId: string;
  readonly message: Message;
  /** Which delivery it is, from 1; only where a dead-letter policy counts them. */
  readonly deliveryAttempt?: number;
}

/** Google's rule: a message has data or at least one attribute. */
export function checkDrafts(drafts: readonly Draft[]): void {
  if (drafts.length === 0) throw new PubSubError('INVALID_ARGUMENT', 'No messages to publish');
  if (drafts.some((draft) => draft.data.length === 0 && Object.keys(draft.attributes).length === 0)) {
    throw new PubSubError('INVALID_ARGUMENT', 'Some messages are empty');
  }
}

const NAME = /^projects\/[^/\s]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

/** Refuses names that Pub/Sub would refuse: 3 to 255 characters, starting with a letter, but not with goog. */
export function checkName(kind: 'topics' | 'subscriptions', name: string): void {
  if (NAME.exec(name)?.[1] !== kind) {
    throw new PubSubError('INVALID_ARGUMENT', `Invalid [${kind}] name: (name=${name.slice(0, 300)})`);
  }
}
