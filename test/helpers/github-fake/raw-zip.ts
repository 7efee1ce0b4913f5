import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of an archive; what is left out is as it should be, what is given may be a lie. */
export interface RawEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  readonly method?: number;
  readonly flags?: number;
  /** Of Unix, with the kind of file: 0o120777 is a symbolic link. */
  readonly mode?: number;
  readonly packed?: Buffer;
  readonly size?: number;
  readonly packedBytes?: number;
  readonly checksum?: number;
  readonly localName?: string;
  readonly localOffset?: number;
}

export interface RawEnd {
  readonly count?: number;
  readonly disk?: number;
  readonly comment?: string;
  readonly directoryBytes?: number;
}

/** A zip archive, byte by byte. */
export function rawZip(entries: readonly RawEntry[], end: RawEnd = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(content) : content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? 0x0800, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(entry.checksum ?? crc32(content), 10);
    common.writeUInt32LE(entry.packedBytes ?? packed.length, 14);
    common.writeUInt32LE(entry.size ?? content.length, 18);
    const name = Buffer.from(entry.name);
    const localName = Buffer.from(entry.localName ?? entry.name);
    locals.push(signature(0x04034b50), withName(common, localName), localName, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.localOffset ?? offset, 10);
    centrals.push(signature(0x02014b50), Buffer.from([20, 3]), withName(common, name), rest, name);
    offset += 30 + localName.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const comment = Buffer.from(end.comment ?? '');
  const tail = Buffer.alloc(18);
  tail.writeUInt16LE(end.disk ?? 0, 0);
  tail.writeUInt16LE(end.count ?? entries.length, 4);
  tail.writeUInt16LE(end.count ?? entries.length, 6);
  tail.writeUInt32LE(end.directoryBytes ?? directory.length, 8);
  tail.writeUInt32LE(offset, 12);
  tail.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...locals, directory, signature(0x06054b50), tail, comment]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function withName(common: Buffer, name: Buffer): Buffer {
  const copy = Buffer.from(common);
  copy.writeUInt16LE(name.length, 22);
  return copy;
}
