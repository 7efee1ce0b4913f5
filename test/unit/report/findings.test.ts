import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventFinding } from '../../../src/domain/event.ts';
import { EXIT } from '../../../src/domain/exit-codes.ts';
import type { ServiceTypeResults } from '../../../src/domain/run.ts';
import { type Finding, findingSentence, findings } from '../../../src/report/findings.ts';
import { runToExit } from '../../../src/report/run-exit.ts';
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

test('a regression with its evidence, a contract failure with its vectors', () => {
  const found = findings(pullRequestRun());
  assert.deepEqual(found, [
    {
      serviceType: 'discord-webhook',
      implementation: 'java-spring3',
      kind: 'regression',
      text: 'starts 31 % slower from zero (6.69 s → 8.77 s, 95 % interval +22 % to +41 %)',
    },
    {
      serviceType: 'discord-webhook',
      implementation: 'php-laravel',
      kind: 'contract failed',
      text: '2 of 14 vectors failed: expired-timestamp, malformed-json',
    },
  ]);
  const events: readonly EventFinding[] = found;
  assert.equal(events.length, 2);
});

test('nothing wrong, nothing found', () => {
  assert.deepEqual(findings(quietRun()), []);
  assert.deepEqual(findings(sweepRun()), []);
});

const sides = { base: { coldMs: 1, warmMs: 1 }, head: { coldMs: 1, warmMs: 1 } };
const estimate = { ratio: 1.3, low: 1.2, high: 1.4, confidence: 0.95 };
const slow = exampleComparison([
  {
    implementation: 'a',
    verdict: 'regression',
    metrics: [
      exampleMetricComparison({ metric: 'warm-rps', verdict: 'regression', estimate: { ...estimate, ratio: 0.9 } }),
      exampleMetricComparison({ verdict: 'regression', estimate }),
    ],
  },
]);
const group = (changes: Partial<ServiceTypeResults> = {}) =>
  exampleResults([exampleImplementation('a', sides)], slow, changes);

test('several metrics are one finding, the largest change first', () => {
  const [found] = findings(exampleRun([group()]));
  assert.equal(
    found?.text,
    'starts 30 % slower from zero (100 ms → 101 ms, 95 % interval +20 % to +40 %), serves 10 % fewer requests per second',
  );
});

test('a profile belongs to the finding', () => {
  const [found] = findings(exampleRun([group({ profile: 'large' })]));
  assert.equal(found?.profile, 'large');
  assert.match(found === undefined ? '' : findingSentence(found), /^a \(large\) starts 30 %/);
});

test('stored numbers find nothing', () => {
  assert.deepEqual(findings(exampleRun([group({ comparison: { ...slow, mode: 'stored' } })])), []);
});

const failed = exampleVector({ id: 'v', state: 'failed' });
const contracts: readonly [Parameters<typeof exampleConformance>, string][] = [
  [[[failed, exampleVector()]], '1 of 2 vectors failed: v'],
  [[[], { unreachable: 'connection refused' }], 'unreachable: connection refused'],
  [[[exampleVector()], { missingFeatures: ['push'] }], 'not declared, but required: push'],
  [
    [Array.from({ length: 9 }, (_, index) => exampleVector({ id: `v${index}`, state: 'failed' }))],
    '9 of 9 vectors failed: v0, v1, v2, v3, v4 and 4 more',
  ],
];
for (const [conformance, text] of contracts) {
  test(text, () => {
    const run = exampleRun([
      exampleResults([exampleImplementation('a', sides, { conformance: exampleConformance(...conformance) })]),
    ]);
    assert.deepEqual(findings(run), [
      { serviceType: 'discord-webhook', implementation: 'a', kind: 'contract failed', text },
    ]);
  });
}

test('findings and exit codes agree', () => {
  for (const run of [pullRequestRun(), quietRun(), sweepRun(), variedRun(), exampleRun([group()])]) {
    const kinds = new Set(findings(run).map(({ kind }) => kind));
    const exits = runToExit(run, ['regression', 'contract']);
    assert.equal(kinds.has('regression'), exits.includes(EXIT.regression));
    assert.equal(kinds.has('contract failed'), exits.includes(EXIT.contract));
  }
});

test('texts are one bounded line of what can be seen', () => {
  for (const text of [
    '\n::set-output name=a::b',
    '##[add-mask]a',
    '\u001b[31m\u202e\u{e0041}',
    'x'.repeat(10_000_000),
  ]) {
    const found: readonly Finding[] = findings(hostileRun(text));
    assert.ok(found.length >= 3);
    for (const one of found) {
      assert.ok(one.text.length <= 300, `${one.text.length}`);
      const line = findingSentence(one);
      assert.ok(line.length <= 1000);
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]|(?:^|\s)::|##\[/u);
    }
  }
});
