import { EXCLUDED, HEADERS, STATUS, stepSchema, TEXT } from './schema-parts.ts';

const DELIVER = {
  type: 'object',
  additionalProperties: false,
  required: ['channel'],
  properties: {
    channel: { ...TEXT, description: 'A channel of the contract with a push_path.' },
    json: { description: "The message's data, sent as JSON." },
    text: { type: 'string', description: "The message's data, sent as UTF-8 exactly so." },
    base64: { type: 'string', description: "The message's data, any bytes." },
    attributes: { type: 'object', additionalProperties: TEXT },
    messageId: { type: 'string', description: 'Default: a number that no other delivery has.' },
    orderingKey: TEXT,
    deliveryAttempt: {
      anyOf: [
        { type: 'integer', minimum: 1 },
        { type: 'string', pattern: '^\\{\\{' },
      ],
      description: 'a whole number from 1; only subscriptions with a dead-letter topic send it',
    },
    publishTime: { type: 'string', description: 'RFC 3339; default now.' },
    envelope: {
      type: 'object',
      description: 'Merged over the envelope when it is made (RFC 7396): null removes a member.',
    },
    headers: HEADERS,
    valid: { type: 'boolean', description: 'false: the message is wrong on purpose; default true.' },
  },
  not: {
    anyOf: [{ required: ['json', 'text'] }, { required: ['json', 'base64'] }, { required: ['text', 'base64'] }],
    description: 'one of json, text and base64',
  },
};

const EXPECT = {
  type: 'object',
  additionalProperties: false,
  required: ['ack'],
  properties: {
    ack: { type: 'boolean', description: 'Whether the answer is 102, 200, 201, 202 or 204.' },
    status: STATUS,
    excludes: EXCLUDED,
  },
};

export const DELIVER_STEP = stepSchema('deliver', DELIVER, EXPECT);
