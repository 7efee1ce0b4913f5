import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Broker } from './broker.ts';
import { asPubSubError, PubSubError } from './errors.ts';
import {
  deliveryJson,
  drafts,
  flag,
  parseFields,
  pushConfig,
  subscriptionJson,
  subscriptionSettings,
  texts,
  whole,
} from './json-wire.ts';

type Fields = ReturnType<typeof parseFields>;
type Answer = (broker: Broker, name: string, fields: Fields, gone: AbortSignal) => unknown;

/** Google's emulator answers a pull that finds nothing after about as long. */
const LONG_POLL_MS = 10_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** `{project}/topics`, `{project}/topics/{id}`, `...:{verb}` or `.../subscriptions`. */
const PATH = /^\/v1\/(projects\/[^/]+)\/(topics|subscriptions)(?:\/([^/:]+)(?::([A-Za-z]+)|(\/subscriptions))?)?$/;

async function pull(broker: Broker, name: string, fields: Fields, gone: AbortSignal): Promise<unknown> {
  const mailbox = broker.mailbox(name);
  const max = whole(fields, 'maxMessages');
  if (max <= 0) throw new PubSubError('INVALID_ARGUMENT', 'No max_messages specified');
  if (!flag(fields, 'returnImmediately')) await mailbox.ready(LONG_POLL_MS, gone);
  // Nobody is left to acknowledge: leave the messages to the next reader.
  if (gone.aborted) return {};
  const receivedMessages = mailbox.take(max).map(deliveryJson);
  return receivedMessages.length === 0 ? {} : { receivedMessages };
}

/** By method, collection and what follows the name. */
const ROUTES: Readonly<Record<string, Answer>> = {
  'GET topics': (broker, project) => {
    const topics = broker.listTopics(project).map((name) => ({ name }));
    return topics.length === 0 ? {} : { topics };
  },
  'PUT topics/': (broker, name) => {
    broker.createTopic(name);
    return { name };
  },
  'GET topics/': (broker, name) => {
    broker.requireTopic(name);
    return { name };
  },
  'DELETE topics/': (broker, name) => {
    broker.deleteTopic(name);
    return {};
  },
  'GET topics/ /subscriptions': (broker, topic) => {
    broker.requireTopic(topic);
    return { subscriptions: broker.listSubscriptions({ topic }).map((state) => state.name) };
  },
  'POST topics/ publish': (broker, name, fields) => ({ messageIds: broker.publish(name, drafts(fields)) }),
  'GET subscriptions': (broker, project) => {
    const subscriptions = broker.listSubscriptions({ project }).map(subscriptionJson);
    return subscriptions.length === 0 ? {} : { subscriptions };
  },
  'PUT subscriptions/': (broker, name, fields) =>
    subscriptionJson(broker.createSubscription(name, subscriptionSettings(fields))),
  'GET subscriptions/': (broker, name) => subscriptionJson(broker.subscription(name)),
  'DELETE subscriptions/': (broker, name) => {
    broker.deleteSubscription(name);
    return {};
  },
  'POST subscriptions/ pull': pull,
  'POST subscriptions/ acknowledge': (broker, name, fields) => {
    broker.mailbox(name).acknowledge(texts(fields, 'ackIds'));
    return {};
  },
  'POST subscriptions/ modifyAckDeadline': (broker, name, fields) => {
    broker.modifyAckDeadline(name, texts(fields, 'ackIds'), whole(fields, 'ackDeadlineSeconds'));
    return {};
  },
  'POST subscriptions/ modifyPushConfig': (broker, name, fields) => {
    broker.modifyPush(name, pushConfig(fields));
    return {};
  },
};

interface Target {
  readonly answer: Answer;
  readonly name: string;
}

/** What a request asks for, or undefined when there is no such method. */
function target(method: string, url: string): Target | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.split('?')[0] ?? '');
  } catch {
    return undefined;
  }
  const [, project, collection, id, verb, below] = PATH.exec(path) ?? [];
  if (project === undefined || collection === undefined) return undefined;
  const key = id === undefined ? collection : [`${collection}/`, verb ?? below].filter(Boolean).join(' ');
  const answer = ROUTES[`${method} ${key}`];
  return answer && { answer, name: id === undefined ? project : `${project}/${collection}/${id}` };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new PubSubError('INVALID_ARGUMENT', 'Request payload size exceeds the limit');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function serve(broker: Broker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    if (request.url === '/') return send(response, 200, 'text/plain', 'Ok\n');
    const found = target(request.method ?? '', request.url ?? '');
    if (found === undefined) return send(response, 404, 'text/plain', 'Not Found\n');
    const fields = parseFields(await readBody(request));
    const answer = await found.answer(broker, found.name, fields, gone.signal);
    send(response, 200, 'application/json', JSON.stringify(answer));
  } catch (error) {
    const { httpCode, message, status } = asPubSubError(error);
    if (response.headersSent || response.destroyed) return;
    send(response, httpCode, 'application/json', JSON.stringify({ error: { code: httpCode, message, status } }));
  }
}

/** HTTP/1.1 with Pub/Sub's REST paths. Not listening: connections are handed to it. */
export function createRestServer(broker: Broker): Server {
  return createServer((request, response) => void serve(broker, request, response));
}
