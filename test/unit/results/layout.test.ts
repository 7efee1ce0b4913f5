import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baselinePath,
  comparisonPath,
  dayOf,
  isDatedBaseline,
  latestBaselines,
  latestRunId,
  metadataPath,
  resultsPath,
  runIds,
  runReportPath,
} from '../../../src/results/layout.ts';

test('the paths are the proposal’s', () => {
  assert.equal(metadataPath('r1'), 'runs/r1/metadata.json');
  assert.equal(resultsPath('r1', 'discord-webhook'), 'runs/r1/discord-webhook/results.json');
  assert.equal(runReportPath('r1', 'md'), 'runs/r1/report.md');
  assert.equal(runReportPath('r1', 'json'), 'runs/r1/report.json');
  assert.equal(baselinePath('2026-11-21'), 'baselines/2026-11-21/baseline.json');
  assert.equal(comparisonPath('2026-11-21', 'md'), 'comparisons/2026-11-21/comparison.md');
  assert.equal(dayOf('2026-11-21T13:00:00.000Z'), '2026-11-21');
});

test('names that are no safe path segment are refused', () => {
  for (const id of ['', '.', '..', '../x', 'a/b', 'a\\b', '-rf', '.hidden', 'a b', 'a\n', 'x'.repeat(129)]) {
    assert.throws(() => metadataPath(id), { name: 'UsageError', code: 'path-unsafe' }, JSON.stringify(id));
    assert.throws(() => resultsPath('r1', id), { code: 'path-unsafe' });
    assert.throws(() => baselinePath(id), { code: 'path-unsafe' });
  }
});

test('runs are those with metadata, newest first', () => {
  const paths = [
    'runs/20261119-080000-bbbb/metadata.json',
    'runs/20261121-080000-aaaa/metadata.json',
    'runs/20261122-080000-cccc/discord-webhook/results.json',
    'runs/20261120-080000-zzzz/metadata.json',
    'runs/x/y/metadata.json',
    'baselines/latest.json',
  ];
  assert.deepEqual(runIds(paths), ['20261121-080000-aaaa', '20261120-080000-zzzz', '20261119-080000-bbbb']);
  assert.equal(latestRunId(paths), '20261121-080000-aaaa');
  assert.equal(latestRunId([]), undefined);
});

test('copies of a day are beside the latest baseline, and those of two baselines are never one file', () => {
  const latest = ['baselines/latest.json', 'baselines/main.json', 'baselines/a/latest.json', 'baselines/a/b/main.json'];
  const dated = latest.map((path) => baselinePath('2026-11-21', path));
  assert.deepEqual(dated, [
    'baselines/2026-11-21/baseline.json',
    'baselines/2026-11-21/main.json',
    'baselines/a/2026-11-21/baseline.json',
    'baselines/a/b/2026-11-21/main.json',
  ]);
  assert.ok(dated.every(isDatedBaseline));
  assert.deepEqual(latestBaselines([...dated, ...latest, 'runs/latest.json', 'baselines/notes.md']), latest);
});
