/** Texts by path. Writes are atomic: a reader sees the old or the new text, never half of one. */
export interface ResultStore {
  /** For messages: a directory or `gs://bucket/prefix`. */
  readonly location: string;
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
  /** Paths that start with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}
