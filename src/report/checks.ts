import { printable } from '../documents/show.ts';
import type { Check } from '../domain/check.ts';
import { styleOf, textTable, wrapped } from './text-table.ts';

const WIDTH = 100;
const STATES = { ok: 'ok', problem: 'problem', unknown: 'cannot be told' } as const;
const MAX_FOUND_CHARS = 500;

/** One line a check, then what to do about each problem and each thing that cannot be told. */
export function checksTable(
  checks: readonly Check[],
  terminal: { readonly width?: number; readonly colour?: boolean },
): string {
  const width = terminal.width ?? WIDTH;
  const style = styleOf(terminal.colour === true);
  const paints = { ok: style.good, problem: style.bad, unknown: style.unsure };
  const rows = checks.map(({ subject, state, found }) => [
    STATES[state],
    printable(subject, 120),
    printable(found, MAX_FOUND_CHARS),
  ]);
  const table = textTable(['state', 'what', 'found'], rows, {
    right: new Set(),
    width,
    paint: (line, row) => paints[checks[row]?.state ?? 'unknown'](line),
  });
  const open = checks.filter(({ state }) => state !== 'ok');
  const advice = open.flatMap(({ subject, state, found, hint = '' }) =>
    wrapped(printable(`${STATES[state]}: ${subject}: ${found}${hint === '' ? '' : `. ${hint}`}`, 1000), width),
  );
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  const summary = `${count('ok')} ok, ${count('problem')} problems, ${count('unknown')} cannot be told`;
  return `${[...table, ...(advice.length === 0 ? [] : ['', ...advice]), '', summary].join('\n')}\n`;
}
