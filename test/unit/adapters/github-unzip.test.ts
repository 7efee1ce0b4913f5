import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { unzip } from '../../../src/adapters/github/unzip.ts';
import { type RawEnd, type RawEntry, rawZip } from '../../helpers/github-fake/raw-zip.ts';

const LIMITS = { archiveBytes: 1_000_000, totalBytes: 1000, files: 5 };

describe('an archive', () => {
  it('is read as other programs write it', () => {
    const files = { 'plan.json': '{}', 'runs/ü/metadata.json': '\ufeff{"a":1}', empty: '' };
    const bytes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)]));
    const written = Buffer.from(zipSync({ ...bytes, 'stored.txt': [strToU8('as it is'), { level: 0 }] }));
    assert.deepEqual(unzip(written, LIMITS), new Map(Object.entries({ ...files, 'stored.txt': 'as it is' })));
  });

  it('is read as upload-artifact writes it: sizes after the content, directories, a comment', () => {
    // The local headers of a stream say 0 for sizes and checksum, and flag 3 says so.
    const archive = rawZip(
      [
        { name: 'runs/', method: 0, mode: 0o040755 },
        { name: 'runs/a.json', content: '{}', flags: 0x0808 },
      ],
      { comment: 'PK\u0005\u0006 made by nobody' },
    );
    assert.deepEqual(unzip(archive, LIMITS), new Map([['runs/a.json', '{}']]));
    assert.deepEqual(unzip(rawZip([]), LIMITS), new Map());
  });

  const good: RawEntry = { name: 'good.json', content: '{}' };
  const hostile: readonly [name: string, entries: readonly RawEntry[], reason: RegExp, end?: RawEnd][] = [
    ['an absolute path', [{ name: '/etc/passwd' }], /leaves it/],
    ['a path upwards', [{ name: '../x' }], /leaves it/],
    ['a path upwards inside', [{ name: 'a/../../x' }], /leaves it/],
    ['a path upwards at the end', [{ name: 'a/..' }], /leaves it/],
    ['a backslash', [{ name: 'a\\..\\x' }], /leaves it/],
    ['a drive', [{ name: 'C:/x' }], /leaves it/],
    ['a dot', [{ name: './x' }], /leaves it/],
    ['an empty part', [{ name: 'a//x' }], /leaves it/],
    ['no name', [{ name: '' }], /leaves it/],
    ['a NUL', [{ name: 'a.json\0.exe' }], /leaves it/],
    ['a line break', [{ name: 'a\n::error::x' }], /leaves it/],
    ['a name that is no UTF-8', [{ name: Buffer.from([0x61, 0xff]) }], /path that is no UTF-8/],
    ['a name twice', [good, good], /"good.json" twice/],
    ['a symbolic link', [{ name: 'link', content: '/etc/passwd', mode: 0o120777 }], /no file, "link"/],
    ['a device', [{ name: 'null', mode: 0o020666 }], /no file/],
    ['encryption', [{ ...good, flags: 0x0801 }], /encrypted/],
    ['another method', [{ ...good, method: 14 }], /method 14/],
    [
      'too many files',
      Array.from({ length: 6 }, (_entry, index) => ({ name: `${index}` })),
      /6 entries, wanted at most 5/,
    ],
    ['too much, as it says', [{ name: 'a', content: 'x'.repeat(1001) }], /more than 1000 bytes/],
    [
      'too much together',
      [1, 2].map((name) => ({ name: `${name}`, content: 'x'.repeat(501) })),
      /more than 1000 bytes/,
    ],
    [
      'a bomb that says it is small',
      [{ name: 'a', content: Buffer.alloc(5_000_000), size: 10 }],
      /does not unpack to the 10/,
    ],
    ['less than it says', [{ name: 'a', content: 'abc', size: 4 }], /says otherwise/],
    ['stored, less than it says', [{ name: 'a', content: 'abc', size: 4, method: 0 }], /says otherwise/],
    ['a wrong checksum', [{ ...good, checksum: 1 }], /says otherwise/],
    ['content that does not inflate', [{ ...good, packed: Buffer.from([0xff, 0xff, 0xff]) }], /does not unpack/],
    ['content that ends early', [{ ...good, packed: deflateRawSync('{}').subarray(0, 2) }], /does not unpack/],
    ['content that is no UTF-8', [{ name: 'a', content: Buffer.from([0xff, 0xfe]) }], /no UTF-8 text, "a"/],
    ['another name in the file than in the directory', [{ ...good, localName: 'evil.json' }], /says two things/],
    ['content beyond the directory', [{ ...good, packedBytes: 5000 }], /says two things/],
    ['a file where none is', [{ ...good, localOffset: 1 }], /damaged/],
    ['a file beyond the end', [{ ...good, localOffset: 0xfffffff0 }], /damaged/],
    ['a directory with content', [{ name: 'a/', content: 'x' }], /directory with content/],
    ['fewer entries than it says', [good], /damaged/, { count: 2 }],
    ['more entries than it says', [good, { name: 'b' }], /more in its directory/, { count: 1 }],
    ['a directory of another size than it says', [good], /format that we do not read/, { directoryBytes: 5 }],
    ['a second volume', [good], /split/, { disk: 1 }],
    ['zip64', [good], /zip64/, { count: 0xffff, disk: 0xffff }],
  ];
  for (const [name, entries, reason, end] of hostile) {
    it(`is refused: ${name}`, () => {
      assert.throws(() => unzip(rawZip(entries, end), LIMITS), { name: 'ZipRefused', message: reason });
    });
  }

  it('is refused when it is none, or cut anywhere', () => {
    const whole = rawZip([good, { name: 'b', content: 'x'.repeat(100) }]);
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => unzip(whole.subarray(0, length), LIMITS), { name: 'ZipRefused' }, `${length} bytes`);
    }
    assert.throws(() => unzip(Buffer.concat([whole, Buffer.from('more')]), LIMITS), { name: 'ZipRefused' });
    assert.throws(() => unzip(Buffer.concat([Buffer.from('more'), whole]), LIMITS), { name: 'ZipRefused' });
  });

  it('never throws anything but a refusal, whichever byte is wrong', () => {
    const whole = rawZip([good, { name: 'b', content: 'x'.repeat(30) }]);
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const broken = Buffer.from(whole);
        broken[at] = value;
        try {
          for (const text of unzip(broken, LIMITS).values()) assert.ok(text.length <= LIMITS.totalBytes);
        } catch (error) {
          assert.equal((error as Error).name, 'ZipRefused', `byte ${at} = ${value}: ${error}`);
        }
      }
    }
  });

  it('stops a bomb before it unpacks', () => {
    // A mebibyte of zeros that ends on a byte can be repeated; nothing here ever holds what it unpacks to.
    const mebibyte = deflateRawSync(Buffer.alloc(1_048_576), { finishFlush: constants.Z_FULL_FLUSH });
    const packed = Buffer.concat([...Array.from({ length: 300 }, () => mebibyte), deflateRawSync('')]);
    const bomb = rawZip([{ name: 'a', packed, size: 100 }]);
    const peakKib = process.resourceUsage().maxRSS;
    assert.throws(() => unzip(bomb, LIMITS), { name: 'ZipRefused', message: /does not unpack/ });
    assert.ok(process.resourceUsage().maxRSS - peakKib < 100 * 1024);
  });

  it('is made by our test as another program reads it', () => {
    const archive = rawZip([good, { name: 'dir/', method: 0 }, { name: 'dir/ü', content: 'x', method: 0 }]);
    const read = Object.entries(unzipSync(archive)).map(([path, content]) => [path, strFromU8(content)]);
    assert.deepEqual(Object.fromEntries(read), { 'good.json': '{}', 'dir/': '', 'dir/ü': 'x' });
  });
});
