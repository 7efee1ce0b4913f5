import { writeFileSync } from 'node:fs';
import { WHERE } from './place.ts';

interface Finding {
  readonly question: string;
  readonly answer: string;
  readonly valuesMs?: readonly number[];
}

const found: Finding[] = [];

/** Notes what the platform did; printed at once, since a later test may fail. */
export function finding(question: string, answer: string, valuesMs?: readonly number[]): void {
  found.push({ question, answer, ...(valuesMs === undefined ? {} : { valuesMs }) });
  console.log(`FOUND (${WHERE}) ${question}: ${answer}`);
}

/** Median and extremes in seconds. */
export function spreadOf(valuesMs: readonly number[]): string {
  if (valuesMs.length === 0) return 'nothing seen';
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const seconds = (index: number) => ((sorted[index] ?? Number.NaN) / 1000).toFixed(2);
  return `${seconds(sorted.length >> 1)} s, ${seconds(0)} to ${seconds(sorted.length - 1)}, of ${sorted.length}`;
}

/** Everything as JSON, where `E2E_FINDINGS` names a file. */
export function keepFindings(): void {
  const path = process.env.E2E_FINDINGS ?? '';
  if (path !== '') writeFileSync(path, `${JSON.stringify({ where: WHERE, found }, undefined, 2)}\n`);
}
