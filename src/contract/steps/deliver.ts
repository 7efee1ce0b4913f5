import type { HttpExchange, HttpRequest } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import { mentions, readContent } from '../content.ts';
import { documentFailures } from '../formats/openapi.ts';
import { written } from '../matcher.ts';
import { buildRequest } from '../request.ts';
import type { RequestSigner } from '../signing.ts';
import { expand, type TemplateSource } from '../template.ts';
import type { DeliverStep } from '../vector.ts';
import { deliveryProblems } from './deliver-check.ts';
import { pushBody } from './deliver-envelope.ts';
import { DELIVER_STEP } from './deliver-schema.ts';
import { send } from './send.ts';
import type { StepKind, StepSurroundings } from './step-kind.ts';

/** Statuses that acknowledge a push, by the documentation of Pub/Sub. */
const ACKNOWLEDGED: readonly number[] = [102, 200, 201, 202, 204];

const NOT_TIMED = { sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };

/** One message as a push subscription of Pub/Sub delivers it, the answer judged as acknowledged or not. */
export const deliverStep: StepKind<'deliver'> = {
  name: 'deliver',
  schema: DELIVER_STEP,
  problems: ({ deliver }, pointer, contract) => deliveryProblems(deliver, `${pointer}/deliver`, contract),
  async run(step, context) {
    const { contract, signer } = context;
    const request = requestOf(step, context.source(), contract, signer);
    const sent = await send(request, context);
    if ('run' in sent) return sent.run;
    const { answer } = sent;
    const expected = expand(step.expect, context.source());
    const failures = [
      ...answerFailures(expected, answer),
      ...documentFailures(contract.documents.operations ?? [], request, answer),
    ];
    const { status, headers, body } = answer;
    return { failures, output: { status, headers, content: readContent(body) } };
  },
  load(step, contract, signer) {
    return (source) => {
      const request = requestOf(step, source, contract, signer);
      const expected = expand(step.expect, source);
      return {
        request,
        isCorrect({ status, contentType, body }) {
          const headers = contentType === undefined ? [] : [['content-type', contentType] as const];
          const answer = { ...NOT_TIMED, status, headers, body };
          return (
            answerFailures(expected, answer).length === 0 &&
            // Load keeps no headers but the media type.
            documentFailures(contract.documents.operations ?? [], request, answer).every(({ check }) =>
              check.startsWith('document header'),
            )
          );
        },
      };
    };
  },
};

function requestOf(
  step: DeliverStep,
  source: TemplateSource,
  { channels }: StepSurroundings,
  signer: RequestSigner,
): HttpRequest {
  const { channel, headers = {} } = step.deliver;
  const path = channels[channel]?.pushPath;
  if (path === undefined) throw new TypeError(`channel ${channel} has no push_path`);
  // In base64, so that nothing in it is taken for a template again.
  const base64 = Buffer.from(JSON.stringify(pushBody(step, source))).toString('base64');
  return buildRequest({ method: 'POST', path, base64, headers }, source, signer);
}

function answerFailures(
  { ack, status, excludes = [] }: DeliverStep['expect'],
  answer: Pick<HttpExchange, 'status' | 'headers' | 'body'>,
): readonly CheckFailure[] {
  const content = readContent(answer.body);
  const found = `${answer.status}, ${content.text === '' ? 'no body' : `body ${content.text}`}`;
  if (ACKNOWLEDGED.includes(answer.status) !== ack) {
    const statuses = `${ACKNOWLEDGED.slice(0, -1).join(', ')} or ${ACKNOWLEDGED.at(-1)}`;
    return [failure('ack', ack ? `acknowledged: ${statuses}` : `not acknowledged: none of ${statuses}`, found)];
  }
  const statuses = [status ?? answer.status].flat();
  if (!statuses.includes(answer.status)) return [failure('status', statuses.join(' or '), found)];
  return excludes.flatMap((text) => [
    ...(mentions(content, text) ? [failure('body', `nowhere ${written(text)}`, content.text)] : []),
    ...(answer.headers.some(([, value]) => value.includes(text))
      ? [failure('headers', `nowhere ${written(text)}`, 'it is in a header')]
      : []),
  ]);
}
