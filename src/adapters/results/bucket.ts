import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  type Bucket,
  CRC32C,
  type FileMetadata,
  IdempotencyStrategy,
  Storage,
  type StorageOptions,
} from '@google-cloud/storage';
import { PerfError } from '../../domain/errors.ts';
import { LARGEST_TEXT_BYTES, type ResultStore } from '../../ports/result-store.ts';
import { type BucketCall, bucketFailure, statusOf } from './bucket-failure.ts';
import { bucketPlace } from './bucket-place.ts';
import { isSafePath, safePath, tooLarge } from './safe-path.ts';

export interface BucketStoreOptions {
  /** `gs://bucket` or `gs://bucket/prefix` */
  readonly url: string;
  /** Gives tokens; absent: the library's default credentials, or none at an `apiEndpoint`. */
  readonly authClient?: NonNullable<StorageOptions['authClient']>;
  /** Origin of another Cloud Storage, such as an emulator's. */
  readonly apiEndpoint?: string;
  readonly retryOptions?: StorageOptions['retryOptions'];
  /** Texts beyond this are sent in parts that can be taken up again, bytes. */
  readonly resumableBytes?: number;
}

interface SaveConditions {
  readonly ifGenerationMatch?: number | string;
  readonly writeId?: string;
}

const RESUMABLE_BYTES = 5 * 1024 * 1024;
const RETRY = { maxRetries: 6, maxRetryDelay: 16, totalTimeout: 120 } as const;
/** Somebody replaced the object between the question and the download. */
const MOST_READS = 20;
/** The download broke off, or something was lost on the way. */
const DAMAGED_READS = 3;
/** Names a write, so that one whose answer was lost is known again. */
const WRITE_ID = 'cloudrun-perf-write';

/**
 * Results as objects of a Cloud Storage bucket; versions are generations. Throws UsageError `bucket-url`, `path-unsafe`
 * or `file-too-large`, InfrastructureError `bucket-missing`, `bucket-forbidden`, `bucket-unauthenticated`,
 * `bucket-unreachable` or `bucket-failed`.
 */
export function createBucketStore({
  url,
  resumableBytes = RESUMABLE_BYTES,
  ...options
}: BucketStoreOptions): ResultStore {
  const { name, prefix, location } = bucketPlace(url);
  const bucket = openStorage(options).bucket(name);
  const objectOf = (path: string) => `${prefix}${safePath(path, location)}`;
  const attempt = async <T>(call: BucketCall, path: string, work: () => Promise<T>): Promise<T> => {
    try {
      // Uploads would tell of a stream that is closed in place of what is wrong with the credentials.
      await options.authClient?.getRequestHeaders();
      return await work();
    } catch (error) {
      throw bucketFailure(call, { bucket: name, what: `gs://${name}/${path}` }, error);
    }
  };
  const save = (object: string, text: string, { ifGenerationMatch, writeId }: SaveConditions = {}) => {
    const bytes = Buffer.from(text, 'utf8');
    return bucket.file(object).save(bytes, {
      resumable: bytes.length > resumableBytes && authenticatesParts(options),
      // The server compares the sum before there is an object. The library would after, and delete what it finds then.
      validation: false,
      ...(ifGenerationMatch === undefined ? {} : { preconditionOpts: { ifGenerationMatch } }),
      metadata: {
        contentType: contentTypeOf(object),
        crc32c: sumOf(bytes),
        ...(writeId === undefined ? {} : { metadata: { [WRITE_ID]: writeId } }),
      },
    });
  };
  const readVersion = async (path: string) => {
    const object = objectOf(path);
    return attempt('read', object, () => readObject(bucket, object));
  };

  return {
    location,
    readVersion,
    read: async (path) => (await readVersion(path))?.text,
    async write(path, text) {
      const object = objectOf(path);
      await attempt('write', object, () => save(object, text));
    },
    async writeIf(path, text, version) {
      const object = objectOf(path);
      if (version !== 'absent' && !/^\d{1,20}$/.test(version)) return false;
      const writeId = randomUUID();
      return attempt('write', object, async () => {
        try {
          await save(object, text, {
            ifGenerationMatch: version === 'absent' ? 0 : version,
            writeId,
          });
          return true;
        } catch (error) {
          if (statusOf(error) !== 412) throw error;
          // A repeated request fails on its own first one when only the answer was lost.
          const found = await metadataOf(bucket, object);
          return found?.metadata?.[WRITE_ID] === writeId;
        }
      });
    },
    async list(below) {
      if (below !== '') safePath(`${below}x`, location);
      const start = `${prefix}${below}`;
      const [files] = await attempt('list', start, () =>
        bucket.getFiles({ prefix: start, fields: 'items/name,nextPageToken' }),
      );
      // An object whose name is no path of a store is none of ours.
      return files
        .map((file) => file.name.slice(prefix.length))
        .filter(isSafePath)
        .sort();
    },
    async remove(path) {
      const object = objectOf(path);
      await attempt('remove', object, () => bucket.file(object).delete({ ignoreNotFound: true }));
    },
  };
}

