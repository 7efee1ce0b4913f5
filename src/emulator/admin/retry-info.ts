const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** A `google.rpc.Status` with one `google.rpc.RetryInfo`, as servers send it in `grpc-status-details-bin`. */
export function retryInfoDetails(code: number, message: string, retryAfterMs: number): Buffer {
  const seconds = Math.floor(retryAfterMs / 1000);
  const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6);
  const duration = Buffer.concat([integer(1, seconds), integer(2, nanos)]);
  const any = Buffer.concat([bytes(1, Buffer.from(RETRY_INFO)), bytes(2, bytes(1, duration))]);
  return Buffer.concat([integer(1, code), bytes(2, Buffer.from(message)), bytes(3, any)]);
}

function varint(value: number): Buffer {
  const found: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) found.push((rest % 128) + 128);
  return Buffer.from([...found, rest]);
}

const integer = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Buffer) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
