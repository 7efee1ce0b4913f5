import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImplementationComparison, MetricComparison } from '../../../src/domain/comparison.ts';
import type { ImplementationResult, Run, RunMetadata, ServiceTypeResults } from '../../../src/domain/run.ts';
import { findings } from '../../../src/report/findings.ts';
import { COMMENT_LIMIT, commentMarker, prComment, readCommentState } from '../../../src/report/pr-comment.ts';
import { pullRequestRun, quietRun, sweepRun } from '../../helpers/example-pull-request.ts';
import {
  exampleComparison,
  exampleConformance,
  exampleImplementation,
  exampleMetricComparison,
  exampleResults,
  exampleRun,
  exampleVector,
  variedRun,
} from '../../helpers/example-run.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';
import { exampleContext, RUN_URL } from '../../helpers/rendering/examples.ts';

type Changes = Parameters<typeof exampleContext>[0];
const commentOf = ({ metadata, results }: Run, changes: Changes = {}) =>
  prComment(metadata, results, exampleContext(changes));

/** What a reader sees without opening anything. */
function visibleLines(markdown: string): readonly string[] {
  const open = markdown.replaceAll(/<details>[\s\S]*?<\/details>/g, '');
  return open.split('\n').filter((line) => line !== '' && !line.startsWith('<!--'));
}

const sides = { base: { coldMs: 100, warmMs: 1 }, head: { coldMs: 100, warmMs: 1 } };
const regressed = exampleMetricComparison({
  verdict: 'regression',
  estimate: { ratio: 1.3, low: 1.2, high: 1.4, confidence: 0.95 },
});

/** A run of implementations with a verdict each. */
function judged(
  verdicts: Readonly<Record<string, ImplementationComparison['verdict']>>,
  changes: { readonly metadata?: Partial<RunMetadata>; readonly results?: Partial<ImplementationResult> } = {},
): Run {
  const compared = Object.entries(verdicts).map(([implementation, verdict]): ImplementationComparison => {
    const metric: Partial<MetricComparison> =
      verdict === 'regression' ? regressed : verdict === undefined ? {} : { verdict };
    return { implementation, ...(verdict && { verdict }), metrics: [exampleMetricComparison(metric)] };
  });
  const implementations = Object.keys(verdicts).map((name) => exampleImplementation(name, sides, changes.results));
  return exampleRun([exampleResults(implementations, exampleComparison(compared))], changes.metadata);
}

const failing = exampleConformance([exampleVector({ state: 'failed', id: 'expired-timestamp' })]);
const broken = (): Run =>
  exampleRun([
    exampleResults(
      [exampleImplementation('b', sides, { conformance: failing, state: 'contract failed' })],
      exampleComparison([{ implementation: 'b', state: 'contract failed', metrics: [] }]),
    ),
  ]);
const unmeasured = (name: string): Run =>
  exampleRun([
    exampleResults(
      [exampleImplementation(name, sides, { state: 'not measured', reason: 'it did not build', sides: [] })].map(
        ({ conformance: _, ...rest }) => rest,
      ),
      exampleComparison([{ implementation: name, state: 'not measured', metrics: [] }]),
    ),
  ]);

