import type { ChannelEntry, ContractFile, FeatureEntry } from '../contract-file.ts';
import { compareVersions } from '../version.ts';
import { type Changes, type Direction, equal, keysOf, type Members, membersOf, quoted } from './change.ts';
import { type ParsedFiles, rootAt } from './places.ts';
import type { SchemaDiff } from './schema-diff.ts';

const FILE = 'contract.yaml';

/** Compares what `contract.yaml` says beside documents and vectors. */
export class ContractFileDiff {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  compare(before: ContractFile, after: ContractFile): void {
    if (before.type !== after.type) this.#tell('breaking', '/type', `type is ${after.type}, was ${before.type}`);
    this.#features(before.features ?? {}, after.features ?? {});
    this.#channels(before.channels ?? {}, after.channels ?? {});
    this.#named('environment', 'variable', before.environment, after.environment);
    this.#named('signing', 'scheme', before.signing, after.signing);
    if (!equal(before.benchmark, after.benchmark))
      this.#tell('compatible', '/benchmark', 'benchmark changed: numbers of the two versions cannot be compared');
    if (before.supported_until !== after.supported_until)
      this.#tell('documentation', '/supported_until', `supported until ${after.supported_until ?? 'further notice'}`);
  }

  #tell(kind: 'breaking' | 'compatible' | 'documentation', place: string, message: string): void {
    this.#changes.add(kind, FILE, place, message);
  }

  #features(olds: Readonly<Record<string, FeatureEntry>>, nows: Readonly<Record<string, FeatureEntry>>): void {
    const { gone, fresh, kept } = keysOf(olds, nows);
    for (const name of gone) this.#tell('breaking', `/features/${name}`, 'feature is gone');
    for (const name of fresh) {
      const required = nows[name]?.required === true;
      this.#tell(
        required ? 'breaking' : 'compatible',
        `/features/${name}`,
        `${required ? 'required' : 'optional'} feature is new`,
      );
    }
    for (const name of kept) {
      const [old, now] = [olds[name] ?? {}, nows[name] ?? {}];
      const place = `/features/${name}`;
      if ((old.required ?? false) !== (now.required ?? false))
        this.#tell('breaking', place, `feature is ${now.required === true ? 'required now' : 'no longer required'}`);
      const difference = compareVersions(now.since ?? '0.0.0', old.since ?? '0.0.0');
      if (difference !== 0)
        this.#tell(
          difference < 0 ? 'breaking' : 'compatible',
          place,
          `feature is of version ${now.since ?? '0.0.0'}, was of ${old.since ?? '0.0.0'}`,
        );
      if (old.description !== now.description) this.#tell('documentation', place, 'its description changed');
    }
  }

  #channels(olds: Readonly<Record<string, ChannelEntry>>, nows: Readonly<Record<string, ChannelEntry>>): void {
    const { gone, fresh, kept } = keysOf(olds, nows);
    for (const name of gone) this.#tell('breaking', `/channels/${name}`, 'channel is gone');
    for (const name of fresh) this.#tell('compatible', `/channels/${name}`, 'channel is new');
    for (const name of kept) {
      const [old, now] = [olds[name] ?? {}, nows[name] ?? {}];
      const place = `/channels/${name}`;
      for (const word of ['address', 'topic_variable', 'push_path'] as const)
        if (old[word] !== now[word])
          this.#tell('breaking', `${place}/${word}`, `${word} is ${quoted(now[word])}, was ${quoted(old[word])}`);
      for (const word of ['message', 'attributes'] as const)
        if ((old[word] === undefined) !== (now[word] === undefined))
          this.#tell(
            'breaking',
            `${place}/${word}`,
            now[word] === undefined ? `schema of ${word} is gone` : `schema of ${word} is new`,
          );
      if (old.description !== now.description) this.#tell('documentation', place, 'its description changed');
    }
  }

  /** Any change of an entry changes what a service is told, or is asked. */
  #named(section: string, what: string, before: Members | undefined, after: Members | undefined): void {
    const [olds, nows] = [membersOf(before), membersOf(after)];
    const { gone, fresh, kept } = keysOf(olds, nows);
    for (const name of gone) this.#tell('breaking', `/${section}/${name}`, `${what} is gone`);
    for (const name of fresh) this.#tell('compatible', `/${section}/${name}`, `${what} is new`);
    for (const name of kept) {
      const [old, now] = [withoutKey(olds[name]), withoutKey(nows[name])];
      if (!equal(old, now)) this.#tell('breaking', `/${section}/${name}`, `${what} changed`);
      else if (!equal(olds[name], nows[name])) this.#tell('compatible', `/${section}/${name}`, 'test key changed');
    }
  }
}

/** A service reads its key from a variable. */
function withoutKey(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const { test_key: _, ...rest } = entry as Members;
  return rest;
}

/** Schemas of messages, in the direction that their channel has. */
export function compareChannelSchemas(
  [before, beforeFiles]: readonly [ContractFile, ParsedFiles],
  [after, afterFiles]: readonly [ContractFile, ParsedFiles],
  schemas: SchemaDiff,
): void {
  for (const [name, now] of Object.entries(after.channels ?? {})) {
    const old = before.channels?.[name];
    const direction = directionOf(now);
    for (const word of ['message', 'attributes'] as const) {
      const [was, is] = [old?.[word], now[word]];
      if (was !== undefined && is !== undefined)
        schemas.compare(rootAt(beforeFiles, was), rootAt(afterFiles, is), direction);
    }
  }
}

function directionOf({ topic_variable, push_path }: ChannelEntry): Direction {
  if (push_path === undefined) return 'sent';
  return topic_variable === undefined ? 'received' : 'both';
}
