import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGraphqlSchema } from '../../../src/contract/formats/graphql.ts';
import type { PerfError } from '../../../src/domain/errors.ts';

const SDL = `
type Query { version: String!, item(id: ID!): Item, items(first: Int = 10): [Item!]!, search(text: String!): [Hit!]!, node(id: ID!): Node }
type Mutation { create(name: String!): Item! }
enum State { OPEN, CLOSED }
interface Node { id: ID! }
type Item implements Node { id: ID!, name: String!, price: Float, count: Int!, state: State!, tags: [String!], parent: Item, at: Time }
type Note implements Node { id: ID!, text: String! }
union Hit = Item | Note
scalar Time
`;
const problems: PerfError[] = [];
const graph = readGraphqlSchema({ path: 'schema.graphql', text: SDL }, problems);
if (graph === undefined) throw new TypeError(String(problems[0]));

const findings = (query: string, data: unknown, variables?: unknown) =>
  graph
    .dataFindings({ query, ...(variables === undefined ? {} : { variables }) }, data)
    .map(({ pointer, wanted }) => `${pointer} ${wanted}`);

const ITEM = '{ item(id: "1") { id name price count state tags at } }';
const item = (more: object = {}) => ({
  item: { id: '1', name: 'n', price: 1.5, count: 3, state: 'OPEN', tags: ['a'], at: 17, ...more },
});

test('a result that fits has no findings', () => {
  assert.deepEqual(findings(ITEM, item()), []);
  assert.deepEqual(findings(ITEM, { item: null }), []);
  assert.deepEqual(findings(ITEM, null), []);
  assert.deepEqual(findings(ITEM, item({ price: null, tags: null, at: { any: 'thing' } })), []);
  assert.deepEqual(findings('mutation { create(name: "x") { id } }', { create: { id: '7' } }), []);
  assert.deepEqual(findings('{ a: version, __typename }', { a: '1', __typename: 'Query' }), []);
});

for (const [title, more, wanted] of [
  ['null where the schema says never', { name: null }, '/item/name a value of type String!, never null'],
  ['a number for a text', { name: 7 }, '/item/name a text'],
  ['a number for an ID', { id: 1 }, '/item/id an ID, as text'],
  ['a fraction for an Int', { count: 1.5 }, '/item/count a whole number of 32 bits'],
  ['a number beyond 32 bits', { count: 2 ** 40 }, '/item/count a whole number of 32 bits'],
  ['a text for a Float', { price: '1.5' }, '/item/price a number'],
  ['a value that the enum does not have', { state: 'open' }, '/item/state one of ["OPEN","CLOSED"]'],
  ['null in a list that has none', { tags: ['a', null] }, '/item/tags/1 a value of type String!, never null'],
  ['a text for a list', { tags: 'a' }, '/item/tags a list of type [String!]'],
  ['a member that nobody asked for', { secret: 1 }, '/item no member "secret": it was not asked for'],
] as const) {
  test(`a result with ${title} is found out`, () => assert.deepEqual(findings(ITEM, item(more)), [wanted]));
}

test('a member that is missing, and an object where none belongs', () => {
  assert.deepEqual(findings('{ item(id: "1") { id name } }', { item: { id: '1' } }), ['/item a member "name"']);
  assert.deepEqual(findings('{ item(id: "1") { id } }', { item: [] }), ['/item an object of type Item']);
  assert.deepEqual(findings('{ version }', { version: { a: 1 } }), ['/version a text']);
});

test('aliases, fragments, nesting and merged selections', () => {
  const query = `query Q { item(id: "1") { ...F parent { id } parent { name } } } fragment F on Item { i: id ... on Node { id } }`;
  const right = { item: { i: '1', id: '1', parent: { id: '2', name: 'p' } } };
  assert.deepEqual(findings(query, right), []);
  assert.deepEqual(findings(query, { item: { ...right.item, parent: { id: '2' } } }), ['/item/parent a member "name"']);
  assert.deepEqual(findings(query, { item: { id: '1', parent: null } }), ['/item a member "i"']);
});

test('what @include and @skip leave out must not be there; by variables, too', () => {
  const query = 'query Q($a: Boolean!, $b: Boolean = true) { version @include(if: $a), items @skip(if: $b) { id } }';
  assert.deepEqual(findings(query, {}, { a: false }), []);
  assert.deepEqual(findings(query, { version: 'x' }, { a: true }), []);
  assert.deepEqual(findings(query, {}, { a: true }), [' a member "version"']);
  assert.deepEqual(findings(query, { version: 'x', items: [] }, { a: true }), [
    ' no member "items": it was not asked for',
  ]);
});

test('unions and interfaces: by __typename where it is asked for, else what any of them may have', () => {
  const named = '{ search(text: "x") { __typename ... on Item { name } ... on Note { text } } }';
  const blind = '{ search(text: "x") { ... on Item { name } ... on Note { text } } }';
  assert.deepEqual(findings(named, { search: [{ __typename: 'Item', name: 'n' }] }), []);
  assert.deepEqual(findings(named, { search: [{ __typename: 'Item', text: 't' }] }), [
    '/search/0 no member "text": it was not asked for',
    '/search/0 a member "name"',
  ]);
  assert.deepEqual(findings(blind, { search: [{ name: 'n' }, { text: 't' }] }), []);
  assert.deepEqual(findings(blind, { search: [{ name: 1 }] }), ['/search/0/name a text']);
  assert.deepEqual(findings('{ node(id: "1") { id } }', { node: {} }), ['/node a member "id"']);
});

test('operations are checked against the schema', () => {
  assert.deepEqual(graph.operationProblems(ITEM), []);
  assert.match(graph.operationProblems('{ itm }')[0] ?? '', /Cannot query field "itm".*line 1, column 3/);
  assert.match(graph.operationProblems('{ item { id } }')[0] ?? '', /argument "id" of type "ID!" is required/);
  assert.match(graph.operationProblems('{ item(')[0] ?? '', /Syntax Error/);
});

test('a schema that is wrong is told with its place', () => {
  const found: PerfError[] = [];
  assert.equal(readGraphqlSchema({ path: 's.graphql', text: 'type Query {\n  a: Strng\n}\n' }, found), undefined);
  assert.match(found[0]?.message ?? '', /Unknown type.*Strng/);
  assert.deepEqual(found[0]?.at, { file: 's.graphql' });
  assert.equal(readGraphqlSchema({ path: 's.graphql', text: 'type Query {\n  a String\n}\n' }, found), undefined);
  assert.deepEqual(found[1]?.at, { file: 's.graphql', line: 2, column: 5 });
  assert.equal(readGraphqlSchema({ path: 's.graphql', text: 'type A { b: Int }' }, found), undefined);
  assert.match(found[2]?.message ?? '', /Query root type must be provided/);
});
