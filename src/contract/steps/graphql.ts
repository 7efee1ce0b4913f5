import type { HttpExchange } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import { type Content, mentions, readContent } from '../content.ts';
import type { LoadedContract } from '../contract.ts';
import { headerValue, isJson, mediaTypeOf } from '../formats/openapi.ts';
import { mismatches, written } from '../matcher.ts';
import { buildRequest } from '../request.ts';
import type { RequestSigner } from '../signing.ts';
import { expand, type TemplateSource, withoutTemplates } from '../template.ts';
import type { GraphqlStep } from '../vector.ts';
import { GRAPHQL_STEP } from './graphql-schema.ts';
import { send } from './send.ts';
import type { StepKind } from './step-kind.ts';

const PATH = '/graphql';
/** What the specification of GraphQL over HTTP allows for an answer with data. */
const MEDIA_TYPES = ['application/graphql-response+json', 'application/json'];

type Expected = GraphqlStep['expect'];

/** One GraphQL operation as a POST to `/graphql`, its result judged by the vector and by the schema. */
export const graphqlStep: StepKind<'graphql'> = {
  name: 'graphql',
  schema: GRAPHQL_STEP,
  problems({ graphql: { query, valid } }, pointer, { documents: { graph } }) {
    if (graph === undefined) {
      const message = 'the contract names no GraphQL schema, which this step is checked by';
      return [{ code: 'graph-missing', pointer: `${pointer}/graphql`, message }];
    }
    if (valid === false) return [];
    const once = query.replace(/\{\{\$repeat:(.+?):\d+\}\}/g, '$1');
    return graph.operationProblems(withoutTemplates(once)).map((found) => {
      const message = `the operation does not fit the schema: ${found}`;
      const hint = 'when that is on purpose, say "valid": false';
      return { code: 'operation-invalid', pointer: `${pointer}/graphql/query`, message, hint };
    });
  },
  async run(step, context) {
    const source = context.source();
    const sent = await send(requestOf(step, source, context.signer), context);
    if ('run' in sent) return sent.run;
    const { answer } = sent;
    const content = readContent(answer.body);
    const failures = resultFailures(expand(step, source), answer, content, context.contract);
    return { failures, output: { status: answer.status, headers: answer.headers, content } };
  },
  load(step, contract, signer) {
    return (source) => {
      const request = requestOf(step, source, signer);
      const expanded = expand(step, source);
      return {
        request,
        isCorrect({ status, contentType, body }) {
          const headers = contentType === undefined ? [] : [['content-type', contentType] as const];
          const answer = { status, headers, body };
          return resultFailures(expanded, answer, readContent(body), contract).length === 0;
        },
      };
    };
  },
};

function requestOf({ graphql }: GraphqlStep, source: TemplateSource, signer: RequestSigner) {
  const { query, variables, operationName, headers = {} } = graphql;
  const json = {
    query,
    ...(variables === undefined ? {} : { variables }),
    ...(operationName === undefined ? {} : { operationName }),
  };
  const accept = `${MEDIA_TYPES[0]}, ${MEDIA_TYPES[1]};q=0.9`;
  return buildRequest({ method: 'POST', path: PATH, json, headers: { Accept: accept, ...headers } }, source, signer);
}

/** Templates of the step are already replaced. */
function resultFailures(
  { graphql, expect }: GraphqlStep,
  answer: Pick<HttpExchange, 'status' | 'headers' | 'body'>,
  content: Content,
  { documents, schemas }: LoadedContract,
): readonly CheckFailure[] {
  const statuses = [expect.status ?? 200].flat();
  if (!statuses.includes(answer.status)) {
    const body = content.text === '' ? 'no body' : `body ${content.text}`;
    return [failure('status', statuses.join(' or '), `${answer.status}, ${body}`)];
  }
  const result = content.json?.value;
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    return [failure('body', 'a GraphQL result as JSON', content.text === '' ? 'nothing' : content.text)];
  }
  const { data, errors, extensions, ...others } = result as Readonly<Record<string, unknown>>;
  const compared = (name: string, wanted: unknown, found: unknown) =>
    wanted === undefined
      ? []
      : mismatches(wanted, found, schemas).map((it) =>
          failure(`${name} ${it.pointer}`.trimEnd(), it.expected, it.actual),
        );
  return [
    ...compared('data', expect.data, data),
    ...errorsFailures(expect, errors, compared),
    ...compared('extensions', expect.extensions, extensions),
    ...(expect.excludes ?? []).flatMap((text) =>
      mentions(content, text) ? [failure('body', `nowhere ${written(text)}`, content.text)] : [],
    ),
    ...Object.keys(others).map((key) => failure('document result', 'data, errors and extensions only', written(key))),
    ...mediaTypeFailures(answer),
    ...shapeFailures(errors, data),
    ...(graphql.valid === false || data === undefined
      ? []
      : (documents.graph?.dataFindings(graphql, data) ?? []).map((found) =>
          failure(`document data ${found.pointer}`.trimEnd(), found.wanted, written(found.value)),
        )),
  ];
}

/** Without `errors` in the expectation, any error is one too many. */
function errorsFailures(
  { errors: wanted }: Expected,
  found: unknown,
  compared: (name: string, wanted: unknown, found: unknown) => readonly CheckFailure[],
): readonly CheckFailure[] {
  if (wanted !== undefined) return compared('errors', wanted, found);
  return found === undefined ? [] : [failure('errors', 'none', written(found))];
}

function mediaTypeFailures(answer: Pick<HttpExchange, 'headers'>): readonly CheckFailure[] {
  const found = mediaTypeOf(headerValue(answer, 'content-type'));
  if (found !== undefined && (MEDIA_TYPES.includes(found) || isJson(found))) return [];
  return [failure('document media type', MEDIA_TYPES.join(' or '), found ?? 'no content-type')];
}

/** What every result looks like: the specification's section 7. */
function shapeFailures(errors: unknown, data: unknown): readonly CheckFailure[] {
  if (errors === undefined) {
    return data === undefined ? [failure('document result', 'data or errors', 'neither')] : [];
  }
  if (!Array.isArray(errors) || errors.length === 0) {
    return [failure('document errors', 'a list that is not empty', written(errors))];
  }
  return errors.flatMap((error: unknown, index) => {
    const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
    return typeof message === 'string' && message !== ''
      ? []
      : [failure(`document errors /${index}`, 'an error with a message that says why', written(error))];
  });
}
