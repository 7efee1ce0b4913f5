import type { HeaderList, HttpRequest } from '../ports/transport.ts';
import type { RequestSigner, SignOptions } from './signing.ts';
import { expand, expandText, type TemplateSource } from './template.ts';
import type { HttpStepRequest } from './vector.ts';

/** The request of a step: templates replaced, body encoded, signed now, explicit headers applied last. */
export function buildRequest(step: HttpStepRequest, source: TemplateSource, signer: RequestSigner): HttpRequest {
  const body = bodyOf(step, source);
  const plain: HttpRequest = {
    method: step.method,
    path: expandText(step.path, source),
    headers: body === undefined ? [] : [['Content-Type', 'application/json']],
    ...(body === undefined ? {} : { body }),
  };
  const signed = step.sign === undefined ? plain : signer.sign(plain, signOptions(step.sign, source), source.nowMs);
  return { ...signed, headers: withHeaders(signed.headers, step.headers ?? {}, source) };
}

/** All of it is text, also where a template alone would give a number. */
function signOptions(sign: SignOptions, source: TemplateSource): SignOptions {
  const { scheme, ...rest } = sign;
  const texts = Object.entries(rest).map(([name, text]) => [name, expandText(text, source)]);
  return { scheme, ...Object.fromEntries(texts) };
}

function bodyOf(step: HttpStepRequest, source: TemplateSource): Uint8Array | undefined {
  if (step.json !== undefined) return Buffer.from(JSON.stringify(expand(step.json, source)));
  if (step.text !== undefined) return Buffer.from(expandText(step.text, source));
  if (step.base64 !== undefined) return Buffer.from(expandText(step.base64, source), 'base64');
  return undefined;
}

function withHeaders(
  headers: HeaderList,
  changes: NonNullable<HttpStepRequest['headers']>,
  source: TemplateSource,
): HeaderList {
  let result = headers;
  for (const [name, value] of Object.entries(changes)) {
    result = result.filter(([key]) => key.toLowerCase() !== name.toLowerCase());
    const texts = value === null ? [] : [value].flat();
    result = [...result, ...texts.map((text) => [name, expandText(text, source)] as const)];
  }
  return result;
}
