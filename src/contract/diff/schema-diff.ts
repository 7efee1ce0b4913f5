import {
  type Changes,
  type Direction,
  equal,
  keysOf,
  kindOfShift,
  listOf,
  membersOf,
  quoted,
  type Shift,
} from './change.ts';
import { areDisjoint, listedValues } from './disjoint.ts';
import { type At, child, type ParsedFiles, resolved } from './places.ts';

/** Says nothing about which values are allowed. */
const ANNOTATIONS = new Set([
  ...['title', 'description', 'examples', 'example', '$comment', 'deprecated', 'readOnly', 'writeOnly', '$schema'],
  ...['$id', '$anchor', '$defs', 'definitions', 'externalDocs', 'xml', 'contentSchema'],
]);
/** The larger, the fewer values; and the opposite. */
const LOWER_LIMITS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains'];
const UPPER_LIMITS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains'];
/** Present: fewer values; another value: other values. */
const FILTERS = ['pattern', 'format', 'multipleOf', 'contentEncoding', 'contentMediaType', 'uniqueItems'];
const SUBSCHEMAS = ['items', 'additionalItems', 'propertyNames', 'unevaluatedProperties', 'unevaluatedItems'];
const COMPARED = new Set([
  ...LOWER_LIMITS,
  ...UPPER_LIMITS,
  ...FILTERS,
  ...SUBSCHEMAS,
  ...['type', 'enum', 'const', 'required', 'properties', 'patternProperties', 'additionalProperties', 'prefixItems'],
  ...['allOf', 'anyOf', 'oneOf', 'default', 'dependentRequired', '$ref'],
]);

/** Compares JSON Schemas, whether of drafts 07 or 2020-12, wherever their references lead. */
export class SchemaDiff {
  readonly #before: ParsedFiles;
  readonly #after: ParsedFiles;
  readonly #changes: Changes;
  readonly #seen = new Set<string>();

  constructor(before: ParsedFiles, after: ParsedFiles, changes: Changes) {
    this.#before = before;
    this.#after = after;
    this.#changes = changes;
  }

