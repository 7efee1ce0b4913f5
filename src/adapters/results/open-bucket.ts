import { UsageError } from '../../domain/errors.ts';
import type { Identity } from '../../ports/identity.ts';
import type { ResultStore } from '../../ports/result-store.ts';
import { isSafeAddress } from '../google/endpoints.ts';
import { bucketPlace } from './bucket-place.ts';
import { lazyStore } from './lazy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const OVERRIDE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE';

/** Where Cloud Storage is; undefined: at Google. */
export interface StorageEndpoint {
  readonly url: string;
  /** An emulator gets no tokens. */
  readonly isEmulator: boolean;
}

/** `STORAGE_EMULATOR_HOST`, with or without `http://`, else gcloud's own override. Throws UsageError `endpoint-unsafe`. */
export function storageEndpoint(env: Environment): StorageEndpoint | undefined {
  const { STORAGE_EMULATOR_HOST: emulator, [OVERRIDE]: override } = env;
  if (emulator !== undefined && emulator !== '')
    return { url: /^https?:/.test(emulator) ? emulator : `http://${emulator}`, isEmulator: true };
  if (override === undefined || override === '') return undefined;
  if (isSafeAddress(override)) return { url: new URL(override).origin, isEmulator: false };
  throw new UsageError(
    'endpoint-unsafe',
    `${OVERRIDE} is no https address, and tokens would be sent there in clear text`,
    {
      hint: 'give an https:// address, or leave the variable out',
    },
  );
}

/** The bucket as a store, with this identity's tokens; the client is loaded when it is first used. */
export function openBucket(url: string, identity: Identity, env: Environment): ResultStore {
  const endpoint = storageEndpoint(env);
  return lazyStore(bucketPlace(url).location, async () => {
    const { createBucketStore } = await import(/* webpackMode: "eager" */ './bucket.ts');
    const { googleAuth } = await import(/* webpackMode: "eager" */ '../google/auth-client.ts');
    return createBucketStore({
      url,
      ...(endpoint === undefined ? {} : { apiEndpoint: endpoint.url }),
      ...(endpoint?.isEmulator === true ? {} : { authClient: googleAuth(identity) }),
    });
  });
}
