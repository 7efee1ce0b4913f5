import { printable } from '../../documents/show.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import type { DocumentedMethod, DocumentedServices } from '../documents.ts';
import type { DocumentFile } from './documents.ts';
import { decodeMessage } from './proto-decode.ts';
import { messageTypes } from './proto-descriptor.ts';
import { encodeMessage } from './proto-encode.ts';
import { type ParsedMethod, parseProto } from './proto-file.ts';
import type { MessageType, ProtoProblem } from './proto-types.ts';

/** Unary methods of a .proto file and of all that it imports; everything wrong with them goes to `problems`. */
export function readProto(file: DocumentFile, problems: PerfError[]): DocumentedServices {
  const invalid = (path: string, message: string, line?: number) =>
    problems.push(
      new UsageError('proto-invalid', message, { at: { file: path, ...(line === undefined ? {} : { line }) } }),
    );
  const parsed = parseProto(file.path, file.files, invalid);
  if (parsed === undefined) return servicesOf([], []);
  const types = messageTypes(parsed.root);
  const methods = parsed.methods.filter(({ streams }) => !streams).map((method) => documented(method, types));
  return servicesOf(
    methods,
    parsed.methods.filter(({ streams }) => streams).map(({ name }) => name),
  );
}

/** The services of several documents. */
export function joinedServices(first: DocumentedServices, second: DocumentedServices): DocumentedServices {
  const names = new Set([...first.methods, ...second.methods]);
  return {
    methods: [...names],
    streaming: [...new Set([...first.streaming, ...second.streaming])],
    method: (name) => first.method(name) ?? second.method(name),
  };
}

function servicesOf(methods: readonly DocumentedMethod[], streaming: readonly string[]): DocumentedServices {
  const byName = new Map(methods.map((method) => [method.path.slice(1), method]));
  return { methods: [...byName.keys()], streaming, method: (name) => byName.get(name) };
}

function documented(
  { name, request, response }: ParsedMethod,
  types: (fullName: string) => MessageType,
): DocumentedMethod {
  const [requestType, responseType] = [types(request), types(response)];
  const requestProblems: DocumentedMethod['requestProblems'] = (json, isOpen) => {
    const problems: ProtoProblem[] = [];
    encodeMessage(requestType, json, problems, isOpen);
    return problems;
  };
  return {
    path: `/${name}`,
    requestProblems,
    encodeRequest(json) {
      const problems: ProtoProblem[] = [];
      const bytes = encodeMessage(requestType, json, problems);
      const [first] = problems;
      if (first !== undefined) throw new TypeError(`${first.pointer || '/'}: ${printable(first.message)}`);
      return bytes;
    },
    decodeResponse: (bytes) => decodeMessage(responseType, bytes),
  };
}
