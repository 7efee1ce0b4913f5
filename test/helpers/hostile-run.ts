import type { ImplementationResult, Run } from '../../src/domain/run.ts';
import {
  EXAMPLE_PROFILE,
  exampleComparison,
  exampleConformance,
  exampleImplementation,
  exampleMeasurement,
  exampleMetricComparison,
  exampleResults,
  exampleRun,
  exampleTags,
  exampleVector,
} from './example-run.ts';

export const HOSTILE =
  '<script>alert(1)</script> | @octocat @org/team #1 org/repo#2 GH-3 `x` **b** _i_ [link](https://evil.example/x) ![i](http://evil.example/i.png) www.evil.example &lt; \\| \n# heading\n- item\r\u001b[31m\u202e <!-- --> </details> ~~s~~ $x$ ```';

/** A run whose every text that comes from outside tries to be more than text. */
export function hostileRun(text: string = HOSTILE): Run {
  const sides = { base: { coldMs: 100, warmMs: 1 }, head: { coldMs: 130, warmMs: 1 } };
  const vector = exampleVector({
    id: `v ${text}`,
    title: text,
    state: 'failed',
    failures: [{ step: 0, check: text, expected: text, actual: `${text}${'x'.repeat(5000)}` }],
  });
  const named = (name: string, changes: Partial<ImplementationResult>) => exampleImplementation(name, sides, changes);
  const slow = `slow ${text}`;
  const broken = `broken ${text}`;
  const implementations = [
    named(slow, {
      tags: exampleTags({ implementation: slow, profile: { ...EXAMPLE_PROFILE, name: text, memory: text } }),
      measurement: exampleMeasurement(sides, 20, {
        audit: [text],
        dropped: [{ side: 'head', round: 0, tag: text, reason: text }],
      }),
    }),
    named(broken, {
      conformance: exampleConformance([vector], { missingFeatures: [text] }),
      state: 'contract failed',
    }),
    named(`lost ${text}`, { state: 'not measured', reason: text, sides: [] }),
    named(`gone ${text}`, {
      conformance: exampleConformance([], { unreachable: text }),
      state: 'contract failed',
    }),
  ];
  const comparison = exampleComparison(
    [
      {
        implementation: slow,
        verdict: 'regression',
        metrics: [
          exampleMetricComparison({
            verdict: 'regression',
            estimate: { ratio: 1.3, low: 1.2, high: 1.4, confidence: 0.95 },
            reason: text,
          }),
        ],
      },
      {
        implementation: `unsure ${text}`,
        verdict: 'inconclusive',
        metrics: [exampleMetricComparison({ verdict: 'inconclusive', reason: text })],
      },
    ],
    { verdict: 'regression', modeReason: text, baseline: { runIds: [text], commit: text, date: text } },
  );
  return exampleRun(
    [exampleResults(implementations, comparison, { serviceType: `type ${text}`, contractVersion: text })],
    {
      commit: text,
      region: text,
      driver: text,
      toolVersion: text,
      failures: [{ implementation: text, stage: 'build', code: text, message: text }],
    },
  );
}
