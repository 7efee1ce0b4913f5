import type { Readable } from 'node:stream';
import { SHORTEST_SECRET } from '../admin/local-secrets.ts';
import type { OutputSink } from '../workload.ts';

const TAIL_BYTES = 4_096;

/** Reads streams as they come and keeps the last 4 KiB of all of them together, without the given secrets. */
export function keepTail(streams: readonly (Readable | null)[], secrets: readonly string[] = []): () => string {
  const hidden = secrets.filter(({ length }) => length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
  // A secret that the cut goes through would not be recognised any more.
  const keptBytes = TAIL_BYTES + Math.max(0, ...hidden.map((secret) => Buffer.byteLength(secret)));
  let tail: Buffer = Buffer.alloc(0);
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-keptBytes);
    });
    stream?.on('error', () => undefined);
  }
  return () => {
    const text = hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), tail.toString('utf8'));
    return hidden.length === 0 ? text : Buffer.from(text).subarray(-TAIL_BYTES).toString('utf8');
  };
}

/** Gives all output of both streams to a sink, as it comes. */
export function passOn(stdout: Readable | null, stderr: Readable | null, sink: OutputSink): void {
  stdout?.on('data', (chunk: Buffer) => sink('stdout', chunk));
  stderr?.on('data', (chunk: Buffer) => sink('stderr', chunk));
}
