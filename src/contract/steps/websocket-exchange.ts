import type { SocketConnection, SocketEvent, SocketRefusal } from '../../ports/sockets.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import { type Content, mentions, readContent } from '../content.ts';
import { contentFailures } from '../expectation.ts';
import type { SchemaBook } from '../formats/json-schema.ts';
import { written } from '../matcher.ts';
import { durationMs, type SocketFrame, type SocketTurn } from '../vector.ts';
import { type DocumentedAnswers, documentedFailures } from './websocket-document.ts';

export interface ExchangePorts {
  /** Throws TransportError. */
  connect(client: string): Promise<SocketConnection | SocketRefusal>;
  /** Templates replaced, as late as it can be. */
  expand<T>(value: T): T;
  capture(outputs: Readonly<Record<string, string>>, message: Content): readonly CheckFailure[];
  readonly messages: DocumentedAnswers;
  readonly schemas: SchemaBook;
  readonly excludes: readonly string[];
}

const WITHIN = '5s';
const ONLY_CLIENT = 'client';
const LONGEST_SHOWN_REPEAT = 3;

type Received = Extract<SocketEvent, { readonly kind: 'message' }>;

/** Several clients that take turns. The first finding ends it, since later turns build on it. */
export class Exchange {
  readonly #ports: ExchangePorts;
  readonly #clients = new Map<string, SocketConnection>();
  /** The last message that came, for `outputs` of the step. */
  last: Content | undefined;

  constructor(ports: ExchangePorts) {
    this.#ports = ports;
  }

  /** A client that is connected already. */
  add(client: string | undefined, connection: SocketConnection): void {
    this.#clients.set(client ?? ONLY_CLIENT, connection);
  }

  async take(turns: readonly SocketTurn[], place = 'turn '): Promise<readonly CheckFailure[]> {
    for (const [index, turn] of turns.entries()) {
      const found = await this.#turn(turn, `${place}${index + 1}`);
      if (found.length > 0) return found;
    }
    return [];
  }

  end(): void {
    for (const client of this.#clients.values()) {
      client.close(1000);
      client.end();
    }
  }

  async #turn(turn: SocketTurn, place: string): Promise<readonly CheckFailure[]> {
    if (turn.repeat !== undefined) {
      const { times, turns } = turn.repeat;
      for (let round = 0; round < times; round += 1) {
        const shown = times <= LONGEST_SHOWN_REPEAT ? place : `${place} (round ${round + 1})`;
        const found = await this.take(turns, `${shown}.`);
        if (found.length > 0) return found;
      }
      return [];
    }
    const client = turn.client ?? ONLY_CLIENT;
    const named = turn.client === undefined ? place : `${place} ${client}`;
    const connection = this.#clients.get(client) ?? (await this.#ports.connect(client));
    if (!connection.accepted) return [failure(`${named} connect`, '101', String(connection.status))];
    this.#clients.set(client, connection);
    return this.#act(turn, connection, named);
  }

  async #act(turn: SocketTurn, client: SocketConnection, place: string): Promise<readonly CheckFailure[]> {
    const { within = WITHIN } = turn;
    if (turn.send !== undefined) send(this.#ports.expand(turn.send), client);
    if (turn.close !== undefined) client.close(turn.close.code, turn.close.reason);
    if (turn.reading !== undefined) client.reading(turn.reading);
    if (turn.receive !== undefined) return this.#receive(turn, client, place, within);
    if (turn.ping !== undefined) return ping(this.#ports.expand(turn.ping), client, place, within);
    if (turn.silence !== undefined) return silence(turn.silence, client, place);
    if (turn.closed !== undefined) return this.#closed(turn.closed, client, place, within);
    return [];
  }

  async #receive(turn: SocketTurn, client: SocketConnection, place: string, within: string) {
    const wanted = this.#ports.expand(turn.receive ?? {});
    const check = `${place} receive`;
    const event = await client.next(isMessageOrEnd, durationMs(within));
    if (event?.kind !== 'message') return [failure(check, written(wanted), shownEvent(event, within))];
    const content = readContent(event.data);
    this.last = content;
    if (wanted.base64 !== undefined) {
      const found = event.binary ? Buffer.from(event.data).toString('base64') : `text ${content.text}`;
      if (found !== wanted.base64) return [failure(check, wanted.base64, found)];
    }
    const isText = wanted.json !== undefined || wanted.text !== undefined || wanted.absent !== undefined;
    if (event.binary && isText) return [failure(check, 'a text frame', `a binary frame of ${event.data.length} bytes`)];
    const found = [
      ...contentFailures(check, wanted, content, this.#ports.schemas),
      ...this.#messageFailures(event, content, place),
    ];
    return found.length > 0 ? found : this.#ports.capture(turn.outputs ?? {}, content);
  }

  async #closed(codes: readonly number[], client: SocketConnection, place: string, within: string) {
    const wanted = `closed with ${codes.join(' or ')}`;
    const event = await client.next(({ kind }) => kind === 'closed', durationMs(within));
    if (event?.kind !== 'closed') return [failure(`${place} closed`, wanted, `open after ${within}`)];
    if (!codes.includes(event.code)) return [failure(`${place} closed`, wanted, shownEvent(event, within))];
    // What came before it has to be documented, too.
    for (;;) {
      const before = await client.next(({ kind }) => kind === 'message', 0);
      if (before?.kind !== 'message') return [];
      const found = this.#messageFailures(before, readContent(before.data), place);
      if (found.length > 0) return found;
    }
  }

  #messageFailures(event: Received, content: Content, place: string): readonly CheckFailure[] {
    return [
      ...documentedFailures(this.#ports.messages, event.binary, content).map((found) => ({
        ...found,
        check: `${place}: ${found.check}`,
      })),
      ...this.#ports.excludes
        .filter((text) => mentions(content, text))
        .map((text) => failure(`${place} message`, `nowhere ${written(text)}`, content.text)),
    ];
  }
}

const isMessageOrEnd = ({ kind }: SocketEvent) => kind !== 'pong';

function send(frame: SocketFrame, client: SocketConnection): void {
  const { json, text, base64, raw } = frame;
  const data = base64 === undefined ? (text ?? JSON.stringify(json) ?? '') : Buffer.from(base64, 'base64');
  client.send(Buffer.from(data), { binary: base64 !== undefined, ...(raw && { raw }) });
}

async function ping(text: string, client: SocketConnection, place: string, within: string) {
  const isAnswer = (event: SocketEvent) =>
    event.kind === 'closed' || (event.kind === 'pong' && Buffer.from(event.data).toString() === text);
  client.ping(Buffer.from(text));
  const event = await client.next(isAnswer, durationMs(within));
  return event?.kind === 'pong'
    ? []
    : [failure(`${place} ping`, `a pong with ${written(text)}`, shownEvent(event, within))];
}

async function silence(duration: string, client: SocketConnection, place: string) {
  const event = await client.next(isMessageOrEnd, durationMs(duration));
  return event === undefined
    ? []
    : [failure(`${place} silence`, `nothing for ${duration}`, shownEvent(event, duration))];
}

function shownEvent(event: SocketEvent | undefined, within: string): string {
  if (event === undefined) return `nothing within ${within}`;
  if (event.kind === 'message') return readContent(event.data).text;
  if (event.kind === 'pong') return 'a pong';
  return event.reason === '' ? `closed with ${event.code}` : `closed with ${event.code}: ${event.reason}`;
}
