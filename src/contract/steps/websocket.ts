import { nearest } from '../../documents/nearest.ts';
import { alternatives, printable } from '../../documents/show.ts';
import type { SocketConnection, SocketOpening, SocketRefusal } from '../../ports/sockets.ts';
import { type HttpExchange, type SocketRequest, TransportError } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import { readContent } from '../content.ts';
import type { LoadedContract } from '../contract.ts';
import { contentFailures, expectationFailures } from '../expectation.ts';
import { documentFailures } from '../formats/openapi.ts';
import { expand, expandText, type TemplateSource } from '../template.ts';
import type { SocketTurn, WebsocketStep } from '../vector.ts';
import type { OutputSource, StepKind, StepRun } from './step-kind.ts';
import { addressOf, documentedAnswers, documentedFailures } from './websocket-document.ts';
import { Exchange } from './websocket-exchange.ts';
import { WEBSOCKET_STEP } from './websocket-schema.ts';

const SWITCHING_PROTOCOLS = 101;
const NOT_ASKED = { sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };

/** Clients on a WebSocket endpoint in turns; every message judged by the vector and by the AsyncAPI document. */
export const websocketStep: StepKind<'websocket'> = {
  name: 'websocket',
  schema: WEBSOCKET_STEP,
  problems({ websocket: { path }, expect }, pointer, { documents: { channels } }) {
    const isAccepted = [expect.status].flat().includes(SWITCHING_PROTOCOLS);
    if (channels === undefined || !isAccepted || path.includes('{{')) return [];
    if (channels.sent(addressOf(path)) !== undefined) return [];
    const near = nearest(path, channels.addresses);
    const wanted = alternatives(channels.addresses.map((address) => printable(address)));
    const message = `the AsyncAPI document has no channel ${printable(path)}, wanted ${wanted}`;
    const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
    return [{ code: 'channel-undocumented', pointer: `${pointer}/websocket/path`, message, ...hint }];
  },
  captures: ({ websocket: { exchange = [] } }) =>
    exchange.flatMap((turn) => turn.repeat?.turns ?? [turn]).flatMap(({ outputs }) => Object.keys(outputs ?? {})),
  loadProblem({ websocket: { exchange = [] }, expect }) {
    if (expect.status !== SWITCHING_PROTOCOLS) return 'found another status than 101, wanted a connection';
    if (exchange.length === 0 || roundTrip(exchange) !== undefined) return undefined;
    return 'found other turns, wanted none (a connection), or send and receive (one round trip), both as text';
  },
  async run(step, context) {
    const { sockets, contract, origin } = context;
    if (sockets === undefined) throw new TypeError('no WebSocket can be opened here');
    const opening = openingOf(step.websocket, context.source());
    const { signal, requestTimeoutMs: timeoutMs } = context;
    const connect = () => {
      signal?.throwIfAborted();
      return sockets.connect(origin, opening, { timeoutMs, ...(signal && { signal }) });
    };
    const expected = expand(step.expect, context.source());
    const exchange = new Exchange({
      connect,
      expand: (value) => expand(value, context.source()),
      capture: (outputs, message) =>
        context.capture(outputs, { status: SWITCHING_PROTOCOLS, headers: [], content: message }),
      messages: documentedAnswers(contract.documents, opening.path),
      schemas: contract.schemas,
      excludes: expected.excludes ?? [],
    });
    try {
      const answer = await connect();
      const output = outputOf(answer);
      if (!answer.accepted) return { failures: refusalFailures(expected, opening, answer, contract), output };
      const turns = step.websocket.exchange ?? [];
      exchange.add(turns.flatMap((turn) => turn.repeat?.turns ?? [turn])[0]?.client, answer);
      const failures = acceptanceFailures(expected, opening, answer, contract);
      const found = failures.length > 0 ? failures : await exchange.take(turns);
      return { failures: found, output: { ...output, content: exchange.last ?? output.content } };
    } catch (error) {
      return notAnswered(error);
    } finally {
      exchange.end();
    }
  },
  load(step, contract) {
    const answers = documentedAnswers(contract.documents, step.websocket.path);
    const trip = roundTrip(step.websocket.exchange ?? []);
    return (source) => {
      const { path, headers, subprotocols } = openingOf(step.websocket, source);
      const message = trip && expand(trip.send, source);
      const wanted = trip && expand(trip.receive, source);
      const request: SocketRequest = { kind: 'websocket', path, headers, subprotocols };
      return {
        request:
          message === undefined ? request : { ...request, message: message.text ?? JSON.stringify(message.json) },
        isCorrect({ status, body }) {
          if (status !== SWITCHING_PROTOCOLS || wanted === undefined) return status === SWITCHING_PROTOCOLS;
          const content = readContent(body);
          return (
            contentFailures('message', wanted, content, contract.schemas).length === 0 &&
            documentedFailures(answers, false, content).length === 0
          );
        },
      };
    };
  },
};

