import { STEP_KINDS } from './steps/registry.ts';

const VERSION = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$', description: 'a version such as 1.0.0' };
const FILE = {
  type: 'string',
  pattern: '^(?!.*(^|/)\\.\\.?(/|$))[\\w.-]+(/[\\w.-]+)*$',
  description: "a path inside the contract's directory",
};

const VARIABLE = {
  type: 'string',
  pattern: '^[A-Z][A-Z0-9_]*$',
  description: 'a name in capitals such as PUBSUB_TOPIC',
};
const HEADER = { type: 'string', pattern: '^[A-Za-z0-9-]+$', description: 'the name of a header' };

const SIGNING = {
  type: 'object',
  additionalProperties: false,
  required: ['algorithm', 'header', 'test_key', 'key_variable'],
  properties: {
    algorithm: { enum: ['ed25519', 'hmac-sha256'] },
    header: HEADER,
    format: {
      type: 'string',
      pattern: '\\{\\{\\$(hex|base64)\\}\\}',
      description: 'a text with {{$hex}} or {{$base64}}',
    },
    signed: {
      type: 'string',
      pattern: '\\{\\{\\$body\\}\\}',
      description: 'a text with {{$body}}, and {{$timestamp}} where wanted',
    },
    timestamp_header: HEADER,
    test_key: { type: 'string', minLength: 8, description: 'a text for tests, at least 8 characters' },
    key_variable: VARIABLE,
  },
};

/** A step of a known kind, checked by that kind's schema; weight and name are the benchmark's own. */
const BENCHMARK_STEP = {
  type: 'object',
  properties: { weight: { type: 'integer', minimum: 1, maximum: 1000 }, name: { type: 'string' } },
  anyOf: Object.values(STEP_KINDS).map(({ name }) => ({ required: [name] })),
};

/** `contract.yaml`. */
export const CONTRACT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://raw.githubusercontent.com/org/cloudrun-perf/v1/contracts/schemas/contract.schema.json',
  title: 'Contract of a service type',
  type: 'object',
  additionalProperties: false,
  required: ['type', 'version', 'document', 'vectors'],
  properties: {
    type: { type: 'string', description: 'Service type.' },
    version: VERSION,
    document: {
      anyOf: [FILE, { type: 'array', items: FILE, minItems: 1, uniqueItems: true }],
      description:
        "a path inside the contract's directory: OpenAPI 3.1, AsyncAPI 2.6, .proto or .graphql; or a list of them",
    },
    features: {
      type: 'object',
      propertyNames: { pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: 'a kebab-case name' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          since: VERSION,
          required: { type: 'boolean', description: 'Leaving it out is a failure; default false.' },
          description: { type: 'string' },
        },
      },
    },
    channels: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          description: { type: 'string' },
          address: { type: 'string', description: 'Address in the AsyncAPI document; default the name.' },
          topic_variable: { ...VARIABLE, description: 'Variable that names the topic which the service publishes to.' },
          push_path: { type: 'string', pattern: '^/', description: 'Path that push deliveries are posted to.' },
          message: {
            ...FILE,
            description: "a path inside the contract's directory: JSON Schema of the data of every message",
          },
          attributes: {
            ...FILE,
            description: "a path inside the contract's directory: JSON Schema of the attributes of every message",
          },
        },
      },
    },
    environment: {
      type: 'object',
      propertyNames: VARIABLE,
      additionalProperties: { type: 'string' },
      description: 'Variables that services are started with; {{$project}} stands for the project.',
    },
    signing: {
      type: 'object',
      propertyNames: { pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: 'a kebab-case name' },
      additionalProperties: SIGNING,
    },
    benchmark: {
      type: 'object',
      additionalProperties: false,
      required: ['cold', 'warm'],
      properties: {
        cold: BENCHMARK_STEP,
        setup: { type: 'array', items: BENCHMARK_STEP },
        warm: { type: 'array', items: BENCHMARK_STEP, minItems: 1 },
      },
    },
    supported_until: { type: 'string', format: 'date', description: 'a date such as 2027-03-31' },
    vectors: { type: 'array', items: FILE, minItems: 1, uniqueItems: true },
  },
} as const;
