/** Parts that the schemas of several step kinds share. */
export const TEXT = { type: 'string' } as const;
export const DURATION = {
  type: 'string',
  pattern: '^\\d+(\\.\\d+)?(ms|s|m)$',
  description: 'a duration such as 400ms or 5s',
} as const;
export const ANY_OR_EMBEDDED = { description: 'a value, or {"$schema": {...}} with a JSON Schema 2020-12' } as const;
export const TEXT_OR_EMBEDDED = { type: ['string', 'object'], description: 'a text, or {"$schema": {...}}' } as const;
export const NAME = {
  type: 'string',
  pattern: '^[A-Za-z_][\\w-]*$',
  description: 'a name of letters, digits, - and _',
} as const;
export const CHECKED_TEXTS = { type: 'object', additionalProperties: TEXT_OR_EMBEDDED } as const;
export const POINTERS = {
  type: 'array',
  items: { type: 'string', pattern: '^(/([^~/]|~0|~1)*)+$', description: 'a JSON Pointer (RFC 6901) such as /token' },
} as const;
export const EXCLUDED = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  description: 'texts that appear nowhere',
} as const;
const STATUS_CODE = { type: 'integer', minimum: 100, maximum: 599 } as const;
export const STATUS = {
  anyOf: [STATUS_CODE, { type: 'array', items: STATUS_CODE, minItems: 1, description: 'a list of statuses' }],
  description: 'a status, or a list of those that are allowed',
} as const;
export const HEADERS = {
  type: 'object',
  additionalProperties: { type: ['string', 'null'] },
  description: 'Applied after signing; null removes a header. Every body has Content-Type application/json otherwise.',
} as const;

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

/** `outputs` of steps and turns. */
export const OUTPUTS = {
  type: 'object',
  propertyNames: NAME,
  additionalProperties: {
    type: 'string',
    pattern: '^\\$response\\.(status|body(#(/.*)?)?|header\\.[A-Za-z0-9-]+)$',
    description: '$response.status, $response.body#/pointer or $response.header.name',
  },
} as const;

/** A step of one kind: its own member, `expect`, and what all kinds have. */
export function stepSchema(kind: string, request: object, expect: object): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: [kind, 'expect'],
    properties: {
      [kind]: request,
      expect,
      outputs: OUTPUTS,
      effects: { type: 'array', items: EFFECT },
      eventually: {
        ...DURATION,
        description: 'a duration such as 5s: repeat the step until it passes, at most this long',
      },
    },
  };
}
