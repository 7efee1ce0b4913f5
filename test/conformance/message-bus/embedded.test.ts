import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPubSubMessageBus } from '../../../src/adapters/messages/pubsub.ts';
import { startPubSubEmulator } from '../../../src/emulator/pubsub/server.ts';
import { messageBusSuite } from '../message-bus.suite.ts';
import { pubSubProtocolSuite } from '../pubsub-protocol.suite.ts';
import { busAt } from './pubsub-over-rest.ts';

messageBusSuite('Pub/Sub REST on the embedded emulator', async () => {
  const emulator = await startPubSubEmulator();
  return busAt(emulator.host, () => emulator.close());
});

pubSubProtocolSuite('embedded', () => startPubSubEmulator());

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
