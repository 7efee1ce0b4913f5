/** A remark on a file of the checked-out repository. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  /** Relative to the root of the repository, with forward slashes. */
  readonly file: string;
  readonly line?: number;
  readonly title: string;
  readonly message: string;
}
