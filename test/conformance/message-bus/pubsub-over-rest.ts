import { createPubSubMessageBus } from '../../../src/adapters/messages/pubsub.ts';
import type { RunningBus } from '../message-bus.suite.ts';

/** The adapter on an emulator at `host`, with a publisher of its own over REST. */
export function busAt(host: string, close: () => Promise<void>): RunningBus {
  const project = 'perf-conformance';
  return {
    bus: createPubSubMessageBus({ emulatorHost: host, project }),
    async publish(topic, data, attributes) {
      const message = { data: Buffer.from(data).toString('base64'), ...(attributes && { attributes }) };
      const response = await fetch(`http://${host}/v1/projects/${project}/topics/${topic}:publish`, {
        method: 'POST',
        body: JSON.stringify({ messages: [message] }),
        headers: { 'content-type': 'application/json' },
      });
      if (!response.ok) throw new Error(`publish: ${response.status} ${await response.text()}`);
    },
    close,
  };
}
