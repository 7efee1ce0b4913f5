import { equal, listOf, type Members, membersOf } from './change.ts';

/** Whether no value fits two of these schemas, as far as that can be told: by type, by constants, or by a member's constants. */
export function areDisjoint(schemas: readonly unknown[]): boolean {
  return schemas.every((one, index) => schemas.slice(index + 1).every((other) => isPairDisjoint(one, other)));
}

function isPairDisjoint(one: unknown, other: unknown): boolean {
  if (one === false || other === false) return true;
  const [a, b] = [membersOf(one), membersOf(other)];
  return haveOtherTypes(a, b) || haveOtherValues(a, b) || haveOtherMembers(a, b);
}

function haveOtherTypes(a: Members, b: Members): boolean {
  if (a.type === undefined || b.type === undefined) return false;
  const types = (type: unknown) => [type].flat().map((name) => (name === 'integer' ? 'number' : name));
  return !types(a.type).some((name) => types(b.type).includes(name));
}

/** All values that a schema lists; undefined when it lists none. */
export function listedValues(schema: Members): readonly unknown[] | undefined {
  const listed = Array.isArray(schema.enum) ? (schema.enum as readonly unknown[]) : undefined;
  if (!Object.hasOwn(schema, 'const')) return listed;
  const isListed = listed === undefined || listed.some((value) => equal(value, schema.const));
  return isListed ? [schema.const] : [];
}

function haveOtherValues(a: Members, b: Members): boolean {
  const [ours, theirs] = [listedValues(a), listedValues(b)];
  return ours !== undefined && theirs !== undefined && !ours.some((value) => theirs.some((one) => equal(value, one)));
}

/** Objects that must have a member, whose values differ. */
function haveOtherMembers(a: Members, b: Members): boolean {
  if (a.type !== 'object' || b.type !== 'object') return false;
  const [ours, theirs] = [membersOf(a.properties), membersOf(b.properties)];
  return listOf(a.required).some(
    (name) =>
      listOf(b.required).includes(name) &&
      haveOtherValues(membersOf(ours[String(name)]), membersOf(theirs[String(name)])),
  );
}
