import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dead, P, pushTarget, type Received, type RunningPubSub, restClient } from './pubsub-client.ts';

/** Retries, dead letters and order of Pub/Sub; the same for our emulator and Google's. */
export function pubSubDeliverySuite(
  name: string,
  start: () => Promise<RunningPubSub>,
  // Google's emulator leaves deliveryAttempt out of pushes; the service and ours do not.
  { countsPushes = true }: { readonly countsPushes?: boolean } = {},
): void {
  describe(`Pub/Sub delivery: ${name}`, () => {
    let running: RunningPubSub;
    before(async () => {
      running = await start();
    });
    after(() => running?.close());
    const { rest, channel, publish, pull, nack } = restClient(() => running.host);
    const texts = (received: readonly Received[]) =>
      received.map(({ message }) => Buffer.from(String(message.data), 'base64').toString());

    for (const [title, policy, status, word] of [
      ['fewer than five attempts', { deadLetterPolicy: dead('wrong', 4) }, 400, 'OUT_OF_RANGE'],
      ['more than a hundred attempts', { deadLetterPolicy: dead('wrong', 101) }, 400, 'OUT_OF_RANGE'],
      ['an unknown dead-letter topic', { deadLetterPolicy: dead('unknown', 5) }, 404, 'NOT_FOUND'],
      ['a backoff of more than ten minutes', { retryPolicy: { minimumBackoff: '601s' } }, 400, 'INVALID_ARGUMENT'],
      [
        'a maximum below the minimum',
        { retryPolicy: { minimumBackoff: '20s', maximumBackoff: '10s' } },
        400,
        'INVALID_ARGUMENT',
      ],
    ] as const) {
      test(`refuses ${title}`, async () => {
        const topic = `${P}/topics/wrong`;
        await rest('PUT', topic);
        const answer = await rest('PUT', `${P}/subscriptions/wrong`, { topic, ...policy });
        assert.deepEqual([answer.status, (answer.json.error as { status: string }).status], [status, word]);
      });
    }

    test('policies come back as they were set, with what was left open', async () => {
      await channel('policies-dead');
      const { topic, subscription } = await channel('policies', {
        deadLetterPolicy: { deadLetterTopic: `${P}/topics/policies-dead` },
        retryPolicy: { minimumBackoff: '0.1s' },
        enableMessageOrdering: true,
      });
      const wanted = {
        name: subscription,
        topic,
        pushConfig: {},
        ackDeadlineSeconds: 10,
        messageRetentionDuration: '604800s',
        enableMessageOrdering: true,
        deadLetterPolicy: dead('policies-dead', 5),
        retryPolicy: { minimumBackoff: '0.100s', maximumBackoff: '600s' },
      };
      assert.deepEqual((await rest('GET', subscription)).json, wanted);
    });

    test('what is pulled five times without success goes to the dead-letter topic', async () => {
      const lost = await channel('pulled-dead');
      const { topic, subscription } = await channel('pulled', { deadLetterPolicy: dead('pulled-dead', 5) });
      const attributes = { k: 'v' };
      const data = Buffer.from('poison').toString('base64');
      await rest('POST', `${topic}:publish`, { messages: [{ data, attributes }] });
      for (let attempt = 1; attempt <= 5; attempt++) {
        const received = await pull(subscription);
        assert.deepEqual(
          received.map(({ deliveryAttempt }) => deliveryAttempt),
          [attempt],
        );
        await nack(subscription, received);
      }
      assert.deepEqual(await pull(subscription), []);
      const [forwarded] = await pull(lost.subscription, false);
      assert.deepEqual(texts(forwarded === undefined ? [] : [forwarded]), ['poison']);
      const { CloudPubSubDeadLetterSourceTopicPublishTime: publishedAt, ...others } =
        forwarded?.message.attributes ?? {};
      assert.ok(Date.parse(publishedAt ?? '') > 0);
      assert.deepEqual(others, {
        k: 'v',
        CloudPubSubDeadLetterSourceDeliveryCount: '5',
        CloudPubSubDeadLetterSourceSubscription: 'pulled',
        CloudPubSubDeadLetterSourceSubscriptionProject: 'perf-protocol',
      });
      assert.equal(forwarded?.deliveryAttempt, undefined, 'no policy, no count');
    });

    test('what is pushed five times without success goes to the dead-letter topic', { timeout: 120_000 }, async () => {
      const lost = await channel('pushed-dead');
      const pushed: { readonly deliveryAttempt?: number }[] = [];
      await using target = await pushTarget((envelope) => {
        pushed.push(envelope as (typeof pushed)[number]);
        return 503;
      });
      const { topic, subscription } = await channel('refused', {
        pushConfig: { pushEndpoint: target.url },
        deadLetterPolicy: dead('pushed-dead', 5),
        retryPolicy: { minimumBackoff: '0.1s', maximumBackoff: '0.2s' },
      });
      await publish(topic, 'poison');
      let forwarded: readonly Received[] = [];
      while (forwarded.length === 0) forwarded = await pull(lost.subscription, false);
      assert.deepEqual(texts(forwarded), ['poison']);
      assert.equal(forwarded[0]?.message.attributes?.CloudPubSubDeadLetterSourceSubscription, 'refused');
      assert.equal(pushed.length, 5);
      if (countsPushes) {
        assert.deepEqual(
          pushed.map(({ deliveryAttempt }) => deliveryAttempt),
          [1, 2, 3, 4, 5],
        );
      }
      await rest('DELETE', subscription);
    });

    test('messages of one ordering key come in their order, also after a refusal', async () => {
      const { topic, subscription } = await channel('in-order', { enableMessageOrdering: true });
      const messages = ['a', 'b', 'c'].map((text) => ({
        data: Buffer.from(text).toString('base64'),
        orderingKey: 'key',
      }));
      await rest('POST', `${topic}:publish`, { messages });
      const refusedFirst = await pull(subscription, false);
      assert.equal(texts(refusedFirst)[0], 'a');
      await nack(subscription, refusedFirst);
      const seen: string[] = [];
      while (seen.length < 3) {
        const received = await pull(subscription, false);
        seen.push(...texts(received));
        await rest('POST', `${subscription}:acknowledge`, { ackIds: received.map(({ ackId }) => ackId) });
      }
      assert.deepEqual(seen, ['a', 'b', 'c']);
    });
  });
}
