import { alternatives } from '../../documents/show.ts';
import {
  ANY_OR_EMBEDDED,
  CHECKED_TEXTS,
  DURATION,
  EXCLUDED,
  HEADERS,
  NAME,
  OUTPUTS,
  POINTERS,
  STATUS,
  stepSchema,
  TEXT,
  TEXT_OR_EMBEDDED,
} from './schema-parts.ts';

const CLOSE_CODE = { type: 'integer', minimum: 1000, maximum: 4999, description: 'a close code from 1000' } as const;

const FRAME = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    json: { description: 'Sent as JSON in a text frame.' },
    text: { type: 'string', description: 'Sent in a text frame.' },
    base64: { type: 'string', description: 'Any bytes, sent in a binary frame.' },
    raw: {
      enum: ['text-bytes', 'unmasked', 'fragmented'],
      description:
        'What a library would not send: bytes in a text frame, a frame without mask, three frames for one and a ping between them.',
    },
  },
  not: {
    anyOf: [{ required: ['json', 'text'] }, { required: ['json', 'base64'] }, { required: ['text', 'base64'] }],
    description: 'one of json, text and base64',
  },
};

const RECEIVE = {
  type: 'object',
  additionalProperties: false,
  description: 'The next message of this client.',
  properties: {
    json: { ...ANY_OR_EMBEDDED, description: 'Deep subset: members listed must match, lists have the same length.' },
    text: TEXT_OR_EMBEDDED,
    base64: { type: 'string', description: 'The bytes of a binary message.' },
    absent: POINTERS,
  },
};

const ACTIONS = {
  send: FRAME,
  receive: RECEIVE,
  ping: { type: 'string', maxLength: 125, description: 'Sends a ping; the pong must carry the same text.' },
  silence: { ...DURATION, description: 'a duration such as 200ms in which nothing may come' },
  closed: {
    type: 'array',
    items: CLOSE_CODE,
    minItems: 1,
    description: 'The server closes with one of these codes; messages before it are not compared.',
  },
  close: {
    type: 'object',
    additionalProperties: false,
    description: 'The client closes.',
    properties: { code: CLOSE_CODE, reason: { type: 'string', maxLength: 100 } },
  },
  reading: { type: 'boolean', description: 'False: the client stops reading from its connection. True: it goes on.' },
};

function turn(actions: Readonly<Record<string, object>>) {
  return {
    type: 'object',
    additionalProperties: false,
    description: `a turn with one of ${alternatives(Object.keys(actions))}`,
    properties: {
      client: { ...NAME, description: 'a name; who is named the first time connects first' },
      ...actions,
      within: {
        ...DURATION,
        description: 'a duration such as 5s (the default): longest wait of receive, ping, closed',
      },
      outputs: OUTPUTS,
    },
    oneOf: Object.keys(actions).map((action) => ({ required: [action] })),
  };
}

const REPEAT = {
  type: 'object',
  additionalProperties: false,
  required: ['times', 'turns'],
  description: 'Turns that are taken several times.',
  properties: {
    times: { type: 'integer', minimum: 1, maximum: 1000 },
    turns: { type: 'array', minItems: 1, items: turn(ACTIONS) },
  },
};

const WEBSOCKET = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: { type: 'string', pattern: '^(/|\\{\\{)', description: 'a path with a leading slash' },
    headers: {
      ...HEADERS,
      description: 'In place of those of the handshake, or beside them; null removes one.',
    },
    subprotocols: { type: 'array', items: TEXT, description: 'Offered by every client.' },
    exchange: {
      type: 'array',
      items: turn({ ...ACTIONS, repeat: REPEAT }),
      description: 'Turns of the clients, one after another. Without them one client connects, and no more.',
    },
  },
};

const EXPECT = {
  type: 'object',
  additionalProperties: false,
  required: ['status'],
  properties: {
    status: STATUS,
    subprotocol: { type: ['string', 'null'], description: 'What the server has chosen; null: none.' },
    headers: CHECKED_TEXTS,
    excludes: EXCLUDED,
  },
};

export const WEBSOCKET_STEP = stepSchema('websocket', WEBSOCKET, EXPECT);
