import { STEP_KINDS } from './steps/registry.ts';
import { ANY_OR_EMBEDDED, NAME, TEXT } from './steps/schema-parts.ts';

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
            items: {
              type: 'object',
              dependentSchemas: Object.fromEntries(
                Object.values(STEP_KINDS).map(({ name, schema }) => [name, schema] as const),
              ),
            },
          },
        },
      },
    },
  },
} as const;
