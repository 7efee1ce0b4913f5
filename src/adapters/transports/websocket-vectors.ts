import type { SocketConnection, SocketEvent, SocketTransport } from '../../ports/sockets.ts';
import { shakeHands } from './websocket-handshake.ts';
import { OPCODE, SocketLink } from './websocket-link.ts';

const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Raw enough for vectors: every frame goes out as the vector says, every event is kept until it is asked for. A service
 * that sends more than `mostWaitingBytes` which nobody asks for is cut off.
 */
export function createSocketTransport({ mostWaitingBytes = MOST_WAITING_BYTES } = {}): SocketTransport {
  return {
    async connect(origin, request, options) {
      const handshake = await shakeHands(origin, request, options);
      if (!handshake.accepted) {
        const { status, headers, body } = handshake;
        return { accepted: false, status, headers, body };
      }
      const { headers, subprotocol, socket, head } = handshake;
      const events = new EventQueue();
      const link: SocketLink = new SocketLink(socket, head, (event) => {
        events.add(event);
        if (events.bytes > mostWaitingBytes)
          link.cut(`more than ${mostWaitingBytes} bytes came that nobody waited for`);
      });
      return connection(link, events, { headers, subprotocol });
    },
  };
}

function connection(
  link: SocketLink,
  events: EventQueue,
  accepted: Pick<SocketConnection, 'headers' | 'subprotocol'>,
): SocketConnection {
  return {
    accepted: true,
    ...accepted,
    send(data, { binary, raw }) {
      const opcode = binary && raw !== 'text-bytes' ? OPCODE.binary : OPCODE.text;
      if (raw !== 'fragmented') return link.frame(opcode, data, { mask: raw !== 'unmasked' });
      const third = Math.ceil(data.length / 3);
      link.frame(opcode, data.subarray(0, third), { fin: false });
      // Control frames may come between the frames of a message.
      link.frame(OPCODE.ping, new Uint8Array(0));
      link.frame(OPCODE.continuation, data.subarray(third, 2 * third), { fin: false });
      link.frame(OPCODE.continuation, data.subarray(2 * third));
    },
    ping: (data) => link.frame(OPCODE.ping, data),
    next: (fits, timeoutMs) => events.next(fits, timeoutMs),
    reading: (on) => link.reading(on),
    close: (code, reason) => link.close(code, reason),
    end: () => link.end(),
  };
}

class EventQueue {
  readonly #events: SocketEvent[] = [];
  #added: (() => void) | undefined;
  #bytes = 0;

  /** Of all events that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  add(event: SocketEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    this.#added?.();
  }

  async next(fits: (event: SocketEvent) => boolean, timeoutMs: number): Promise<SocketEvent | undefined> {
    const taken = this.#take(fits);
    if (taken !== undefined || this.#events.at(-1)?.kind === 'closed') return taken;
    return new Promise((resolve) => {
      const finish = (event: SocketEvent | undefined) => {
        clearTimeout(timer);
        this.#added = undefined;
        resolve(event);
      };
      const timer = setTimeout(() => finish(undefined), timeoutMs);
      this.#added = () => {
        const event = this.#take(fits);
        if (event !== undefined || this.#events.at(-1)?.kind === 'closed') finish(event);
      };
    });
  }

  #take(fits: (event: SocketEvent) => boolean): SocketEvent | undefined {
    const index = this.#events.findIndex(fits);
    const event = index < 0 ? undefined : this.#events.splice(index, 1)[0];
    if (event !== undefined) this.#bytes -= sizeOf(event);
    return event;
  }
}

/** Its data, and what keeping it costs. */
function sizeOf(event: SocketEvent): number {
  return 100 + (event.kind === 'closed' ? 0 : event.data.length);
}
