/** Writes the action's inputs and outputs, as action.yml describes them, into README.md; with --check only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const START = '<!-- inputs:start -->';
const END = '<!-- inputs:end -->';

interface Described {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string;
}

/** Two Markdown tables out of the text of an action.yml. */
export function actionTables(text: string): string {
  const { inputs = {}, outputs = {} }: { inputs?: Record<string, Described>; outputs?: Record<string, Described> } =
    parse(text);
  return [table('input', inputs), table('output', outputs)].join('\n\n');
}

/** `text` with everything between the two marks replaced. Throws when a mark is missing. */
export function betweenMarks(text: string, content: string): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`found no ${START} before ${END}`);
  return `${text.slice(0, start + START.length)}\n${content}\n${text.slice(end)}`;
}

function table(kind: string, entries: Readonly<Record<string, Described>>): string {
  const rows = Object.entries(entries).map(([name, entry]) => `| \`${name}\` | ${cell(entry)} |`);
  return [`| ${kind} | meaning |`, '|---|---|', ...rows].join('\n');
}

function cell({ description = '', required = false, default: value = '' }: Described): string {
  const facts = [...(required ? ['Required.'] : []), ...(value === '' ? [] : [`Default: \`${value}\`.`])];
  return [description.trim(), ...facts].join(' ').replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function main(checkOnly: boolean): void {
  const file = join(ROOT, 'README.md');
  const found = readFileSync(file, 'utf8');
  const wanted = betweenMarks(found, actionTables(readFileSync(join(ROOT, 'action.yml'), 'utf8')));
  if (found === wanted) return;
  if (checkOnly) {
    console.error('README.md is older than action.yml: run npm run docs');
    process.exitCode = 1;
    return;
  }
  writeFileSync(file, wanted);
  console.log('wrote README.md');
}

if (import.meta.main) main(process.argv.includes('--check'));
