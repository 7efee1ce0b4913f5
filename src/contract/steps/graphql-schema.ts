import { EXCLUDED, HEADERS, STATUS, stepSchema } from './schema-parts.ts';

const GRAPHQL = {
  type: 'object',
  additionalProperties: false,
  required: ['query'],
  properties: {
    query: { type: 'string', minLength: 1, description: 'One operation, or several with operationName.' },
    variables: { type: 'object' },
    operationName: { type: 'string' },
    headers: HEADERS,
    valid: { type: 'boolean', description: 'false: the operation is wrong on purpose; default true.' },
  },
};

const EXPECT = {
  type: 'object',
  additionalProperties: false,
  properties: {
    status: { ...STATUS, description: 'a status, or a list of those that are allowed; default 200' },
    data: { description: 'Deep subset of data; null where an error took it.' },
    errors: { description: 'Deep subset of errors, as many as listed; without it there must be none.' },
    extensions: { description: 'Deep subset of extensions.' },
    excludes: EXCLUDED,
  },
};

export const GRAPHQL_STEP = stepSchema('graphql', GRAPHQL, EXPECT);
