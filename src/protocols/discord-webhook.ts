import type { SignOptions } from '../contract/signing.ts';
import type { HttpRequest } from '../ports/transport.ts';
import { SIGNING_KEYS, type SigningKey, signFast, signVector, TEST_PUBLIC_KEY } from './discord-signature.ts';
import type { EnvironmentOptions, Protocol } from './protocol.ts';
import { timestampText } from './timestamp.ts';

const SCHEME = 'discord-ed25519';
const PING = Buffer.from('{"type":1}');
const NO_BODY = new Uint8Array(0);

function environment({ project, topic, pubsubHost }: EnvironmentOptions): Readonly<Record<string, string>> {
  return {
    DISCORD_PUBLIC_KEY: TEST_PUBLIC_KEY,
    GOOGLE_CLOUD_PROJECT: project,
    PUBSUB_TOPIC: topic,
    ...(pubsubHost === undefined ? {} : { PUBSUB_EMULATOR_HOST: pubsubHost }),
  };
}

function isSigningKey(key: string): key is SigningKey {
  return SIGNING_KEYS.some((known) => known === key);
}

function sign(request: HttpRequest, options: SignOptions, nowMs: number): HttpRequest {
  const key = options.key ?? 'test';
  if (options.scheme !== SCHEME || !isSigningKey(key)) throw new TypeError(`cannot sign by ${options.scheme}, ${key}`);
  const timestamp = timestampText(options.timestamp, nowMs);
  const body = options.body === undefined ? (request.body ?? NO_BODY) : Buffer.from(options.body);
  const headers = [
    ['X-Signature-Ed25519', signVector(timestamp, body, key)],
    ['X-Signature-Timestamp', timestamp],
  ] as const;
  return { ...request, headers: [...request.headers, ...headers] };
}

function signedPing(seconds: number): HttpRequest {
  const timestamp = String(seconds);
  return {
    method: 'POST',
    path: '/interactions',
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Signature-Ed25519', signFast(timestamp, PING)],
      ['X-Signature-Timestamp', timestamp],
    ],
    body: PING,
  };
}

/** One signature a second at most, whatever the rate of requests. */
function pingOfThisSecond(): (nowMs: number) => HttpRequest {
  let cached = { seconds: Number.NaN, request: signedPing(0) };
  return (nowMs) => {
    const seconds = Math.floor(nowMs / 1000);
    if (cached.seconds !== seconds) cached = { seconds, request: signedPing(seconds) };
    return cached.request;
  };
}

/** `{"type":1}` as JSON, and nothing that says more than a pong. */
function isPong(body: Uint8Array): boolean {
  // Nearly every answer is exactly this; parsing is for those that only look different.
  if (body.length === PING.length && PING.equals(body)) return true;
  if (body.length > 1024) return false;
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof answer === 'object' && answer !== null && 'type' in answer && answer.type === 1;
  } catch {
    return false;
  }
}

const warmRequest = pingOfThisSecond();

export const discordWebhook: Protocol = {
  serviceType: 'discord-webhook',
  schemes: [SCHEME],
  keys: SIGNING_KEYS,
  channels: { interactions: { topicVariable: 'PUBSUB_TOPIC' } },
  environment,
  sign,
  coldRequest: () => ({ method: 'GET', path: '/_benchmark/ready', headers: [] }),
  warmRequest,
  prepareWarmRequests: (count, nowMs) => Array.from({ length: count }, () => warmRequest(nowMs)),
  isCorrectAnswer: (status, contentType, body) =>
    status === 200 && /^application\/json\b/i.test(contentType ?? '') && isPong(body),
};
