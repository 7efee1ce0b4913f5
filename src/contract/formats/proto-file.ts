import { posix } from 'node:path';
import protobuf from 'protobufjs';
import { printable } from '../../documents/show.ts';

export interface ParsedMethod {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly streams: boolean;
  /** Full names of the messages. */
  readonly request: string;
  readonly response: string;
}

export interface ParsedProto {
  readonly root: protobuf.Root;
  readonly methods: readonly ParsedMethod[];
}

/** Takes what is wrong with a file. */
export type Invalid = (path: string, message: string, line?: number) => void;

const MOST_FILES = 200;

/**
 * A .proto file with all that it imports, names resolved. Imports are looked for in the contract's directory, then beside
 * the file that names them; those of google/protobuf are known. Undefined when something is wrong, which was told.
 */
export function parseProto(
  path: string,
  files: ReadonlyMap<string, string>,
  invalid: Invalid,
): ParsedProto | undefined {
  const root = new protobuf.Root();
  const waiting = [path];
  const seen = new Set(waiting);
  let isWrong = false;
  const wrong: Invalid = (...found) => {
    isWrong = true;
    invalid(...found);
  };
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const imported of parseInto(root, next, files, wrong)) {
      if (seen.has(imported) || seen.size >= MOST_FILES) continue;
      seen.add(imported);
      waiting.push(imported);
    }
  }
  if (isWrong) return undefined;
  try {
    root.resolveAll();
    return { root, methods: methodsBelow(root) };
  } catch (error) {
    wrong(path, printable((error as Error).message, 200));
    return undefined;
  }
}

/** Adds one file to the root, and answers the paths of its imports. */
function parseInto(
  root: protobuf.Root,
  path: string,
  files: ReadonlyMap<string, string>,
  wrong: Invalid,
): readonly string[] {
  const text = files.get(path) ?? '';
  if (!/^\s*syntax\s*=\s*(["'])proto3\1\s*;/.test(withoutComments(text))) {
    wrong(path, 'found no `syntax = "proto3";` at the beginning, and other syntaxes are not read', 1);
    return [];
  }
  let imports: readonly string[] = [];
  try {
    const parsed = protobuf.parse(text, root, { keepCase: true });
    imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])];
  } catch (error) {
    const { message } = error as Error;
    const line = /\(line (\d+)\)/.exec(message)?.[1];
    wrong(path, printable(message.replace(/ \(.*line \d+\)$/, ''), 200), line === undefined ? undefined : Number(line));
  }
  return imports.flatMap((name) => {
    const found = [name, posix.join(posix.dirname(path), name)].find((candidate) => files.has(candidate));
    if (found !== undefined) return [found];
    const known = protobuf.common.get(name);
    if (known?.nested === undefined) wrong(path, `import ${printable(JSON.stringify(name))} is not in the contract`);
    else if (name === 'google/protobuf/any.proto')
      wrong(path, 'google.protobuf.Any is not read: its content has no type here');
    else root.addJSON(known.nested);
    return [];
  });
}

/** Line ends stay. Texts may hold what looks like a comment, but none comes before the syntax. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}

function methodsBelow(namespace: protobuf.NamespaceBase): readonly ParsedMethod[] {
  return namespace.nestedArray.flatMap((nested): readonly ParsedMethod[] => {
    if (nested instanceof protobuf.Service) {
      return nested.methodsArray.map((method) => ({
        name: `${nested.fullName.slice(1)}/${method.name}`,
        streams: method.requestStream === true || method.responseStream === true,
        request: method.resolvedRequestType?.fullName.slice(1) ?? '',
        response: method.resolvedResponseType?.fullName.slice(1) ?? '',
      }));
    }
    return nested instanceof protobuf.Namespace ? methodsBelow(nested) : [];
  });
}
