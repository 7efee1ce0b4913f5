import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveProfiles } from '../../../src/commands/profiles.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { DEFAULT_PROFILE } from '../../../src/config/profiles.ts';
import { formatError, UsageError } from '../../../src/domain/errors.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/config.schema.json'), 'utf8'),
) as { readonly $defs: { readonly profile: object }; readonly properties: Record<string, { pattern?: string }> };
const load = (text: string) =>
  loadConfig({ text: `version: "1.0"\n${text}`, file: 'perf.yaml', env: {}, flags: {} }, { config: schema });
const names = (text: string) => load(text).sweep.map(({ name }) => name);

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return assert.fail('accepted');
}

for (const [title, sweep, expected] of [
  [
    'dimensions that vary are named, the others are not',
    'cpu: ["1", "2"], memory: [512Mi], concurrency: [1, 80]',
    ['cpu1-c1', 'cpu1-c80', 'cpu2-c1', 'cpu2-c80'],
  ],
  [
    'all four',
    'cpu: ["2"], memory: [512Mi, 1Gi], startup_cpu_boost: [true, false], concurrency: [80, 1]',
    [
      '512mi-boost-c80',
      '512mi-boost-c1',
      '512mi-noboost-c80',
      '512mi-noboost-c1',
      '1gi-boost-c80',
      '1gi-boost-c1',
      '1gi-noboost-c80',
      '1gi-noboost-c1',
    ].map((name) => `mem${name}`),
  ],
  ['one combination only is named by all that it sets', 'cpu: ["2"], concurrency: [1]', ['cpu2-c1']],
  ['fractions are thousandths of a vCPU', 'cpu: ["0.5", "0.08"], concurrency: [1]', ['cpu500m', 'cpu80m']],
  ['values that mean the same are one', 'cpu: ["0.5", "0.50", "1"], concurrency: [1]', ['cpu500m', 'cpu1']],
] as const) {
  test(`sweep: ${title}`, () => assert.deepEqual(names(`sweep: {${sweep}}\n`), expected));
}

test('a combination is the base profile with its own values', () => {
  const config = load(`deployment_profiles: {small: {max_instances: 3, timeout: 10s}}
sweep: {base: small, cpu: ["0.5", "2"], memory: [1Gi], startup_cpu_boost: [false], concurrency: [1]}
`);
  const common = { memory: '1Gi', concurrency: 1, maxInstances: 3, startupCpuBoost: false, timeoutMs: 10_000 };
  assert.deepEqual(config.sweep, [
    { ...DEFAULT_PROFILE, ...common, name: 'cpu500m', cpu: '0.5', executionEnvironment: 'gen1' },
    { ...DEFAULT_PROFILE, ...common, name: 'cpu2', cpu: '2' },
  ]);
  assert.deepEqual(config.warnings, []);
});

test('what Cloud Run refuses is left out, with a warning that names it', () => {
  const config = load('sweep: {cpu: ["0.5", "1"], concurrency: [1, 80]}\n');
  assert.deepEqual(
    config.sweep.map(({ name }) => name),
    ['cpu500m-c1', 'cpu1-c1', 'cpu1-c80'],
  );
  assert.equal(config.warnings.length, 1);
  assert.match(
    config.warnings[0] ?? '',
    /^perf\.yaml:2:1: sweep leaves out cpu500m-c80 \(.*concurrency 1 below 1 vCPU/,
  );
});

test('the longest names are names of profiles', () => {
  const longest = names(
    'sweep: {cpu: ["0.99", "8"], memory: [32768Mi, 1024Mi], startup_cpu_boost: [false, true], concurrency: [1, 1000]}\n',
  );
  for (const name of longest) assert.match(name, /^[a-z][a-z0-9-]{0,29}$/, name);
  assert.ok(longest.includes('cpu990m-1024mi-noboost-c1') && longest.includes('cpu8-32768mi-noboost-c1000'));
});

test('what is refused, where, and what is said', () => {
  const many = (from: number) => Array.from({ length: 9 }, (_, index) => from + index).join(', ');
  const nine = many(1);
  const cases: [string, RegExp][] = [
    ['sweep: {}\n', /perf\.yaml:2:1: found no dimension, wanted a list of cpu, memory/],
    ['sweep: {base: default}\n', /found no dimension/],
    ['sweep: {cpu: []}\n', /a list of 1 to 16 vCPU values/],
    ['sweep: {cpu: ["3"]}\n', /found "3" at \/sweep\/cpu\/0, wanted vCPU in quotes/],
    ['sweep: {cpus: ["1"]}\n', /Did you mean "cpu"/],
    ['sweep: {base: bg, cpu: ["1"]}\ndeployment_profiles: {big: {}}\n', /2:15: found profile "bg".*\n.*"big"/],
    [
      `sweep: {memory: [1Gi, 2Gi, 3Gi, 4Gi, 5Gi, 6Gi, 7Gi, 8Gi], concurrency: [${nine}]}\n`,
      /found 72 combinations, wanted at most 64/,
    ],
    ['sweep: {cpu: ["0.5"]}\n', /found no combination that Cloud Run would accept: .*below 1 vCPU/],
    ['deployment_profiles: {sweep: {}}\n', /2:23: found a profile called "sweep"/],
    [
      'deployment_profiles: {cpu2: {}}\nsweep: {cpu: ["1", "2"]}\n',
      /3:1: found the profile cpu2 beside a sweep that has it too/,
    ],
    [
      'implementations: {a: {profile: sweep}}\nsweep: {cpu: ["1", "2"]}\n',
      /found profile "sweep", wanted one of default/,
    ],
  ];
  for (const [text, expected] of cases)
    assert.match(
      refusal(() => load(text)),
      expected,
      text,
    );
});

test('profiles are resolved by name, each once, and sweep stands for all combinations', () => {
  const config = load('deployment_profiles: {big: {cpu: "4"}}\nsweep: {cpu: ["1", "2"]}\n');
  const resolved = (...wanted: string[]) => resolveProfiles(wanted, config).map(({ name }) => name);
  assert.deepEqual(resolved(), ['default']);
  assert.deepEqual(resolved('big', 'default', 'big'), ['big', 'default']);
  assert.deepEqual(resolved('sweep'), ['cpu1', 'cpu2']);
  assert.deepEqual(resolved('cpu2', 'big', 'sweep'), ['cpu2', 'big', 'cpu1']);
  assert.match(
    refusal(() => resolved('cpu3')),
    /no deployment profile "cpu3"; found are default, big, cpu1, cpu2/,
  );
  assert.match(
    refusal(() => resolved('constructor')),
    /no deployment profile/,
  );
  assert.match(
    refusal(() => resolveProfiles(['sweep'], load('gcp: {}\n'))),
    /found no sweep in the configuration/,
  );
});
