import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { readProto } from '../../../src/contract/formats/proto.ts';
import { formatPosition, type PerfError } from '../../../src/domain/errors.ts';

const ALL = `// syntax = "proto2";
syntax = "proto3";
package a.v1;
import "common.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/empty.proto";
message All {
  double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
  fixed32 f32 = 9; fixed64 f64 = 10; sfixed32 sf32 = 11; sfixed64 sf64 = 12; bool b = 13; string s = 14; bytes raw = 15;
  Color color = 16; All nested = 17; optional int32 maybe = 18; repeated int64 many = 19; repeated All list = 20;
  map<string, int64> counts = 21; map<int32, All> by_id = 22; map<bool, string> flags = 23;
  oneof choice { string left_side = 24; int32 right = 25; }
  string renamed = 26 [json_name = "other"]; repeated Color colors = 27; common.Money money = 28; repeated string texts = 29;
}
message Known {
  google.protobuf.Timestamp at = 1; google.protobuf.Duration took = 2; google.protobuf.Int64Value big = 3;
  google.protobuf.StringValue text = 4; google.protobuf.Struct extra = 5; google.protobuf.FieldMask mask = 6;
  google.protobuf.Empty empty = 7; google.protobuf.Value any = 8;
}
enum Color { COLOR_UNSPECIFIED = 0; RED = 1; NEGATIVE = -1; }
service T { rpc Do(All) returns (All); rpc Know(Known) returns (Known); rpc Watch(All) returns (stream All); }
`;
const COMMON = 'syntax = "proto3"; package common; message Money { int64 units = 1; string currency = 2; }';

function read(text: string, more: Readonly<Record<string, string>> = {}) {
  const problems: PerfError[] = [];
  const files = new Map(Object.entries({ 'a.proto': text, 'common.proto': COMMON, ...more }));
  const services = readProto({ path: 'a.proto', text, files }, problems);
  return { services, problems: problems.map((it) => `${it.at ? formatPosition(it.at) : ''} ${it.code} ${it.message}`) };
}
const { services } = read(ALL);
const method = (name: string) => {
  const found = services.method(`a.v1.T/${name}`);
  assert.ok(found);
  return found;
};
const doIt = method('Do');

/** An implementation of its own, as judge. */
const oracleRoot = new protobuf.Root();
protobuf.parse(COMMON, oracleRoot);
protobuf.parse(
  ALL.replace(/import .*\n/g, '')
    .replace(/message Known[\s\S]*?\n}\n/, '')
    .replace(/service.*/, ''),
  oracleRoot,
);
const oracle = oracleRoot.lookupType('a.v1.All');
const OPTIONS = { longs: String, enums: String, bytes: String, defaults: false } as const;

const VALUE = {
  d: 0.1,
  f: 1.5,
  i32: -5,
  i64: '-9007199254740993',
  u32: 4294967295,
  u64: '18446744073709551615',
  s32: -2147483648,
  s64: '-9223372036854775808',
  f32: 7,
  f64: '8',
  sf32: -9,
  sf64: '-10',
  b: true,
  s: 'ü \u0000 😀',
  raw: 'AP+A',
  color: 'NEGATIVE',
  nested: { i32: 1 },
  maybe: 0,
  many: ['1', '-1', '9223372036854775807'],
  list: [{ s: 'x' }, {}],
  counts: { a: '1', '': '0' },
  leftSide: '',
  colors: ['RED', 'COLOR_UNSPECIFIED'],
  texts: ['', 'b'],
};

test('encoding is what another implementation reads, and the other way round', () => {
  const seen = oracle.toObject(oracle.decode(doIt.encodeRequest(VALUE)), { ...OPTIONS, arrays: false });
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), VALUE);
  const bytes = oracle.encode(oracle.fromObject({ ...VALUE, byId: { 5: { i32: 2 } }, flags: { true: 'y' } })).finish();
  const { json, unknown } = doIt.decodeResponse(bytes);
  const { nested, list, byId, flags, ...rest } = json as Record<string, unknown>;
  const { nested: wantedNested, list: wantedList, ...wanted } = VALUE;
  assert.deepEqual(rest, { ...wanted, other: '' });
  assert.deepEqual(flags, { true: 'y' });
  assert.equal((nested as { i32: number }).i32, wantedNested.i32);
  assert.deepEqual(
    (list as { s: string }[]).map(({ s }) => s),
    ['x', ''],
  );
  assert.equal((byId as Record<string, { i32: number }>)['5']?.i32, 2);
  assert.equal(wantedList.length, 2);
  assert.deepEqual(unknown, []);
});

