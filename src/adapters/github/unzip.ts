import { crc32, inflateRawSync } from 'node:zlib';
import type { ArtifactLimits } from '../../ports/code-host.ts';
import { readDirectory, type ZipEntry, ZipRefused } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;

/**
 * The text files of a zip archive by path, unpacked in memory. The archive may be made by an attacker: whatever is not
 * plain is refused as a whole, and no byte beyond the limit is ever unpacked. Throws ZipRefused.
 */
export function unzip(archive: Buffer, limits: ArtifactLimits): ReadonlyMap<string, string> {
  const entries = readDirectory(archive, limits.files);
  const files = new Map<string, string>();
  const declaredBytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (declaredBytes > limits.totalBytes) throw new ZipRefused(`unpacks to more than ${limits.totalBytes} bytes`);
  for (const entry of entries) {
    if (files.has(entry.path)) throw new ZipRefused(`has ${shown(entry.path)} twice`);
    if (!entry.path.endsWith('/')) files.set(entry.path, textOf(entry, contentOf(entry)));
    else if (entry.size !== 0) throw new ZipRefused(`has a directory with content, ${shown(entry.path)}`);
  }
  return files;
}

function contentOf({ path, method, packed, size, checksum }: ZipEntry): Uint8Array {
  const content = method === STORED ? packed : inflate(path, method, packed, size);
  if (content.length !== size || crc32(content) !== checksum) {
    throw new ZipRefused(`says otherwise than it holds for ${shown(path)}`);
  }
  return content;
}

function inflate(path: string, method: number, packed: Uint8Array, size: number): Uint8Array {
  if (method !== DEFLATED) throw new ZipRefused(`packs ${shown(path)} by method ${method}, wanted deflate or none`);
  try {
    // Stops as soon as more comes out than the directory says, which was checked against the limit.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new ZipRefused(`does not unpack to the ${size} bytes that it says for ${shown(path)}`);
  }
}

function textOf({ path }: ZipEntry, content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new ZipRefused(`has a file that is no UTF-8 text, ${shown(path)}`);
  }
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 100));
}
