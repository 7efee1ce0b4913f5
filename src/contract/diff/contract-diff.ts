import { parseText } from '../../documents/parse-document.ts';
import {
  BUMPS,
  type Bump,
  bumpFor,
  CHANGE_KINDS,
  type ContractChange,
  type ContractDiff,
} from '../../domain/contract-change.ts';
import { type LoadedContract, loadContract } from '../contract.ts';
import type { ContractFile } from '../contract-file.ts';
import { compareVersions } from '../version.ts';
import { AsyncApiDiff } from './asyncapi-diff.ts';
import { Changes, membersOf } from './change.ts';
import { ContractFileDiff, compareChannelSchemas } from './contract-file-diff.ts';
import { compareGraphql } from './graphql-diff.ts';
import { OpenApiDiff } from './openapi-diff.ts';
import type { ParsedFiles } from './places.ts';
import { compareProto } from './proto-diff.ts';
import { SchemaDiff } from './schema-diff.ts';
import { compareVectors } from './vector-diff.ts';

const CONTRACT_FILE = 'contract.yaml';

interface Side {
  readonly texts: ReadonlyMap<string, string>;
  readonly parsed: ParsedFiles;
  readonly file: ContractFile;
}

type Format = 'openapi' | 'asyncapi' | 'graphql' | 'proto';

/** One version of a contract: its files by path relative to its directory, and what loading them gave. */
export interface ContractVersion {
  readonly files: ReadonlyMap<string, string>;
  readonly contract: Pick<LoadedContract, 'type' | 'version' | 'features' | 'vectors'>;
}

/**
 * Every difference of two versions of a contract, and whether the version says enough about the worst of them. Keys of the
 * maps are paths relative to the contract's directory. Throws UsageError when one of them is no valid contract.
 */
export function contractDiff(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ContractDiff {
  const version = (files: ReadonlyMap<string, string>) => ({ files, contract: loadContract(files) });
  return compareVersionsOf(version(before), version(after));
}

/** The same of contracts that are loaded already. */
export function compareVersionsOf(before: ContractVersion, after: ContractVersion): ContractDiff {
  const [old, now] = [before.contract, after.contract];
  const changes = new Changes();
  const left = sideOf(before.files);
  const right = sideOf(after.files, left);
  new ContractFileDiff(changes).compare(left.file, right.file);
  compareDocuments(left, right, changes);
  compareVectors(vectorSide(old), vectorSide(now), changes);
  compareTexts(left, right, changes);
  const all = ordered(changes.all);
  const needed = bumpFor(all);
  const made = bumpBetween(old.version, now.version);
  const enough = made !== 'lower' && BUMPS.indexOf(made) >= BUMPS.indexOf(needed);
  return { type: now.type, before: old.version, after: now.version, changes: all, needed, made, enough };
}

const vectorSide = ({ version, features, vectors }: ContractVersion['contract']) => ({
  version,
  features: Object.keys(features),
  vectors,
});

/** Most files of two versions are the same, and are parsed once. */
function sideOf(texts: ReadonlyMap<string, string>, known?: Side): Side {
  const parsed = new Map<string, unknown>();
  for (const [file, text] of texts) {
    if (!/\.(ya?ml|json)$/.test(file)) continue;
    const same = known?.texts.get(file) === text;
    parsed.set(file, same ? known.parsed.get(file) : parseText({ text, file }, 'contract file'));
  }
  return { texts, parsed, file: parsed.get(CONTRACT_FILE) as ContractFile };
}

function formatOf(path: string, { parsed }: Side): Format | undefined {
  const members = membersOf(parsed.get(path));
  if (members.openapi !== undefined) return 'openapi';
  if (members.asyncapi !== undefined) return 'asyncapi';
  if (path.endsWith('.proto')) return 'proto';
  return /\.(graphqls?|gql)$/.test(path) ? 'graphql' : undefined;
}

function compareDocuments(left: Side, right: Side, changes: Changes): void {
  const schemas = new SchemaDiff(left.parsed, right.parsed, changes);
  const [olds, nows] = [[left.file.document].flat(), [right.file.document].flat()];
  const gone = olds.filter((path) => !nows.includes(path));
  for (const path of nows) {
    const format = formatOf(path, right);
    // A document may be renamed, or change its format, which is another document then.
    const before = olds.includes(path) ? path : gone.find((other) => formatOf(other, left) === format);
    if (before === undefined) changes.add('compatible', path, '', 'document is new');
    else {
      if (before !== path) gone.splice(gone.indexOf(before), 1);
      compareDocument([left, before], [right, path], format, changes, schemas);
    }
  }
  for (const path of gone) changes.add('breaking', path, '', 'document is gone');
  compareChannelSchemas([left.file, left.parsed], [right.file, right.parsed], schemas);
}

function compareDocument(
  [left, before]: readonly [Side, string],
  [right, after]: readonly [Side, string],
  format: Format | undefined,
  changes: Changes,
  schemas: SchemaDiff,
): void {
  if (formatOf(before, left) !== format) changes.add('breaking', after, '', 'document is of another format');
  else if (format === 'openapi') new OpenApiDiff(left.parsed, right.parsed, changes, schemas).compare(before, after);
  else if (format === 'asyncapi') new AsyncApiDiff(left.parsed, right.parsed, changes, schemas).compare(before, after);
  else if (format === 'proto') compareProto([left.texts, before], [right.texts, after], changes);
  else if (format === 'graphql')
    compareGraphql(left.texts.get(before) ?? '', right.texts.get(after) ?? '', after, changes);
}

/** Whatever else differs is text: it binds nobody, but copies of it differ. */
function compareTexts(left: Side, right: Side, changes: Changes): void {
  const plain = (text: string | undefined) => text?.replaceAll('\r\n', '\n');
  for (const file of new Set([...left.texts.keys(), ...right.texts.keys()])) {
    const [was, is] = [plain(left.texts.get(file)), plain(right.texts.get(file))];
    if (was === is || changes.has(file) || (file === CONTRACT_FILE && onlyVersion(was, is))) continue;
    changes.add(
      'documentation',
      file,
      '',
      was === undefined ? 'file is new' : is === undefined ? 'file is gone' : 'its text changed',
    );
  }
}

/** The version is the answer to changes and none of them. */
function onlyVersion(was = '', is = ''): boolean {
  const without = (text: string) => text.replace(/^version:.*$/m, '');
  return without(was) === without(is);
}

function ordered(changes: readonly ContractChange[]): readonly ContractChange[] {
  const rank = ({ kind }: ContractChange) => CHANGE_KINDS.indexOf(kind);
  return changes.toSorted(
    (a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file, 'en') || a.place.localeCompare(b.place, 'en'),
  );
}

function bumpBetween(before: string, after: string): Bump | 'lower' {
  const difference = compareVersions(after, before);
  if (difference < 0) return 'lower';
  if (difference === 0) return 'none';
  const [old, now] = [before.split('.').map(Number), after.split('.').map(Number)];
  return old[0] !== now[0] ? 'major' : old[1] !== now[1] ? 'minor' : 'patch';
}
