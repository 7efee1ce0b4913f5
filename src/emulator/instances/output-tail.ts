import type { Readable } from 'node:stream';

const TAIL_BYTES = 4_096;

/** Reads streams as they come and keeps the last 4 KiB of all of them together. */
export function keepTail(streams: readonly (Readable | null)[]): () => string {
  let tail: Buffer = Buffer.alloc(0);
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    });
    stream?.on('error', () => undefined);
  }
  return () => tail.toString('utf8');
}
