/** Why an archive is refused, as the rest of a sentence that begins with "the archive". */
export class ZipRefused extends Error {
  override readonly name = 'ZipRefused';
}

export interface ZipEntry {
  /** Relative, with forward slashes; a directory's ends with one. */
  readonly path: string;
  readonly method: number;
  /** Of the unpacked content, as the archive says. */
  readonly size: number;
  readonly checksum: number;
  readonly packed: Buffer;
}

const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;
const FILE_KINDS = new Set([0, 0o100000, 0o040000]);

/**
 * The entries of a zip archive's central directory, each checked against its local header: two readers of one archive
 * must not see two things. fflate shows neither the kind of an entry nor its checksum, which is why this is here.
 */
export function readDirectory(archive: Buffer, maxEntries: number): readonly ZipEntry[] {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  const bytes = archive.readUInt32LE(end + 12);
  const start = archive.readUInt32LE(end + 16);
  const isWhole = archive.readUInt32LE(end + 4) === 0 && archive.readUInt16LE(end + 8) === count;
  if (!isWhole || start + bytes !== end) throw new ZipRefused('is split, or of a format that we do not read (zip64)');
  if (count > maxEntries) throw new ZipRefused(`has ${count} entries, wanted at most ${maxEntries}`);
  const entries: ZipEntry[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (at + CENTRAL_BYTES > end || archive.readUInt32LE(at) !== CENTRAL) throw new ZipRefused('is damaged');
    const next = at + CENTRAL_BYTES + [28, 30, 32].reduce((sum, field) => sum + archive.readUInt16LE(at + field), 0);
    if (next > end) throw new ZipRefused('is damaged');
    entries.push(readEntry(archive, at, start));
    at = next;
  }
  if (at !== end) throw new ZipRefused('has more in its directory than it says');
  return entries;
}

/** The end record whose comment reaches exactly to the archive's end. */
function findEnd(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = archive.length - END_BYTES; at >= lowest; at -= 1) {
    if (archive.readUInt32LE(at) === END && at + END_BYTES + archive.readUInt16LE(at + 20) === archive.length)
      return at;
  }
  throw new ZipRefused('is no zip archive');
}

function readEntry(archive: Buffer, at: number, dataEnd: number): ZipEntry {
  const nameBytes = archive.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + archive.readUInt16LE(at + 28));
  const path = checkedPath(nameBytes);
  const kind = (archive.readUInt32LE(at + 38) >>> 16) & 0o170000;
  if (!FILE_KINDS.has(kind)) throw new ZipRefused(`has an entry that is no file, ${JSON.stringify(path)}`);
  if ((archive.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw new ZipRefused('is encrypted');
  const method = archive.readUInt16LE(at + 10);
  const packedBytes = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  if (local + LOCAL_BYTES > dataEnd || archive.readUInt32LE(local) !== LOCAL) throw new ZipRefused('is damaged');
  const localName = local + LOCAL_BYTES;
  const localNameEnd = localName + archive.readUInt16LE(local + 26);
  const data = localNameEnd + archive.readUInt16LE(local + 28);
  const sameName = archive.subarray(localName, localNameEnd).equals(nameBytes);
  if (!sameName || archive.readUInt16LE(local + 8) !== method || data + packedBytes > dataEnd) {
    throw new ZipRefused(`says two things about ${JSON.stringify(path)}`);
  }
  return {
    path,
    method,
    size: archive.readUInt32LE(at + 24),
    checksum: archive.readUInt32LE(at + 16),
    packed: archive.subarray(data, data + packedBytes),
  };
}

/** A path that stays inside the archive on every system. */
function checkedPath(bytes: Buffer): string {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ZipRefused('has a path that is no UTF-8 text');
  }
  const parts = path.replace(/\/$/, '').split('/');
  const leaves = parts.some((part) => part === '' || part === '.' || part === '..') || /^[A-Za-z]:/.test(path);
  if (leaves || /[\\\p{Cc}]/u.test(path)) {
    throw new ZipRefused(`has a path that leaves it or is not plain, ${JSON.stringify(path.slice(0, 100))}`);
  }
  return path;
}
