import { resolvePointer } from '../documents/pointer.ts';
import type { HttpExchange } from '../ports/transport.ts';
import { type CheckFailure, failure } from './check-failure.ts';
import { readContent } from './content.ts';
import { headerValue } from './formats/openapi.ts';

/** Takes values out of an answer by runtime expressions; what is not there is a failure. */
export function captureOutputs(
  outputs: Readonly<Record<string, string>>,
  answer: HttpExchange,
  scope: Map<string, unknown>,
): readonly CheckFailure[] {
  return Object.entries(outputs).flatMap(([name, expression]) => {
    const value = capturedValue(expression, answer);
    if (value === undefined) return [failure(`output ${name}`, `a value at ${expression}`, 'nothing')];
    scope.set(name, value);
    return [];
  });
}

function capturedValue(expression: string, answer: HttpExchange): unknown {
  const path = expression.slice('$response.'.length);
  if (path === 'status') return answer.status;
  if (path.startsWith('header.')) return headerValue(answer, path.slice('header.'.length).toLowerCase());
  const content = readContent(answer.body);
  if (path === 'body') return content.json === undefined ? content.text : content.json.value;
  return resolvePointer(content.json?.value, path.slice('body#'.length)).value;
}
