import type { Annotation } from '../domain/annotation.ts';
import type { ExitCode } from '../domain/exit-codes.ts';

/** What a use case leaves for its entry to translate. */
export interface Outcome {
  /** All that apply; the entry lets the strongest win. */
  readonly exitCodes: readonly ExitCode[];
  /** Outputs of the action, by their kebab-case name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Verdict, or the state that stands for it, by implementation. */
  readonly states?: Readonly<Record<string, string>>;
  /** Remarks on files of the checked-out repository, the most important first. */
  readonly annotations?: readonly Annotation[];
  /** Markdown for the job summary. */
  readonly summary?: string;
}

export const NOTHING: Outcome = { exitCodes: [], outputs: {} };
