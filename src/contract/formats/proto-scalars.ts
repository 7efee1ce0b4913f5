import type { ScalarName } from './proto-types.ts';
import { varintBytes, WIRE, WireError, type WireKind, type WireReader, withLength } from './proto-wire.ts';

/** One scalar in both directions; its JSON is that of the proto3 mapping. */
export interface Scalar {
  readonly kind: WireKind;
  /** What a JSON value must be, for messages. */
  readonly wanted: string;
  readonly zero: unknown;
  read(reader: WireReader): unknown;
  /** Undefined: the value is not of this type. */
  write(value: unknown): Buffer | undefined;
}

const LARGEST_FLOAT = 3.4028234663852886e38;

function integer(bits: 32 | 64, signed: boolean, code: IntegerCode): Scalar {
  const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const wide = bits === 64;
  return {
    kind: code.kind,
    wanted: `an integer from ${least} to ${most}${wide ? ', as text' : ''}`,
    zero: wide ? '0' : 0,
    read(reader) {
      const read = code.read(reader);
      const value = signed ? BigInt.asIntN(bits, read) : BigInt.asUintN(bits, read);
      return wide ? String(value) : Number(value);
    },
    write(value) {
      const number = integerOf(value);
      return number === undefined || number < least || number > most ? undefined : code.write(number);
    },
  };
}

/** A number without fraction, or the text of one; a number that is no longer exact is none. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

interface IntegerCode {
  readonly kind: WireKind;
  read(reader: WireReader): bigint;
  write(value: bigint): Buffer;
}

const VARINT: IntegerCode = { kind: WIRE.varint, read: (reader) => reader.varint(), write: varintBytes };
const ZIGZAG: IntegerCode = {
  kind: WIRE.varint,
  read: (reader) => {
    const value = reader.varint();
    return (value >> 1n) ^ -(value & 1n);
  },
  write: (value) => varintBytes(value < 0n ? -value * 2n - 1n : value * 2n),
};
const FIXED_32: IntegerCode = {
  kind: WIRE.fixed32,
  read: (reader) => BigInt(reader.fixed(4).readUInt32LE()),
  write(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)));
    return bytes;
  },
};
const FIXED_64: IntegerCode = {
  kind: WIRE.fixed64,
  read: (reader) => reader.fixed(8).readBigUInt64LE(),
  write(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    return bytes;
  },
};

/** JSON has no such numbers; proto3 writes them as text. */
function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (/^(NaN|-?Infinity)$/.test(value)) return Number(value);
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined;
}

/** The shortest number that is this float: 0.1, not 0.10000000149011612. */
function shortest(float: number): number {
  if (!Number.isFinite(float)) return float;
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}

const DOUBLE: Scalar = {
  kind: WIRE.fixed64,
  wanted: 'a number',
  zero: 0,
  read: (reader) => jsonNumber(reader.fixed(8).readDoubleLE()),
  write(value) {
    const number = numberOf(value);
    if (number === undefined) return undefined;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(number);
    return bytes;
  },
};

const FLOAT: Scalar = {
  kind: WIRE.fixed32,
  wanted: 'a number of single precision',
  zero: 0,
  read: (reader) => jsonNumber(shortest(reader.fixed(4).readFloatLE())),
  write(value) {
    const number = numberOf(value);
    if (number === undefined || (Number.isFinite(number) && Math.abs(number) > LARGEST_FLOAT)) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(number);
    return bytes;
  },
};

const BOOL: Scalar = {
  kind: WIRE.varint,
  wanted: 'true or false',
  zero: false,
  read: (reader) => reader.varint() !== 0n,
  write: (value) => (typeof value === 'boolean' ? Buffer.from([value ? 1 : 0]) : undefined),
};

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const STRING: Scalar = {
  kind: WIRE.bytes,
  wanted: 'a text',
  zero: '',
  read(reader) {
    const bytes = reader.bytes();
    try {
      return UTF_8.decode(bytes);
    } catch {
      throw new WireError(`a text that is not UTF-8: ${bytes.subarray(0, 20).toString('hex')}`);
    }
  },
  write: (value) => (typeof value === 'string' ? withLength(Buffer.from(value)) : undefined),
};

const BYTES: Scalar = {
  kind: WIRE.bytes,
  wanted: 'bytes in base64',
  zero: '',
  read: (reader) => reader.bytes().toString('base64'),
  write(value) {
    const isBase64 = typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value);
    return isBase64 ? withLength(Buffer.from(value, 'base64')) : undefined;
  },
};

export const SCALARS: Readonly<Record<ScalarName, Scalar>> = {
  double: DOUBLE,
  float: FLOAT,
  int32: integer(32, true, VARINT),
  int64: integer(64, true, VARINT),
  uint32: integer(32, false, VARINT),
  uint64: integer(64, false, VARINT),
  sint32: integer(32, true, ZIGZAG),
  sint64: integer(64, true, ZIGZAG),
  fixed32: integer(32, false, FIXED_32),
  fixed64: integer(64, false, FIXED_64),
  sfixed32: integer(32, true, FIXED_32),
  sfixed64: integer(64, true, FIXED_64),
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
};
