import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Changes } from '../../../src/contract/diff/change.ts';
import { rootAt } from '../../../src/contract/diff/places.ts';
import { SchemaDiff } from '../../../src/contract/diff/schema-diff.ts';

type Schema = Readonly<Record<string, unknown>> | boolean;

/** A generator that gives the same numbers each time. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
type Random = ReturnType<typeof numbers>;
const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/** An object with this member would be taken for a promise. */
const THEN = 'then';

const WORDS: readonly ((random: Random, depth: number) => Record<string, unknown>)[] = [
  (random) => ({ type: pick(random, ['object', 'string', 'integer', 'number', ['string', 'null'], 'array']) }),
  (random) => ({ minimum: random(3) }),
  (random) => ({ exclusiveMaximum: random(3) + 1 }),
  (random) => ({ maxLength: random(3) }),
  (random) => ({ minLength: random(3) }),
  (random) => ({ pattern: pick(random, ['^a', 'b']) }),
  (random) => ({ enum: pick(random, [['a'], ['a', 'b'], [1, 'a'], [null, 2]]) }),
  (random) => ({ const: pick(random, ['a', 1, null]) }),
  (random) => ({ required: pick(random, [['x'], ['y'], ['x', 'y'], []]) }),
  (random, depth) => ({ properties: { [pick(random, ['x', 'y'])]: schema(random, depth + 1) } }),
  (random, depth) => ({ properties: { x: schema(random, depth + 1), y: schema(random, depth + 1) } }),
  (random, depth) => ({ additionalProperties: pick(random, [false, true, schema(random, depth + 1)]) }),
  (random, depth) => ({ patternProperties: { '^x': schema(random, depth + 1) } }),
  (random) => ({ propertyNames: { maxLength: random(2) } }),
  (random) => ({ maxProperties: random(3) }),
  () => ({ dependentRequired: { x: ['y'] } }),
  (random, depth) => ({ items: schema(random, depth + 1) }),
  (random, depth) => ({ prefixItems: [schema(random, depth + 1)] }),
  (random) => ({ maxItems: random(3) }),
  () => ({ uniqueItems: true }),
  (random, depth) => ({
    [pick(random, ['anyOf', 'oneOf', 'allOf'])]: [schema(random, depth + 1), schema(random, depth + 1)],
  }),
  (random, depth) => ({ not: schema(random, depth + 1) }),
  (random, depth) => ({ if: schema(random, depth + 1), [THEN]: schema(random, depth + 1) }),
  (random, depth) => ({ contains: schema(random, depth + 1) }),
];

function schema(random: Random, depth = 0): Schema {
  if (depth > 2 || random(12) === 0) return random(6) > 0;
  const parts = Array.from({ length: 1 + random(2) }, () => pick(random, WORDS)(random, depth));
  return Object.assign({}, ...parts);
}

/** The schema with one or two words changed, taken away or added, anywhere in it. */
function changed(before: Schema, random: Random, depth = 0): Schema {
  if (typeof before === 'boolean') return schema(random, 1);
  const entries = Object.entries(before);
  const [name, value] = pick(random, entries.length === 0 ? [['', undefined] as const] : entries);
  const inner = typeof value === 'object' && value !== null;
  if (inner && random(2) === 0 && depth < 3) {
    const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
    if (lists.includes(name)) {
      const [first, ...rest] = value as readonly Schema[];
      return {
        ...before,
        [name]: random(3) === 0 && rest.length > 0 ? rest : [changed(first ?? true, random, depth + 1), ...rest],
      };
    }
    if (['properties', 'patternProperties'].includes(name)) {
      const [key = 'x', member = true] = pick(random, Object.entries(value as Record<string, Schema>));
      return { ...before, [name]: { ...value, [key]: changed(member, random, depth + 1) } };
    }
    if (['items', 'additionalProperties', 'not', 'if', 'then', 'contains'].includes(name))
      return { ...before, [name]: changed(value as Schema, random, depth + 1) };
  }
  if (random(3) === 0 && entries.length > 1) return Object.fromEntries(entries.filter(([other]) => other !== name));
  return { ...before, ...pick(random, WORDS)(random, 1) };
}

const LEAVES: readonly unknown[] = [null, true, 'a', 'b', 'ab', '', 'aaa', 0, 1, 2, 2.5, 3];
function value(random: Random, depth = 0): unknown {
  const kind = depth > 2 ? 0 : random(4);
  if (kind === 2) return Array.from({ length: random(3) }, () => value(random, depth + 1));
  if (kind === 3) {
    const names = ['x', 'y', 'xz', 'z'].filter(() => random(2) === 0);
    return Object.fromEntries(names.map((name) => [name, value(random, depth + 1)]));
  }
  return pick(random, LEAVES);
}

function kindsOf(before: Schema, after: Schema, direction: 'received' | 'sent') {
  const changes = new Changes();
  const [old, now] = [new Map([['s.json', before]]), new Map([['s.json', after]])];
  new SchemaDiff(old, now, changes).compare(rootAt(old, 's.json'), rootAt(now, 's.json'), direction);
  // What was not described was not promised: a new property is an offer, although it rules values out.
  return changes.all.map(({ kind, message }) => (/^property .* is new$/.test(message) ? 'breaking' : kind));
}

/** Undefined for the few schemas whose code fails: ajv 8.20 loses track of properties that it has evaluated. */
function verdicts(fits: (one: unknown) => boolean, values: readonly unknown[]): readonly boolean[] | undefined {
  try {
    return values.map((one) => fits(one));
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) return undefined;
    throw error;
  }
}

test('no value that was allowed is refused, or the other way round, without a change that says so', () => {
  const ajv = new Ajv2020({ strict: false, logger: false });
  const random = numbers(20261121);
  const values = Array.from({ length: 250 }, () => value(random));
  let told = 0;
  for (let round = 0; round < 400; round += 1) {
    const before = schema(random);
    const after = changed(before, random);
    const [old, now] = [before, after].map((one) => verdicts(ajv.compile(one), values));
    if (old === undefined || now === undefined) continue;
    const text = () => `${JSON.stringify(before)} to ${JSON.stringify(after)}`;
    const lost = values.find((_, index) => old[index] === true && now[index] === false);
    const won = values.find((_, index) => old[index] === false && now[index] === true);
    if (lost !== undefined) {
      assert.ok(kindsOf(before, after, 'received').includes('breaking'), `received ${JSON.stringify(lost)}: ${text()}`);
      assert.ok(kindsOf(before, after, 'sent').includes('breaking'), `sent ${JSON.stringify(lost)}: ${text()}`);
    }
    if (won !== undefined)
      assert.notEqual(kindsOf(before, after, 'received').length, 0, `${JSON.stringify(won)}: ${text()}`);
    told += lost === undefined && won === undefined ? 0 : 1;
  }
  assert.ok(told > 100, `${told} of the changes made a difference`);
});
