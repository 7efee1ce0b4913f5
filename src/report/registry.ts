import { comparisonsMarkdown, comparisonsTerminal } from './comparison.ts';
import { conformanceTerminal } from './conformance-lines.ts';
import { conformanceMarkdown } from './conformance-markdown.ts';
import type { ComparisonExporter, ConformanceExporter, Exporter, ReportFormat } from './format.ts';
import { comparisonsJson, conformanceJson, runJson } from './json.ts';
import { runMarkdown } from './markdown.ts';
import { runTerminal } from './terminal.ts';

/** A whole run: the end of `benchmark`, and `report`. */
export const EXPORTERS: Readonly<Record<ReportFormat, Exporter>> = {
  terminal: runTerminal,
  markdown: runMarkdown,
  json: runJson,
};

/** Contract results alone: `validate`. */
export const CONFORMANCE_EXPORTERS: Readonly<Record<ReportFormat, ConformanceExporter>> = {
  terminal: conformanceTerminal,
  markdown: conformanceMarkdown,
  json: conformanceJson,
};

/** Verdicts alone: `compare`. */
export const COMPARISON_EXPORTERS: Readonly<Record<ReportFormat, ComparisonExporter>> = {
  terminal: comparisonsTerminal,
  markdown: comparisonsMarkdown,
  json: comparisonsJson,
};
