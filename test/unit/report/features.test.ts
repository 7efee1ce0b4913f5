import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featuresOf } from '../../../src/domain/conformance.ts';
import { againCommand } from '../../../src/report/again.ts';
import { CONFORMANCE_EXPORTERS } from '../../../src/report/registry.ts';
import { exampleConformance, exampleVector } from '../../helpers/example-run.ts';

const failure = { step: 0, check: 'status', expected: '304', actual: '200' };
const conformance = exampleConformance([
  exampleVector({ id: 'health' }),
  exampleVector({ id: 'create', requires: ['crud'] }),
  exampleVector({ id: 'etag', requires: ['crud', 'conditional'], state: 'failed', failures: [failure] }),
  exampleVector({ id: 'accept', requires: ['negotiation'], state: 'skipped', reason: 'feature is not declared' }),
  exampleVector({ id: 'effect', requires: ['publish'], state: 'not-checked', reason: 'no message bus' }),
]);
const checked = { implementation: 'node-http', conformance };

test('features: every vector counts for each feature that it needs', () => {
  const counts = featuresOf(conformance).map(({ feature, passed, failed, skipped, notChecked }) => {
    return [feature, passed, failed, skipped, notChecked];
  });
  assert.deepEqual(counts, [
    ['(every service)', 1, 0, 0, 0],
    ['crud', 1, 1, 0, 0],
    ['conditional', 0, 1, 0, 0],
    ['negotiation', 0, 0, 1, 0],
    ['publish', 0, 0, 0, 1],
  ]);
});

test('features: each report shows them, and what failed', () => {
  const terminal = CONFORMANCE_EXPORTERS.terminal([checked]).replaceAll(/\s+/g, ' ');
  assert.match(
    terminal,
    /\(every service\) 1\/1, crud 1\/2, conditional 0\/1, negotiation skipped, publish not checked/,
  );
  const markdown = CONFORMANCE_EXPORTERS.markdown([checked, { ...checked, implementation: 'other' }]);
  assert.match(
    markdown,
    /\| discord-webhook 1\.0\.0 \| \(every service\) \| crud \| conditional \| negotiation \| publish \|/,
  );
  assert.match(markdown, /\| node-http \| 1\/1 \| \*\*1\/2\*\* \| \*\*0\/1\*\* \| skipped \| not checked \|/);
  const [json] = JSON.parse(CONFORMANCE_EXPORTERS.json([checked]));
  assert.deepEqual(json.features, featuresOf(conformance));
});

test('again: one command, with the origin of a service that runs, else with its name', () => {
  const byName = 'cloudrun-perf validate --type discord-webhook --impl node-http --vector etag';
  const url = 'http://127.0.0.1:8080';
  const byUrl = `cloudrun-perf validate --url ${url} --type discord-webhook --contract-version 1.0.0 --vector etag`;
  assert.equal(againCommand(checked, ['etag']), byName);
  assert.equal(againCommand({ ...checked, url }, ['etag']), byUrl);
  for (const [one, command] of [
    [checked, byName],
    [{ ...checked, url }, byUrl],
  ] as const) {
    assert.ok(CONFORMANCE_EXPORTERS.terminal([one]).includes(`again    ${command}\n`));
    assert.ok(CONFORMANCE_EXPORTERS.markdown([one]).includes(`again: \`${command}\``));
    const [json] = JSON.parse(CONFORMANCE_EXPORTERS.json([one]));
    const named = json.vectors.filter((vector: object) => 'again' in vector);
    assert.deepEqual(
      named.map((vector: { id: string; again: string }) => [vector.id, vector.again]),
      [['etag', command]],
    );
  }
});

test('again: nothing that a shell would take for more than a name', () => {
  assert.equal(againCommand(checked, []), undefined);
  assert.equal(againCommand(checked, ['a; rm -rf /']), undefined);
  assert.equal(againCommand({ ...checked, implementation: '$(id)' }, ['etag']), undefined);
  assert.equal(againCommand({ ...checked, url: 'http://a/`id`' }, ['etag']), undefined);
  assert.equal(againCommand({ ...checked, implementation: '--all' }, ['etag']), undefined);
});
