import assert from 'node:assert/strict';
import { createServer } from 'node:http';

/** A Pub/Sub under test. */
export interface RunningPubSub {
  readonly host: string;
  close(): Promise<void>;
}
export interface Received {
  readonly ackId: string;
  readonly message: {
    readonly data?: string | Buffer;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly messageId: string;
  };
  readonly deliveryAttempt?: number;
}
export interface Answer {
  readonly messageIds?: readonly string[];
  readonly receivedMessages?: readonly Received[];
  readonly [key: string]: unknown;
}

export const P = 'projects/perf-protocol';

/** A dead-letter policy. */
export const dead = (topic: string, maxDeliveryAttempts: number) => ({
  deadLetterTopic: `${P}/topics/${topic}`,
  maxDeliveryAttempts,
});

/** Calls of Pub/Sub over REST; `host` is asked at each, since it is known only when the server runs. */
export function restClient(host: () => string) {
  async function rest(method: string, path: string, body: unknown = {}): Promise<{ status: number; json: Answer }> {
    const response = await fetch(`http://${host()}/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(method !== 'GET' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Answer };
  }

  return {
    rest,
    /** A topic and a subscription to it, both of one name. */
    async channel(id: string, settings: object = {}): Promise<{ topic: string; subscription: string }> {
      const topic = `${P}/topics/${id}`;
      const subscription = `${P}/subscriptions/${id}`;
      assert.equal((await rest('PUT', topic)).status, 200);
      assert.equal((await rest('PUT', subscription, { topic, ...settings })).status, 200);
      return { topic, subscription };
    },
    publish: (topic: string, text: string) =>
      rest('POST', `${topic}:publish`, { messages: [{ data: Buffer.from(text).toString('base64') }] }),
    async pull(subscription: string, returnImmediately = true): Promise<readonly Received[]> {
      const { json } = await rest('POST', `${subscription}:pull`, { returnImmediately, maxMessages: 10 });
      return json.receivedMessages ?? [];
    },
    /** By a deadline of nothing. */
    nack: (subscription: string, received: readonly Received[]) =>
      rest('POST', `${subscription}:modifyAckDeadline`, {
        ackIds: received.map(({ ackId }) => ackId),
        ackDeadlineSeconds: 0,
      }),
  };
}

/** A push endpoint that answers each envelope with the status that it is told. */
export async function pushTarget(answer: (envelope: unknown) => number) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.writeHead(answer(JSON.parse(Buffer.concat(chunks).toString()))).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/push`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
