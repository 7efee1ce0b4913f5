import {
  CHECKED_TEXTS,
  EXCLUDED,
  HEADERS,
  POINTERS,
  STATUS,
  stepSchema,
  TEXT,
  TEXT_OR_EMBEDDED,
} from './schema-parts.ts';

/** `sign` of a request. */
export const SIGN = {
  type: 'object',
  additionalProperties: false,
  required: ['scheme'],
  properties: {
    scheme: TEXT,
    timestamp: { type: 'string', description: 'Offset from now (-10s, +1h) or literal text; default now.' },
    body: { type: 'string', description: 'Sign this text in place of the body that is sent.' },
    key: { type: 'string', description: 'Name of the signing key; default the right one.' },
  },
} as const;

/** What is sent is what is written, also a Content-Length that is wrong. */
const REPEATABLE_HEADERS = {
  ...HEADERS,
  additionalProperties: {
    type: ['string', 'array', 'null'],
    items: { type: 'string' },
    minItems: 1,
    description: 'a text, a list of texts (one header each), or null',
  },
};

const HTTP = {
  type: 'object',
  additionalProperties: false,
  required: ['method', 'path'],
  properties: {
    method: { type: 'string', pattern: '^[A-Z]+$', description: 'an HTTP method in capitals' },
    path: { type: 'string', pattern: '^(/|\\{\\{)', description: 'a path with a leading slash' },
    headers: REPEATABLE_HEADERS,
    json: { description: 'Body, sent as JSON.' },
    text: { type: 'string', description: 'Body, sent as UTF-8 exactly so.' },
    base64: { type: 'string', description: 'Body, any bytes.' },
    sign: SIGN,
  },
  not: {
    anyOf: [{ required: ['json', 'text'] }, { required: ['json', 'base64'] }, { required: ['text', 'base64'] }],
    description: 'one of json, text and base64',
  },
};

const EXPECT = {
  type: 'object',
  additionalProperties: false,
  required: ['status'],
  properties: {
    status: STATUS,
    json: { description: 'Deep subset of the body: members listed must match, lists have the same length.' },
    absent: POINTERS,
    excludes: EXCLUDED,
    headers: CHECKED_TEXTS,
    contentType: { type: 'string', description: 'Media type, parameters ignored.' },
    empty: { type: 'boolean' },
    text: TEXT_OR_EMBEDDED,
  },
};

export const HTTP_STEP = stepSchema('http', HTTP, EXPECT);
