import { GRPC_CODES } from './grpc-codes.ts';
import { CHECKED_TEXTS, DURATION, EXCLUDED, POINTERS, stepSchema, TEXT_OR_EMBEDDED } from './schema-parts.ts';

const GRPC = {
  type: 'object',
  additionalProperties: false,
  required: ['method'],
  properties: {
    method: { type: 'string', pattern: '^[\\w.]+/\\w+$', description: 'a method such as package.Service/Method' },
    request: { type: 'object', description: 'Message in the JSON mapping of proto3: int64 as text, bytes in base64.' },
    base64: { type: 'string', description: 'Serialised message: what no client of the schema would send.' },
    metadata: {
      type: 'object',
      propertyNames: { pattern: '^[0-9a-z_.-]+$', description: 'a name in lower case; -bin at its end: base64' },
      additionalProperties: { type: 'string' },
    },
    timeout: { ...DURATION, description: 'a duration such as 2s: deadline that the server is told' },
  },
  not: { required: ['request', 'base64'], description: 'one of request and base64' },
};

const CODE = { enum: GRPC_CODES };

const EXPECT = {
  type: 'object',
  additionalProperties: false,
  required: ['code'],
  properties: {
    code: {
      anyOf: [CODE, { type: 'array', items: CODE, minItems: 1 }],
      description: 'a status code by its name, or a list of those that are allowed',
    },
    json: { description: 'Deep subset of the message: members listed must match, lists have the same length.' },
    absent: POINTERS,
    message: { ...TEXT_OR_EMBEDDED, description: 'Message of the status: a text, or {"$schema": {...}}' },
    headers: { ...CHECKED_TEXTS, description: 'Metadata before the message.' },
    trailers: { ...CHECKED_TEXTS, description: 'Metadata after the message.' },
    excludes: EXCLUDED,
    within: { ...DURATION, description: 'a duration such as 500ms: the call must have ended by then' },
  },
};

export const GRPC_STEP = stepSchema('grpc', GRPC, EXPECT);
