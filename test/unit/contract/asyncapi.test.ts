import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageFailures } from '../../../src/contract/formats/asyncapi.ts';
import { readAsyncApi } from '../../../src/contract/formats/asyncapi-document.ts';
import { SchemaBook } from '../../../src/contract/formats/json-schema.ts';
import { parseText } from '../../../src/documents/parse-document.ts';
import { formatPosition, type PerfError } from '../../../src/domain/errors.ts';

const DOCUMENT = `asyncapi: '2.6.0'
info:
  title: Rooms
  version: 1.0.0
defaultContentType: application/json
channels:
  /ws:
    publish:
      operationId: receive
      message:
        oneOf:
          - $ref: '#/components/messages/join'
          - $ref: '#/components/messages/say'
    subscribe:
      message:
        $ref: '#/components/messages/said'
  rooms/{room}:
    parameters:
      room:
        schema: { type: string }
    subscribe:
      message:
        name: notice
        contentType: text/plain
        payload: { type: string, maxLength: 5 }
components:
  messages:
    join:
      payload:
        type: object
        required: [type, room]
        additionalProperties: false
        properties:
          type: { const: join }
          room: { $ref: 'schemas/parts.yaml#/room' }
    say:
      payload:
        type: object
        required: [type, text]
        properties:
          type: { const: say }
          text: { type: string }
    said:
      traits:
        - $ref: '#/components/messageTraits/traced'
      headers:
        type: object
        properties:
          size: { type: integer }
      payload:
        $ref: schemas/said.schema.json
  messageTraits:
    traced:
      headers:
        type: object
        required: [trace]
`;

const PARTS = `room: { type: string, pattern: '^[a-z]+$' }
tree:
  type: object
  properties:
    children: { type: array, items: { $ref: '#/tree' } }
`;

/** Draft 2020-12 by its own word: prefixItems means something. */
const SAID = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://example.org/said',
  type: 'object',
  required: ['text'],
  properties: {
    text: { type: 'string' },
    pair: { type: 'array', minItems: 2, prefixItems: [{ type: 'string' }, { $ref: 'parts.yaml#/room' }], items: false },
    tree: { $ref: 'parts.yaml#/tree' },
  },
});

function read(document: string, changed: Readonly<Record<string, string>> = {}) {
  const files = new Map(
    Object.entries({
      'asyncapi.yaml': document,
      'schemas/parts.yaml': PARTS,
      'schemas/said.schema.json': SAID,
      ...changed,
    }),
  );
  const source = { text: document, file: 'asyncapi.yaml' };
  const problems: PerfError[] = [];
  const parsed = { source, content: parseText(source) };
  const channels = readAsyncApi({ path: 'asyncapi.yaml', text: document, parsed, files }, new SchemaBook(), problems);
  const told = problems.map(({ message, at, code }) => {
    assert.equal(code, 'asyncapi-invalid');
    return `${at === undefined ? '' : formatPosition(at)} ${message}`;
  });
  return { channels, told };
}

function good() {
  const { channels, told } = read(DOCUMENT);
  assert.deepEqual(told, []);
  assert.ok(channels);
  return channels;
}

test('directions are those of the service: it receives what clients publish', () => {
  const channels = good();
  assert.deepEqual(channels.addresses, ['/ws', 'rooms/{room}']);
  assert.deepEqual(
    channels.received('/ws')?.map(({ name }) => name),
    ['join', 'say'],
  );
  assert.deepEqual(
    channels.sent('/ws')?.map(({ name, contentType }) => [name, contentType]),
    [['said', 'application/json']],
  );
  assert.deepEqual(channels.received('rooms/one'), []);
  assert.deepEqual(
    channels.sent('rooms/one')?.map(({ name, contentType }) => [name, contentType]),
    [['notice', 'text/plain']],
  );
  assert.equal(channels.sent('/other'), undefined);
  assert.equal(channels.sent('rooms/'), undefined);
});

test('payloads are checked with all that their schemas refer to, each in its dialect', () => {
  const channels = good();
  const failing = (payload: unknown) =>
    messageFailures(channels.sent('/ws') ?? [], payload).map(({ check, expected }) => `${check}: ${expected}`);
  assert.deepEqual(failing({ text: 'a', pair: ['x', 'room'], tree: { children: [{ children: [] }] } }), []);
  assert.deepEqual(failing({ text: 1 }), ['document message said /text: it to be string']);
  assert.deepEqual(failing({ text: 'a', pair: ['x', 'ROOM'] }), [
    'document message said /pair/1: it to match pattern "^[a-z]+$"',
  ]);
  assert.deepEqual(failing({ text: 'a', pair: ['x', 'room', 1] }).length, 1);
  assert.deepEqual(failing({ text: 'a', tree: { children: [{ children: 5 }] } }), [
    'document message said /tree/children/0/children: it to be array',
  ]);
});