test('zero values: there without presence, absent with it; zeros are not sent', () => {
  const { json } = doIt.decodeResponse(new Uint8Array(0));
  const found = json as Record<string, unknown>;
  assert.deepEqual(
    [found.i64, found.d, found.s, found.color, found.many, found.counts],
    ['0', 0, '', 'COLOR_UNSPECIFIED', [], {}],
  );
  for (const name of ['maybe', 'nested', 'leftSide', 'right', 'money']) assert.ok(!(name in found), name);
  assert.equal(doIt.encodeRequest({ i64: '0', s: '', b: false, d: 0, raw: '', nested: null, color: 0 }).length, 0);
  assert.deepEqual([...doIt.encodeRequest({ maybe: 0 })], [0x90, 0x01, 0x00]);
  assert.equal(doIt.encodeRequest({ d: -0 }).length, 9);
});

test('pieces: the last of a scalar counts, messages are merged, packed and not is the same, oneofs have one member', () => {
  const bytes = (...json: object[]) => Buffer.concat(json.map((it) => doIt.encodeRequest(it)));
  const of = (data: Uint8Array) => doIt.decodeResponse(data).json as Record<string, never>;
  assert.equal(of(bytes({ i32: 1 }, { i32: 2 })).i32, 2);
  const merged = of(bytes({ nested: { i32: 1, s: 'a' } }, { nested: { i32: 2 } })).nested as unknown as {
    i32: number;
    s: string;
  };
  assert.deepEqual([merged.i32, merged.s], [2, 'a']);
  assert.deepEqual(of(Buffer.from([0x98, 0x01, 5, 0x98, 0x01, 6])).many, ['5', '6']);
  const both = of(bytes({ leftSide: 'a' }, { right: 1 }));
  assert.deepEqual([both.right, 'leftSide' in both], [1, false]);
});

test('well-known types have their own JSON', () => {
  const know = method('Know');
  const value = {
    at: '2026-11-21T19:00:00.120Z',
    took: '-1.000000001s',
    big: '9007199254740993',
    text: '',
    extra: { a: 1, b: [true, null, { c: 'x' }] },
    mask: 'displayName,a',
    empty: {},
    any: null,
  };
  assert.deepEqual(know.decodeResponse(know.encodeRequest(value)).json, value);
  const early = { at: '1969-12-31T23:59:59.500Z' };
  assert.deepEqual(know.decodeResponse(know.encodeRequest(early)).json, early);
  assert.throws(() => know.encodeRequest({ at: 'yesterday' }), /\/at.*Timestamp/);
  assert.throws(() => know.encodeRequest({ big: 'x' }), /\/big.*integer/);
});

test('requests that the descriptor does not allow are told with their place', () => {
  const cases: readonly [object, RegExp][] = [
    [{ i64: 9007199254740992 * 2 }, /\/i64: .*integer from -9223372036854775808/],
    [{ i32: 2147483648 }, /\/i32: found 2147483648/],
    [{ u32: -1 }, /\/u32/],
    [{ i32: 1.5 }, /\/i32/],
    [{ b: 'true' }, /\/b: .*true or false/],
    [{ s: 1 }, /\/s: .*a text/],
    [{ raw: '???' }, /\/raw: .*base64/],
    [{ f: 1e39 }, /\/f: /],
    [{ color: 'GREEN' }, /\/color: .*RED/],
    [{ many: ['1', 'x'] }, /\/many\/1/],
    [{ list: [{ nestd: {} }] }, /\/list\/0\/nestd: .*did you mean "nested"/],
    [{ byId: { x: {} } }, /\/byId\/x: .*key/],
    [{ leftSide: 'a', right: 1 }, /only one of leftSide and right/],
    [{ money: 5 }, /\/money: .*common.Money/],
  ];
  for (const [json, pattern] of cases) assert.throws(() => doIt.encodeRequest(json), pattern, JSON.stringify(json));
  assert.throws(() => doIt.encodeRequest([]), /an object/);
  const isOpen = (value: unknown) => typeof value === 'string' && value.includes('{{');
  assert.deepEqual(doIt.requestProblems({ i64: '{{n}}', many: ['{{n}}'], s: '{{s}}', counts: '{{c}}' }, isOpen), []);
  assert.equal(doIt.requestProblems({ i46: '{{n}}', b: 1 }, isOpen).length, 2);
  // Names as in the file, and as json_name says.
  assert.deepEqual(
    doIt.encodeRequest({ left_side: 'a', other: 'b' }),
    doIt.encodeRequest({ leftSide: 'a', renamed: 'b' }),
  );
});