test('the comment begins with its marker, its state and the headline', () => {
  const text = commentOf(pullRequestRun());
  const [marker, state, headline, blank, lead] = text.split('\n');
  assert.equal(marker, '<!-- cloudrun-perf report id=discord-webhook -->');
  assert.match(state ?? '', /^<!-- cloudrun-perf state [\w-]+ -->$/);
  assert.equal(headline, '## Cloud Run performance: 1 regression, 1 contract failure, 17 unchanged, 3 carried');
  assert.equal(blank, '');
  assert.match(lead ?? '', /^\*\*java-spring3 starts 31 % slower from zero\*\* \(6\.69 s → 8\.77 s, 95 % interval/);
});

test('only what somebody has to act on is visible', () => {
  const visible = visibleLines(commentOf(pullRequestRun())).join('\n');
  assert.match(
    visible,
    /java-spring3 \| 🔴&nbsp;slower from cold \| 14\/14 \| 6\.69 → \*\*8\.77&nbsp;s\*\* \(\+31&nbsp;%\)/,
  );
  assert.match(visible, /php-laravel \| 🔴&nbsp;contract: expired-timestamp, malformed-json \| \*\*12\/14\*\* \| – \|/);
  assert.doesNotMatch(visible, /rust-axum|dart-shelf/);
  assert.match(visible, /head 4d5e6f7890ab · \[run\]\(https.*1234567\) · updated for push 1<\/sub>$/);
});

test('what was carried stands apart, with the run that it comes from', () => {
  const text = commentOf(pullRequestRun());
  assert.match(text, /<summary>3 carried over: not touched by this change<\/summary>/);
  assert.match(text, /\| dart-shelf \| .* \| run 20261120-120000-base, no file of it changed \|/);
});

test('nothing changed is a single line', () => {
  const lines = visibleLines(commentOf(quietRun()));
  assert.deepEqual(lines, [
    `**Cloud Run performance of discord-webhook:** nothing changed: 19 unchanged (smallest change we could have seen: 20 %), 3 carried ([report](${RUN_URL})).`,
  ]);
});

const notNothing: readonly [string, Run][] = [
  ['inconclusive', judged({ a: 'no change', b: 'inconclusive' })],
  ['not measured', unmeasured('a')],
  ['an improvement', judged({ a: 'improvement' })],
  ['no baseline', sweepRun()],
  ['a cancelled run', judged({ a: 'no change' }, { metadata: { state: 'cancelled' } })],
  [
    'a failure of the run',
    judged({ a: 'no change' }, { metadata: { failures: [{ stage: 'build', code: 'c', message: 'm' }] } }),
  ],
  ['no implementation', exampleRun([])],
];
for (const [title, run] of notNothing) {
  test(`${title} is not nothing`, () => {
    const text = commentOf(run);
    assert.doesNotMatch(text, /nothing changed/);
    assert.match(text, /^## Cloud Run performance/m);
  });
}

test('one service type of several is named', () => {
  const run = judged({ a: 'regression' }, { metadata: { serviceTypes: ['discord-webhook', 'rest-crud'] } });
  assert.match(commentOf(run), /^## Cloud Run performance of discord-webhook: 1 regression$/m);
});

test('profiles are named where there are several', () => {
  const text = commentOf(sweepRun());
  assert.match(text, /\| go-gin \(large\) \| new \|/);
  assert.match(text, /\| go-gin \(small\) \| new \|/);
  assert.match(text, /--impl go-gin,node-http --profile large,small/);
});

test('stored numbers are never red', () => {
  const { metadata, results } = judged({ a: 'regression' });
  const stored = results.map((group): ServiceTypeResults => {
    const { comparison, ...rest } = group;
    return { ...rest, ...(comparison && { comparison: { ...comparison, mode: 'stored' as const } }) };
  });
  const text = commentOf({ metadata, results: stored });
  assert.doesNotMatch(text, /🔴/);
  assert.match(text, /^## Cloud Run performance: 1 possible regression$/m);
  assert.match(text, /🟡&nbsp;perhaps slower from cold \(stored numbers\)/);
  assert.match(text, /a hint, which fails no check/);
  assert.deepEqual(readCommentState(text)?.findings, []);
});

test('untrusted numbers are said to be', () => {
  for (const run of [pullRequestRun(), quietRun()]) {
    assert.match(commentOf(run, { untrusted: true }), /the pull request's own run, without credentials/);
    assert.doesNotMatch(commentOf(run), /without credentials/);
  }
});

const OTHER_HEAD = 'b'.repeat(40);
const THIRD_HEAD = 'c'.repeat(40);

/** The comment of a run after another one of an older head. */
function after(before: string, run: Run, headSha = OTHER_HEAD): string {
  const previous = readCommentState(before);
  assert.ok(previous !== undefined);
  return commentOf(run, { previous, headSha });
}

test('a fixed finding is struck through for one push', () => {
  const first = commentOf(judged({ a: 'regression', b: 'no change' }));
  const good = judged({ a: 'no change', b: 'no change' });
  const second = after(first, good);
  assert.match(second, /^- ~~a starts 30 % slower from zero \(.*\)~~ fixed$/m);
  assert.equal(readCommentState(second)?.push, 2);
  const again = after(second, good);
  assert.match(again, /~~a starts/, 'a run of the same head again keeps it');
  assert.equal(readCommentState(again)?.push, 2);
  const third = after(again, good, THIRD_HEAD);
  assert.doesNotMatch(third, /~~/);
  assert.equal(readCommentState(third)?.push, 3);
});

test('what is found again on the same head is not fixed any more', () => {
  const bad = judged({ a: 'regression' });
  const fixed = after(commentOf(bad), judged({ a: 'no change' }));
  const found = after(fixed, bad);
  assert.doesNotMatch(found, /~~/);
  assert.deepEqual(
    readCommentState(found)?.findings.map(({ implementation }) => implementation),
    ['a'],
  );
});

const carried = judged({ a: undefined }, { results: { state: 'carried' } });
const fates: readonly [string, Run, Run, RegExp][] = [
  ['measured again', judged({ a: 'regression' }), judged({ a: 'improvement' }), /^- ~~a starts.*~~ fixed$/m],
  ['carried', judged({ a: 'regression' }), carried, /^- ~~a starts.*~~ fixed$/m],
  ['removed', judged({ a: 'regression', b: 'no change' }), judged({ b: 'no change' }), /^- ~~a starts.*~~ removed$/m],
  [
    'absent of a run that was asked for another one',
    judged({ a: 'regression', b: 'no change' }),
    judged({ b: 'no change' }, { metadata: { partial: true } }),
    /^- not confirmed: a starts.*\(not asked for in this run\)$/m,
  ],
  [
    'absent of a run that was cancelled',
    judged({ a: 'regression' }),
    judged({ b: 'no change' }, { metadata: { state: 'cancelled' } }),
    /^- not confirmed: a starts.*\(not measured\)$/m,
  ],
  [
    'inconclusive now',
    judged({ a: 'regression' }),
    judged({ a: 'inconclusive' }),
    /^- not confirmed: a starts.*\(inconclusive\)$/m,
  ],
  [
    'not measured now',
    judged({ a: 'regression' }),
    unmeasured('a'),
    /^- not confirmed: a starts.*\(not measured: it did not build\)$/m,
  ],
  ['a contract that was not checked', broken(), unmeasured('b'), /^- not confirmed: b: 1 of 1 vector failed/m],
  ['a contract that is kept', broken(), judged({ b: 'inconclusive' }), /^- ~~b: 1 of 1 vector failed.*~~ fixed$/m],
];
for (const [title, before, now, expected] of fates) {
  test(`an old finding, ${title}: ${expected.source}`, () => {
    const text = after(commentOf(before), now);
    assert.match(text, expected);
    const kept = readCommentState(text);
    const open = !expected.source.includes('~~');
    assert.equal(kept?.findings.length, open ? 1 : 0, 'what is not confirmed is remembered');
    assert.equal(kept?.fixed.length, open ? 0 : 1);
  });
}

test('what was not confirmed can be struck through later', () => {
  const unsure = after(commentOf(judged({ a: 'regression' })), judged({ a: 'inconclusive' }));
  assert.match(after(unsure, judged({ a: 'no change' }), THIRD_HEAD), /~~a starts.*~~ fixed/);
});

const crowd = judged(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`crowd-${index}`, 'regression'])));
const runs: Readonly<Record<string, Run>> = {
  pullRequest: pullRequestRun(),
  varied: variedRun(),
  crowd,
  hostile: hostileRun(),
  dollars: hostileRun('$'.repeat(600)),
  unseen: hostileRun('\u{e0041}'.repeat(600)),
  sweep: sweepRun(),
};
const LIMITS = [2000, 2500, 3750, 5000, 7500, 15_000, 30_000, COMMENT_LIMIT];
for (const [name, run] of Object.entries(runs)) {
  test(`${name} keeps to every limit, and keeps marker, state, headline and lead`, () => {
    const first = findings(run)[0]?.implementation ?? '';
    for (const limit of LIMITS) {
      for (const untrusted of [true, false]) {
        const text = commentOf(run, { limit, untrusted });
        assert.ok(text.length <= limit, `${text.length} of ${limit}`);
        assert.ok(text.startsWith(commentMarker(run.results[0]?.serviceType ?? '')));
        assert.equal(readCommentState(text)?.run.id, 1_234_567);
        assert.match(text, /^## Cloud Run performance/m);
        if (first !== '') assert.match(text, /^\*\*.*\*\* \(/m);
        assert.ok(text.includes(RUN_URL));
      }
    }
  });
}

test('sections give way in order, and the comment says so', () => {
  const order = [
    'Environment',
    'How sure is this',
    'Ranking by cold start',
    '17 unchanged',
    'What the contract wanted',
  ];
  let gone = -1;
  for (let limit = 12_000; limit >= 2000; limit -= 250) {
    const text = commentOf(pullRequestRun(), { limit });
    const present = order.map((title) => text.includes(`<summary>${title}`));
    const left = present.lastIndexOf(false);
    assert.deepEqual(
      present,
      order.map((_, index) => index > left),
      `at ${limit}`,
    );
    assert.ok(left >= gone);
    gone = left;
    assert.equal(/Left out for length: .*\[report of the run\]/.test(text), left >= 0);
  }
  assert.ok(gone >= 3);
});

test('rows that do not fit are counted', () => {
  assert.match(commentOf(crowd, { limit: 20_000 }), /^and 1\d\d more in the report$/m);
});

test('the state forgets the last findings first', () => {
  const state = readCommentState(commentOf(crowd));
  assert.ok(state !== undefined && state.findings.length >= 50, `${state?.findings.length}`);
  const short = readCommentState(commentOf(crowd, { limit: 4000 }));
  assert.ok(short !== undefined && short.findings.length >= 1 && short.findings.length < state.findings.length);
});
