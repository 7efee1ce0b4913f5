import { conforms } from '../domain/conformance.ts';
import type { Run, ServiceTypeResults } from '../domain/run.ts';
import { plain } from './escape.ts';
import { gatesWith, type Row, rowsOf } from './model.ts';
import { changePhrase, contractSentence, evidenceOf } from './phrases.ts';

/** Something that somebody has to act on. */
export interface Finding {
  readonly serviceType: string;
  /** In a run with several profiles. */
  readonly profile?: string;
  readonly implementation: string;
  readonly kind: 'regression' | 'contract failed';
  /** One line of plain text, at most 300 characters: `starts 31 % slower from zero (6.69 s → 8.77 s, ...)`. */
  readonly text: string;
}

const LONGEST_TEXT = 300;

/**
 * Regressions and contract failures of a run, the worst of each service type first. Only what was measured side by side
 * can be a regression: against numbers of another time it is a hint.
 */
export function findings({ results }: Pick<Run, 'results'>): readonly Finding[] {
  return results.flatMap(findingsOf);
}

function findingsOf(results: ServiceTypeResults): readonly Finding[] {
  const { serviceType, profile, comparison } = results;
  const slower = new Set(
    comparison?.mode === 'side-by-side'
      ? comparison.implementations
          .filter(({ verdict }) => verdict === 'regression')
          .map(({ implementation }) => implementation)
      : [],
  );
  const group = { serviceType, ...(profile !== undefined && { profile }) };
  return rowsOf(results).flatMap((row) => {
    const about = { ...group, implementation: row.name };
    return [
      ...(slower.has(row.name) ? [{ ...about, kind: 'regression' as const, text: bounded(slowerSentence(row)) }] : []),
      ...(failsContract(row)
        ? [{ ...about, kind: 'contract failed' as const, text: bounded(contractSentence(row.conformance, row.reason)) }]
        : []),
    ];
  });
}

export function failsContract({ standing, conformance }: Row): boolean {
  return standing === 'contract failed' || (conformance !== undefined && !conforms(conformance));
}

/** The largest change with its evidence, then the others. */
function slowerSentence(row: Row): string {
  const [worst, ...others] = gatesWith(row, 'regression');
  if (worst === undefined) return row.reason ?? 'is slower';
  const evidence = evidenceOf(worst);
  const first = `${changePhrase(worst)}${evidence === '' ? '' : ` (${evidence})`}`;
  return [first, ...others.map(changePhrase)].join(', ');
}

const bounded = (text: string) => plain(text, LONGEST_TEXT).slice(0, LONGEST_TEXT);

/** `node-http starts 31 % slower ...`, `php-laravel (large): 2 of 14 vectors failed: ...`: plain text of one line. */
export function findingSentence({ implementation, profile, kind, text }: Finding): string {
  const who = profile === undefined ? implementation : `${implementation} (${profile})`;
  return `${plain(who, 120)}${kind === 'regression' ? '' : ':'} ${text}`;
}
