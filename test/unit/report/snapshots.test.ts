import { join } from 'node:path';
import { test } from 'node:test';
import type { Run } from '../../../src/domain/run.ts';
import { COMPARISON_EXPORTERS, CONFORMANCE_EXPORTERS, EXPORTERS } from '../../../src/report/registry.ts';
import {
  exampleComparison,
  exampleImplementation,
  exampleResults,
  exampleRun,
  variedRun,
} from '../../helpers/example-run.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';
import { exampleTexts } from '../../helpers/rendering/examples.ts';

const failures = [
  { implementation: 'elixir', stage: 'build', code: 'build-failed', message: 'mix: not found' },
] as const;
const fast = { head: { coldMs: 50, warmMs: 0.4 } };
const slow = { head: { coldMs: 1400, warmMs: 12 } };
const first = exampleComparison(
  ['fast', 'slow', 'as-slow'].map((implementation) => ({ implementation, state: 'new', metrics: [] })),
  { mode: 'none', modeReason: 'results holds no baseline yet', verdict: 'none' },
);
const { baseline: _, ...firstComparison } = first;

const runs: Readonly<Record<string, Run>> = {
  varied: variedRun({ failures }),
  first: exampleRun([
    exampleResults(
      [
        exampleImplementation('slow', slow),
        exampleImplementation('as-slow', slow),
        exampleImplementation('fast', fast),
      ],
      firstComparison,
    ),
  ]),
  nothing: exampleRun([], { state: 'failed', failures }),
  hostile: hostileRun(),
};

// After a wanted change: node --test --test-update-snapshots test/unit/report/snapshots.test.ts, and read the diff.
for (const [name, run] of Object.entries(runs)) {
  for (const format of ['markdown', 'terminal', 'json'] as const) {
    if (name === 'hostile' && format === 'json') continue;
    test(`${name} as ${format}`, (t) => {
      const path = join(import.meta.dirname, 'snapshots', `${name}.${format}.snap`);
      t.assert.fileSnapshot(EXPORTERS[format](run), path, { serializers: [String] });
    });
  }
}

const checked = (variedRun().results[0]?.implementations ?? []).flatMap(({ name: implementation, conformance }) =>
  conformance === undefined ? [] : [{ implementation, conformance }],
);
const comparisons = variedRun().results.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));

for (const format of ['markdown', 'terminal'] as const) {
  test(`contract results as ${format}`, (t) => {
    const path = join(import.meta.dirname, 'snapshots', `contract.${format}.snap`);
    t.assert.fileSnapshot(CONFORMANCE_EXPORTERS[format](checked), path, { serializers: [String] });
  });
  test(`a comparison as ${format}`, (t) => {
    const path = join(import.meta.dirname, 'snapshots', `comparison.${format}.snap`);
    t.assert.fileSnapshot(COMPARISON_EXPORTERS[format](comparisons), path, { serializers: [String] });
  });
}

// The texts on GitHub, as test/integration/real/comment-rendering.test.ts shows them in a browser.
for (const [name, { markdown }] of Object.entries(exampleTexts())) {
  test(`${name} on GitHub`, (t) => {
    const path = join(import.meta.dirname, 'snapshots', `github.${name}.snap`);
    t.assert.fileSnapshot(markdown, path, { serializers: [String] });
  });
}
