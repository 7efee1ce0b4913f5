import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContract } from '../../../src/contract/contract.ts';
import { documentFailures } from '../../../src/contract/formats/openapi.ts';
import { SMALL_CONTRACT } from '../../helpers/small-contract.ts';

const {
  documents: { operations = [] },
} = loadContract(SMALL_CONTRACT);

function judged(request: string, status: number, headers: Readonly<Record<string, string>>, body: string): string[] {
  const [method = '', path = ''] = request.split(' ');
  const answer = {
    status,
    headers: Object.entries(headers),
    body: Buffer.from(body),
    sentAtMs: 0,
    connectMs: 0,
    firstByteMs: 0,
    totalMs: 0,
  };
  return documentFailures(operations, { method, path }, answer).map(
    (it) => `${it.check}: ${it.expected} / ${it.actual}`,
  );
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ITEM = { ...JSON_TYPE, 'x-count': '7' };

test('openapi: answers against the document', () => {
  const cases: [string, string[], string[]][] = [
    ['as documented', judged('GET /health', 200, JSON_TYPE, '{"status":"ok"}'), []],
    [
      'charset and case of the media type',
      judged('GET /health', 200, { 'content-type': 'Application/JSON; charset=utf-8' }, '{"status":"ok"}'),
      [],
    ],
    ['query string', judged('GET /health?x=1', 200, JSON_TYPE, '{"status":"ok"}'), []],
    [
      'body against the schema file',
      judged('GET /health', 200, JSON_TYPE, '{"status":"up"}'),
      ['document body /status: "ok" / "up"'],
    ],
    [
      'undocumented member',
      judged('POST /interactions', 200, JSON_TYPE, '{"type":1,"x":2}'),
      ['document body: no member "x" / {"type":1,"x":2}'],
    ],
    [
      'text where a number is wanted',
      judged('POST /interactions', 200, JSON_TYPE, '{"type":"1"}'),
      ['document body /type: one of [1,5] / "1"'],
    ],
    [
      'undocumented status',
      judged('GET /health', 201, JSON_TYPE, '{}'),
      ['document status: a documented status: 200 / 201'],
    ],
    ['status range', judged('POST /interactions', 418, {}, 'teapot'), []],
    [
      'server error',
      judged('POST /interactions', 500, {}, ''),
      ['document status: a documented status: 200, 4XX / 500'],
    ],
    [
      'media type',
      judged('GET /health', 200, { 'content-type': 'text/plain' }, '{"status":"ok"}'),
      ['document media type: application/json / text/plain'],
    ],
    [
      'no media type',
      judged('GET /health', 200, {}, '{"status":"ok"}'),
      ['document media type: application/json / no content-type'],
    ],
    ['no body', judged('GET /health', 200, JSON_TYPE, ''), ['document body: a body of application/json / no body']],
    ['no JSON', judged('GET /health', 200, JSON_TYPE, 'ok'), ['document body: a body that is application/json / ok']],
    ['a body where none is documented', judged('GET /items/1', 204, {}, 'x'), ['document body: no body / 1 bytes']],
    ['path parameter, header as number', judged('GET /items/a%20b', 200, ITEM, '{}'), []],
    ['header missing', judged('GET /items/1', 200, JSON_TYPE, '{}'), ['document header x-count: present / absent']],
    [
      'header of the wrong type',
      judged('GET /items/1', 200, { ...ITEM, 'x-count': 'many' }, '{}'),
      ['document header x-count: it to be integer / many'],
    ],
    ['unknown path refused', judged('GET /nowhere', 404, {}, 'no'), []],
    [
      'unknown path answered',
      judged('GET /nowhere', 200, {}, 'yes'),
      ['document operation: 404 or 405: the document has no such operation / status 200'],
    ],
    [
      'unknown method answered',
      judged('DELETE /health', 200, {}, ''),
      ['document operation: 404 or 405: the document has no such operation / status 200'],
    ],
    ['empty path segment is no parameter', judged('GET /items/', 404, {}, ''), []],
  ];
  for (const [name, found, wanted] of cases) assert.deepEqual(found, wanted, name);
});
