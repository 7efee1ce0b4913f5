/** A file or symbolic link below a folder. */
export interface FolderEntry {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  /** Where a symbolic link points, as it is written in it; absent: a regular file. */
  readonly linkTarget?: string;
}

export interface Folder {
  /** Absolute. */
  readonly root: string;
  /** Sorted by path. */
  readonly entries: readonly FolderEntry[];
  /** Paths that are not listed on purpose: what is installed or generated, and what is neither file nor link. */
  readonly leftOut: readonly string[];
  /** Set when Git knows files of the folder; then the entries are what Git tracks, or would track if it were added. */
  readonly repository?: {
    /** Absolute. */
    readonly root: string;
    /** The folder relative to `root`: empty or ending with a slash. */
    readonly prefix: string;
  };
}

/** A file to write: a text, or a copy of the file or symbolic link at an absolute path. Paths as in FolderEntry. */
export type NewFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly copyOf: string };

/** Whole folders, to be copied with their modes, and new ones. */
export interface Folders {
  /** Absolute directory of the service repository that ships with cloudrun-perf. */
  readonly template: string;
  /** The files of a folder. Symbolic links are listed, never followed. Throws UsageError when there is no such folder. */
  read(folder: string, signal?: AbortSignal): Promise<Folder>;
  /** Throws UsageError `directory-not-empty` unless the directory is empty or absent. */
  checkFree(directory: string): Promise<void>;
  /** Writes a directory with all files or with none; checks as `checkFree` does. Executable files stay executable. */
  create(directory: string, files: readonly NewFile[], signal?: AbortSignal): Promise<void>;
}
