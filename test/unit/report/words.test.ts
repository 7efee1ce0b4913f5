import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricComparison } from '../../../src/domain/comparison.ts';
import { conformanceLines, conformanceTerminal } from '../../../src/report/conformance-lines.ts';
import { baselineSentence } from '../../../src/report/headline.ts';
import { rowsOf } from '../../../src/report/model.ts';
import { formatChange, formatDuration, formatMs, formatPercent, formatValue } from '../../../src/report/numbers.ts';
import { droppedSentences, metricSentence, provenSentence, strataSentences } from '../../../src/report/phrases.ts';
import { ranks } from '../../../src/report/ranking.ts';
import { styleOf, textTable, wrapped } from '../../../src/report/text-table.ts';
import {
  exampleImplementation,
  exampleMeasurement,
  exampleMetricComparison,
  exampleResults,
  variedRun,
} from '../../helpers/example-run.ts';

const numbers: readonly [string, string][] = [
  [formatMs(0.4231), '0.42 ms'],
  [formatMs(12.345), '12.3 ms'],
  [formatMs(118.4), '118 ms'],
  [formatMs(999.6), '1.00 s'],
  [formatMs(6690), '6.69 s'],
  [formatMs(0), '0 ms'],
  [formatMs(undefined), '–'],
  [formatMs(Number.NaN), '–'],
  [formatDuration(850), '850 ms'],
  [formatDuration(41_000), '41.0 s'],
  [formatDuration(250_000), '4 min 10 s'],
  [formatValue(3670.4, '1/s'), '3670/s'],
  [formatValue(undefined, '1/s'), '–'],
  [formatChange(1.18), '+18 %'],
  [formatChange(0.99), '-1 %'],
  [formatChange(1.004), '+0.4 %'],
  [formatChange(1), '0 %'],
  [formatChange(0.9999), '0 %'],
  [formatChange(3.5), '+250 %'],
  [formatPercent(0.123), '12 %'],
];
for (const [actual, expected] of numbers) test(`${expected} is written so`, () => assert.equal(actual, expected));

const sentences: readonly [Partial<MetricComparison>, string][] = [
  [
    { verdict: 'regression', estimate: { ratio: 1.18, low: 1.11, high: 1.26, confidence: 0.95 } },
    'cold start +18 % [+11 %, +26 %], 20+20 fresh instances: regression',
  ],
  [
    { metric: 'warm-p50', estimate: { ratio: 0.99, low: 0.96, high: 1.02, confidence: 0.95 }, detectable: 0.1 },
    'warm p50 -1 % [-4 %, +2 %], 20+20 fresh instances: no change (would have seen 10 %)',
  ],
  [
    {
      verdict: 'inconclusive',
      baseN: 40,
      headN: 40,
      estimate: { ratio: 1.09, low: 0.86, high: 1.31, confidence: 0.95 },
      reason: 'two start modes',
    },
    'cold start +9 % [-14 %, +31 %], 40+40 fresh instances: inconclusive, two start modes',
  ],
  [
    { verdict: 'no change', reason: 'small shift +6 %', detectable: 0.15 },
    'cold start +1 % [-3 %, +5 %], 20+20 fresh instances: no change (would have seen 15 %; small shift +6 %)',
  ],
];
for (const [changes, expected] of sentences) {
  test(expected, () => assert.equal(metricSentence(exampleMetricComparison(changes)), expected));
}

test('no estimate, no number', () => {
  const { estimate: _, ...comparison } = exampleMetricComparison({
    verdict: 'inconclusive',
    baseN: 0,
    reason: 'no base',
  });
  assert.equal(metricSentence(comparison), 'cold start, 0+20 fresh instances: inconclusive, no base');
});

test('dropped samples are counted by reason', () => {
  const drop = (reason: string) => ({ side: 'head', round: 0, tag: 's1', reason }) as const;
  const measurement = exampleMeasurement({ head: { coldMs: 1, warmMs: 1 } }, 37, {
    dropped: [drop('not cold'), drop('timeout'), drop('not cold')],
  });
  assert.deepEqual(droppedSentences(measurement), [
    '2 of 40 samples dropped: not cold',
    '1 of 40 samples dropped: timeout',
  ]);
});

test('regressions come first, the largest before the others, what is unchanged last', () => {
  const names = rowsOf(variedRun().results[0] ?? exampleResults([])).map((row) => row.name);
  assert.deepEqual(names, ['go-gin', 'php-laravel', 'ruby-rails', 'cpp-drogon', 'rust-axum', 'python-flask']);
});

test('what cannot be told apart shares a rank', () => {
  const at = (name: string, coldMs: number) => exampleImplementation(name, { head: { coldMs, warmMs: 1 } });
  const found = ranks([at('far', 500), at('a', 100), at('b', 103), at('mid', 300)]);
  assert.deepEqual(Object.fromEntries(found), { a: 1, b: 1, mid: 3, far: 4 });
});

