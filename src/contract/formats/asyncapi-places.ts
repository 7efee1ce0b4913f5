import { locate } from '../../documents/locate.ts';
import { parseText } from '../../documents/parse-document.ts';
import { resolvePointer } from '../../documents/pointer.ts';
import { printable } from '../../documents/show.ts';
import type { Source } from '../../documents/source-tree.ts';
import { PerfError, UsageError } from '../../domain/errors.ts';

/** Something in one of the contract's files. */
export interface Place {
  /** Relative to the contract's directory. */
  readonly file: string;
  readonly pointer: string;
  readonly value: unknown;
}

interface ParsedFile {
  readonly source: Source;
  readonly content: unknown;
}

/** The files of a contract, parsed when a reference first leads to them. */
export class Places {
  readonly #files: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, ParsedFile | undefined>();
  readonly #problems: PerfError[];

  constructor(files: ReadonlyMap<string, string>, problems: PerfError[]) {
    this.#files = files;
    this.#problems = problems;
  }

  root(file: string): Place | undefined {
    const parsed = this.#parse(file);
    return parsed && { file, pointer: '', value: parsed.content };
  }

  /** Where a reference at `from` leads; undefined, and a problem, when it leads nowhere. */
  target(from: Place, reference: string): Place | undefined {
    const [path = '', fragment = ''] = reference.split('#', 2);
    const file = path === '' ? from.file : (this.#byId(path) ?? besides(from.file, path));
    const pointer = unescaped(fragment);
    const root = file === undefined ? undefined : this.root(file);
    const found = root && pointer !== undefined ? resolvePointer(root.value, pointer) : { found: false };
    if (file !== undefined && pointer !== undefined && found.found) return { file, pointer, value: found.value };
    const where = /^[a-z][a-z0-9+.-]*:/i.test(path) ? 'leads out of the contract' : 'leads to nothing in the contract';
    this.problem(from, `$ref ${printable(reference)} ${where}`);
    return undefined;
  }

  /** Follows references until something stands there itself. */
  resolve(from: Place): Place | undefined {
    let place: Place | undefined = from;
    for (let hops = 0; place !== undefined && hops < 20; hops += 1) {
      const reference: unknown = members(place.value).$ref;
      if (typeof reference !== 'string') return place;
      place = this.target(place, reference);
    }
    if (place !== undefined) this.problem(from, '$ref leads in a circle');
    return undefined;
  }

  below(place: Place, ...keys: readonly (string | number)[]): Place {
    let { pointer, value } = place;
    for (const key of keys) {
      pointer += `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
      value = (typeof value === 'object' && value !== null ? value : {})[key as never];
    }
    return { file: place.file, pointer, value };
  }

  problem({ file, pointer }: Place, message: string): void {
    const source = this.#parsed.get(file)?.source;
    const at = source === undefined ? { file } : locate(source, pointer);
    this.#problems.push(new UsageError('asyncapi-invalid', message, { at }));
  }

  source(file: string): Source | undefined {
    return this.#parse(file)?.source;
  }

  #parse(file: string): ParsedFile | undefined {
    if (this.#parsed.has(file)) return this.#parsed.get(file);
    const text = this.#files.get(file);
    if (text === undefined) return undefined;
    const source = { text, file };
    this.#parsed.set(file, undefined);
    try {
      this.#parsed.set(file, { source, content: parseText(source, 'contract file') });
    } catch (error) {
      // Loading the contract has told it already, for every file that it parses.
      if (!(error instanceof PerfError)) throw error;
    }
    return this.#parsed.get(file);
  }

  /** Schemas may refer to each other by the `$id` of a file. */
  #byId(id: string): string | undefined {
    return [...this.#files.keys()].find(
      (file) => /\.(ya?ml|json)$/.test(file) && members(this.#parse(file)?.content).$id === id,
    );
  }
}

export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** A relative path from where a file lies; undefined when it leaves the contract's directory. */
function besides(file: string, path: string): string | undefined {
  const segments = file.split('/').slice(0, -1);
  for (const segment of path.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.join('/');
}

function unescaped(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
