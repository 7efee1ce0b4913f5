import type { Comparison } from '../domain/comparison.ts';
import type { Conformance } from '../domain/conformance.ts';
import type { Run } from '../domain/run.ts';

export const REPORT_FORMATS = ['terminal', 'markdown', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** For terminals; other formats ignore it. */
export interface ExportOptions {
  /** Columns; 100 when absent. */
  readonly width?: number;
  /** ANSI colours; off when absent. */
  readonly colour?: boolean;
}

export interface CheckedConformance {
  readonly implementation: string;
  readonly conformance: Conformance;
  /** Origin of a service that somebody else started. */
  readonly url?: string;
}

/** Values in, text out, ending with a newline. The same value gives the same bytes. */
export type TextOf<T> = (value: T, options?: ExportOptions) => string;
export type Exporter = TextOf<Run>;
export type ConformanceExporter = TextOf<readonly CheckedConformance[]>;
export type ComparisonExporter = TextOf<readonly Comparison[]>;