  /** What changes for the values that one side sends and the other takes. An absent schema allows everything. */
  compare(beforeAt: At, afterAt: At, direction: Direction): void {
    const [before, after] = [resolved(beforeAt, this.#before), resolved(afterAt, this.#after)];
    const key = [before.file, before.pointer, after.file, after.pointer, direction].join('\n');
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const [old, now] = [schemaOf(before.value), schemaOf(after.value)];
    const pair = new Pair(before, after, (shift, message, ...place) =>
      this.#changes.add(kindOfShift(shift, direction), after.file, child(after, ...place).pointer, message),
    );
    if (old === false || now === false) {
      if (old !== now)
        pair.tell(
          now === false ? 'narrowed' : 'widened',
          now === false ? 'nothing is allowed any more' : 'is no longer forbidden',
        );
      return;
    }
    compareTypes(old, now, pair);
    compareValues(old, now, pair);
    compareLimits(old, now, pair);
    this.#compareObject(old, now, pair, direction);
    for (const word of SUBSCHEMAS) this.#compareWord(old, now, word, pair, direction);
    this.#compareTuple(old, now, pair, direction);
    for (const word of ['allOf', 'anyOf', 'oneOf'] as const) this.#compareBranches(word, old, now, pair, direction);
    this.#compareDefault(old, now, pair, direction);
    this.#compareRest(old, now, pair);
    if (ANNOTATION_WORDS.some((word) => !equal(old[word], now[word]))) {
      this.#changes.add('documentation', after.file, after.pointer, 'its description changed');
    }
  }

  #compareWord(old: Schema, now: Schema, word: string, pair: Pair, direction: Direction): void {
    if (old[word] === undefined && now[word] === undefined) return;
    // A list of items is a tuple of draft 07.
    if (Array.isArray(old[word]) || Array.isArray(now[word])) {
      if (!equal(old[word], now[word])) pair.tell('changed', `${word} changed`, word);
      return;
    }
    this.compare(child(pair.before, word), child(pair.after, word), direction);
  }

  #compareObject(old: Schema, now: Schema, pair: Pair, direction: Direction): void {
    compareRequired(old, now, pair);
    const [olds, nows] = [membersOf(old.properties), membersOf(now.properties)];
    const { gone, fresh, kept } = keysOf(olds, nows);
    const place = (name: string) => child(pair.after, 'properties', name).pointer;
    for (const name of fresh) {
      const isForbidden = nows[name] === false;
      const wasForbidden = old.additionalProperties === false;
      if (isForbidden && !wasForbidden)
        pair.tell('narrowed', `property ${quoted(name)} is forbidden now`, 'properties', name);
      else this.#changes.add('compatible', pair.after.file, place(name), `property ${quoted(name)} is new`);
    }
    for (const name of gone) {
      if (olds[name] === false)
        pair.tell('widened', `property ${quoted(name)} is no longer forbidden`, 'properties', name);
      else this.#changes.add('breaking', pair.after.file, place(name), `property ${quoted(name)} is gone`);
    }
    for (const name of kept) {
      this.compare(child(pair.before, 'properties', name), child(pair.after, 'properties', name), direction);
    }
    for (const word of ['patternProperties', 'dependentRequired'] as const) {
      const keys = keysOf(membersOf(old[word]), membersOf(now[word]));
      for (const name of keys.fresh) pair.tell('narrowed', `${word} ${quoted(name)} is new`, word, name);
      // What a pattern described falls under additionalProperties then.
      const isOpen = word === 'dependentRequired' || Object.keys(membersOf(now.additionalProperties)).length === 0;
      const shift = isOpen && now.additionalProperties !== false ? 'widened' : 'changed';
      for (const name of keys.gone) pair.tell(shift, `${word} ${quoted(name)} is gone`, word, name);
      for (const name of keys.kept) {
        if (word === 'patternProperties')
          this.compare(child(pair.before, word, name), child(pair.after, word, name), direction);
        else if (!equal(membersOf(old[word])[name], membersOf(now[word])[name]))
          pair.tell('changed', `${word} of ${quoted(name)} changed`, word, name);
      }
    }
    const [openBefore, openAfter] = [schemaOf(old.additionalProperties), schemaOf(now.additionalProperties)];
    if (openBefore !== false && openAfter === false)
      pair.tell('narrowed', 'other properties are refused now', 'additionalProperties');
    else if (openBefore === false && openAfter !== false)
      // More than is listed was never wanted: nobody relied on it.
      this.#changes.add(
        'compatible',
        pair.after.file,
        child(pair.after, 'additionalProperties').pointer,
        'other properties are allowed now',
      );
    else this.#compareWord(old, now, 'additionalProperties', pair, direction);
  }

  #compareTuple(old: Schema, now: Schema, pair: Pair, direction: Direction): void {
    const [olds, nows] = [listOf(old.prefixItems), listOf(now.prefixItems)];
    if (olds.length !== nows.length)
      pair.tell('changed', `prefixItems has ${nows.length} entries, had ${olds.length}`, 'prefixItems');
    for (let index = 0; index < Math.min(olds.length, nows.length); index += 1) {
      this.compare(child(pair.before, 'prefixItems', index), child(pair.after, 'prefixItems', index), direction);
    }
  }

  #compareBranches(
    word: 'allOf' | 'anyOf' | 'oneOf',
    old: Schema,
    now: Schema,
    pair: Pair,
    direction: Direction,
  ): void {
    const [olds, nows] = [listOf(old[word]), listOf(now[word])];
    if (olds.length === 0 || nows.length === 0) {
      if (olds.length > 0) pair.tell('widened', `${word} is gone`, word);
      if (nows.length > 0) pair.tell('narrowed', `${word} is new`, word);
      return;
    }
    // A value that fits two branches fits none: more for one of them may be less for the whole.
    const branches = nows.map((_, index) => resolved(child(pair.after, word, index), this.#after).value);
    if (word === 'oneOf' && !equal(olds, nows) && !areDisjoint(branches))
      pair.tell('changed', 'oneOf changed, and its branches may overlap', word);
    const left = new Set(nows.keys());
    const unpaired: number[] = [];
    for (const [index, branch] of olds.entries()) {
      const same = [...left].find((other) => equal(branch, nows[other]));
      if (same === undefined) unpaired.push(index);
      else {
        left.delete(same);
        this.compare(child(pair.before, word, index), child(pair.after, word, same), direction);
      }
    }
    const rest = [...left];
    // As many as before: each is taken for the one that it stands in place of.
    const inOrder = unpaired.length === rest.length;
    for (const [position, index] of unpaired.entries()) {
      const other = inOrder ? rest[position] : undefined;
      if (other !== undefined) this.compare(child(pair.before, word, index), child(pair.after, word, other), direction);
      else pair.tell(word === 'allOf' ? 'widened' : 'narrowed', `branch ${index + 1} of ${word} is gone`, word);
    }
    if (inOrder) return;
    for (const index of rest)
      pair.tell(word === 'allOf' ? 'narrowed' : 'widened', `branch ${index + 1} of ${word} is new`, word, index);
  }

  #compareDefault(old: Schema, now: Schema, { after }: Pair, direction: Direction): void {
    if (equal(old.default, now.default)) return;
    const message = `default is ${quoted(now.default)}, was ${quoted(old.default)}`;
    const kind = direction === 'sent' ? 'documentation' : old.default === undefined ? 'compatible' : 'breaking';
    this.#changes.add(kind, after.file, child(after, 'default').pointer, message);
  }

  /** Words that cannot be weighed: any difference counts. */
  #compareRest(old: Schema, now: Schema, pair: Pair): void {
    for (const word of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (COMPARED.has(word) || ANNOTATIONS.has(word) || equal(old[word], now[word])) continue;
      if (word.startsWith('x-'))
        this.#changes.add('documentation', pair.after.file, child(pair.after, word).pointer, `${word} changed`);
      else pair.tell('changed', `${word} changed`, word);
    }
  }
}

