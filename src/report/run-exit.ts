import { conforms } from '../domain/conformance.ts';
import { EXIT, type ExitCode } from '../domain/exit-codes.ts';
import type { Run } from '../domain/run.ts';

/** Findings that may fail a process. `never` silences them all; failures of the run itself are no findings. */
export type Finding = 'regression' | 'contract' | 'inconclusive' | 'never';

/**
 * All exit codes that apply to a run; the entry lets the strongest win. Only what was measured side by side can fail a
 * build: against stored numbers a regression is a report.
 */
export function runToExit(run: Run, failOn: readonly Finding[]): readonly ExitCode[] {
  const wanted = (finding: Finding) => failOn.includes(finding) && !failOn.includes('never');
  const judged = run.results
    .map(({ comparison }) => comparison)
    .filter((comparison) => comparison?.mode === 'side-by-side')
    .flatMap((comparison) => comparison?.implementations ?? []);
  const broken = run.results
    .flatMap(({ implementations }) => implementations)
    .some(
      ({ state, conformance }) => state === 'contract failed' || (conformance !== undefined && !conforms(conformance)),
    );
  return [
    ...(run.metadata.failures.length > 0 || run.metadata.state === 'failed' ? [EXIT.infrastructure] : []),
    ...(wanted('contract') && broken ? [EXIT.contract] : []),
    ...(wanted('regression') && judged.some(({ verdict }) => verdict === 'regression') ? [EXIT.regression] : []),
    ...(wanted('inconclusive') && judged.some(({ verdict }) => verdict === 'inconclusive') ? [EXIT.inconclusive] : []),
  ];
}
