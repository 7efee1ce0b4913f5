import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MemoryBus } from './memory-bus.ts';
import { serviceKey } from './shipped-contract.ts';

/** The parts of a right service that a wrong one replaces. */
export interface Parts {
  readonly isSigned: (signature: string, timestamp: string, body: Buffer) => boolean;
  readonly isFresh: (timestamp: string) => boolean;
  readonly parse: (body: Buffer) => Readonly<Record<string, unknown>>;
  readonly pong: (interaction: Readonly<Record<string, unknown>>) => unknown;
  readonly deferred: unknown;
  readonly contentType: string;
  readonly refusal: number;
  readonly malformed: number;
  readonly health: unknown;
  readonly onPing: (publish: () => void) => void;
  readonly onCommand: (publish: () => void) => void;
  readonly message: (interaction: Readonly<Record<string, unknown>>) => unknown;
  readonly attributes: (interaction: Readonly<Record<string, unknown>>) => Readonly<Record<string, string>>;
  /** Runs before everything; true when it has answered. */
  readonly first: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const KEY = createPublicKey({
  key: Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(serviceKey('discord-webhook', 'discord-ed25519'), 'hex'),
  ]),
  format: 'der',
  type: 'spki',
});

export const RIGHT: Parts = {
  isSigned: (signature, timestamp, body) =>
    verify(null, Buffer.concat([Buffer.from(timestamp), body]), KEY, Buffer.from(signature, 'hex')),
  isFresh: (timestamp) => Math.abs(Date.now() / 1000 - Number(timestamp)) <= 5,
  parse: (body) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)),
  pong: () => ({ type: 1 }),
  deferred: { type: 5 },
  contentType: 'application/json',
  refusal: 401,
  malformed: 400,
  health: { status: 'ok' },
  onPing: () => undefined,
  onCommand: (publish) => publish(),
  message: ({ token, ...rest }) => rest,
  attributes: ({ id, application_id }) => ({ interaction_id: String(id), application_id: String(application_id) }),
  first: () => false,
};

/** A service of the small contract on 127.0.0.1, right or with some of its parts replaced. */
export async function startSmallService(bus: MemoryBus, wrong: Partial<Parts> = {}) {
  const parts = { ...RIGHT, ...wrong };
  let slow = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (parts.first(request, response)) return;
      const send = (status: number, body: unknown, headers = {}) => {
        response.writeHead(status, { 'content-type': parts.contentType, ...headers });
        response.end(JSON.stringify(body));
      };
      if (request.url === '/health') return send(200, parts.health);
      if (request.url?.startsWith('/items/')) {
        const id = request.url.slice('/items/'.length);
        if (id === 'slow') slow += 1;
        return send(200, id === 'first' ? { next: 'n-2' } : { id, ready: slow > 2 }, { 'x-count': '7' });
      }
      const body = Buffer.concat(chunks);
      const header = (name: string) => String(request.headers[name] ?? '');
      const timestamp = header('x-signature-timestamp');
      if (!parts.isSigned(header('x-signature-ed25519'), timestamp, body) || !parts.isFresh(timestamp)) {
        return send(parts.refusal, { error: 'refused' });
      }
      let interaction: Readonly<Record<string, unknown>>;
      try {
        interaction = parts.parse(body);
      } catch {
        return send(parts.malformed, { error: 'malformed' });
      }
      const publish = () =>
        bus.publish(JSON.stringify(parts.message(interaction)) ?? 'no JSON', parts.attributes(interaction));
      if (interaction.type === 1) {
        parts.onPing(publish);
        return send(200, parts.pong(interaction));
      }
      parts.onCommand(publish);
      return send(200, parts.deferred);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