test('a baseline is named exactly', () => {
  assert.equal(baselineSentence(undefined), 'none');
  assert.equal(
    baselineSentence({ runIds: ['r1', 'r2'], commit: '1a2b3c4d5e6f7890', date: '2026-11-20T12:00:00.000Z' }),
    '1a2b3c4d5e6f of 2026-11-20T12:00:00.000Z (runs r1, r2)',
  );
  assert.match(baselineSentence({ runIds: Array.from({ length: 12 }, (_, index) => `r${index}`) }), /r9 and 2 more\)$/);
});

test('tables fit the terminal: the last column is cut, then columns are left out', () => {
  const header = ['#', 'Name', 'A', 'B', 'Verdict'];
  const rows = [['1', 'x'.repeat(12), '1.00 ms', '2.00 ms', 'not measured: a long reason']];
  const options = { right: new Set([0]), paint: (line: string) => line };
  for (const width of [200, 60, 50, 40]) {
    const lines = textTable(header, rows, { ...options, width });
    assert.ok(
      lines.every((line) => [...line].length <= width),
      `${width}:\n${lines.join('\n')}`,
    );
    assert.ok(lines[1]?.includes('not measured'), lines[1]);
  }
});

test('lines are broken at blanks and keep their indent', () => {
  assert.deepEqual(wrapped('  aa bb cc', 7), ['  aa bb', '    cc']);
  assert.deepEqual(wrapped('  one', 40), ['  one']);
});

test('a service that is wrong everywhere does not bury the others', () => {
  const vector = (state: 'failed' | 'not-checked') => (_: unknown, index: number) => ({
    id: `${state}-${index}`,
    title: 'T',
    file: 'f.json',
    state,
    durationMs: 1,
    ...(state === 'failed'
      ? { failures: [{ step: 0, check: 'status', expected: '200', actual: '500' }] }
      : { failures: [], reason: 'gave up' }),
  });
  const vectors = [
    ...Array.from({ length: 30 }, vector('failed')),
    ...Array.from({ length: 40 }, vector('not-checked')),
  ];
  const counts = { passed: 0, failed: 30, skipped: 0, notChecked: 40, missingFeatures: [], durationMs: 1 };
  const conformance = { serviceType: 't', contractVersion: '1.0.0', vectors, ...counts };
  const lines = conformanceLines({ implementation: 'x', conformance }, 100, styleOf(false), 8).join('\n');
  assert.equal(lines.match(/got {6}500/g)?.length, 8);
  assert.match(lines, /and 22 failed vectors more; the report as JSON has them all/);
  assert.match(lines, /^ {4}40 vectors: not-checked \(gave up\)$/m);
  assert.match(conformanceTerminal([{ implementation: 'x', conformance }]), /failed-29/);
});

test('strata stand side by side, each with its own numbers, and say which is judged', () => {
  const fresh = exampleMeasurement({ head: { coldMs: 800, warmMs: 2 } }, 3);
  const summary = (p50: number, n: number) => ({
    n,
    p50,
    p90: p50,
    p99: p50,
    mean: p50,
    stddev: 0,
    min: p50,
    max: p50,
  });
  assert.deepEqual(strataSentences(fresh), []);
  assert.equal(provenSentence(fresh), '3 of 3 cold starts proven');
  const [sample] = fresh.samples;
  assert.ok(sample !== undefined);
  const told = { ...sample, cold: { ...sample.cold, proof: { proven: true, by: 'marker' as const } } };
  const byMarker = { ...fresh, samples: [...fresh.samples, told] };
  assert.equal(provenSentence(byMarker), "4 of 4 cold starts proven, 1 of them by the service's own marker");
  const measurement = {
    ...fresh,
    samples: [...fresh.samples, { ...sample, stratum: 'after-idle' as const }],
    dropped: [
      { side: 'head' as const, stratum: 'forced-zero' as const, round: 0, tag: 'c1', reason: 'r', abortedStatus: 429 },
      { side: 'head' as const, round: 0, tag: 'c2', reason: 'r' },
    ],
    gateStratum: 'after-idle' as const,
    strata: [
      { side: 'base' as const, stratum: 'fresh-revision' as const, dropped: 0, aborted: 0, ttfbMs: summary(1200, 8) },
      { side: 'head' as const, stratum: 'fresh-revision' as const, dropped: 1, aborted: 0, ttfbMs: summary(1310, 7) },
      { side: 'head' as const, stratum: 'forced-zero' as const, dropped: 1, aborted: 1 },
      { side: 'head' as const, stratum: 'after-idle' as const, dropped: 0, aborted: 0, ttfbMs: summary(900, 1) },
    ],
  };
  assert.deepEqual(strataSentences(measurement), [
    'judged by cold starts: after idle',
    'cold start (fresh revision, not judged): 1.20 s → 1.31 s at the median, 8+7 cold starts',
    'the platform aborted 1 request at zero instances, counted among the dropped',
  ]);
  assert.equal(provenSentence(measurement), '4 of 4 cold starts proven (3 fresh revision, 1 after idle; never pooled)');
  assert.deepEqual(droppedSentences(measurement), [
    '1 of 1 forced zero sample dropped: r',
    '1 of 4 fresh revision samples dropped: r',
  ]);
});
