import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRunId, loadJobName } from '../../../src/plan/naming.ts';

test('names of load jobs are what Cloud Run takes, and differ for every process of every run', () => {
  const runIds = Array.from({ length: 20 }, (_, index) => createRunId(index * 1000, `r${index}`));
  const names = ['run-x', ...runIds].flatMap((runId) =>
    Array.from({ length: 256 }, (_, job) => loadJobName(runId, `token-${job}`)),
  );
  assert.equal(new Set(names).size, names.length);
  // The platform adds a hyphen and five characters to name an execution, and wants fewer than 63 in all.
  for (const name of names) assert.match(name, /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/);
  assert.equal(loadJobName('run-x', 'a'), loadJobName('run-x', 'a'));
  assert.notEqual(loadJobName('run-x', 'a'), loadJobName('run-xa', ''), 'parts do not run into each other');
});
