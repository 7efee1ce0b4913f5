import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RESOURCES, type RunResources, withCreated, withLeft, withRemoved } from '../../../src/domain/resources.ts';
import type { RunMetadata } from '../../../src/domain/run.ts';
import { EXPORTERS } from '../../../src/report/registry.ts';
import { leaks, resourcesSentence } from '../../../src/report/resources.ts';
import { decode, encode } from '../../../src/results/codec.ts';
import { exampleMetadata, exampleResults, exampleRun } from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const service = (name: string) => ({ kind: 'service', name }) as const;
const image = { kind: 'image', name: `r/x@sha256:${'a'.repeat(64)}` } as const;
const made = ['a', 'b'].map(service).reduce(withCreated, NO_RESOURCES);
const said = (resources: RunResources, state: RunMetadata['state'] = 'finished') =>
  resourcesSentence({ resources, state });

test('every created one is removed, left or unaccounted for', () => {
  const both = ['b', 'a'].map(service).reduce(withRemoved, made);
  assert.equal(said(both), 'created 2 services, removed 2 services, left nothing');
  assert.equal(leaks({ resources: both }), false);
  const one = withRemoved(made, service('a'));
  assert.equal(
    said(one, 'failed'),
    'created 2 services, removed 1 service, left 1 service: service b (the run ended before it was removed)',
  );
  assert.equal(leaks({ resources: one }), true);
  const left = withLeft(one, { ...service('b'), reason: 'no permission' });
  assert.match(said(left) ?? '', /left 1 service: service b \(no permission\)$/);
  // Removed later after all.
  assert.equal(said(withRemoved(left, service('b'))), said(both));
  assert.equal(said(NO_RESOURCES), 'created nothing, removed nothing, left nothing');
  assert.equal(resourcesSentence({ state: 'finished' }), undefined);
});

test('the same thing twice is one, and what was never made is not removed', () => {
  assert.deepEqual(withCreated(made, service('a')), made);
  assert.deepEqual(withRemoved(made, service('x')), made);
  const twice = withRemoved(withRemoved(made, service('a')), service('a'));
  assert.equal(twice.removed.length, 1);
});

test('images that stay on purpose are named, and are no leak', () => {
  const resources = withLeft(['b', 'a'].map(service).reduce(withRemoved, made), { ...image, reason: 'stays' });
  assert.match(said(resources) ?? '', /created 2 services, 1 image, removed 2 services, left 1 image: image r\/x@sha/);
  assert.equal(leaks({ resources }), false);
});

test('the leak line is in every report, and hostile names do no harm', () => {
  const resources = withLeft(made, { ...service('b'), reason: '</details>\n::error::x <img src=x> @org' });
  const run = exampleRun([], { resources });
  const text = EXPORTERS.terminal(run, { width: 1000 });
  assert.match(text, /^Resources: created 2 services/m);
  assert.doesNotMatch(text, /^::error|\s::error/m);
  assert.deepEqual(JSON.parse(EXPORTERS.json(run)).run.resources, resources);
  const markdown = EXPORTERS.markdown(exampleRun([exampleResults([])], { resources }));
  assert.match(markdown, /Resources: created 2 services/);
  assert.doesNotMatch(markdown, /<img|@org|<\/details>\\n/);
  const metadata = exampleMetadata({ resources });
  assert.deepEqual(decode('run', encode('run', metadata, RESULT_SCHEMAS), 'f', RESULT_SCHEMAS).resources, resources);
});
