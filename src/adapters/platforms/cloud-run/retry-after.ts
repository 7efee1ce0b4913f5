import { StatusError } from './status-code.ts';

/** How long the server asks to wait before another try, by RetryInfo or Retry-After; undefined when it does not say. */
export function askedWaitMs(error: unknown): number | undefined {
  if (error instanceof StatusError) return error.retryAfterMs;
  return retryInfoMs(fieldOf(error, 'statusDetails')) ?? headerMs(fieldOf(error, 'metadata'));
}

/** Milliseconds of an HTTP Retry-After that counts seconds; undefined for any other text. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  return header != null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}

/** `google.rpc.RetryInfo` among the details that the client library has decoded. */
function retryInfoMs(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  const delay = details.map((detail) => fieldOf(detail, 'retryDelay')).find((found) => found !== undefined);
  const ms = Number(fieldOf(delay, 'seconds') ?? 0) * 1000 + Number(fieldOf(delay, 'nanos') ?? 0) / 1e6;
  return delay === undefined || !Number.isFinite(ms) || ms < 0 ? undefined : ms;
}

function headerMs(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('get' in metadata)) return undefined;
  const values: unknown = typeof metadata.get === 'function' ? metadata.get('retry-after') : undefined;
  return Array.isArray(values) && typeof values[0] === 'string' ? retryAfterMs(values[0]) : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
