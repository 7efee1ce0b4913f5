const VERSION = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$', description: 'a version such as 1.0.0' };
const FILE = {
  type: 'string',
  pattern: '^(?!.*(^|/)\\.\\.?(/|$))[\\w.-]+(/[\\w.-]+)*$',
  description: "a path inside the contract's directory",
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
    document: { ...FILE, description: "a path inside the contract's directory: the OpenAPI 3.1 document" },
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
    vectors: { type: 'array', items: FILE, minItems: 1, uniqueItems: true },
  },
} as const;
