import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../../../src/emulator/admin/messages.ts';
import { jobInput, jobWithDefaults } from '../../../src/emulator/jobs/defaults.ts';
import type { ExecutionTemplate, JobInput, Overrides, TaskTemplate } from '../../../src/emulator/jobs/messages.ts';
import { overridden, validateOverrides } from '../../../src/emulator/jobs/overrides.ts';
import { validateJob, validateJobId } from '../../../src/emulator/jobs/validate-job.ts';

const jobOf = (
  container: Container = {},
  task: TaskTemplate = {},
  execution: ExecutionTemplate = {},
  more: JobInput = {},
): JobInput => ({
  template: { template: { containers: [{ image: 'x', ...container }], ...task }, ...execution },
  ...more,
});
const limits = (cpu: string, memory: string) => ({ resources: { limits: { cpu, memory } } });
const env = (...names: string[]) => ({ env: names.map((name) => ({ name, value: 'v' })) });
const problems = (job: JobInput) => validateJob(jobWithDefaults(job)).map(({ path, text }) => `${path}: ${text}`);

test('what Cloud Run fills in: one task, three retries, ten minutes, second generation, a whole CPU', () => {
  const { template, launchStage } = jobWithDefaults(jobOf());
  assert.deepEqual(template, {
    taskCount: 1,
    template: {
      containers: [{ image: 'x', resources: { limits: { cpu: '1000m', memory: '512Mi' } } }],
      maxRetries: 3,
      timeout: { seconds: '600' },
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
    },
  });
  assert.equal(launchStage, 'GA');
  assert.equal(jobWithDefaults(jobOf({}, { maxRetries: 0 })).template?.template?.maxRetries, 0, 'none is not unset');
  assert.deepEqual(jobInput({ uid: 'mine', etag: 'x', executionCount: 7, client: 'c' }), { client: 'c' });
});

test('jobs that Cloud Run accepts are accepted', () => {
  const accepted: JobInput[] = [
    jobOf(),
    jobOf({ ports: [], ...env('PORT', 'K_SERVICE') }),
    jobOf(limits('8', '32Gi'), { maxRetries: 10, timeout: { seconds: '604800' } }),
    jobOf({}, { executionEnvironment: 'EXECUTION_ENVIRONMENT_UNSPECIFIED', serviceAccount: 'a@p.iam' }),
    jobOf({}, { serviceAccount: '' }),
    jobOf({}, {}, { taskCount: 10_000, parallelism: 10_000, labels: { 'perf-run': 'a' } }),
    jobOf({ env: [{ name: 'A', valueSource: { secretKeyRef: { secret: 's', version: 'latest' } } }] }),
    jobOf({}, {}, {}, { labels: { team: 'a' }, annotations: { 'example.com/x': 'Anything' } }),
  ];
  for (const job of accepted) assert.deepEqual(problems(job), [], JSON.stringify(job));
});

