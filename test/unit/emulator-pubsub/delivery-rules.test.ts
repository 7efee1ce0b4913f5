import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { backoffMs, deadLetterPolicy, retryPolicy } from '../../../src/emulator/pubsub/delivery-rules.ts';
import { Mailbox, type MailboxRules } from '../../../src/emulator/pubsub/mailbox.ts';
import type { Message } from '../../../src/emulator/pubsub/message.ts';

test('a backoff doubles from the minimum, and stays at the maximum', () => {
  const policy = retryPolicy(1, 10);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 50].map((attempts) => backoffMs(policy, attempts)),
    [1000, 2000, 4000, 8000, 10_000, 10_000],
  );
  assert.equal(backoffMs(retryPolicy(0, 0), 3), 0);
});

test('what is left open is what Pub/Sub takes; what it refuses is refused', () => {
  assert.deepEqual(retryPolicy(undefined, undefined), { minimumSeconds: 10, maximumSeconds: 600 });
  assert.deepEqual(deadLetterPolicy('t', 0), { topic: 't', maxAttempts: 5 });
  assert.deepEqual(deadLetterPolicy('t', 100), { topic: 't', maxAttempts: 100 });
  for (const attempts of [-1, 4, 101]) assert.throws(() => deadLetterPolicy('t', attempts), { status: 'OUT_OF_RANGE' });
  for (const [minimum, maximum] of [[601], [undefined, 601], [20, 10], [undefined, 5]]) {
    assert.throws(() => retryPolicy(minimum, maximum), { status: 'INVALID_ARGUMENT' });
  }
});

const message = (messageId: string, orderingKey = ''): Message => ({
  data: Buffer.from(messageId),
  attributes: {},
  orderingKey,
  messageId,
  publishedAtMs: 0,
});

function filled(t: TestContext, rules: MailboxRules, ...messages: readonly Message[]): Mailbox {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const mailbox = new Mailbox('projects/p/subscriptions/sub', 10_000, 60_000, rules);
  for (const one of messages) mailbox.offer(one);
  t.after(() => mailbox.close());
  return mailbox;
}
const ids = (deliveries: ReturnType<Mailbox['take']>) => deliveries.map((delivery) => delivery.message.messageId);
const nack = (mailbox: Mailbox) =>
  mailbox.modifyDeadline(
    mailbox.take(9).map(({ ackId }) => ackId),
    0,
  );

test('a message comes again after its backoff, not before, and others meanwhile', (t) => {
  const mailbox = filled(t, { backoffMs: (attempts) => attempts * 1000 }, message('1'));
  nack(mailbox);
  mailbox.offer(message('2'));
  assert.deepEqual(ids(mailbox.take(9)), ['2']);
  t.mock.timers.tick(999);
  assert.deepEqual(mailbox.take(9), []);
  t.mock.timers.tick(1);
  nack(mailbox);
  t.mock.timers.tick(1999);
  assert.deepEqual(mailbox.take(9), []);
  t.mock.timers.tick(1);
  assert.deepEqual(ids(mailbox.take(9)), ['1']);
});

test('after its last attempt a message is dead, whether it was refused or its deadline passed', (t) => {
  const dead: (string | number)[] = [];
  const take = ({ messageId }: Message, attempts: number) => dead.push(messageId, attempts) > 0;
  const mailbox = filled(t, { deadLetter: { maxAttempts: 2, take } }, message('1'));
  assert.deepEqual(
    mailbox.take(9).map(({ deliveryAttempt }) => deliveryAttempt),
    [1],
  );
  t.mock.timers.tick(10_000);
  assert.deepEqual(dead, []);
  nack(mailbox);
  assert.deepEqual(dead, ['1', 2]);
  t.mock.timers.tick(60_000);
  assert.deepEqual(mailbox.take(9), []);
});

test('a dead letter that cannot be taken is delivered on; an acknowledged one is not dead', (t) => {
  const mailbox = filled(t, { deadLetter: { maxAttempts: 1, take: () => false } }, message('1'));
  nack(mailbox);
  const [again] = mailbox.take(9);
  assert.equal(again?.deliveryAttempt, 2);
  mailbox.acknowledge([again?.ackId ?? '']);
  t.mock.timers.tick(60_000);
  assert.deepEqual(mailbox.take(9), []);
});

test('of one ordering key one message is on its way, and what comes back is first again', (t) => {
  const rules = { ordered: true, backoffMs: () => 1000 };
  const mailbox = filled(t, rules, message('1', 'k'), message('2', 'k'), message('3', 'other'), message('4'));
  const taken = mailbox.take(9);
  assert.deepEqual(ids(taken), ['1', '3', '4']);
  assert.deepEqual(mailbox.take(9), []);
  mailbox.modifyDeadline([taken[0]?.ackId ?? ''], 0);
  assert.deepEqual(mailbox.take(9), [], 'the key waits for the backoff');
  t.mock.timers.tick(1000);
  const [first] = mailbox.take(9);
  assert.equal(first?.message.messageId, '1');
  let offered = 0;
  mailbox.onOffer(() => (offered += 1));
  mailbox.acknowledge([first?.ackId ?? '']);
  assert.ok(offered > 0, 'who waits is told that the next one is free');
  assert.deepEqual(ids(mailbox.take(9)), ['2']);
});

test('a dead letter frees its ordering key', (t) => {
  const rules = { ordered: true, deadLetter: { maxAttempts: 1, take: () => true } };
  const mailbox = filled(t, rules, message('1', 'k'), message('2', 'k'));
  nack(mailbox);
  assert.deepEqual(ids(mailbox.take(9)), ['2']);
});

test('a pull does not end at once for a message that its key holds back', async (t) => {
  const mailbox = filled(t, { ordered: true }, message('1', 'k'), message('2', 'k'));
  const [first] = mailbox.take(9);
  let ready = false;
  const waiting = mailbox.ready(5000, new AbortController().signal).then(() => (ready = true));
  await Promise.resolve();
  assert.equal(ready, false);
  mailbox.acknowledge([first?.ackId ?? '']);
  await waiting;
  assert.deepEqual(ids(mailbox.take(9)), ['2']);
});
