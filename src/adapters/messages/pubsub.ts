import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureError } from '../../domain/errors.ts';
import type { MessageBus, ReceivedMessage, Subscription } from '../../ports/message-bus.ts';

export interface PubSubOptions {
  /** `host:port` of an emulator; without it the real service is called. */
  readonly emulatorHost?: string;
  readonly project: string;
  /** OAuth access token for the real service; asked for before each call. */
  readonly accessToken?: () => Promise<string>;
}

interface WireMessage {
  readonly ackId: string;
  readonly message: {
    readonly messageId: string;
    readonly publishTime: string;
    readonly data?: string;
    readonly attributes?: Readonly<Record<string, string>>;
  };
}

type Call = (method: string, path: string, body?: unknown, signal?: AbortSignal) => Promise<Response>;

const CALL_TIMEOUT_MS = 10_000;
const MAX_MESSAGES = 100;
// A long poll that is cut off at its end can take a message with it for a whole ack deadline; short polls cannot.
const POLL_MS = { emulator: 20, service: 250 };

function caller({ emulatorHost, accessToken }: PubSubOptions): Call {
  const origin = emulatorHost === undefined ? 'https://pubsub.googleapis.com' : `http://${emulatorHost}`;
  return async (method, path, body, signal) => {
    const token = emulatorHost === undefined ? await accessToken?.() : undefined;
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      return await fetch(`${origin}/v1/${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      const message = `Pub/Sub at ${origin} does not answer ${method} ${path}`;
      const hint = 'check that it runs there, and the host and port';
      throw new InfrastructureError('pubsub-unreachable', message, { cause, hint });
    }
  };
}

/** Refuses every answer but 2xx and the statuses in `accepted`, with the service's own words. */
async function expectOk(response: Response, what: string, accepted: readonly number[] = []): Promise<string> {
  const body = await response.text();
  if (response.ok || accepted.includes(response.status)) return body;
  const words = /"message":\s*"((?:[^"\\]|\\.){1,300})/.exec(body)?.[1] ?? body.slice(0, 300).trim();
  throw new InfrastructureError('pubsub-refused', `Pub/Sub refused to ${what}: ${response.status} ${words}`);
}

function received(body: string): readonly WireMessage[] {
  const { receivedMessages = [] }: { receivedMessages?: readonly WireMessage[] } = JSON.parse(body);
  return receivedMessages;
}

const readable = ({ message }: WireMessage): ReceivedMessage => ({
  messageId: message.messageId,
  data: Buffer.from(message.data ?? '', 'base64'),
  attributes: message.attributes ?? {},
  publishTime: message.publishTime,
});

function createSubscription(call: Call, path: string, pollMs: number): Subscription {
  async function pullOnce(signal?: AbortSignal): Promise<readonly ReceivedMessage[]> {
    const request = { returnImmediately: true, maxMessages: MAX_MESSAGES };
    const pulled = received(await expectOk(await call('POST', `${path}:pull`, request, signal), `pull from ${path}`));
    if (pulled.length === 0) return [];
    // Not abortable: what has been pulled must not come back to the next reader.
    const ackIds = pulled.map((message) => message.ackId);
    await expectOk(await call('POST', `${path}:acknowledge`, { ackIds }), `acknowledge on ${path}`);
    return pulled.map(readable);
  }

  return {
    async pull(waitMs, signal) {
      const endMs = performance.now() + waitMs;
      for (;;) {
        const messages = await pullOnce(signal);
        const leftMs = endMs - performance.now();
        if (messages.length > 0 || leftMs <= 0) return messages;
        await sleep(Math.min(pollMs, leftMs), undefined, signal && { signal });
      }
    },
    async close() {
      await expectOk(await call('DELETE', path), `delete ${path}`, [404]);
    },
  };
}

/**
 * Pub/Sub over its REST API. Throws InfrastructureError: `pubsub-unreachable` when nothing answers, `pubsub-refused`
 * when it says no.
 */
export function createPubSubMessageBus(options: PubSubOptions): MessageBus {
  const call = caller(options);
  const base = `projects/${encodeURIComponent(options.project)}`;
  const pollMs = options.emulatorHost === undefined ? POLL_MS.service : POLL_MS.emulator;
  return {
    ...(options.emulatorHost !== undefined && { emulatorHost: options.emulatorHost }),
    project: options.project,
    async ensureTopic(topic, signal) {
      const path = `${base}/topics/${encodeURIComponent(topic)}`;
      await expectOk(await call('PUT', path, {}, signal), `create the topic ${topic}`, [409]);
    },
    async subscribe(topic, signal) {
      const path = `${base}/subscriptions/perf-${randomUUID()}`;
      const settings = {
        topic: `projects/${options.project}/topics/${topic}`,
        ackDeadlineSeconds: 10,
        // The service's shortest: a subscription that was left behind neither grows nor lives for long.
        messageRetentionDuration: '600s',
        expirationPolicy: { ttl: '86400s' },
      };
      await expectOk(await call('PUT', path, settings, signal), `subscribe to ${topic}`);
      return createSubscription(call, path, pollMs);
    },
  };
}