function openingOf({ path, headers = {}, subprotocols = [] }: WebsocketStep['websocket'], source: TemplateSource) {
  const entries = Object.entries(headers);
  return {
    path: expandText(path, source),
    headers: entries.flatMap(([name, value]) => (value === null ? [] : [[name, expandText(value, source)] as const])),
    subprotocols: subprotocols.map((name) => expandText(name, source)),
    without: entries.filter(([, value]) => value === null).map(([name]) => name.toLowerCase()),
  } satisfies SocketOpening;
}

function outputOf(answer: SocketConnection | SocketRefusal): OutputSource {
  const status = answer.accepted ? SWITCHING_PROTOCOLS : answer.status;
  const body = answer.accepted ? new Uint8Array(0) : answer.body;
  return { status, headers: answer.headers, content: readContent(body) };
}

function acceptanceFailures(
  expected: WebsocketStep['expect'],
  { path }: SocketOpening,
  { headers, subprotocol }: SocketConnection,
  { documents, schemas }: LoadedContract,
): readonly CheckFailure[] {
  const answer: HttpExchange = { ...NOT_ASKED, status: SWITCHING_PROTOCOLS, headers, body: new Uint8Array(0) };
  const wanted = expected.subprotocol;
  const isDocumented = documents.channels === undefined || documents.channels.sent(addressOf(path)) !== undefined;
  return [
    ...expectationFailures(expected, answer, schemas),
    ...(wanted === undefined || wanted === (subprotocol ?? null)
      ? []
      : [failure('subprotocol', wanted ?? 'none', subprotocol ?? 'none')]),
    ...(isDocumented ? [] : [failure('document channel', 'refused: the document has no such channel', 'accepted')]),
  ];
}

function refusalFailures(
  expected: WebsocketStep['expect'],
  { path }: SocketOpening,
  { status, headers, body }: SocketRefusal,
  { documents, schemas }: LoadedContract,
): readonly CheckFailure[] {
  const answer: HttpExchange = { ...NOT_ASKED, status, headers, body };
  return [
    ...expectationFailures(expected, answer, schemas),
    ...(documents.operations === undefined
      ? []
      : documentFailures(documents.operations, { method: 'GET', path }, answer)),
  ];
}

function notAnswered(error: unknown): StepRun {
  if (!(error instanceof TransportError) || error.failure === 'aborted') throw error;
  const failures = [failure('request', 'an answer to the handshake', `${error.failure}: ${error.message}`)];
  return { failures, unanswered: error.failure === 'timeout' ? 'timeout' : 'other' };
}

/** One message in text and its answer, by one client: what load can send. */
function roundTrip(turns: readonly SocketTurn[]) {
  const [first, second, ...others] = turns;
  if (first?.send === undefined || second?.receive === undefined || others.length > 0) return undefined;
  const isPlain =
    first.send.base64 === undefined && first.send.raw === undefined && second.receive.base64 === undefined;
  const isOne = first.client === second.client && second.outputs === undefined;
  return isPlain && isOne ? { send: first.send, receive: second.receive } : undefined;
}
