import type { ChangeKind } from '../../src/domain/contract-change.ts';

/** A change planted by replacing text, and what must be told of it. */
export interface Planted {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly kind: ChangeKind;
  /** Of one of the messages with that kind. */
  readonly message: RegExp;
}

export const DIFFED: ReadonlyMap<string, string> = new Map([
  [
    'contract.yaml',
    `type: small
version: 1.0.0
document: [openapi.yaml, asyncapi.yaml, items.proto, schema.graphql]
features:
  core: { since: 1.0.0, required: true, description: The core. }
  extra: { since: 1.0.0, description: More. }
channels:
  results: { topic_variable: RESULTS_TOPIC, message: schemas/result.json, description: Results. }
environment: { MODE: strict }
signing:
  own: { algorithm: hmac-sha256, header: X-Sign, test_key: 'a key of tests', key_variable: SIGN_KEY }
benchmark:
  cold:
    http: { method: GET, path: /health }
    expect: { status: 200 }
  warm:
    - http: { method: GET, path: /health }
      expect: { status: 200 }
supported_until: '2030-01-01'
vectors: [vectors/main.json]
`,
  ],
  [
    'openapi.yaml',
    `openapi: 3.1.0
info: { title: small, version: 1.0.0 }
paths:
  /health:
    get:
      summary: Tells that it lives
      responses:
        '200': { description: ok, content: { application/json: { schema: { type: object } } } }
  /items/{id}:
    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
      responses:
        '200':
          description: found
          headers: { ETag: { required: true, schema: { type: string } } }
          content: { application/json: { schema: { $ref: schemas/item.json } } }
        '404': { description: none }
    put:
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/NewItem' } }
          text/csv: { schema: { type: string } }
      responses:
        '204': { description: stored }
components:
  schemas:
    NewItem:
      type: object
      required: [name]
      properties: { name: { type: string, maxLength: 100 }, colour: { enum: [red, green] }, size: { type: integer } }
`,
  ],
  [
    'schemas/item.json',
    '{"title": "Item", "type": "object", "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}, "name": {"type": "string"}, "parent": {"$ref": "item.json"}, "state": {"enum": ["new", "old"]}}}',
  ],
  [
    'schemas/result.json',
    '{"type": "object", "required": ["job"], "properties": {"job": {"type": "string", "pattern": "^j"}, "sum": {"type": "number", "minimum": 0}, "secret": false, "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5}, "kind": {"oneOf": [{"const": "a"}, {"const": "b"}]}, "mode": {"type": "string", "default": "x"}}, "additionalProperties": true}',
  ],
  [
    'asyncapi.yaml',
    `asyncapi: 2.6.0
info: { title: small, version: 1.0.0 }
channels:
  jobs:
    description: Work.
    publish:
      message:
        oneOf:
          - { name: add, contentType: application/json, payload: { type: object, required: [a], properties: { a: { type: integer }, b: { type: integer } } } }
          - { name: stop, payload: { type: object } }
  rooms/{room}:
    parameters: { room: { schema: { type: string, maxLength: 20 } } }
    bindings: { ws: { method: GET } }
    subscribe:
      message:
        name: said
        summary: What was said
        payload: { type: object, required: [text], properties: { text: { type: string }, from: { type: string } } }
        headers: { type: object, properties: { seq: { type: integer } } }
  farewell:
    subscribe: { message: { payload: { type: string } } }
`,
  ],
  [
    'items.proto',
    `syntax = "proto3";
package small.v1;
// Items by id.
service Items {
  rpc Get(GetRequest) returns (Item);
  rpc Watch(GetRequest) returns (stream Item);
}
message GetRequest { string id = 1; }
message Item {
  reserved 9;
  string id = 1;
  int64 count = 2;
  repeated string tags = 3;
  State state = 4;
  oneof price { double dollars = 5; string text = 6; }
  optional string note = 7;
  map<string, int32> sizes = 8;
}
enum State { STATE_UNKNOWN = 0; STATE_NEW = 1; }
`,
  ],
  [
    'schema.graphql',
    `type Query { item(id: ID!, depth: Int = 1): Item  items(filter: Filter): [Item!]  find(text: String!): Found  rank: Rank }
type Mutation { rename(id: ID!, name: String!): Item }
"An item"
type Item implements Named { id: ID!  name: String  state: State  size(unit: Unit): Int  old: String }
interface Named { name: String }
type Note { text: String! }
union Found = Item | Note
enum State { NEW OLD }
enum Unit { CM MM }
enum Rank { A B }
input Filter { state: State  limit: Int = 10 }
directive @cost(value: Int) on FIELD_DEFINITION
`,
  ],
  [
    'vectors/main.json',
    JSON.stringify({
      format: 'test-vectors/1',
      contract: 'small',
      vectors: [
        {
          id: 'health',
          title: 'It lives',
          steps: [{ http: { method: 'GET', path: '/health' }, expect: { status: 200 } }],
        },
        {
          id: 'extra',
          title: 'More of it',
          requires: ['extra'],
          steps: [{ http: { method: 'GET', path: '/items/a' }, expect: { status: [200, 404] } }],
        },
      ],
    }),
  ],
  ['README.md', 'What it is for.\n'],
]);

/** The contract with some texts replaced; each must be there. */
export function edited(edits: readonly Pick<Planted, 'file' | 'from' | 'to'>[]): ReadonlyMap<string, string> {
  const files = new Map(DIFFED);
  for (const { file, from, to } of edits) {
    const text = files.get(file) ?? '';
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  return files;
}
