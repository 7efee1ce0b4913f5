import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS } from '../../../src/domain/metric.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { decode, encode, type StoredKind } from '../../../src/results/codec.ts';
import { examplePlan } from '../../helpers/example-plan.ts';
import { exampleMetadata, exampleResults, exampleRun, variedRun } from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const change = {
  repository: 'org/services',
  pullRequest: 7,
  headSha: 'a'.repeat(40),
  runUrl: 'https://github.com/org/services/actions/runs/1',
};
const run = variedRun({
  baselineReason: 'asked for',
  change,
  failures: [{ implementation: 'x', stage: 'build', code: 'build-failed', message: 'no' }],
});
const varied = run.results[0] ?? exampleResults([]);
const source = { repository: './services', path: 'implementations/go-gin', dockerfile: 'Dockerfile' };
const results = { ...varied, implementations: varied.implementations.map((one) => ({ ...one, source })) };
const examples = {
  run: run.metadata,
  results,
  baseline: updateBaseline(undefined, results, run.metadata),
  plan: examplePlan(),
};

type Path = readonly (string | number)[];

/** The value with one member replaced, added, or (undefined) removed. */
function changed(value: unknown, path: Path, to: unknown): unknown {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  assert.ok(to !== undefined || last in at, `${path.join('/')} is there to be removed`);
  if (to === undefined) delete at[last];
  else at[last] = to;
  return copy;
}

for (const kind of ['run', 'results', 'baseline', 'plan'] as const) {
  test(`the example of ${kind} survives a write and a read`, () => {
    const text = encode(kind, examples[kind], RESULT_SCHEMAS);
    assert.deepEqual(decode(kind, text, 'file.json', RESULT_SCHEMAS), JSON.parse(JSON.stringify(examples[kind])));
    assert.ok(text.endsWith('}\n'));
  });

  test(`every object of the ${kind} schema refuses unknown members`, () => {
    const open: string[] = [];
    const visit = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      const fields = schema as Record<string, unknown>;
      if (fields.type === 'object' && fields.additionalProperties === undefined) open.push(path);
      for (const [key, value] of Object.entries(fields)) visit(value, `${path}/${key}`);
    };
    visit(RESULT_SCHEMAS[kind], '');
    assert.deepEqual(open, []);
  });
}

const first = ['implementations', 0] as const;
const wrong: readonly [StoredKind, string, Path, unknown][] = [
  ['run', 'an unknown state', ['state'], 'done'],
  ['run', 'no start', ['startedAt'], undefined],
  ['run', 'a start that is no time', ['startedAt'], 'yesterday'],
  ['run', 'an unknown member', ['extra'], 1],
  ['run', 'an id that is no safe name', ['runId'], '../../etc'],
  ['run', 'a failure in an unknown stage', ['failures', 0, 'stage'], 'dance'],
  ['run', 'a run address that is no URL', ['change', 'runUrl'], 'javascript:alert(1)'],
  ['run', 'a repository that is more than a name', ['change', 'repository'], 'org/services](x)'],
  ['run', 'a short commit', ['change', 'headSha'], 'abc1234'],
  ['results', 'a source outside its repository', [...first, 'source', 'path'], 'a/../../etc'],
  ['results', 'a source at the root of the machine', [...first, 'source', 'dockerfile'], '/etc/passwd'],
  ['results', 'a source with a line break', [...first, 'source', 'path'], 'a\nb'],
  ['results', 'a source with a backslash', [...first, 'source', 'path'], 'a\\b'],
  ['results', 'a profile that is no name', ['profile'], '../x'],
  ['baseline', 'a group that is no name', ['serviceTypes', 'discord-webhook.'], []],
  ['results', 'a latency as text', [...first, 'measurement', 'samples', 0, 'cold', 'ttfbMs'], '12 ms'],
  ['results', 'a negative latency', [...first, 'measurement', 'samples', 0, 'warm', 'p50Ms'], -1],
  ['results', 'a sample without a side', [...first, 'measurement', 'samples', 0, 'side'], undefined],
  ['results', 'a sample without a proof', [...first, 'measurement', 'samples', 0, 'cold', 'proof'], undefined],
  ['results', 'another verdict', ['comparison', 'verdict'], 'slower'],
  ['results', 'another state', [...first, 'state'], 'lost'],
  ['results', 'a vector state', [...first, 'conformance', 'vectors', 0, 'state'], 'maybe'],
  ['results', 'an unknown profile field', [...first, 'tags', 'profile', 'cores'], 2],
  ['results', 'a digest without its kind', [...first, 'sides', 0, 'artifact', 'digest'], 'a'.repeat(64)],
  [
    'results',
    'an interval of confidence 2',
    ['comparison', 'implementations', 0, 'metrics', 0, 'estimate', 'confidence'],
    2,
  ],
  [
    'baseline',
    'eleven runs',
    ['serviceTypes', 'discord-webhook', 0, 'runs'],
    Array(11).fill(examples.baseline.serviceTypes['discord-webhook']?.[0]?.runs[0]),
  ],
  ['baseline', 'a run without values', ['serviceTypes', 'discord-webhook', 0, 'runs', 0, 'values'], undefined],
  [
    'baseline',
    'a median as text',
    ['serviceTypes', 'discord-webhook', 0, 'runs', 0, 'summaries', 'cold-ttfb', 'p50'],
    'fast',
  ],
];
for (const [kind, title, path, to] of wrong) {
  test(`${kind} with ${title} is refused`, () => {
    const text = JSON.stringify(changed(examples[kind], path, to), null, 2);
    assert.throws(() => decode(kind, text, 'file.json', RESULT_SCHEMAS), {
      name: 'UsageError',
      code: 'document-invalid',
    });
  });
}

test('definitions of the same name are the same in all schemas', () => {
  const seen = new Map<string, unknown>();
  let shared = 0;
  for (const schema of Object.values(RESULT_SCHEMAS)) {
    const { $defs } = schema as { $defs: Record<string, unknown> };
    for (const [name, definition] of Object.entries($defs)) {
      // `implementation` is another thing in a baseline.
      if (name === 'implementation') continue;
      if (seen.has(name)) {
        shared += 1;
        assert.deepEqual(definition, seen.get(name), name);
      }
      seen.set(name, definition);
    }
  }
  assert.ok(shared >= 7, `${shared} shared definitions`);
});

test('each metric has a name that the schemas accept', () => {
  const summary = { n: 1, p50: 1, p90: 1, p99: 1, mean: 1, stddev: 0, min: 1, max: 1 };
  const summaries = Object.fromEntries(METRICS.map((metric) => [metric.id, summary]));
  const path = [...first, 'sides', 0, 'summaries'];
  decode('results', JSON.stringify(changed(results, path, summaries)), 'file.json', RESULT_SCHEMAS);
});

test('a run without results is a run', () => {
  assert.deepEqual(exampleRun([]).metadata, exampleMetadata());
  encode('run', exampleMetadata({ state: 'running' }), RESULT_SCHEMAS);
});