type Schema = Readonly<Record<string, unknown>>;

const ANNOTATION_WORDS = [...ANNOTATIONS].filter((word) => !['$defs', 'definitions', '$id', '$schema'].includes(word));

/** `true` and what is absent allow everything. */
const schemaOf = (value: unknown): Schema | false => (value === false ? false : membersOf(value));

type Tell = (shift: Shift, message: string, ...place: (string | number)[]) => void;

class Pair {
  readonly before: At;
  readonly after: At;
  readonly tell: Tell;

  constructor(before: At, after: At, tell: Tell) {
    this.before = before;
    this.after = after;
    this.tell = tell;
  }
}

function compareTypes(old: Schema, now: Schema, { tell }: Pair): void {
  if (old.type === undefined && now.type === undefined) return;
  if (old.type === undefined) tell('narrowed', `type is ${quoted(now.type)}, was anything`, 'type');
  else if (now.type === undefined) tell('widened', `type is anything, was ${quoted(old.type)}`, 'type');
  else {
    const [olds, nows] = [typesOf(old.type), typesOf(now.type)];
    const isLost = olds.some((type) => !covers(nows, type));
    const isWon = nows.some((type) => !covers(olds, type));
    const shift = isLost && isWon ? 'changed' : isLost ? 'narrowed' : 'widened';
    if (isLost || isWon) tell(shift, `type is ${quoted(now.type)}, was ${quoted(old.type)}`, 'type');
  }
}

const typesOf = (type: unknown) => (Array.isArray(type) ? type : [type]).map(String);
const covers = (types: readonly string[], type: string) =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

/** `const` is an `enum` of one. */
function compareValues(old: Schema, now: Schema, { tell }: Pair): void {
  const [olds, nows] = [listedValues(old), listedValues(now)];
  if (olds === undefined && nows === undefined) return;
  if (olds === undefined) tell('narrowed', `only ${quoted(nows)} is allowed now`);
  else if (nows === undefined) tell('widened', `more than ${quoted(olds)} is allowed now`);
  else {
    const missing = (values: readonly unknown[], from: readonly unknown[]) =>
      values.filter((value) => !from.some((other) => equal(value, other)));
    for (const value of missing(olds, nows)) tell('narrowed', `value ${quoted(value)} is gone`);
    for (const value of missing(nows, olds)) tell('widened', `value ${quoted(value)} is new`);
  }
}

function compareLimits(old: Schema, now: Schema, { tell }: Pair): void {
  for (const word of [...LOWER_LIMITS, ...UPPER_LIMITS]) {
    if (equal(old[word], now[word])) continue;
    const isLower = LOWER_LIMITS.includes(word);
    const loosest = isLower ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const [was, is] = [old[word] ?? loosest, now[word] ?? loosest].map(Number) as [number, number];
    const narrowed = isLower ? is > was : is < was;
    tell(narrowed ? 'narrowed' : 'widened', `${word} is ${quoted(now[word])}, was ${quoted(old[word])}`, word);
  }
  for (const word of FILTERS) {
    const [was, is] = [old[word] === false ? undefined : old[word], now[word] === false ? undefined : now[word]];
    if (equal(was, is)) continue;
    const shift = was === undefined ? 'narrowed' : is === undefined ? 'widened' : 'changed';
    tell(shift, `${word} is ${quoted(is)}, was ${quoted(was)}`, word);
  }
}

function compareRequired(old: Schema, now: Schema, { tell }: Pair): void {
  const [olds, nows] = [listOf(old.required), listOf(now.required)];
  for (const name of nows)
    if (!olds.includes(name)) tell('narrowed', `property ${quoted(name)} is required now`, 'required');
  for (const name of olds)
    if (!nows.includes(name)) tell('widened', `property ${quoted(name)} is no longer required`, 'required');
}
