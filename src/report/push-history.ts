import type { RunMetadata } from '../domain/run.ts';
import { type CommentState, findingKey } from './comment-state.ts';
import { markdownText } from './escape.ts';
import { type Finding, failsContract, findingSentence } from './findings.ts';
import type { Row } from './model.ts';

/** What became of the findings of earlier pushes. */
export interface PushHistory {
  readonly push: number;
  /** Gone since an earlier push, struck through until the next one. */
  readonly fixed: readonly Finding[];
  /** Gone from the results without having been looked at again, and why. */
  readonly unconfirmed: readonly { readonly finding: Finding; readonly why: string }[];
}

/** Whether an old finding is settled, or why that cannot be told. */
type Fate = { readonly settled: true } | { readonly settled: false; readonly why: string };

const SETTLED: Fate = { settled: true };

/** Compares what the comment said before with what this run found. Rows are those of all profiles. */
export function pushHistory(
  current: readonly Finding[],
  rows: readonly Row[],
  metadata: RunMetadata,
  { headSha, previous }: { readonly headSha?: string; readonly previous?: CommentState },
): PushHistory {
  if (previous === undefined) return { push: 1, fixed: [], unconfirmed: [] };
  const again = new Set(current.map(findingKey));
  const samePush = previous.headSha === headSha;
  const gone = previous.findings.filter((finding) => !again.has(findingKey(finding)));
  const fates = gone.map((finding) => ({ finding, fate: fateOf(finding, rows, metadata) }));
  const fixedNow = fates.filter(({ fate }) => fate.settled).map(({ finding }) => finding);
  const open = new Set([...again, ...gone.map(findingKey)]);
  const fixedBefore = samePush ? previous.fixed.filter((finding) => !open.has(findingKey(finding))) : [];
  return {
    push: samePush ? previous.push : previous.push + 1,
    fixed: [...fixedNow, ...fixedBefore],
    unconfirmed: fates.flatMap(({ finding, fate }) => (fate.settled ? [] : [{ finding, why: fate.why }])),
  };
}

/** Settled is what was measured or checked again without the finding, what the change does not touch, what is gone. */
function fateOf(finding: Finding, rows: readonly Row[], { state, failures, partial }: RunMetadata): Fate {
  const named = rows.filter(({ name }) => name === finding.implementation);
  const row = named.find(({ profile }) => profile === finding.profile);
  if (row === undefined) {
    if (named.length > 0) return { settled: false, why: 'not measured with that profile' };
    if (partial === true) return { settled: false, why: 'not asked for in this run' };
    const lost = failures.some(({ implementation }) => implementation === finding.implementation);
    // An unfinished run has not come to everything.
    return state === 'finished' && !lost ? SETTLED : { settled: false, why: 'not measured' };
  }
  if (row.standing === 'carried') return SETTLED;
  const because = row.reason === undefined ? row.standing : `${row.standing}: ${row.reason}`;
  if (finding.kind === 'contract failed')
    return row.conformance !== undefined && !failsContract(row) ? SETTLED : { settled: false, why: because };
  if (row.standing === 'no change' || row.standing === 'improvement') return SETTLED;
  const why = row.standing === 'regression' ? 'slower than stored numbers' : because;
  return { settled: false, why };
}

/** `- ~~...~~ fixed` and `- not confirmed: ...`, so many at most; empty when there is nothing to tell. */
export function historyLines({ fixed, unconfirmed }: PushHistory, rows: readonly Row[], most: number): string {
  const names = new Set(rows.map(({ name }) => name));
  const lines = [
    ...fixed.map((finding) => {
      const word = names.has(finding.implementation) ? 'fixed' : 'removed';
      return `- ~~${sentence(finding)}~~ ${word}`;
    }),
    ...unconfirmed.map(({ finding, why }) => `- not confirmed: ${sentence(finding)} (${markdownText(why, 200)})`),
  ];
  const more = lines.length - most;
  return [...lines.slice(0, most), ...(more > 0 ? [`- and ${more} more findings of earlier pushes`] : [])].join('\n');
}

const sentence = (finding: Finding) => markdownText(findingSentence(finding), 400);

/** Names for the hidden state: what is still wrong as far as anybody knows. */
export function openFindings(current: readonly Finding[], { unconfirmed }: PushHistory): readonly Finding[] {
  return [...current, ...unconfirmed.map(({ finding }) => finding)];
}
