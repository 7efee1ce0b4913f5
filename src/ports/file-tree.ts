/** Read access to files below one root. Paths use forward slashes and never leave the root (symbolic links included). */
export interface FileTree {
  /** Absolute root, for messages. */
  readonly root: string;
  /** Text of a file, or undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** Files below a directory, sorted, relative to the root; empty when it does not exist. */
  list(directory: string): Promise<readonly string[]>;
}