test('headers are checked against the message and its traits, where there are any', () => {
  const [said] = good().sent('/ws') ?? [];
  const found = (headers?: unknown) => said?.check({ text: 'a' }, headers).map(({ pointer }) => pointer);
  assert.deepEqual(found(), []);
  assert.deepEqual(found({ trace: 'x', size: 1 }), []);
  assert.deepEqual(found({ size: 'big' }), ['headers /size', 'headers']);
});

test('a message has to be one of the channel, and the nearest one says what is wrong', () => {
  const received = good().received('/ws') ?? [];
  const told = (payload: unknown) => messageFailures(received, payload).map(({ check, expected }) => [check, expected]);
  assert.deepEqual(told({ type: 'join', room: 'abc' }), []);
  assert.deepEqual(told({ type: 'say', text: 'x', more: 1 }), []);
  assert.deepEqual(told({ type: 'join', room: 'ABC' }), [
    ['document message join /room', 'it to match pattern "^[a-z]+$"'],
  ]);
  assert.deepEqual(told({ type: 'say' }), [['document message say', 'a member "text"']]);
  assert.deepEqual(told({ type: 'shout' }), [['document message', 'one of join, say']]);
  assert.deepEqual(told([]).length, 1);
  assert.deepEqual(
    messageFailures([], {}).map(({ expected }) => expected),
    ['no message on this channel'],
  );
});

test('what is wrong with a document is told with its place', () => {
  const cases: readonly [from: string, to: string, wanted: RegExp, files?: Readonly<Record<string, string>>][] = [
    ["asyncapi: '2.6.0'", "asyncapi: '3.0.0'", /^asyncapi.yaml:1:11 found AsyncAPI version "3.0.0", wanted "2.6.0"$/],
    ['title: Rooms', 'titel: Rooms', /^asyncapi.yaml:2:1 "title" is missing in \/info$/],
    ['subscribe:', 'subscrib:', /^asyncapi.yaml:14:5 unknown key "subscrib"/],
    ['      payload: { type: string', '  paylod: { type: string', /unknown key "paylod"/],
    ['payload: { type: string,', 'payload: { type: strng,', /^asyncapi.yaml:25:26 found "strng"/],
    [
      "'#/components/messages/say'",
      "'#/components/messages/sya'",
      /:13:13 \$ref #\/components\/messages\/sya leads to nothing/,
    ],
    ['schemas/said.schema.json', 'schemas/siad.schema.json', /\$ref schemas\/siad.schema.json leads to nothing/],
    ['schemas/said.schema.json', 'https://example.org/x', /\$ref https:\/\/example.org\/x leads out of the contract/],
    ['schemas/said.schema.json', '../said.json', /\$ref ..\/said.json leads to nothing/],
    ['      room:\n        schema', '      rooom:\n        schema', /channel parameter {room} is not declared/],
    [
      '        name: notice',
      '        schemaFormat: application/vnd.apache.avro;version=1.9.0',
      /:23:23 found schemaFormat/,
    ],
    ['rooms/{room}:', 'rooms/{room}:\n    servers: [nowhere]', /server nowhere is not in servers/],
    [
      '        name: notice',
      '        examples: [{ payload: "too long" }]',
      /:23:20 the example is no such message: wanted it to NOT have more than 5 characters/,
    ],
    [
      '',
      '',
      /^schemas\/parts.yaml:1:15 the schema is wrong: ...\/type must be equal to one of the allowed values$/,
      { 'schemas/parts.yaml': 'room: { type: strng }\ntree: {}' },
    ],
    ['$ref: schemas/said.schema.json', "$ref: '#/components/messages/said/payload'", /leads in a circle/],
  ];
  for (const [from, to, wanted, files] of cases) {
    assert.ok(DOCUMENT.includes(from), from);
    const { told } = read(DOCUMENT.replace(from, to), files);
    assert.match(told.join('\n'), new RegExp(wanted.source, 'm'), to);
  }
});
