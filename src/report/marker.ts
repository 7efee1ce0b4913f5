import { createHash } from 'node:crypto';

/** A name inside an HTML comment: plain names as they are, anything else as a digest, so that it cannot end the comment. */
export function markerName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9.]|-(?!-)){0,62}$/.test(name) && !name.endsWith('-')) return name;
  return `x-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
