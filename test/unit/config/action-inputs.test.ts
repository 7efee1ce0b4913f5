import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readActionInputs, readGithubToken } from '../../../src/config/action-inputs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const yaml = (file: string) =>
  parse(readFileSync(join(ROOT, file), 'utf8')) as {
    inputs: Record<string, { default?: string; required?: boolean; 'allowed-values'?: string[] }>;
    outputs: Record<string, unknown>;
    runs?: unknown;
  };
const read = (inputs: Record<string, string>) => readActionInputs((name) => inputs[name] ?? '');

test('action.yml declares exactly the inputs that are read', () => {
  const names = new Set<string>();
  const record = (name: string) => {
    names.add(name);
    return '';
  };
  readActionInputs(record);
  readGithubToken(record);
  const declared = yaml('action.yml');
  assert.deepEqual([...names].sort(), Object.keys(declared.inputs).sort());
  assert.deepEqual(Object.keys(declared.inputs).sort(), Object.keys(yaml('action-types.yml').inputs).sort());
  assert.deepEqual(Object.keys(declared.outputs).sort(), Object.keys(yaml('action-types.yml').outputs).sort());
  for (const name of [...Object.keys(declared.inputs), ...Object.keys(declared.outputs)])
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
  assert.deepEqual(declared.runs, {
    using: 'node24',
    main: 'dist/index.js',
    post: 'dist/index.js',
    'post-if': 'always()',
  });
});

test('nothing given is the whole chain', () => {
  assert.deepEqual(read({}), {
    command: 'benchmark',
    logFormat: 'actions',
    verbose: false,
    dryRun: false,
    selection: { types: [], languages: [], frameworks: [], implementations: [] },
    suite: 'quick',
    profiles: [],
    baseline: { kind: 'latest' },
    all: false,
    acceptRegressions: false,
    issues: false,
    failOn: ['regression', 'contract'],
    format: 'terminal',
  });
});

test('inputs reach the request', () => {
  const found = read({
    implementation: 'a, b\nc',
    'project-id': 'my-project',
    'save-baseline': 'True',
    'dry-run': 'false',
    'fail-on': 'never',
    baseline: 'git:main',
  });
  assert.partialDeepStrictEqual(found, {
    project: 'my-project',
    saveBaseline: true,
    dryRun: false,
    failOn: ['never'],
    baseline: { kind: 'git', ref: 'main' },
    selection: { implementations: ['a', 'b', 'c'] },
  });
  assert.partialDeepStrictEqual(read({ command: 'compare', 'run-id': 'run-b', baseline: 'run-a' }), {
    command: 'compare',
    baseline: 'run-a',
    current: 'run-b',
  });
  assert.partialDeepStrictEqual(read({ command: 'cleanup', 'run-id': 'run-b' }), { command: 'cleanup', run: 'run-b' });
  assert.partialDeepStrictEqual(read({ command: 'discover' }), { command: 'discover', format: 'matrix' });
  assert.equal(
    readGithubToken(() => ''),
    undefined,
  );
});

test('every input is checked, also those that the command does not use', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ command: 'emulate' }, /input command is "emulate"/],
    [{ command: 'discover', iterations: 'ten' }, /input iterations is "ten"/],
    [{ command: 'discover', suite: 'quik' }, /input suite/],
    [{ command: 'discover', 'run-id': '../x' }, /input run-id is "\.\.\/x"/],
    [{ 'run-id': '../x' }, /input run-id/],
    [{ command: 'cleanup', baseline: 'git:-x' }, /input baseline/],
    [{ 'save-baseline': 'yes' }, /input save-baseline is "yes"; wanted is true or false/],
    [{ 'project-id': 'X' }, /input project-id is "X"/],
    [{ implementation: 'a\u001bb' }, /input implementation .* control character/],
    [{ 'fail-on': 'regresion' }, /input fail-on is "regresion"/],
    [{ command: 'compare', baseline: 'none' }, /input baseline is "none"/],
  ];
  for (const [inputs, expected] of cases) assert.throws(() => read(inputs), expected, JSON.stringify(inputs));
});

test('the kinds of action-types.yml name the values that are accepted', () => {
  const types = yaml('action-types.yml').inputs;
  for (const name of ['command', 'suite', 'platform'])
    for (const value of types[name]?.['allowed-values'] ?? assert.fail(name)) read({ [name]: value });
});
