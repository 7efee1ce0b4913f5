import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createPubSubMessageBus } from '../../../src/adapters/messages/pubsub.ts';
import { startPubSubEmulator } from '../../../src/emulator/pubsub/server.ts';
import { messageBusSuite } from '../message-bus.suite.ts';
import { pubSubDeliverySuite } from '../pubsub-delivery.suite.ts';
import { pubSubProtocolSuite } from '../pubsub-protocol.suite.ts';
import { busAt } from './pubsub-over-rest.ts';

messageBusSuite('Pub/Sub REST on the embedded emulator', async () => {
  const emulator = await startPubSubEmulator();
  return busAt(emulator.host, () => emulator.close());
});

pubSubProtocolSuite('embedded', () => startPubSubEmulator());
pubSubDeliverySuite('embedded', () => startPubSubEmulator());

test('an emulator that does not answer is named', async () => {
  const emulator = await startPubSubEmulator();
  await emulator.close();
  const bus = createPubSubMessageBus({ emulatorHost: emulator.host, project: 'gone' });
  await assert.rejects(bus.ensureTopic('any-topic'), { code: 'pubsub-unreachable', message: /127\.0\.0\.1:\d+/ });
});

test('a taken port is refused with its number', async () => {
  const emulator = await startPubSubEmulator();
  const port = Number(emulator.host.split(':')[1]);
  await assert.rejects(startPubSubEmulator({ port }), {
    code: 'pubsub-port-unavailable',
    message: new RegExp(`${port}`),
  });
  await emulator.close();
});

test('a request that arrives byte by byte is still told apart from HTTP/2', async () => {
  const emulator = await startPubSubEmulator();
  const socket = connect(Number(emulator.host.split(':')[1]), '127.0.0.1');
  try {
    socket.setNoDelay(true);
    for (const byte of 'PUT /v1/projects/p/topics/bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n') {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 200 /);
  } finally {
    socket.destroy();
    await emulator.close();
  }
});

test('a reader that goes away takes no message with it', async () => {
  const emulator = await startPubSubEmulator();
  const { bus, publish } = busAt(emulator.host, async () => {});
  try {
    await bus.ensureTopic('left');
    const path = `http://${emulator.host}/v1/projects/${bus.project}`;
    const put = { method: 'PUT', body: JSON.stringify({ topic: `projects/${bus.project}/topics/left` }) };
    await fetch(`${path}/subscriptions/left`, put);
    const pull = (returnImmediately: boolean, signal?: AbortSignal) =>
      fetch(`${path}/subscriptions/left:pull`, {
        method: 'POST',
        body: JSON.stringify({ maxMessages: 1, returnImmediately }),
        ...(signal && { signal }),
      });
    const leaving = new AbortController();
    const long = pull(false, leaving.signal).catch(() => undefined);
    await pull(true);
    leaving.abort();
    await long;
    // The emulator learns of the closed connection a moment later.
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    await publish('left', 'still here');
    assert.match(await (await pull(true)).text(), /receivedMessages/);
  } finally {
    await emulator.close();
  }
});

test('an HTTP/2 connection that starts with one byte is told apart too', async () => {
  const emulator = await startPubSubEmulator();
  const socket = connect(Number(emulator.host.split(':')[1]), '127.0.0.1');
  try {
    socket.setNoDelay(true);
    socket.write('P');
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(Buffer.concat([Buffer.from('RI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    const [answer] = await once(socket, 'data');
    assert.equal(answer[3], 4, `a SETTINGS frame and not ${answer}`);
  } finally {
    socket.destroy();
    await emulator.close();
  }
});

test('a pulled message is acknowledged, not only leased', async () => {
  const emulator = await startPubSubEmulator();
  const { bus, publish } = busAt(emulator.host, async () => {});
  try {
    await bus.ensureTopic('acked');
    const subscription = await bus.subscribe('acked');
    await publish('acked', 'once');
    assert.equal((await subscription.pull(1000)).length, 1);
    const base = `http://${emulator.host}/v1`;
    const listed = await fetch(`${base}/projects/${bus.project}/subscriptions`);
    const { subscriptions } = (await listed.json()) as { subscriptions: { name: string }[] };
    const name = subscriptions[0]?.name;
    // Gives a message back that is still leased; the first ack id of a subscription ends with 1.
    const body = JSON.stringify({ ackIds: [`${name}:1`], ackDeadlineSeconds: 0 });
    assert.equal((await fetch(`${base}/${name}:modifyAckDeadline`, { method: 'POST', body })).status, 200);
    assert.deepEqual(await subscription.pull(0), []);
  } finally {
    await emulator.close();
  }
});
