/** What objects of OpenAPI 3.1 have, as JSON Schema 2020-12. Schema Objects are left to ajv, references are followed elsewhere. */
const TEXT = { type: 'string' };
const FLAG = { type: 'boolean' };
const ANY = {};
const extensions = { '^x-': ANY };

const object = (required: readonly string[], properties: Readonly<Record<string, object>>, more: object = {}) => ({
  type: 'object',
  required,
  properties,
  patternProperties: extensions,
  additionalProperties: false,
  ...more,
});
const map = (of: object) => ({ type: 'object', additionalProperties: of });
const list = (of: object) => ({ type: 'array', items: of });
const def = (name: string) => ({ $ref: `#/$defs/${name}` });
const REFERENCE = object(['$ref'], { $ref: TEXT, summary: TEXT, description: TEXT });
const orReference = (name: string) => ({
  if: { type: 'object', required: ['$ref'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, and no promise.
  then: REFERENCE,
  else: def(name),
});

const EXTERNAL_DOCS = object(['url'], { url: TEXT, description: TEXT });
const EXAMPLES = { example: ANY, examples: map(orReference('example')) };
const SERVER = object(['url'], { url: TEXT, description: TEXT, variables: map(ANY) });
const ABOUT = {
  description: TEXT,
  required: FLAG,
  deprecated: FLAG,
  allowEmptyValue: FLAG,
  style: TEXT,
  explode: FLAG,
  allowReserved: FLAG,
  schema: ANY,
  content: map(def('mediaType')),
  ...EXAMPLES,
};
const SAYS_WHAT = { anyOf: [{ required: ['schema'] }, { required: ['content'] }] };

const OPERATION = object([], {
  tags: list(TEXT),
  summary: TEXT,
  description: TEXT,
  externalDocs: EXTERNAL_DOCS,
  operationId: TEXT,
  parameters: list(orReference('parameter')),
  requestBody: orReference('requestBody'),
  responses: def('responses'),
  callbacks: map(orReference('callback')),
  deprecated: FLAG,
  security: list(map(list(TEXT))),
  servers: list(SERVER),
});
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const PATH_ITEM = object([], {
  $ref: TEXT,
  summary: TEXT,
  description: TEXT,
  servers: list(SERVER),
  parameters: list(orReference('parameter')),
  ...Object.fromEntries(METHODS.map((method) => [method, def('operation')])),
});

const COMPONENTS = object([], {
  schemas: map(ANY),
  responses: map(orReference('response')),
  parameters: map(orReference('parameter')),
  examples: map(orReference('example')),
  requestBodies: map(orReference('requestBody')),
  headers: map(orReference('header')),
  securitySchemes: map(orReference('securityScheme')),
  links: map(orReference('link')),
  callbacks: map(orReference('callback')),
  pathItems: map(def('pathItem')),
});

export const OPENAPI_SHAPE = {
  ...object(
    ['openapi', 'info'],
    {
      openapi: TEXT,
      info: object(['title', 'version'], {
        title: TEXT,
        version: TEXT,
        summary: TEXT,
        description: TEXT,
        termsOfService: TEXT,
        contact: object([], { name: TEXT, url: TEXT, email: TEXT }),
        license: object(['name'], { name: TEXT, identifier: TEXT, url: TEXT }),
      }),
      jsonSchemaDialect: TEXT,
      servers: list(SERVER),
      paths: { type: 'object', patternProperties: extensions, additionalProperties: def('pathItem') },
      webhooks: map(def('pathItem')),
      components: COMPONENTS,
      security: list(map(list(TEXT))),
      tags: list(object(['name'], { name: TEXT, description: TEXT, externalDocs: EXTERNAL_DOCS })),
      externalDocs: EXTERNAL_DOCS,
    },
    { anyOf: ['paths', 'components', 'webhooks'].map((name) => ({ required: [name] })) },
  ),
  $defs: {
    pathItem: PATH_ITEM,
    operation: OPERATION,
    parameter: object(
      ['name', 'in'],
      { name: TEXT, in: { enum: ['query', 'header', 'path', 'cookie'] }, ...ABOUT },
      {
        ...SAYS_WHAT,
        if: { properties: { in: { const: 'path' } }, required: ['in'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, and no promise.
        then: { required: ['required'], properties: { required: { const: true } } },
      },
    ),
    header: object([], ABOUT, SAYS_WHAT),
    requestBody: object(['content'], { description: TEXT, content: map(def('mediaType')), required: FLAG }),
    responses: {
      type: 'object',
      patternProperties: extensions,
      additionalProperties: orReference('response'),
    },
    response: object(['description'], {
      description: TEXT,
      headers: map(orReference('header')),
      content: map(def('mediaType')),
      links: map(orReference('link')),
    }),
    mediaType: object([], { schema: ANY, encoding: map(ANY), ...EXAMPLES }),
    example: object([], { summary: TEXT, description: TEXT, value: ANY, externalValue: TEXT }),
    link: object([], {
      operationRef: TEXT,
      operationId: TEXT,
      parameters: map(ANY),
      requestBody: ANY,
      description: TEXT,
      server: SERVER,
    }),
    callback: { type: 'object', patternProperties: extensions, additionalProperties: def('pathItem') },
    securityScheme: {
      type: 'object',
      required: ['type'],
      properties: { type: { enum: ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'] } },
    },
  },
} as const;