test('answers with more than the descriptor has are found out, broken ones refused', () => {
  const extra = [0xf8, 0x07, 1];
  assert.deepEqual(doIt.decodeResponse(Buffer.from(extra)).unknown, ['field 127 of a.v1.All']);
  const nested = Buffer.from([0x8a, 0x01, 3, ...extra]);
  assert.deepEqual(doIt.decodeResponse(nested).unknown, ['field 127 of a.v1.All']);
  const value = doIt.decodeResponse(doIt.encodeRequest({ color: 9 }));
  assert.deepEqual([value.unknown, (value.json as { color: unknown }).color], [['value 9 of a.v1.Color'], 9]);
  const broken: readonly [readonly number[], RegExp][] = [
    [[0x18], /end in the middle/],
    [[0x72, 200, 1], /end in the middle/],
    [[0x72, 1, 0xff], /not UTF-8.*\/s/],
    [[0x1a, 1, 0], /wire type 2 at \/i32/],
    [[0x00, 1], /field number 0/],
    [[0xfb, 0x07], /wire type 3/],
    [Array.from({ length: 11 }, () => 0xff), /varint/],
  ];
  for (const [bytes, pattern] of broken) assert.throws(() => doIt.decodeResponse(Buffer.from(bytes)), pattern);
  let deep = Buffer.alloc(0);
  for (let n = 0; n < 120; n += 1) deep = Buffer.concat([Buffer.from([0x8a, 0x01]), varint(deep.length), deep]);
  assert.throws(() => doIt.decodeResponse(deep), /deeper than 100/);
});

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >> 7]);
}

test('services: unary methods by name, streams apart; imports by path, and relative', () => {
  assert.deepEqual(services.methods, ['a.v1.T/Do', 'a.v1.T/Know']);
  assert.deepEqual(services.streaming, ['a.v1.T/Watch']);
  assert.equal(doIt.path, '/a.v1.T/Do');
  const files = {
    'x/b.proto': 'syntax="proto3"; import "c.proto"; message B { C c = 1; }',
    'x/c.proto': 'syntax="proto3"; message C {}',
  };
  const text = 'syntax="proto3"; import "x/b.proto"; service S { rpc R(B) returns (C); }';
  const { services: found, problems } = read(text, files);
  assert.deepEqual([found.methods, problems], [['S/R'], []]);
});

test('files that cannot be read are told with file and line', () => {
  const cases: readonly [string, RegExp][] = [
    ['message M { optional int32 a = 1; }', /^a\.proto:1 proto-invalid .*syntax/],
    ['syntax = "proto2";', /syntax = "proto3"/],
    ['edition = "2023";', /syntax = "proto3"/],
    ['syntax = "proto3";\nmessage M {\n  int32 a 1;\n}', /^a\.proto:3 .*illegal token/],
    ['syntax = "proto3"; message M { int32 a = 1; int32 b = 1; }', /duplicate id 1/],
    ['syntax = "proto3"; message M { Foo a = 1; }', /no such .*Foo/],
    ['syntax = "proto3"; service S { rpc A(X) returns (X); }', /X/],
    ['syntax = "proto3"; import "none.proto";', /import "none\.proto" is not in the contract/],
    ['syntax = "proto3"; import "google/protobuf/any.proto";', /Any is not read/],
  ];
  for (const [text, pattern] of cases) {
    const { problems } = read(text);
    assert.match(problems.join('\n'), pattern, text);
  }
});
