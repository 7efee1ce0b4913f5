import { Buffer } from 'node:buffer';
import type { Run } from '../domain/run.ts';
import { countsSentence } from './headline.ts';
import { runSections, TITLE, unfinished } from './markdown.ts';
import { rowsOfAll } from './model.ts';
import { shed } from './shed.ts';

/** GitHub takes 1 MiB a step, and drops what is longer without a trace. */
export const SUMMARY_LIMIT_BYTES = 1_000_000;

/** What gives way first; a name that comes twice gives way further. */
const STEPS = [
  'environment',
  'how sure this is',
  'ranking',
  'unchanged',
  'contract',
  'contract',
  'rows',
  'rows',
  'failures',
  'failures',
  'contract',
  'command',
  'rows',
  'profiles',
  'rows',
  'failures',
  'lead',
  'footer',
];

/** The full report of a run as Markdown of at most so many bytes of UTF-8; says what it had to leave out. */
export function jobSummary(run: Run, limitBytes: number = SUMMARY_LIMIT_BYTES): string {
  const fits = (text: string) => Buffer.byteLength(text, 'utf8') <= limitBytes;
  const write = (texts: readonly string[], shortened: readonly string[]) => {
    const note =
      shortened.length === 0
        ? []
        : [`Shortened for length: ${shortened.join(', ')}. The stored results have everything.`];
    return `${[...texts.map(unbroken), ...note].join('\n\n')}\n`;
  };
  const text = shed(runSections(run), STEPS, write, fits);
  if (fits(text)) return text;
  const counts = countsSentence(rowsOfAll(run.results));
  const least = [`## ${TITLE}: ${counts}`, ...unfinished(run.metadata), 'The report is too long for this place.'];
  return `${least.join('\n\n')}\n`;
}

/** Narrow columns must not part a number from its unit. */
function unbroken(text: string): string {
  return text.replace(/^\|.*$/gm, (line) => line.replace(/(\d) (?=m?s\b|%)/g, '$1&nbsp;'));
}
