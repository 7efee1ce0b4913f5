import { UsageError } from '../../domain/errors.ts';
import { isSafePath } from './safe-path.ts';

export interface BucketPlace {
  readonly name: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** `gs://bucket/prefix` without a slash at its end */
  readonly location: string;
}

/** Of `gs://bucket` or `gs://bucket/prefix`. Throws UsageError `bucket-url`. */
export function bucketPlace(url: string): BucketPlace {
  const [, name, rest = ''] = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*?)\/*)?$/su.exec(url) ?? [];
  if (name !== undefined && rest === '') return { name, prefix: '', location: `gs://${name}` };
  if (name !== undefined && isSafePath(rest)) return { name, prefix: `${rest}/`, location: `gs://${name}/${rest}` };
  throw new UsageError(
    'bucket-url',
    `found ${JSON.stringify(url.slice(0, 200))}, wanted gs://bucket or gs://bucket/prefix`,
    {
      hint: 'a bucket has lowercase letters, digits, dots, hyphens and underscores; the prefix is a path without . and ..',
    },
  );
}
