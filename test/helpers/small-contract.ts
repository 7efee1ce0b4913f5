/** A contract of its own, small enough to read, for tests of the contract engine. */
export const SMALL_CONTRACT: ReadonlyMap<string, string> = new Map([
  [
    'contract.yaml',
    `type: discord-webhook
version: 1.2.0
document: openapi.yaml
features:
  publish: { since: 1.0.0, required: true }
  extra: { since: 1.0.0 }
  later: { since: 1.2.0, required: true }
channels:
  interactions:
    message: schemas/message.json
    attributes: schemas/attributes.json
vectors: [vectors/main.json]
`,
  ],
  [
    'openapi.yaml',
    `openapi: 3.1.0
info: { title: small, version: 1.2.0 }
paths:
  /health:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { $ref: schemas/health.json } } }
  /interactions:
    post:
      responses:
        '200': { $ref: '#/components/responses/Answer' }
        4XX: { description: refused }
  /items/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get:
      responses:
        '200':
          description: found
          headers: { X-Count: { required: true, schema: { type: integer } } }
          content: { application/json: { schema: { type: object } } }
        '204': { description: none, content: {} }
components:
  responses:
    Answer:
      description: answered
      content: { application/json: { schema: { $ref: '#/components/schemas/Answer' } } }
  schemas:
    Answer:
      type: object
      required: [type]
      properties: { type: { enum: [1, 5] } }
      additionalProperties: false
`,
  ],
  ['schemas/health.json', '{"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}'],
  [
    'schemas/message.json',
    '{"type": "object", "required": ["type"], "properties": {"type": {"const": 2}, "token": false}}',
  ],
  ['schemas/attributes.json', '{"type": "object", "required": ["interaction_id", "application_id"]}'],
  [
    'vectors/main.json',
    JSON.stringify({
      format: 'test-vectors/1',
      contract: 'discord-webhook',
      vectors: [
        {
          id: 'health',
          title: 'Healthy',
          steps: [{ http: { method: 'GET', path: '/health' }, expect: { status: 200, json: { status: 'ok' } } }],
        },
        {
          id: 'ping',
          title: 'Ping, pong',
          vars: { secret: 'S-{{$uuid}}' },
          steps: [
            {
              http: { ...post(), json: { type: 1, token: '{{secret}}' } },
              expect: { status: 200, json: { type: 1 }, contentType: 'application/json', excludes: ['{{secret}}'] },
            },
          ],
        },
        {
          id: 'unsigned',
          title: 'No signature: 401',
          steps: [
            {
              http: { ...post(), headers: { 'X-Signature-Ed25519': null }, json: { type: 1 } },
              expect: { status: 401 },
            },
          ],
        },
        {
          id: 'old',
          title: 'Ten seconds old: 401',
          steps: [
            {
              http: { ...post(), sign: { scheme: 'discord-ed25519', timestamp: '-10s' }, json: { type: 1 } },
              expect: { status: 401 },
            },
          ],
        },
        {
          id: 'wrong-key',
          title: 'Signed by somebody else: 401',
          steps: [
            {
              http: { ...post(), sign: { scheme: 'discord-ed25519', key: 'other' }, json: { type: 1 } },
              expect: { status: 401 },
            },
          ],
        },
        {
          id: 'garbage',
          title: 'Signed garbage: 400, and the service lives on',
          steps: [
            { http: { ...post(), base64: '//4A' }, expect: { status: 400 } },
            { http: { method: 'GET', path: '/health' }, expect: { status: 200 } },
          ],
        },
        {
          id: 'slash',
          title: 'Published once, without token',
          requires: ['publish'],
          vars: { iid: '{{$uuid}}', secret: 'S-{{$uuid}}' },
          steps: [
            {
              http: { ...post(), json: { type: 2, id: '{{iid}}', application_id: 'a', token: '{{secret}}', n: 7 } },
              expect: { status: 200, json: { type: 5 } },
              effects: [
                {
                  channel: 'interactions',
                  where: { attributes: { interaction_id: '{{iid}}' } },
                  count: 1,
                  within: '1s',
                  message: {
                    attributes: { application_id: 'a' },
                    json: { type: 2, n: 7 },
                    absent: ['/token'],
                    excludes: ['{{secret}}'],
                  },
                },
              ],
            },
          ],
        },
        {
          id: 'ping-silent',
          title: 'A ping publishes nothing: fenced by a slash command of the same application',
          requires: ['publish'],
          vars: { app: '{{$uuid}}' },
          steps: [
            { http: { ...post(), json: { type: 1, application_id: '{{app}}' } }, expect: { status: 200 } },
            {
              http: { ...post(), json: { type: 2, id: 'x', application_id: '{{app}}' } },
              expect: { status: 200 },
              effects: [
                {
                  channel: 'interactions',
                  where: { attributes: { application_id: '{{app}}' } },
                  count: 1,
                  within: '1s',
                  settle: '100ms',
                },
              ],
            },
          ],
        },
        {
          id: 'outputs',
          title: 'What one answer says, the next request uses',
          steps: [
            {
              http: { method: 'GET', path: '/items/first' },
              expect: { status: 200 },
              outputs: { next: '$response.body#/next', count: '$response.header.x-count', status: '$response.status' },
            },
            {
              http: { method: 'GET', path: '/items/{{next}}' },
              expect: { status: 200, json: { id: '{{next}}' }, headers: { 'X-Count': '{{count}}' } },
            },
          ],
        },
        {
          id: 'eventually',
          title: 'Not yet, not yet, now',
          steps: [
            {
              http: { method: 'GET', path: '/items/slow' },
              expect: { status: 200, json: { ready: true } },
              eventually: '2s',
            },
          ],
        },
        {
          id: 'extra-works',
          title: 'An optional feature',
          requires: ['extra'],
          steps: [{ http: { method: 'GET', path: '/health' }, expect: { status: 200 } }],
        },
        {
          id: 'newer',
          title: 'Came with 1.2.0',
          since: '1.2.0',
          steps: [{ http: { method: 'GET', path: '/health' }, expect: { status: 200 } }],
        },
      ],
    }),
  ],
]);

function post() {
  return { method: 'POST', path: '/interactions', sign: { scheme: 'discord-ed25519' } };
}

/** The contract with one file changed by a text replacement that must apply. */
export function changed(path: string, from: string | RegExp, to: string): ReadonlyMap<string, string> {
  const before = SMALL_CONTRACT.get(path) ?? '';
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing to change in ${path}: ${from}`);
  return new Map(SMALL_CONTRACT).set(path, after);
}
