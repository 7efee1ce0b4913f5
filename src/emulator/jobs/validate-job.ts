import type { Container, Duration } from '../admin/messages.ts';
import { parseCpu } from '../admin/quantity.ts';
import { durationMs } from '../admin/times.ts';
import { validateMetadata } from '../admin/validate-metadata.ts';
import { validateResources } from '../admin/validate-resources.ts';
import { validateSecrets } from '../admin/validate-secrets.ts';
import type { Violation } from '../admin/violation.ts';
import type { ExecutionTemplate, JobInput, TaskTemplate } from './messages.ts';

const MAX_JOB_ID = 49;
const MAX_TASKS = 10_000;
const MAX_RETRIES = 10;
const MAX_TIMEOUT_S = 168 * 3_600;
const GEN2 = 'EXECUTION_ENVIRONMENT_GEN2';
const RESERVED_ENV = [
  'CLOUD_RUN_JOB',
  'CLOUD_RUN_EXECUTION',
  'CLOUD_RUN_TASK_INDEX',
  'CLOUD_RUN_TASK_ATTEMPT',
  'CLOUD_RUN_TASK_COUNT',
];
/** What only a service's container may have. */
const SERVICE_ONLY = [
  ['ports', 'ports'],
  ['startupProbe', 'startup_probe'],
  ['livenessProbe', 'liveness_probe'],
  ['readinessProbe', 'readiness_probe'],
] as const;

export function validateJobId(id: string | undefined): Violation[] {
  const path = 'job_id';
  if (id === undefined || id === '') return [{ path, text: 'the job id must be set.' }];
  if (id.length <= MAX_JOB_ID && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(id)) return [];
  return [
    {
      path,
      text: `only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; must be less than ${MAX_JOB_ID + 1} characters, found '${id.slice(0, 100)}'.`,
    },
  ];
}

/** All server-side rules of a job whose defaults are filled in. */
export function validateJob(job: JobInput): Violation[] {
  const { template } = job;
  const tokens = [job.startExecutionToken, job.runExecutionToken].filter((token = '') => token !== '');
  return [
    ...tokens.map(() => ({
      path: 'job.create_execution',
      text: 'executions by token are not supported by this emulator; call RunJob.',
    })),
    ...validateMetadata('job.', job),
    ...(template === undefined
      ? [{ path: 'job.template', text: 'the template must be set.' }]
      : validateExecutionTemplate(template)),
  ];
}

function validateExecutionTemplate(template: ExecutionTemplate): Violation[] {
  const { parallelism = 0, taskCount = 1 } = template;
  const path = 'job.template';
  return [
    ...validateMetadata(`${path}.`, template),
    ...validateTaskCount(`${path}.task_count`, taskCount),
    ...(parallelism >= 0 && parallelism <= Math.max(taskCount, 1)
      ? []
      : [
          {
            path: `${path}.parallelism`,
            text: `must be between 0 and task_count (${taskCount}), found ${parallelism}.`,
          },
        ]),
    ...(template.template === undefined
      ? [{ path: `${path}.template`, text: 'the task template must be set.' }]
      : validateTaskTemplate(template.template)),
  ];
}

export function validateTaskCount(path: string, count: number): Violation[] {
  return count >= 1 && count <= MAX_TASKS
    ? []
    : [{ path, text: `must be between 1 and ${MAX_TASKS}, found ${count}.` }];
}

export function validateTimeout(path: string, timeout: Duration): Violation[] {
  const seconds = durationMs(timeout) / 1000;
  return seconds > 0 && seconds <= MAX_TIMEOUT_S
    ? []
    : [{ path, text: `must be between 1s and ${MAX_TIMEOUT_S}s, found ${seconds}s.` }];
}

function validateTaskTemplate(template: TaskTemplate): Violation[] {
  const at = 'job.template.template';
  const { containers = [], maxRetries = 0, serviceAccount, executionEnvironment: environment } = template;
  const found: Violation[] = [];
  const check = (ok: boolean, field: string, text: string) => {
    if (!ok) found.push({ path: `${at}.${field}`, text });
  };
  check(
    maxRetries >= 0 && maxRetries <= MAX_RETRIES,
    'max_retries',
    `must be between 0 and ${MAX_RETRIES}, found ${maxRetries}.`,
  );
  check(
    environment === GEN2,
    'execution_environment',
    `jobs run in the second generation only: wanted ${GEN2}, found ${environment}.`,
  );
  check(
    serviceAccount === undefined || serviceAccount === '' || /^[^@\s]+@[^@\s]+$/.test(serviceAccount),
    'service_account',
    `must be the e-mail address of a service account, found '${serviceAccount}'.`,
  );
  check((template.volumes ?? []).length === 0, 'volumes', 'volumes are not supported by this emulator.');
  check(containers.length > 0, 'containers', 'the template must have a container.');
  check(containers.length <= 1, 'containers', 'more than one container is not supported by this emulator.');
  return [
    ...found,
    ...validateTimeout(`${at}.timeout`, template.timeout ?? {}),
    ...containers.flatMap((container, index) => validateContainer(`${at}.containers[${index}]`, container)),
  ];
}

export function validateContainer(path: string, container: Container): Violation[] {
  const names = (container.env ?? []).map(({ name = '' }) => name);
  const reserved = names.filter((name) => RESERVED_ENV.includes(name));
  const repeated = names.filter((name, at) => names.indexOf(name) !== at);
  const found: Violation[] = [];
  const check = (ok: boolean, field: string, text: string) => {
    if (!ok) found.push({ path: `${path}.${field}`, text });
  };
  for (const [field, name] of SERVICE_ONLY) {
    const value = container[field];
    check(
      value === undefined || (Array.isArray(value) && value.length === 0),
      name,
      'is not supported in the container of a job, which is not sent requests.',
    );
  }
  check((container.image ?? '') !== '', 'image', 'the container must have an image.');
  check(
    names.every((name) => name !== ''),
    'env',
    'every environment variable must have a name.',
  );
  check(
    reserved.length === 0,
    'env',
    `The following reserved env names were provided: ${reserved.join(', ')}. These values are automatically set by the system.`,
  );
  check(repeated.length === 0, 'env', `duplicate environment variables: ${repeated.join(', ')}.`);
  return [...found, ...validateSecrets(path, container.env ?? []), ...validateLimits(path, container)];
}

/** CPU is always allocated to a task, so that it has one at least. */
function validateLimits(path: string, container: Container): Violation[] {
  const { cpu: text = '' } = container.resources?.limits ?? {};
  const cpu = parseCpu(text);
  if (cpu !== undefined && cpu < 1) {
    return [{ path: `${path}.resources.limits.cpu`, text: `a task has at least 1 cpu, found '${text}'.` }];
  }
  return validateResources(path, { executionEnvironment: GEN2 }, container);
}
