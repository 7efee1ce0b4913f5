import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { pubsubService } from '../../src/emulator/pubsub/grpc.ts';
import { type Answer, dead, P, type Received, type RunningPubSub, restClient } from './pubsub-client.ts';

/** The wire behaviour of Pub/Sub, REST and gRPC on one port; the same for our emulator and Google's. */
export function pubSubProtocolSuite(
  name: string,
  start: () => Promise<RunningPubSub>,
  // Google's emulator sends a few more than a stream allows; the service and ours do not.
  { limitsOutstanding = true }: { readonly limitsOutstanding?: boolean } = {},
): void {
  describe(`Pub/Sub protocol: ${name}`, () => {
    let running: RunningPubSub;
    before(async () => {
      running = await start();
    });
    after(() => running?.close());

    const { rest, channel, publish, pull } = restClient(() => running.host);

    test('GET / answers Ok', async () => {
      assert.equal((await (await fetch(`http://${running.host}/`)).text()).trim(), 'Ok');
    });

    const refused: readonly [string, string, string, unknown, number, string][] = [
      ['a name of two characters', 'PUT', `${P}/topics/t1`, {}, 400, 'INVALID_ARGUMENT'],
      ['a name that begins with goog', 'PUT', `${P}/topics/google-1`, {}, 400, 'INVALID_ARGUMENT'],
      ['an unknown topic', 'GET', `${P}/topics/unknown`, {}, 404, 'NOT_FOUND'],
      ['deleting an unknown topic', 'DELETE', `${P}/topics/unknown`, {}, 404, 'NOT_FOUND'],
      [
        'publishing to an unknown topic',
        'POST',
        `${P}/topics/unknown:publish`,
        { messages: [{ data: 'aGk=' }] },
        404,
        'NOT_FOUND',
      ],
      ['an unknown subscription', 'POST', `${P}/subscriptions/unknown:pull`, { maxMessages: 1 }, 404, 'NOT_FOUND'],
      [
        'subscribing to an unknown topic',
        'PUT',
        `${P}/subscriptions/lost`,
        { topic: `${P}/topics/unknown` },
        404,
        'NOT_FOUND',
      ],
      ['no messages', 'POST', `${P}/topics/refuses:publish`, { messages: [] }, 400, 'INVALID_ARGUMENT'],
      [
        'an empty message',
        'POST',
        `${P}/topics/refuses:publish`,
        { messages: [{ data: '' }] },
        400,
        'INVALID_ARGUMENT',
      ],
      [
        'data that is not base64',
        'POST',
        `${P}/topics/refuses:publish`,
        { messages: [{ data: '!!' }] },
        400,
        'INVALID_ARGUMENT',
      ],
      ['half a JSON text', 'POST', `${P}/topics/refuses:publish`, '{', 400, 'INVALID_ARGUMENT'],
      ['a second create', 'PUT', `${P}/topics/refuses`, {}, 409, 'ALREADY_EXISTS'],
      [
        'a second subscription',
        'PUT',
        `${P}/subscriptions/refuses`,
        { topic: `${P}/topics/refuses` },
        409,
        'ALREADY_EXISTS',
      ],
      ['a pull of no messages', 'POST', `${P}/subscriptions/refuses:pull`, { maxMessages: 0 }, 400, 'INVALID_ARGUMENT'],
      [
        'an ack id of no subscription',
        'POST',
        `${P}/subscriptions/refuses:acknowledge`,
        { ackIds: ['x'] },
        400,
        'INVALID_ARGUMENT',
      ],
      ['no ack ids', 'POST', `${P}/subscriptions/refuses:acknowledge`, { ackIds: [] }, 400, 'INVALID_ARGUMENT'],
    ];
    test('refusals have the code of Pub/Sub', async (t) => {
      await channel('refuses');
      for (const [title, method, path, body, status, word] of refused) {
        await t.test(title, async () => {
          const answer = await rest(method, path, body);
          assert.equal(answer.status, status, JSON.stringify(answer.json));
          assert.equal((answer.json.error as { status: string }).status, word);
        });
      }
    });

    test('topics and subscriptions are listed, and subscriptions outlive their topic', async () => {
      const { topic, subscription } = await channel('listed');
      const names = (list: unknown) => (list as { name: string }[]).map((entry) => entry.name);
      assert.ok(names((await rest('GET', `${P}/topics`)).json.topics).includes(topic));
      assert.ok(names((await rest('GET', `${P}/subscriptions`)).json.subscriptions).includes(subscription));
      assert.deepEqual((await rest('GET', `${topic}/subscriptions`)).json, { subscriptions: [subscription] });
      assert.equal((await rest('DELETE', topic)).status, 200);
      assert.deepEqual((await rest('GET', subscription)).json, {
        name: subscription,
        topic: '_deleted-topic_',
        pushConfig: {},
        ackDeadlineSeconds: 10,
        messageRetentionDuration: '604800s',
      });
      assert.equal((await rest('DELETE', subscription)).status, 200);
      assert.equal((await rest('GET', subscription)).status, 404);
    });

    test('what is not acknowledged comes back after the deadline, with the same id', async () => {
      const { topic, subscription } = await channel('returning');
      await publish(topic, 'again');
      const [first] = await pull(subscription);
      assert.deepEqual(await pull(subscription), []);
      const one = { ackIds: [first?.ackId], ackDeadlineSeconds: 1 };
      assert.equal((await rest('POST', `${subscription}:modifyAckDeadline`, one)).status, 200);
      const [second] = await pull(subscription, false);
      assert.equal(second?.message.messageId, first?.message.messageId);
      assert.notEqual(second?.ackId, first?.ackId);
      const now = { ackIds: [second?.ackId], ackDeadlineSeconds: 0 };
      await rest('POST', `${subscription}:modifyAckDeadline`, now);
      const [third] = await pull(subscription);
      assert.equal(third?.message.messageId, first?.message.messageId);
      await rest('POST', `${subscription}:acknowledge`, { ackIds: [third?.ackId] });
      assert.deepEqual(await pull(subscription), []);
    });

    test('a push comes in the envelope, again after a refusal, and stops when switched off', async () => {
      const pushes: { readonly body: string; readonly type: string | undefined }[] = [];
      let arrived = () => {};
      const target = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          pushes.push({ body: Buffer.concat(chunks).toString(), type: request.headers['content-type'] });
          response.writeHead(pushes.length === 1 ? 500 : 204).end();
          arrived();
        });
      });
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      try {
        const address = target.address();
        const port = typeof address === 'object' ? address?.port : 0;
        const pushEndpoint = `http://127.0.0.1:${port}/push`;
        const { topic, subscription } = await channel('pushed', { pushConfig: { pushEndpoint } });
        const twice = new Promise<void>((resolve) => {
          arrived = () => pushes.length >= 2 && resolve();
        });
        const attributes = { empty: '', k: 'v' };
        await rest('POST', `${topic}:publish`, { messages: [{ data: 'aGk=', attributes }] });
        await twice;
        assert.equal(pushes[0]?.body, pushes[1]?.body);
        assert.match(pushes[0]?.type ?? '', /^application\/json/);
        const envelope = JSON.parse(pushes[0]?.body ?? '');
        assert.equal(envelope.subscription, subscription);
        const { messageId, publishTime, ...rest_ } = envelope.message;
        assert.deepEqual(rest_, { data: 'aGk=', attributes, message_id: messageId, publish_time: publishTime });
        assert.ok(Date.parse(publishTime) > 0);

        await rest('POST', `${subscription}:modifyPushConfig`, { pushConfig: {} });
        await publish(topic, 'pulled');
        const [pulled] = await pull(subscription, false);
        assert.equal(Buffer.from(String(pulled?.message.data), 'base64').toString(), 'pulled');
        assert.equal(pushes.length, 2);
        await rest('DELETE', subscription);
      } finally {
        target.closeAllConnections();
        await new Promise((resolve) => target.close(resolve));
      }
    });

    describe('gRPC', () => {
      const client = (service: 'Publisher' | 'Subscriber') =>
        new (makeGenericClientConstructor(pubsubService(service), service))(running.host, credentials.createInsecure());
      type Client = ReturnType<typeof client>;
      let publisher: Client;
      let subscriber: Client;
      before(() => {
        publisher = client('Publisher');
        subscriber = client('Subscriber');
      });
      after(() => {
        publisher?.close();
        subscriber?.close();
      });

      function call(on: Client, method: string, request: object): Promise<Answer> {
        const definition = on[method];
        assert.ok(typeof definition === 'function', method);
        return new Promise((resolve, reject) => {
          definition.call(on, request, new Metadata(), (error: ServiceError | null, answer: Answer) =>
            error === null ? resolve(answer) : reject(error),
          );
        });
      }

      test('create, publish, pull, acknowledge, delete; seen by REST too', async () => {
        const topic = `${P}/topics/by-grpc`;
        const subscription = `${P}/subscriptions/by-grpc`;
        await call(publisher, 'CreateTopic', { name: topic });
        await assert.rejects(call(publisher, 'CreateTopic', { name: topic }), { code: 6 });
        assert.equal((await call(publisher, 'GetTopic', { topic })).name, topic);
        const listed = (await call(publisher, 'ListTopics', { project: P })).topics as { name: string }[];
        assert.ok(listed.some((entry) => entry.name === topic));
        const created = await call(subscriber, 'CreateSubscription', {
          name: subscription,
          topic,
          ackDeadlineSeconds: 20,
        });
        assert.equal(created.ackDeadlineSeconds, 20);
        assert.equal((await rest('GET', subscription)).json.ackDeadlineSeconds, 20);
        const messages = [{ data: Buffer.from('hi'), attributes: { empty: '', k: 'v' } }];
        const { messageIds } = await call(publisher, 'Publish', { topic, messages });
        const { receivedMessages } = await call(subscriber, 'Pull', { subscription, maxMessages: 5 });
        const [received] = receivedMessages ?? [];
        assert.equal(String(received?.message.data), 'hi');
        assert.deepEqual({ ...received?.message.attributes }, { empty: '', k: 'v' });
        assert.deepEqual([received?.message.messageId], messageIds);
        await call(subscriber, 'Acknowledge', { subscription, ackIds: [received?.ackId] });
        assert.deepEqual(await pull(subscription), []);
        await call(subscriber, 'DeleteSubscription', { subscription });
        await assert.rejects(call(subscriber, 'GetSubscription', { subscription }), { code: 5 });
        await call(publisher, 'DeleteTopic', { topic });
        await assert.rejects(call(publisher, 'GetTopic', { topic }), { code: 5 });
        await assert.rejects(call(publisher, 'Publish', { topic, messages }), { code: 5 });
      });

      test('policies are set and come back by gRPC too, and attempts are counted', async () => {
        await channel('grpc-dead');
        const topic = `${P}/topics/grpc-policies`;
        const subscription = `${P}/subscriptions/grpc-policies`;
        await call(publisher, 'CreateTopic', { name: topic });
        const wanted = {
          deadLetterPolicy: dead('grpc-dead', 7),
          retryPolicy: {
            minimumBackoff: { seconds: '0', nanos: 250_000_000 },
            maximumBackoff: { seconds: '5', nanos: 0 },
          },
          enableMessageOrdering: true,
        };
        await call(subscriber, 'CreateSubscription', { name: subscription, topic, ...wanted });
        const { deadLetterPolicy, retryPolicy, enableMessageOrdering } = await call(subscriber, 'GetSubscription', {
          subscription,
        });
        assert.deepEqual({ deadLetterPolicy, retryPolicy, enableMessageOrdering }, wanted);
        const few = { name: `${P}/subscriptions/grpc-few`, topic, deadLetterPolicy: dead('grpc-dead', 4) };
        await assert.rejects(call(subscriber, 'CreateSubscription', few), { code: 11 });
        await publish(topic, 'counted');
        const { receivedMessages } = await call(subscriber, 'Pull', { subscription, maxMessages: 1 });
        assert.equal(receivedMessages?.[0]?.deliveryAttempt, 1);
      });

      test('a streaming pull gets messages as they are published, and no more at a time than it allows', async () => {
        const { topic, subscription } = await channel('streamed');
        const method = subscriber.StreamingPull;
        assert.ok(typeof method === 'function');
        const stream = method.call(subscriber, new Metadata());
        const seen: string[] = [];
        let batch: Received[] = [];
        let woken = () => {};
        stream.on('data', ({ receivedMessages }: Answer) => {
          batch.push(...(receivedMessages ?? []));
          seen.push(...(receivedMessages ?? []).map((received) => String(received.message.data)));
          woken();
        });
        stream.on('error', () => {});
        stream.write({ subscription, streamAckDeadlineSeconds: 10, maxOutstandingMessages: '2' });
        await publish(topic, 'a');
        await publish(topic, 'b');
        await publish(topic, 'c');
        while (seen.length < 2) await new Promise<void>((resolve) => (woken = resolve));
        // Its answer comes after everything that the stream was sent before, on the same connection.
        await call(subscriber, 'GetSubscription', { subscription });
        if (limitsOutstanding) assert.deepEqual([...seen].sort(), ['a', 'b']);
        const ackIds = batch.map((received) => received.ackId);
        batch = [];
        await call(subscriber, 'Acknowledge', { subscription, ackIds });
        while (seen.length < 3) await new Promise<void>((resolve) => (woken = resolve));
        assert.deepEqual([...seen].sort(), ['a', 'b', 'c']);
        stream.cancel();
      });
    });
  });
}
