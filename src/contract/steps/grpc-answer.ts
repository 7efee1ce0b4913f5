import type { HeaderList, HttpExchange } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import type { Content } from '../content.ts';
import type { DocumentedMethod } from '../documents.ts';
import { contentFailures } from '../expectation.ts';
import type { SchemaBook } from '../formats/json-schema.ts';
import { headerValue } from '../formats/openapi.ts';
import { mismatches, written } from '../matcher.ts';
import { durationMs, type GrpcStep } from '../vector.ts';
import { codeName } from './grpc-codes.ts';
import type { StepRun } from './step-kind.ts';

type Expected = GrpcStep['expect'];

/** What vector and document say about an answer. Templates of `expected` are already replaced. */
export function judgedCall(
  expected: Expected,
  answer: HttpExchange,
  method: DocumentedMethod | undefined,
  book: SchemaBook,
): StepRun {
  const { grpc } = answer;
  const type = headerValue(answer, 'content-type');
  if (grpc === undefined || answer.status !== 200 || !/^application\/grpc($|[+;])/.test(type ?? '')) {
    const body = Buffer.from(answer.body).toString('utf8');
    const found = `status ${answer.status}, ${type ?? 'no content-type'}, ${body === '' ? 'no body' : `body ${body}`}`;
    return { failures: [failure('document answer', 'HTTP status 200 with application/grpc', found)] };
  }
  const name = codeName(grpc.code);
  const codes = [expected.code].flat();
  const content = grpc.code === 0 ? readMessage(method, answer.body) : NO_MESSAGE;
  const output = { status: name, headers: [...answer.headers, ...grpc.trailers], content };
  if (!codes.includes(name)) {
    // With another code all else differs too; the message often says why.
    const said = grpc.message === '' ? content.text : grpc.message;
    return { failures: [failure('code', codes.join(' or '), said === '' ? name : `${name}, ${said}`)] };
  }
  return {
    failures: [
      ...timeFailures(expected, answer),
      ...content.failures,
      ...(content.failures.length > 0 ? [] : contentFailures('message', expectedContent(expected), content, book)),
      ...statusFailures(expected, grpc.message, book),
      ...metadataFailures(answer, grpc.trailers, expected, book),
      ...excluded(expected, answer, grpc),
    ],
    output,
  };
}

interface Message extends Content {
  /** What of it the document does not allow. */
  readonly failures: readonly CheckFailure[];
}

const NO_MESSAGE: Message = { text: '', failures: [] };

/** The message as JSON text, so that it is compared, shown and captured as bodies are. */
function readMessage(method: DocumentedMethod | undefined, bytes: Uint8Array): Message {
  if (method === undefined) return NO_MESSAGE;
  try {
    const { json, unknown } = method.decodeResponse(bytes);
    const failures = unknown.map((what) => failure('document message', 'only what the document has', what));
    return { text: JSON.stringify(json), json: { value: json }, failures };
  } catch (error) {
    const found = `${(error as Error).message}, in ${Buffer.from(bytes).subarray(0, 40).toString('hex')}`;
    return { text: '', failures: [failure('document message', 'the message of the document', found)] };
  }
}

/** A message that may not be there must be asked for: with an error there is none. */
function expectedContent({ json, absent, excludes }: Expected) {
  return { ...(json === undefined ? {} : { json }), ...(absent && { absent }), ...(excludes && { excludes }) };
}

function timeFailures({ within }: Expected, { totalMs }: HttpExchange): readonly CheckFailure[] {
  if (within === undefined || totalMs <= durationMs(within)) return [];
  return [failure('time', `the end of the call within ${within}`, `${Math.round(totalMs)} ms`)];
}

function statusFailures({ message }: Expected, found: string, book: SchemaBook): readonly CheckFailure[] {
  if (message === undefined) return [];
  return mismatches(message, found, book).map((it) => failure('status message', it.expected, it.actual));
}

function metadataFailures(
  { headers }: HttpExchange,
  trailers: HeaderList,
  expected: Expected,
  book: SchemaBook,
): readonly CheckFailure[] {
  return [
    ...blockFailures('header', headers, expected.headers ?? {}, book),
    ...blockFailures('trailer', trailers, expected.trailers ?? {}, book),
  ];
}

function blockFailures(
  kind: string,
  block: HeaderList,
  wanted: Readonly<Record<string, unknown>>,
  book: SchemaBook,
): readonly CheckFailure[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const found = block.filter(([key]) => key === name.toLowerCase()).map(([, one]) => one);
    if (found.length === 0) return [failure(`${kind} ${name}`, written(value), 'absent')];
    return mismatches(value, found.join(', '), book).map((it) => failure(`${kind} ${name}`, it.expected, it.actual));
  });
}

/** Texts that must be nowhere: neither in the message of the status nor in metadata. */
function excluded(
  { excludes = [] }: Expected,
  { headers }: HttpExchange,
  { message, trailers }: NonNullable<HttpExchange['grpc']>,
): readonly CheckFailure[] {
  return excludes.flatMap((text) => {
    if (message.includes(text)) return [failure('status message', `nowhere ${written(text)}`, message)];
    const there = [...headers, ...trailers].some(([name, value]) => name !== 'grpc-message' && value.includes(text));
    return there ? [failure('metadata', `nowhere ${written(text)}`, 'it is in metadata')] : [];
  });
}
