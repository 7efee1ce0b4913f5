import { TransportError } from '../../ports/transport.ts';

const PREFIX_BYTES = 5;
const LARGEST_MESSAGE_BYTES = 32 * 1024 * 1024;

/** The message as gRPC sends it: not compressed, its length before it. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/**
 * The messages in the data of an answer. Throws TransportError `protocol` for a compressed one, since none was asked for,
 * for one that is cut off, and for what is larger than anything we read.
 */
export function messagesIn(data: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    if (data.length - at < PREFIX_BYTES) throw broken(`${data.length - at} bytes after the last message`);
    const flag = data[at] ?? 0;
    if (flag !== 0) throw broken(flag === 1 ? 'a compressed message, which was not asked for' : `flag ${flag}`);
    const end = at + PREFIX_BYTES + data.readUInt32BE(at + 1);
    if (end > data.length) throw broken(`a message of ${end - at - PREFIX_BYTES} bytes that is cut off`);
    messages.push(data.subarray(at + PREFIX_BYTES, end));
    at = end;
  }
  return messages;
}

export function refuseLarger(bytes: number): void {
  if (bytes > LARGEST_MESSAGE_BYTES) throw broken(`more than ${LARGEST_MESSAGE_BYTES} bytes of data`);
}

export function broken(what: string): TransportError {
  return new TransportError('protocol', `not a gRPC answer: found ${what}`, { answered: true });
}

/** `grpc-timeout`: at most eight digits and a unit. */
export function timeoutText(deadlineMs: number): string {
  const ms = Math.max(1, Math.round(deadlineMs));
  return ms < 100_000_000 ? `${ms}m` : `${Math.min(99_999_999, Math.round(ms / 1000))}S`;
}

/** What gRPC clients make of an HTTP answer that is none of gRPC. */
export function codeOfHttpStatus(status: number): number {
  const codes: Readonly<Record<number, number>> = {
    400: 13,
    401: 16,
    403: 7,
    404: 12,
    429: 14,
    502: 14,
    503: 14,
    504: 14,
  };
  return codes[status] ?? 2;
}

/** `grpc-message` is percent-encoded UTF-8; what cannot be decoded stays as it is. */
export function decodedMessage(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const hex = text[at] === '%' ? /^[0-9a-fA-F]{2}/.exec(text.slice(at + 1, at + 3)) : null;
    bytes.push(hex === null ? text.charCodeAt(at) & 0xff : Number.parseInt(hex[0], 16));
    if (hex !== null) at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}
