const TEXT = { type: 'string' };
const DURATION = { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m)$', description: 'a duration such as 400ms or 5s' };
const ANY_OR_EMBEDDED = { description: 'a value, or {"$schema": {...}} with a JSON Schema 2020-12' };
const TEXT_OR_EMBEDDED = { type: ['string', 'object'], description: 'a text, or {"$schema": {...}}' };
const NAME = { type: 'string', pattern: '^[A-Za-z_][\\w-]*$', description: 'a name of letters, digits, - and _' };
const CHECKED_TEXTS = { type: 'object', additionalProperties: TEXT_OR_EMBEDDED };
const POINTERS = {
  type: 'array',
  items: { type: 'string', pattern: '^(/([^~/]|~0|~1)*)+$', description: 'a JSON Pointer (RFC 6901) such as /token' },
};
const EXCLUDED = { type: 'array', items: { type: 'string', minLength: 1 }, description: 'texts that appear nowhere' };
const STATUS = { type: 'integer', minimum: 100, maximum: 599 };

const HTTP = {
  type: 'object',
  additionalProperties: false,
  required: ['method', 'path'],
  properties: {
    method: { type: 'string', pattern: '^[A-Z]+$', description: 'an HTTP method in capitals' },
    path: { type: 'string', pattern: '^(/|\\{\\{)', description: 'a path with a leading slash' },
    headers: {
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      description:
        'Applied after signing; null removes a header. Every body has Content-Type application/json otherwise.',
    },
    json: { description: 'Body, sent as JSON.' },
    text: { type: 'string', description: 'Body, sent as UTF-8 exactly so.' },
    base64: { type: 'string', description: 'Body, any bytes.' },
    sign: {
      type: 'object',
      additionalProperties: false,
      required: ['scheme'],
      properties: {
        scheme: TEXT,
        timestamp: { type: 'string', description: 'Offset from now (-10s, +1h) or literal text; default now.' },
        body: { type: 'string', description: 'Sign this text in place of the body that is sent.' },
        key: { type: 'string', description: 'Name of the signing key; default the right one.' },
      },
    },
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
    status: {
      anyOf: [STATUS, { type: 'array', items: STATUS, minItems: 1, description: 'a list of statuses' }],
      description: 'a status, or a list of those that are allowed',
    },
    json: { description: 'Deep subset of the body: members listed must match, lists have the same length.' },
    absent: POINTERS,
    excludes: EXCLUDED,
    headers: CHECKED_TEXTS,
    contentType: { type: 'string', description: 'Media type, parameters ignored.' },
    empty: { type: 'boolean' },
    text: TEXT_OR_EMBEDDED,
  },
};

const MESSAGE = {
  type: 'object',
  additionalProperties: false,
  properties: { attributes: CHECKED_TEXTS, json: {}, text: TEXT_OR_EMBEDDED, absent: POINTERS, excludes: EXCLUDED },
};

const EFFECT = {
  type: 'object',
  additionalProperties: false,
  required: ['channel', 'where', 'count'],
  properties: {
    channel: TEXT,
    where: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      description: 'what tells the messages of this vector from all others',
      properties: { attributes: CHECKED_TEXTS, json: {} },
    },
    count: { type: 'integer', minimum: 0 },
    within: { ...DURATION, description: 'a duration such as 5s (the default): the longest wait for the messages' },
    settle: { ...DURATION, description: 'a duration such as 400ms: watch this much longer for one too many' },
    message: MESSAGE,
  },
};

const HTTP_STEP = {
  type: 'object',
  additionalProperties: false,
  required: ['http', 'expect'],
  properties: {
    http: HTTP,
    expect: EXPECT,
    outputs: {
      type: 'object',
      propertyNames: NAME,
      additionalProperties: {
        type: 'string',
        pattern: '^\\$response\\.(status|body(#(/.*)?)?|header\\.[A-Za-z0-9-]+)$',
        description: '$response.status, $response.body#/pointer or $response.header.name',
      },
    },
    effects: { type: 'array', items: EFFECT },
    eventually: {
      ...DURATION,
      description: 'a duration such as 5s: repeat the step until it passes, at most this long',
    },
  },
};

/** The format `test-vectors/1`. A step is checked by the schema of its own kind only, so that errors stay few. */
export const VECTOR_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://raw.githubusercontent.com/org/cloudrun-perf/v1/contracts/schemas/test-vectors.schema.json',
  title: 'Test vectors of a contract',
  type: 'object',
  additionalProperties: false,
  required: ['format', 'contract', 'vectors'],
  properties: {
    $schema: TEXT,
    format: { const: 'test-vectors/1' },
    contract: { type: 'string', description: 'Service type that the vectors are of.' },
    vectors: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'title', 'steps'],
        properties: {
          id: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: 'a kebab-case name' },
          title: { type: 'string', minLength: 1 },
          requires: { type: 'array', items: TEXT, uniqueItems: true },
          since: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$', description: 'a version such as "1.2.0"' },
          vars: { type: 'object', propertyNames: NAME, additionalProperties: ANY_OR_EMBEDDED },
          steps: {
            type: 'array',
            minItems: 1,
            items: { type: 'object', dependentSchemas: { http: HTTP_STEP } },
          },
        },
      },
    },
  },
} as const;
