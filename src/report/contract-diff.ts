import { CHANGE_KINDS, type ContractChange, type ContractDiff } from '../domain/contract-change.ts';
import { markdownCode, markdownText, plain } from './escape.ts';
import type { ExportOptions, ReportFormat, TextOf } from './format.ts';
import { markdownTable } from './markdown-table.ts';
import { count } from './numbers.ts';
import { styleOf, wrapped } from './text-table.ts';

/** How many changes of each kind there are, then which bump they need and whether it was made. */
export function contractVerdict({ before, after, changes, needed, made, enough }: ContractDiff): string {
  const counts = CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const)
    .filter(([, found]) => found > 0)
    .map(([kind, found]) => `${found} ${kind}`);
  const found = counts.length === 0 ? 'no changes' : counts.join(', ');
  const wanted = needed === 'none' ? 'no bump is needed' : `a ${needed} bump is needed`;
  const versions = before === after ? `the version stayed ${after}` : `${before} to ${after} is ${MADE[made]}`;
  return `${found}: ${wanted}, ${versions}${enough ? '' : ', which is too little'}`;
}

const MADE: Readonly<Record<ContractDiff['made'], string>> = {
  none: 'none',
  patch: 'a patch bump',
  minor: 'a minor bump',
  major: 'a major bump',
  lower: 'a step back',
};

/** `openapi.yaml /paths/~1items/get`. */
export function contractPlace({ file, place }: ContractChange): string {
  return place === '' ? file : `${file} ${place}`;
}

function terminal(diff: ContractDiff, options: ExportOptions = {}): string {
  const style = styleOf(options.colour ?? false);
  const paint = { breaking: style.bad, compatible: style.good, documentation: (text: string) => text };
  const width = options.width ?? 100;
  const lines = diff.changes.flatMap((change) => {
    const text = `  ${change.kind.padEnd(13)}  ${plain(contractPlace(change), 300)}: ${plain(change.message, 300)}`;
    return wrapped(text, width).map(paint[change.kind]);
  });
  const verdict = contractVerdict(diff);
  const head = `Contract ${plain(diff.type, 100)}, ${diff.before} to ${diff.after}`;
  return `${[head, ...lines, diff.enough ? verdict : style.bad(verdict)].join('\n')}\n`;
}

function markdown(diff: ContractDiff): string {
  const rows = diff.changes.map((change) => [
    change.kind === 'breaking' ? '🔴 breaking' : change.kind,
    markdownCode(contractPlace(change), 300),
    markdownText(change.message, 300),
  ]);
  const parts = [
    `## Contract ${markdownText(diff.type, 100)}, ${diff.before} to ${diff.after}`,
    `${diff.enough ? '' : '🔴 '}${count(diff.changes.length, 'change')}. ${capital(contractVerdict(diff))}.`,
    ...(rows.length === 0 ? [] : [markdownTable(['Kind', 'Where', 'Change'], rows)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `contract diff`. */
export const CONTRACT_DIFF_EXPORTERS: Readonly<Record<ReportFormat, TextOf<ContractDiff>>> = {
  terminal,
  markdown,
  json: (diff) => `${JSON.stringify(diff, undefined, 2)}\n`,
};
