/**
 * Writes what the table of the action's inputs and outputs says into action.yml, action-types.yml and README.md, and the
 * inputs of the reusable workflow into README.md; with --check only compares.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ACTION_INPUTS, ACTION_OUTPUTS, type ActionInput } from '../src/config/action-table.ts';

const ROOT = join(import.meta.dirname, '..');
const WORKFLOW = '.github/workflows/perf.yml';

interface Described {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
}
type Entries = Readonly<Record<string, Described>>;

/** A Markdown table of named things. */
export function table(kind: string, entries: Entries): string {
  const rows = Object.entries(entries).map(([name, entry]) => `| \`${name}\` | ${cell(entry)} |`);
  return [`| ${kind} | meaning |`, '|---|---|', ...rows].join('\n');
}

function cell({ description = '', required = false, default: value = '' }: Described): string {
  const facts = [...(required ? ['Required.'] : []), ...(value === '' ? [] : [`Default: \`${value}\`.`])];
  return [description.trim(), ...facts].join(' ').replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

/** `text` with everything between two marks replaced. Throws when a mark is missing. */
export function betweenMarks(text: string, name: string, content: string, comment = ['<!--', '-->']): string {
  const mark = (which: string) => [comment[0], `${name}:${which}`, comment[1]].filter((part) => part !== '').join(' ');
  const start = text.indexOf(mark('start'));
  const end = text.indexOf(mark('end'));
  if (start < 0 || end < start) throw new Error(`found no ${mark('start')} before ${mark('end')}`);
  return `${text.slice(0, start + mark('start').length)}\n${content}\n${text.slice(end)}`;
}

const described = (entries: readonly { readonly name: string; readonly description: string }[]): Entries =>
  Object.fromEntries(entries.map(({ name, description }) => [name, { description }]));

/** The blocks `inputs` and `outputs` of action.yml. */
function actionBlocks(): string {
  const inputs = Object.fromEntries(
    ACTION_INPUTS.map(({ name, description }) => [
      name,
      { description, required: false, default: name === 'github-token' ? `\${{ github.token }}` : '' },
    ]),
  );
  const outputs = Object.fromEntries(ACTION_OUTPUTS.map(({ name, description }) => [name, { description }]));
  const blocks = [{ inputs }, { outputs }].map((block) => stringify(block, { lineWidth: 120, singleQuote: true }));
  return blocks.join('\n').trimEnd();
}

function typeOf({ kind, values, name }: ActionInput): object {
  switch (kind) {
    case 'list':
      return {
        type: 'list',
        separator: ',',
        'list-item': values === undefined ? { type: 'string' } : { type: 'enum', 'allowed-values': values },
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer' };
    case 'text':
      if (values === undefined) return { type: 'string' };
      return { type: 'enum', ...(name === 'command' ? { name: 'Command' } : {}), 'allowed-values': ['', ...values] };
  }
}

function actionTypes(): string {
  const document = {
    inputs: Object.fromEntries(ACTION_INPUTS.map((input) => [input.name, typeOf(input)])),
    outputs: Object.fromEntries(ACTION_OUTPUTS.map(({ name }) => [name, { type: 'string' }])),
  };
  return `# Types of the inputs and outputs of action.yml, for github-actions-typing. Written by npm run docs.\n${stringify(document)}`;
}

function workflowTable(): string {
  const file = join(ROOT, WORKFLOW);
  if (!existsSync(file)) return '';
  const workflow = parse(readFileSync(file, 'utf8')) as { on: { workflow_call: { inputs: Entries } } };
  return table('input of the workflow', workflow.on.workflow_call.inputs);
}

const FILES: Readonly<Record<string, (found: string) => string>> = {
  'action.yml': (found) => betweenMarks(found, 'inputs', actionBlocks(), ['#', '']),
  'action-types.yml': actionTypes,
  'README.md': (found) => {
    const tables = [table('input', described(ACTION_INPUTS)), table('output', described(ACTION_OUTPUTS))].join('\n\n');
    return betweenMarks(betweenMarks(found, 'inputs', tables), 'workflow-inputs', workflowTable());
  },
};

function main(checkOnly: boolean): void {
  for (const [name, write] of Object.entries(FILES)) {
    const file = join(ROOT, name);
    const found = readFileSync(file, 'utf8');
    const wanted = write(found);
    if (found === wanted) continue;
    if (checkOnly) {
      console.error(`${name} is older than its sources: run npm run docs`);
      process.exitCode = 1;
    } else {
      writeFileSync(file, wanted);
      console.log(`wrote ${name}`);
    }
  }
}

if (import.meta.main) main(process.argv.includes('--check'));
