import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mailbox } from '../../../src/emulator/pubsub/mailbox.ts';
import { checkDrafts, checkName, type Message } from '../../../src/emulator/pubsub/message.ts';
import { pushEnvelope } from '../../../src/emulator/pubsub/push.ts';

const NAME = 'projects/p/subscriptions/sub';
const message = (messageId: string, publishedAtMs = 0): Message => ({
  data: Buffer.from(messageId),
  attributes: {},
  orderingKey: '',
  messageId,
  publishedAtMs,
});
const ids = (deliveries: ReturnType<Mailbox['take']>) => deliveries.map((delivery) => delivery.message.messageId);

function filled(...messages: readonly Message[]): Mailbox {
  const mailbox = new Mailbox(NAME, 10_000, 60_000);
  for (const one of messages) mailbox.offer(one);
  return mailbox;
}

test('messages are taken once, in order, no more than asked for', () => {
  const mailbox = filled(message('a'), message('b'), message('c'));
  assert.deepEqual(ids(mailbox.take(2)), ['a', 'b']);
  assert.deepEqual(ids(mailbox.take(0)), []);
  assert.deepEqual(ids(mailbox.take(9)), ['c']);
  assert.deepEqual(ids(mailbox.take(9)), []);
  mailbox.close();
});

test('a lease that is given back comes again under another ack id, an acknowledged one never', () => {
  const mailbox = filled(message('a'));
  const [first] = mailbox.take(1);
  mailbox.modifyDeadline([first?.ackId ?? ''], 0);
  const [second] = mailbox.take(1);
  assert.equal(second?.message.messageId, 'a');
  assert.notEqual(second?.ackId, first?.ackId);
  mailbox.acknowledge([second?.ackId ?? '']);
  mailbox.modifyDeadline([first?.ackId ?? '', second?.ackId ?? ''], 0);
  assert.deepEqual(mailbox.take(1), []);
});

test('ack ids of another subscription are refused', () => {
  const mailbox = filled();
  for (const ackIds of [[], ['x'], [`${NAME}x:1`], ['projects/p/subscriptions/other:1']]) {
    assert.throws(() => mailbox.acknowledge(ackIds), { status: 'INVALID_ARGUMENT' });
    assert.throws(() => mailbox.modifyDeadline(ackIds, 0), { status: 'INVALID_ARGUMENT' });
  }
});

test('what is older than the retention is gone', () => {
  const mailbox = filled(message('old', 0), message('young', 59_000), message('new', 61_000));
  assert.deepEqual(ids(mailbox.take(9)), ['young', 'new']);
  mailbox.close();
});

test('a wait ends at once when a message is there, when it comes, and when the reader is gone', async () => {
  const never = new AbortController();
  const mailbox = filled(message('a'));
  await mailbox.ready(600_000, never.signal);
  mailbox.take(1);
  const waiting = mailbox.ready(600_000, never.signal);
  mailbox.offer(message('b'));
  await waiting;
  mailbox.take(1);
  const gone = mailbox.ready(600_000, never.signal);
  never.abort();
  await gone;
  mailbox.close();
});

test('names as Pub/Sub allows them', () => {
  for (const good of ['projects/p/topics/abc', `projects/a.b:c/topics/T-_.~+%${'x'.repeat(240)}`])
    checkName('topics', good);
  for (const bad of [
    'projects/p/topics/ab',
    'projects/p/topics/1abc',
    'projects/p/subscriptions/abc',
    'topics/abc',
    'projects/p/topics/a/bc',
    'projects/p/topics/a b c',
    `projects/p/topics/${'x'.repeat(256)}`,
  ]) {
    assert.throws(() => checkName('topics', bad), { status: 'INVALID_ARGUMENT', httpCode: 400, grpcCode: 3 }, bad);
  }
});

test('a message has data or an attribute', () => {
  const draft = (data: string, attributes = {}) => ({ data: Buffer.from(data), attributes, orderingKey: '' });
  checkDrafts([draft('x'), draft('', { k: '' })]);
  assert.throws(() => checkDrafts([draft('x'), draft('')]), /empty/);
  assert.throws(() => checkDrafts([]), /No messages/);
});

test('a push has both spellings of its names', () => {
  const delivery = {
    ackId: `${NAME}:1`,
    message: { ...message('7', 1000), attributes: { empty: '' }, orderingKey: 'o' },
  };
  assert.deepEqual(pushEnvelope(NAME, delivery), {
    message: {
      attributes: { empty: '' },
      data: Buffer.from('7').toString('base64'),
      messageId: '7',
      message_id: '7',
      orderingKey: 'o',
      publishTime: '1970-01-01T00:00:01.000Z',
      publish_time: '1970-01-01T00:00:01.000Z',
    },
    subscription: NAME,
  });
});
