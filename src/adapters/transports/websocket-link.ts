import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import type { SocketEvent } from '../../ports/sockets.ts';

/** Parts of ws that its types do not declare: it frames and parses, the connection stays ours. */
interface WsParts {
  readonly Receiver: new (options: { readonly maxPayload: number }) => Writable & { removeAllListeners(): unknown };
  readonly Sender: {
    frame(
      data: Uint8Array,
      options: { fin: boolean; opcode: number; mask: boolean; readOnly: boolean; rsv1: boolean },
    ): readonly Uint8Array[];
  };
}
const { Receiver, Sender } = ws as unknown as WsParts;

const LARGEST_MESSAGE_BYTES = 32 * 1024 * 1024;
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One WebSocket after its handshake, client side: frames out, events in. The last event is `closed`, and there is one. */
export class SocketLink {
  readonly #socket: Socket;
  readonly #receiver = new Receiver({ maxPayload: LARGEST_MESSAGE_BYTES });
  readonly #onEvent: (event: SocketEvent) => void;
  #closed = false;
  #closeSent = false;

  constructor(socket: Socket, head: Uint8Array, onEvent: (event: SocketEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    const receiver = this.#receiver;
    receiver.on('message', (data: Buffer, binary: boolean) => this.#tell({ kind: 'message', data, binary }));
    receiver.on('pong', (data: Buffer) => this.#tell({ kind: 'pong', data }));
    receiver.on('ping', (data: Buffer) => this.frame(OPCODE.pong, data));
    receiver.on('conclude', (code: number, reason: Buffer) => this.#conclude(code, reason.toString()));
    receiver.on('error', (error: Error) => this.cut(`the server's frames are wrong: ${error.message}`));
    socket.on('data', (chunk) => receiver.write(chunk));
    socket.on('close', () => this.cut('the connection ended without a close frame'));
    if (head.length > 0) receiver.write(head);
    socket.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** One frame; the defaults are those of a client that keeps to the rules. */
  frame(
    opcode: number,
    data: Uint8Array,
    { fin = true, mask = true }: { readonly fin?: boolean; readonly mask?: boolean } = {},
  ): void {
    if (this.#socket.destroyed) return;
    const parts = Sender.frame(data, { fin, opcode, mask, readOnly: true, rsv1: false });
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  reading(on: boolean): void {
    if (on) this.#socket.resume();
    else this.#socket.pause();
  }

  close(code?: number, reason = ''): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.frame(OPCODE.close, code === undefined ? new Uint8Array(0) : closePayload(code, reason));
  }

  end(): void {
    this.#socket.destroy();
  }

  /** The answer to a close frame is a close frame; the server ends the connection then. */
  #conclude(code: number, reason: string): void {
    if (code === 1005) this.close();
    else this.close(code);
    this.#tell({ kind: 'closed', code, reason });
    this.#socket.end();
  }

  /** Ends it at once, and says why. */
  cut(reason: string): void {
    this.#tell({ kind: 'closed', code: 1006, reason });
    this.#socket.destroy();
  }

  #tell(event: SocketEvent): void {
    if (this.#closed) return;
    this.#closed = event.kind === 'closed';
    this.#onEvent(event);
  }
}

function closePayload(code: number, reason: string): Uint8Array {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}
