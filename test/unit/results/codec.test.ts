import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../../src/domain/errors.ts';
import { decode, encode } from '../../../src/results/codec.ts';
import {
  exampleImplementation,
  exampleMeasurement,
  exampleMetadata,
  exampleResults,
} from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const text = encode('run', exampleMetadata(), RESULT_SCHEMAS);

const formats: readonly [string, string, RegExp, RegExp | undefined][] = [
  ['run/2', 'format-newer', /found the format "run\/2", wanted "run\/1"/, /update cloudrun-perf/],
  ['run/0', 'format-older', /"run\/0"/, /older/],
  ['results/1', 'format-unknown', /"results\/1", wanted "run\/1"/, undefined],
];
for (const [format, code, message, hint] of formats) {
  test(`the format ${format} is ${code}`, () => {
    const other = text.replace('run/1', format);
    assert.throws(
      () => decode('run', other, 'runs/x/metadata.json', RESULT_SCHEMAS),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.equal(error.at?.file, 'runs/x/metadata.json');
        if (hint !== undefined) assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}

test('a text that is no result at all says so', () => {
  for (const other of ['[]', '7', 'null', '{}']) {
    assert.throws(() => decode('run', other, 'f.json', RESULT_SCHEMAS), {
      code: 'format-unknown',
      message: /no format/,
    });
  }
});

test('a truncated file is refused with its place', () => {
  assert.throws(
    () => decode('run', text.slice(0, 200), 'f.json', RESULT_SCHEMAS),
    (error) => error instanceof UsageError && error.problems.some((problem) => (problem.at?.line ?? 0) > 1),
  );
});

test('a wrong member is refused with its line', () => {
  const wrong = text.replace('"suite": "full"', '"suite": "fuul"');
  const line = wrong.split('\n').findIndex((found) => found.includes('fuul')) + 1;
  assert.throws(
    () => decode('run', wrong, 'f.json', RESULT_SCHEMAS),
    (error) =>
      error instanceof UsageError && error.problems[0]?.at?.line === line && /full/.test(error.problems[0]?.hint ?? ''),
  );
});

test('a file too large for positions is refused all the same', () => {
  const failures = Array.from({ length: 9000 }, (_, index) => ({
    stage: 'build',
    code: 'c',
    message: `${index} ${'x'.repeat(120)}`,
  }));
  const large = JSON.stringify({
    ...exampleMetadata(),
    failures: [...failures, { stage: 'nowhere', code: 'c', message: '' }],
  });
  assert.ok(large.length > 1024 * 1024);
  assert.throws(
    () => decode('run', large, 'f.json', RESULT_SCHEMAS),
    (error) => error instanceof UsageError && /failures\/9000\/stage/.test(error.problems[0]?.message ?? ''),
  );
});

test('what would be read back as something else is not written', () => {
  const sides = { head: { coldMs: 100, warmMs: 1 } };
  const measurement = exampleMeasurement(sides, 1, { durationMs: Number.NaN });
  const broken = exampleResults([exampleImplementation('node-http', sides, { measurement })]);
  assert.throws(() => encode('results', broken, RESULT_SCHEMAS), {
    name: 'InfrastructureError',
    code: 'result-invalid',
  });
});
