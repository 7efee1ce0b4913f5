/** Kinds of values on the wire of Protocol Buffers. Groups (3 and 4) are not part of proto3. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireKind = (typeof WIRE)[keyof typeof WIRE];

const LONGEST_VARINT = 10;
const MASK_64 = (1n << 64n) - 1n;

/** Bytes that are no Protocol Buffers message, or none of the descriptor. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Number of the next field, and how its value is written. */
  tag(): { readonly number: number; readonly kind: number } {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 536_870_911) throw new WireError(`field number ${number}`);
    return { number, kind: Number(tag & 7n) };
  }

  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < LONGEST_VARINT; index += 1) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value & MASK_64;
    }
    throw new WireError('a varint of more than 10 bytes');
  }

  fixed(length: 4 | 8): Buffer {
    return this.#take(length);
  }

  bytes(): Buffer {
    return this.#take(Number(this.varint()));
  }

  skip(kind: number): void {
    if (kind === WIRE.varint) this.varint();
    else if (kind === WIRE.fixed64) this.#take(8);
    else if (kind === WIRE.bytes) this.bytes();
    else if (kind === WIRE.fixed32) this.#take(4);
    else throw new WireError(`wire type ${kind}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new WireError(`an end in the middle of a field, ${end - this.#bytes.length} bytes short`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

export function tagBytes(number: number, kind: WireKind): Buffer {
  return varintBytes((BigInt(number) << 3n) | BigInt(kind));
}

/** Negative numbers as two's complement of 64 bits. */
export function varintBytes(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value & MASK_64;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

export function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([varintBytes(BigInt(bytes.length)), bytes]);
}
