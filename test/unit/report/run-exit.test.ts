import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison } from '../../../src/domain/comparison.ts';
import { EXIT, type ExitCode } from '../../../src/domain/exit-codes.ts';
import type { Run } from '../../../src/domain/run.ts';
import { type Finding, runToExit } from '../../../src/report/run-exit.ts';
import {
  exampleComparison,
  exampleImplementation,
  exampleResults,
  exampleRun,
  variedRun,
} from '../../helpers/example-run.ts';

const sides = { head: { coldMs: 100, warmMs: 1 } };
function judged(verdict: 'regression' | 'inconclusive' | 'no change', mode: Comparison['mode'] = 'side-by-side'): Run {
  const comparison = exampleComparison([{ implementation: 'x', verdict, metrics: [] }], { verdict, mode });
  return exampleRun([exampleResults([exampleImplementation('x', sides)], comparison)]);
}
const failure = { stage: 'build', code: 'c', message: 'm' } as const;
const usual: readonly Finding[] = ['regression', 'contract'];
const all: readonly Finding[] = ['regression', 'contract', 'inconclusive'];

const cases: readonly [string, Run, readonly Finding[], readonly ExitCode[]][] = [
  ['nothing wrong', judged('no change'), all, []],
  ['a regression', judged('regression'), usual, [EXIT.regression]],
  ['a regression that is not asked for', judged('regression'), ['contract'], []],
  ['a regression against stored numbers', judged('regression', 'stored'), all, []],
  ['inconclusive', judged('inconclusive'), usual, []],
  ['inconclusive on request', judged('inconclusive'), all, [EXIT.inconclusive]],
  ['everything', variedRun(), all, [EXIT.contract, EXIT.regression, EXIT.inconclusive]],
  ['everything, never', variedRun(), [...all, 'never'], []],
  ['a failure of one implementation', variedRun({ failures: [failure] }), ['never'], [EXIT.infrastructure]],
  ['a run that failed', exampleRun([], { state: 'failed' }), usual, [EXIT.infrastructure]],
];
for (const [title, run, failOn, expected] of cases) {
  test(`${title}: ${expected.join(', ') || 'ok'}`, () => {
    assert.deepEqual(runToExit(run, failOn), expected);
  });
}