/** The library adds eleven listeners to each stream it downloads, and Node warns of the eleventh. */
const MOST_LISTENERS = 20;

/** At addresses that are not Google's the library sends parts without a token. */
function authenticatesParts({ authClient, apiEndpoint }: Omit<BucketStoreOptions, 'url'>): boolean {
  if (authClient === undefined || apiEndpoint === undefined) return true;
  return /(^|\.)googleapis\.com$/.test(new URL(apiEndpoint).hostname);
}

function sumOf(bytes: Buffer): string {
  const sum = new CRC32C();
  sum.update(bytes);
  return sum.toString();
}

function openStorage({ authClient, apiEndpoint, retryOptions }: Omit<BucketStoreOptions, 'url'>): Storage {
  if (EventEmitter.defaultMaxListeners < MOST_LISTENERS) EventEmitter.defaultMaxListeners = MOST_LISTENERS;
  const storage = new Storage({
    ...(authClient === undefined ? {} : { authClient }),
    ...(apiEndpoint === undefined ? {} : { apiEndpoint, useAuthWithCustomEndpoint: authClient !== undefined }),
    // Whole texts replace whole texts, so that every call may be repeated.
    retryOptions: { ...RETRY, ...retryOptions, idempotencyStrategy: IdempotencyStrategy.RetryAlways },
  });
  // With STORAGE_EMULATOR_HOST the library leaves the version out of addresses.
  storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  return storage;
}

async function readObject(bucket: Bucket, object: string) {
  for (let round = 1; ; round++) {
    const metadata = await metadataOf(bucket, object);
    if (metadata === undefined) return undefined;
    const file = `gs://${bucket.name}/${object}`;
    const bytes = Number(metadata.size);
    if (bytes > LARGEST_TEXT_BYTES) throw tooLarge(file, bytes, LARGEST_TEXT_BYTES);
    const version = String(metadata.generation);
    try {
      const found = bucket.file(object, { generation: version });
      return { text: await textOf(found.createReadStream({ decompress: false }), file), version };
    } catch (error) {
      const status = statusOf(error);
      const again = status === 404 ? MOST_READS : status === undefined ? DAMAGED_READS : 0;
      if (error instanceof PerfError || round >= again) throw error;
    }
  }
}

/** A server may unpack what was stored packed, so the bytes that come count, not those that were promised. */
async function textOf(stream: NodeJS.ReadableStream, file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > LARGEST_TEXT_BYTES) throw tooLarge(file, bytes, LARGEST_TEXT_BYTES);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined: there is no such object. Throws what says that there is no such bucket. */
async function metadataOf(bucket: Bucket, object: string): Promise<FileMetadata | undefined> {
  try {
    const [metadata] = await bucket.file(object).getMetadata();
    return metadata;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await bucket.getFiles({ prefix: object, maxResults: 1, autoPaginate: false });
    return undefined;
  }
}

function contentTypeOf(object: string): string {
  if (object.endsWith('.json')) return 'application/json; charset=utf-8';
  return object.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'text/plain; charset=utf-8';
}
