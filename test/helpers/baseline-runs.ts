import assert from 'node:assert/strict';
import type { Baseline } from '../../src/domain/baseline.ts';
import { updateBaseline } from '../../src/results/baseline.ts';
import { exampleImplementation, exampleMetadata, exampleResults } from './example-run.ts';

const speed = { base: { coldMs: 90, warmMs: 1 }, head: { coldMs: 100, warmMs: 2 } };
const idOf = (index: number) => `run-${String(index).padStart(2, '0')}`;

/** What one run on main adds: an implementation of its own, and one that every run has. */
export function baselineOfRun(index: number): Baseline {
  const runId = idOf(index);
  const startedAt = `2026-11-21T08:${String(index).padStart(2, '0')}:00.000Z`;
  const implementations = [exampleImplementation(`own-${runId}`, speed), exampleImplementation('shared', speed)];
  const { finishedAt: _, ...metadata } = exampleMetadata({ runId, startedAt });
  return updateBaseline(undefined, exampleResults(implementations, undefined, { runId }), metadata);
}

/** All runs of 0 to `count` - 1 are in the baseline: each with its own, and the last ten of what they share. */
export function assertAllRuns(baseline: Baseline | undefined, count: number): void {
  const entries = baseline?.serviceTypes['discord-webhook'] ?? [];
  const runsOf = (name: string) => entries.find((entry) => entry.name === name)?.runs.map(({ runId }) => runId);
  const all = Array.from({ length: count }, (_, index) => idOf(index));
  for (const runId of all) assert.deepEqual(runsOf(`own-${runId}`), [runId]);
  assert.deepEqual(runsOf('shared'), all.toReversed().slice(0, 10));
}
