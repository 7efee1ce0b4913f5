/** A text and which one it is: it was replaced when the version is another. */
export interface VersionedText {
  readonly text: string;
  readonly version: string;
}

/**
 * Texts by path. Writes are atomic: a reader sees the old or the new text, never half of one. Reading a text of more than
 * `LARGEST_TEXT_BYTES` throws UsageError `file-too-large` before it is in memory.
 */
export interface ResultStore {
  /** For messages: a directory or `gs://bucket/prefix`. */
  readonly location: string;
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
  /** Paths that start with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  readVersion(path: string): Promise<VersionedText | undefined>;
  /** Writes only when the path still has this version; false: somebody else was faster. */
  writeIf(path: string, text: string, version: string | 'absent'): Promise<boolean>;
  /** What is not there is removed already. */
  remove(path: string): Promise<void>;
}

/** A hundred times what a large run takes; what others have stored may be of any size. */
export const LARGEST_TEXT_BYTES = 64 * 1024 * 1024;
