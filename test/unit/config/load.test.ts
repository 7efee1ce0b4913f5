import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { BenchmarkRequest } from '../../../src/config/request.ts';
import { PerfError } from '../../../src/domain/errors.ts';
import { CONTRACTS } from '../../../src/paths.ts';

const config = JSON.parse(readFileSync(`${CONTRACTS}/schemas/config.schema.json`, 'utf8'));
const load = (yaml: string, env = {}) =>
  loadConfig({ text: `version: "1.0"\n${yaml}`, file: 'c.yaml', env, flags: {} }, { config }).load;

test('load comes from the runner unless told otherwise', () => {
  assert.deepEqual(load(''), { from: 'runner', tasks: 1, cpu: '2', memory: '1Gi' });
  assert.deepEqual(load('load: { from: job, tasks: 64, cpu: "4", memory: 512Mi }'), {
    from: 'job',
    tasks: 64,
    cpu: '4',
    memory: '512Mi',
  });
  const account = 'perf-load@my-project.iam.gserviceaccount.com';
  const whole = load(`load: { image: r.test/p/load@sha256:${'a'.repeat(64)}, service_account: ${account} }`);
  assert.deepEqual([whole.image, whole.serviceAccount], [`r.test/p/load@sha256:${'a'.repeat(64)}`, account]);
  assert.equal(load(`load: { tasks: "\${TASKS}" }`, { TASKS: '16' }).tasks, 16);
});

const WRONG = [
  'from: elsewhere',
  'tasks: 0',
  'tasks: 65',
  'tasks: 1.5',
  'cpu: 2',
  'cpu: "3"',
  'memory: 256Mi',
  'memory: 1G',
  'image: "-v /:/x"',
  'service_account: somebody',
  'task: 4',
];
for (const line of WRONG) {
  test(`load: { ${line} } is refused`, () => {
    assert.throws(
      () => load(`load: { ${line} }`),
      (error: unknown) => error instanceof PerfError && error.code === 'config-invalid',
    );
  });
}

test('the command line and the inputs may choose, and only among the two', () => {
  const parsed = (...args: string[]) => (parseCliArgs(['benchmark', ...args]) as BenchmarkRequest).loadFrom;
  assert.deepEqual(
    [parsed(), parsed('--load-from', 'job'), parsed('--load-from=runner')],
    [undefined, 'job', 'runner'],
  );
  assert.throws(() => parsed('--load-from', 'cloud'), PerfError);
});
