import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImplementationResult, ImplementationSource, Run } from '../../../src/domain/run.ts';
import { type AnnotationOptions, annotations } from '../../../src/report/annotations.ts';
import { pullRequestRun } from '../../helpers/example-pull-request.ts';
import {
  exampleComparison,
  exampleConformance,
  exampleImplementation,
  exampleResults,
  exampleRun,
  exampleVector,
} from '../../helpers/example-run.ts';
import { hostileRun } from '../../helpers/hostile-run.ts';

const OPTIONS: AnnotationOptions = { regressionFails: true, contractFails: true, inRepository: () => '' };
const source = (path: string, dockerfile = 'Dockerfile'): ImplementationSource => ({
  repository: '.',
  path,
  dockerfile,
});

/** The same run with files for every implementation. */
function placed(run: Run, sourceOf = (name: string) => source(`implementations/${name}`)): Run {
  const results = run.results.map((group) => ({
    ...group,
    implementations: group.implementations.map(
      (result): ImplementationResult => ({
        ...result,
        source: sourceOf(result.name),
      }),
    ),
  }));
  return { ...run, results };
}

test('one remark an implementation, on its Dockerfile', () => {
  assert.deepEqual(annotations(placed(pullRequestRun()), OPTIONS), [
    {
      level: 'error',
      file: 'implementations/java-spring3/Dockerfile',
      line: 1,
      title: 'java-spring3 (discord-webhook): regression',
      message: 'starts 31 % slower from zero (6.69 s → 8.77 s, 95 % interval +22 % to +41 %)',
    },
    {
      level: 'error',
      file: 'implementations/php-laravel/Dockerfile',
      line: 1,
      title: 'php-laravel (discord-webhook): contract failure',
      message: '2 of 14 vectors failed: expired-timestamp, malformed-json',
    },
  ]);
});

test('what does not fail the check is a warning', () => {
  const levels = (changes: Partial<AnnotationOptions>) =>
    annotations(placed(pullRequestRun()), { ...OPTIONS, ...changes }).map(({ level, title }) => `${level} ${title}`);
  assert.deepEqual(levels({ regressionFails: false }), [
    'error php-laravel (discord-webhook): contract failure',
    'warning java-spring3 (discord-webhook): regression',
  ]);
  assert.deepEqual(levels({ contractFails: false }), [
    'error java-spring3 (discord-webhook): regression',
    'warning php-laravel (discord-webhook): contract failure',
  ]);
});

const files: readonly [string, ImplementationSource, string | undefined, readonly string[], string | undefined][] = [
  ['the first changed file below it', source('impl/a'), '', ['README.md', 'impl/a/x.ts', 'impl/a/y.ts'], 'impl/a/x.ts'],
  ['not a file of a name that begins alike', source('impl/a'), '', ['impl/ab/x.ts'], 'impl/a/Dockerfile'],
  ['below the service repository', source('impl/a'), 'services/discord', [], 'services/discord/impl/a/Dockerfile'],
  ['at the root', source('.'), '', ['src/x.ts'], 'src/x.ts'],
  ['its own Dockerfile', source('impl/a', 'docker/Prod.Dockerfile'), '', [], 'impl/a/docker/Prod.Dockerfile'],
  ['backslashes', source('impl\\a'), '', [], 'impl/a/Dockerfile'],
  ['another repository', source('impl/a'), undefined, ['impl/a/x.ts'], undefined],
  ['outside', source('../../etc'), '', [], undefined],
  ['an absolute path', source('/etc'), '/', [], undefined],
  ['a path of control characters', source('a\nb'), '', [], undefined],
];
const failing = exampleConformance([exampleVector({ state: 'failed' })]);
const one = exampleImplementation('a', { head: { coldMs: 1, warmMs: 1 } }, { conformance: failing });
for (const [title, place, root, changedFiles, expected] of files) {
  test(`${title}: ${expected ?? 'nowhere'}`, () => {
    const run = placed(exampleRun([exampleResults([one])]), () => place);
    const found = annotations(run, { ...OPTIONS, changedFiles, inRepository: () => root });
    assert.deepEqual(
      found.map(({ file }) => file),
      expected === undefined ? [] : [expected],
    );
  });
}

test('profiles of one implementation share a remark', () => {
  const group = (profile: string) => exampleResults([one], undefined, { profile });
  const found = annotations(placed(exampleRun([group('small'), group('large')])), OPTIONS);
  assert.equal(found.length, 1);
  assert.match(found[0]?.message ?? '', /^profile small: 1 of 1 vector.*; profile large: 1 of 1 vector/);
});

test('no more than GitHub shows, and the last one says how many there are', () => {
  const names = Array.from({ length: 25 }, (_, index) => `n${String(index).padStart(2, '0')}`);
  const slow = names.slice(0, 12);
  const implementations = names.map((name) =>
    slow.includes(name)
      ? exampleImplementation(name, { head: { coldMs: 1, warmMs: 1 } })
      : { ...one, name, state: 'contract failed' as const },
  );
  const comparison = exampleComparison(
    slow.map((implementation) => ({ implementation, verdict: 'regression', metrics: [] })),
  );
  const run = placed(exampleRun([exampleResults(implementations, comparison)]));
  const found = annotations(run, { ...OPTIONS, regressionFails: false });
  const messages = (wanted: string) => found.filter(({ level }) => level === wanted).map(({ message }) => message);
  assert.equal(messages('error').length, 10);
  assert.equal(messages('warning').length, 10);
  assert.match(messages('error').at(-1) ?? '', /\(3 more implementations have findings: see the report\)$/);
  assert.match(messages('warning').at(-1) ?? '', /\(2 more implementations have findings: see the report\)$/);
  assert.doesNotMatch(messages('error').slice(0, -1).join(), /more implementation/);
});

test('remarks on hostile results are plain bounded lines', () => {
  for (const text of [
    '::error::x\n::set-output name=a::b',
    '##[add-mask]a',
    '\u001b[31m\u202e',
    'x'.repeat(1_000_000),
  ]) {
    const found = annotations(
      placed(hostileRun(text), () => source('a')),
      OPTIONS,
    );
    assert.ok(found.length >= 3);
    for (const { title, message } of found) {
      assert.ok(title.length <= 400 && message.length <= 2000);
      assert.doesNotMatch(`${title} ${message}`, /[\p{Cc}\p{Cf}]|(?:^|\s)::|##\[/u);
    }
  }
});
