import { resolvePointer } from '../documents/pointer.ts';
import { type CheckFailure, failure } from './check-failure.ts';
import type { OutputSource } from './steps/step-kind.ts';

/** Takes values out of an answer by runtime expressions; what is not there is a failure. */
export function captureOutputs(
  outputs: Readonly<Record<string, string>>,
  answer: OutputSource,
  scope: Map<string, unknown>,
): readonly CheckFailure[] {
  return Object.entries(outputs).flatMap(([name, expression]) => {
    const value = capturedValue(expression, answer);
    if (value === undefined) return [failure(`output ${name}`, `a value at ${expression}`, 'nothing')];
    scope.set(name, value);
    return [];
  });
}

function capturedValue(expression: string, { status, headers, content }: OutputSource): unknown {
  const path = expression.slice('$response.'.length);
  if (path === 'status') return status;
  if (path.startsWith('header.')) {
    const wanted = path.slice('header.'.length).toLowerCase();
    const values = headers.filter(([name]) => name === wanted).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  }
  if (path === 'body') return content.json === undefined ? content.text : content.json.value;
  return resolvePointer(content.json?.value, path.slice('body#'.length)).value;
}
