import type { HttpExchange } from '../../ports/transport.ts';
import type { CheckFailure } from '../check-failure.ts';
import { readContent } from '../content.ts';
import { expectationFailures } from '../expectation.ts';
import { documentFailures } from '../formats/openapi.ts';
import { buildRequest } from '../request.ts';
import { expand } from '../template.ts';
import { HTTP_STEP } from './http-schema.ts';
import { send } from './send.ts';
import type { StepKind } from './step-kind.ts';

/** One HTTP/1.1 request, its answer judged by the vector and by the OpenAPI document. */
export const httpStep: StepKind<'http'> = {
  name: 'http',
  schema: HTTP_STEP,
  async run(step, context) {
    const request = buildRequest(step.http, context.source(), context.signer);
    const sent = await send(request, context);
    if ('run' in sent) return sent.run;
    const { answer } = sent;
    const { contract } = context;
    const expected = expand(step.expect, context.source());
    const failures = [
      ...expectationFailures(expected, answer, contract.schemas),
      ...documentFailures(contract.documents.operations ?? [], request, answer),
    ];
    const output = { status: answer.status, headers: answer.headers, content: readContent(answer.body) };
    return { failures, output };
  },
  load(step, contract, signer) {
    return (source) => {
      const request = buildRequest(step.http, source, signer);
      const expected = expand(step.expect, source);
      return {
        request,
        isCorrect(answer) {
          const exchange = asExchange(answer);
          return (
            expectationFailures(expected, exchange, contract.schemas).length === 0 &&
            documentFailures(contract.documents.operations ?? [], request, exchange).every(isAboutHeader)
          );
        },
      };
    };
  },
};

const isAboutHeader = ({ check }: CheckFailure) => check.startsWith('document header');

/** Load keeps no headers but the media type: more of them could not be expected under load. */
function asExchange(answer: {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}): HttpExchange {
  const { status, contentType, body } = answer;
  const headers = contentType === undefined ? [] : [['content-type', contentType] as const];
  return { status, headers, body, sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };
}
