import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { MessageBus } from '../../src/ports/message-bus.ts';

/** A bus under test, and a way to publish that does not go through it. */
export interface RunningBus {
  readonly bus: MessageBus;
  publish(topic: string, data: string, attributes?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** What every message bus must do. `start` is called once. */
export function messageBusSuite(name: string, start: () => Promise<RunningBus>): void {
  describe(`message bus: ${name}`, () => {
    let running: RunningBus;
    before(async () => {
      running = await start();
    });
    after(() => running?.close());

    async function topic(): Promise<string> {
      const created = `topic-${randomUUID()}`;
      await running.bus.ensureTopic(created);
      return created;
    }

    test('a topic is ensured twice without an error', async () => {
      await running.bus.ensureTopic(await topic());
      const again = await topic();
      await running.bus.ensureTopic(again);
      await running.bus.ensureTopic(again);
    });

    test('data and attributes arrive as published, empty values included', async () => {
      const name = await topic();
      const subscription = await running.bus.subscribe(name);
      const before = Date.now();
      await running.publish(name, 'grüße\u0000', { guild_id: '', command: 'hello' });
      const messages = await subscription.pull(5000);
      assert.equal(messages.length, 1);
      assert.equal(Buffer.from(messages[0]?.data ?? []).toString('utf8'), 'grüße\u0000');
      assert.deepEqual({ ...messages[0]?.attributes }, { guild_id: '', command: 'hello' });
      assert.notEqual(messages[0]?.messageId, '');
      assert.ok(Math.abs(Date.parse(messages[0]?.publishTime ?? '') - before) < 60_000);
      await subscription.close();
    });

    test('a message with attributes only has empty data', async () => {
      const name = await topic();
      const subscription = await running.bus.subscribe(name);
      await running.publish(name, '', { only: 'attributes' });
      const [message] = await subscription.pull(5000);
      assert.equal(message?.data.length, 0);
      await subscription.close();
    });

    test('pull acknowledges: nothing comes twice', async () => {
      const name = await topic();
      const subscription = await running.bus.subscribe(name);
      await running.publish(name, 'once');
      assert.equal((await subscription.pull(5000)).length, 1);
      assert.deepEqual(await subscription.pull(50), []);
      await subscription.close();
    });

    test('each subscription gets each message, and only what came after it', async () => {
      const name = await topic();
      const first = await running.bus.subscribe(name);
      await running.publish(name, 'one');
      const second = await running.bus.subscribe(name);
      await running.publish(name, 'two');
      const texts = async (from: typeof first, count: number) => {
        const seen: string[] = [];
        while (seen.length < count) {
          const pulled = await from.pull(5000);
          assert.notEqual(pulled.length, 0, `only ${seen.length} of ${count} came`);
          seen.push(...pulled.map((message) => Buffer.from(message.data).toString()));
        }
        return seen.sort();
      };
      assert.deepEqual(await texts(first, 2), ['one', 'two']);
      assert.deepEqual(await texts(second, 1), ['two']);
      await Promise.all([first.close(), second.close()]);
    });

    test('a waiting pull gets a message that is published meanwhile', async () => {
      const name = await topic();
      const subscription = await running.bus.subscribe(name);
      const waiting = subscription.pull(10_000);
      await running.publish(name, 'late');
      assert.equal((await waiting).length, 1);
      await subscription.close();
    });

    test('an aborted pull rejects', async () => {
      const subscription = await running.bus.subscribe(await topic());
      const controller = new AbortController();
      const waiting = subscription.pull(10_000, controller.signal);
      controller.abort(new Error('enough'));
      await assert.rejects(waiting, /enough|abort/i);
      await subscription.close();
    });

    test('subscribing to an unknown topic says what was refused', async () => {
      await assert.rejects(running.bus.subscribe('never-created'), {
        name: 'InfrastructureError',
        code: 'pubsub-refused',
        message: /never-created: 404/,
      });
    });

    test('closing twice is no error; a closed subscription cannot be pulled', async () => {
      const subscription = await running.bus.subscribe(await topic());
      await subscription.close();
      await subscription.close();
      await assert.rejects(subscription.pull(0), { code: 'pubsub-refused' });
    });
  });
}