test('jobs that Cloud Run refuses are refused with the field at fault', () => {
  const refused: readonly (readonly [JobInput, RegExp])[] = [
    [{}, /^job\.template: the template must be set/],
    [{ template: {} }, /^job\.template\.template: the task template must be set/],
    [{ template: { template: {} } }, /^job\.template\.template\.containers: the template must have a container/],
    [jobOf({ image: '' }), /template\.containers\[0\]\.image: /],
    [jobOf({}, { containers: [{ image: 'a' }, { image: 'b' }] }), /more than one container/],
    [jobOf({ ports: [{ containerPort: 8080 }] }), /containers\[0\]\.ports: is not supported in the container of a job/],
    [jobOf({ startupProbe: {} }), /startup_probe: is not supported/],
    [jobOf({ livenessProbe: {} }), /liveness_probe: is not supported/],
    [jobOf(env('CLOUD_RUN_TASK_INDEX')), /reserved env names were provided: CLOUD_RUN_TASK_INDEX/],
    [jobOf(env('A', 'A')), /duplicate environment variables: A/],
    [jobOf(env('')), /every environment variable must have a name/],
    [
      jobOf({ env: [{ name: 'A', valueSource: { secretKeyRef: { version: '1' } } }] }),
      /env\[A\]\.value_source\.secret_key_ref\.secret: invalid/,
    ],
    [jobOf(limits('500m', '512Mi')), /limits\.cpu: a task has at least 1 cpu, found '500m'/],
    [jobOf(limits('3', '512Mi')), /limits\.cpu: Invalid value specified for cpu '3'/],
    [jobOf(limits('1', '256Mi')), /limits\.memory: .*at least 512Mi/],
    [jobOf(limits('1', '8Gi')), /limits\.memory: .*at most 4096Mi with 1 cpu/],
    [jobOf({}, { maxRetries: 11 }), /max_retries: must be between 0 and 10, found 11/],
    [jobOf({}, { maxRetries: -1 }), /max_retries: .*found -1/],
    [jobOf({}, { timeout: { seconds: '604801' } }), /timeout: must be between 1s and 604800s, found 604801s/],
    [jobOf({}, { timeout: {} }), /timeout: .*found 0s/],
    [jobOf({}, { executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN1' }), /second generation only.*GEN1/],
    [jobOf({}, { serviceAccount: 'nobody' }), /service_account: must be the e-mail address .*'nobody'/],
    [jobOf({}, { volumes: [{}] }), /volumes are not supported by this emulator/],
    [jobOf({}, {}, { taskCount: 10_001 }), /^job\.template\.task_count: must be between 1 and 10000, found 10001/],
    [jobOf({}, {}, { taskCount: -1 }), /task_count: .*found -1/],
    [jobOf({}, {}, { taskCount: 4, parallelism: 5 }), /parallelism: must be between 0 and task_count \(4\), found 5/],
    [jobOf({}, {}, { parallelism: -1 }), /parallelism: .*found -1/],
    [jobOf({}, {}, { labels: { Upper: 'x' } }), /^job\.template\.labels: invalid label key 'Upper'/],
    [jobOf({}, {}, {}, { labels: { 'run.googleapis.com/x': 'y' } }), /^job\.labels: .*'run.googleapis.com'/],
    [jobOf({}, {}, {}, { annotations: { 'serving.knative.dev/x': '1' } }), /^job\.annotations: .*serving\.knative/],
    [jobOf({}, {}, {}, { runExecutionToken: 't' }), /create_execution: .*call RunJob/],
  ];
  for (const [job, expected] of refused) {
    const found = problems(job);
    assert.equal(found.length, 1, `${JSON.stringify(job)}: ${found.join('; ')}`);
    assert.match(found[0] ?? '', expected);
  }
});

test('job ids', () => {
  for (const id of ['a', 'a-1', 'x'.repeat(49)]) assert.deepEqual(validateJobId(id), [], id);
  for (const id of [undefined, '', '1a', 'a-', 'A', 'a_b', 'x'.repeat(50), 'a\n']) {
    assert.equal(validateJobId(id).length, 1, id);
  }
});

const base: ExecutionTemplate = jobWithDefaults(
  jobOf({ name: 'main', args: ['old'], ...env('KEPT', 'REPLACED') }, {}, { taskCount: 3, parallelism: 2 }),
).template as ExecutionTemplate;

test('overrides replace arguments, count and timeout, and merge variables by name', () => {
  const containerOf = (overrides: Overrides) => overridden(base, overrides).template?.containers?.[0];
  const changed = overridden(base, { taskCount: 1, timeout: { seconds: '5' } });
  assert.partialDeepStrictEqual(changed, { taskCount: 1, parallelism: 1, template: { timeout: { seconds: '5' } } });
  assert.partialDeepStrictEqual(overridden(base, {}), { taskCount: 3, parallelism: 2 });
  const replaced = { name: 'REPLACED', value: 'new' };
  const added = { name: 'ADDED', value: '' };
  const container = containerOf({ containerOverrides: [{ name: 'main', args: ['a', 'b'], env: [added, replaced] }] });
  assert.deepEqual(container?.args, ['a', 'b']);
  assert.deepEqual(container?.env, [{ name: 'KEPT', value: 'v' }, replaced, added]);
  assert.deepEqual(containerOf({ containerOverrides: [{ env: [] }] })?.args, ['old']);
  assert.deepEqual(containerOf({ containerOverrides: [{ clearArgs: true }] })?.args, []);
});

test('overrides that do not fit the job are refused', () => {
  const refused: readonly (readonly [Overrides, RegExp])[] = [
    [{ taskCount: 10_001 }, /^overrides\.task_count: .*found 10001/],
    [{ taskCount: -1 }, /task_count: .*found -1/],
    [{ timeout: { seconds: '700000' } }, /^overrides\.timeout: .*found 700000s/],
    [
      { containerOverrides: [{ name: 'side' }] },
      /container_overrides\[0\]\.name: there is no container 'side'.*'main'/,
    ],
    [{ containerOverrides: [{ args: ['a'], clearArgs: true }] }, /clear_args: .*found both/],
    [{ containerOverrides: [{}, {}] }, /container_overrides: the job has one container/],
    [{ containerOverrides: [env('CLOUD_RUN_JOB')] }, /container_overrides\[0\]\.env: .*reserved/],
  ];
  for (const [overrides, expected] of refused) {
    const found = validateOverrides(base, overrides).map(({ path, text }) => `${path}: ${text}`);
    assert.equal(found.length, 1, `${JSON.stringify(overrides)}: ${found.join('; ')}`);
    assert.match(found[0] ?? '', expected);
  }
  assert.deepEqual(validateOverrides(base, { taskCount: 16, containerOverrides: [env('A')] }), []);
});
