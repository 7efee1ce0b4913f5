import { printable } from '../../documents/show.ts';
import type { HttpExchange } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import { written } from '../matcher.ts';
import { findings } from './json-schema.ts';
import type { DocumentedHeader, DocumentedOperation, DocumentedResponse } from './openapi-document.ts';

/** How a web server refuses a path or method that it does not have; no document lists those. */
const REFUSALS = new Set([404, 405, 501]);

/** Everything in an answer that the OpenAPI document does not allow. Checks are named `document ...`. */
export function documentFailures(
  operations: readonly DocumentedOperation[],
  request: { readonly method: string; readonly path: string },
  answer: HttpExchange,
): readonly CheckFailure[] {
  const operation = findOperation(operations, request);
  if (operation === undefined) {
    if (REFUSALS.has(answer.status)) return [];
    return [failure('document operation', '404 or 405: the document has no such operation', `status ${answer.status}`)];
  }
  const response = findResponse(operation, answer.status);
  if (response === undefined) {
    const documented = operation.responses.map(({ status }) => status).join(', ');
    return [
      failure(
        'document status',
        `a documented status: ${documented || 'the document has none'}`,
        String(answer.status),
      ),
    ];
  }
  return [
    ...bodyFailures(request.method, response, answer),
    ...response.headers.flatMap((it) => headerFailures(it, answer)),
  ];
}

export function headerValue(answer: Pick<HttpExchange, 'headers'>, name: string): string | undefined {
  const values = answer.headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase();
}

export function isJson(mediaType: string): boolean {
  return /^[^/]+\/(json|[^/]+\+json)$/.test(mediaType);
}

/** The operation of a request: literal segments go before templated ones. */
function findOperation(
  operations: readonly DocumentedOperation[],
  request: { readonly method: string; readonly path: string },
): DocumentedOperation | undefined {
  const segments = (request.path.split(/[?#]/)[0] ?? '').split('/');
  const fitting = operations.filter((operation) => {
    const wanted = operation.path.split('/');
    return (
      operation.method === request.method.toUpperCase() &&
      wanted.length === segments.length &&
      wanted.every(
        (segment, index) => segment === segments[index] || (/^\{.+\}$/.test(segment) && segments[index] !== ''),
      )
    );
  });
  return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

function findResponse(operation: DocumentedOperation, status: number): DocumentedResponse | undefined {
  const names = [String(status), `${Math.floor(status / 100)}XX`, 'default'];
  return names.map((name) => operation.responses.find((it) => it.status === name)).find((it) => it !== undefined);
}

function bodyFailures(method: string, response: DocumentedResponse, answer: HttpExchange): readonly CheckFailure[] {
  const { content } = response;
  if (content === undefined || method.toUpperCase() === 'HEAD') return [];
  if (answer.body.length === 0) {
    // A body without schema may be empty; and what a refusal says is recommended, never required.
    const needed = content.some(({ validate }) => validate !== undefined) && answer.status < 400;
    return needed ? [failure('document body', `a body of ${names(content)}`, 'no body')] : [];
  }
  if (content.length === 0) return [failure('document body', 'no body', `${answer.body.length} bytes`)];
  const mediaType = mediaTypeOf(headerValue(answer, 'content-type'));
  const media = content.find((it) => fits(it.mediaType, mediaType ?? ''));
  if (media === undefined)
    return [failure('document media type', names(content), printable(mediaType ?? 'no content-type'))];
  if (media.validate === undefined) return [];
  const value = bodyValue(mediaType ?? '', answer.body);
  if ('unreadable' in value) return [failure('document body', `a body that is ${mediaType}`, value.unreadable)];
  return findings(media.validate, value.value).map((found) =>
    failure(`document body ${found.pointer}`.trimEnd(), found.wanted, written(found.value)),
  );
}

function bodyValue(mediaType: string, body: Uint8Array): { readonly value: unknown } | { readonly unreadable: string } {
  const text = Buffer.from(body).toString('utf8');
  if (!isJson(mediaType)) return { value: text };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { unreadable: text };
  }
}

function headerFailures(header: DocumentedHeader, answer: HttpExchange): readonly CheckFailure[] {
  // OpenAPI: a response header named Content-Type is ignored; the media types of the content say it.
  if (header.name === 'content-type') return [];
  const value = headerValue(answer, header.name);
  if (value === undefined)
    return header.required ? [failure(`document header ${header.name}`, 'present', 'absent')] : [];
  const { validate } = header;
  if (validate === undefined) return [];
  // A header is text; its schema may want a number or a boolean, so either reading may fulfil it.
  const readings: readonly unknown[] = [
    value,
    ...(/^(-?\d+(\.\d+)?|true|false)$/.test(value) ? [JSON.parse(asJson(value))] : []),
  ];
  const best = readings.map((reading) => findings(validate, reading)).sort((a, b) => a.length - b.length)[0];
  return (best ?? []).map((found) => failure(`document header ${header.name}`, found.wanted, value));
}

/** Leading zeros are no JSON. */
function asJson(value: string): string {
  return value.replace(/^(-?)0+(?=\d)/, '$1');
}

function fits(range: string, mediaType: string): boolean {
  const wanted = mediaTypeOf(range) ?? '';
  return (
    wanted === '*/*' || wanted === mediaType || (wanted.endsWith('/*') && mediaType.startsWith(wanted.slice(0, -1)))
  );
}

function names(content: readonly { readonly mediaType: string }[]): string {
  return content.map(({ mediaType }) => mediaType).join(' or ');
}
