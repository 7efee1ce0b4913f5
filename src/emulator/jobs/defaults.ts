import type { Container } from '../admin/messages.ts';
import type { ExecutionTemplate, JobInput, TaskTemplate } from './messages.ts';

const DEFAULT_LIMITS = { cpu: '1000m', memory: '512Mi' };
const DEFAULT_TIMEOUT = { seconds: '600' };
const DEFAULT_MAX_RETRIES = 3;
const GEN2 = 'EXECUTION_ENVIRONMENT_GEN2';

const INPUT_FIELDS = [
  'labels',
  'annotations',
  'client',
  'clientVersion',
  'launchStage',
  'binaryAuthorization',
  'template',
  'startExecutionToken',
  'runExecutionToken',
];

/** Only what a client may set; what it sends in other fields is ignored. */
export function jobInput(job: object): JobInput {
  return Object.fromEntries(Object.entries(job).filter(([name]) => INPUT_FIELDS.includes(name)));
}

/** The job with everything filled in that Cloud Run fills in. */
export function jobWithDefaults(job: JobInput): JobInput {
  const { launchStage, template } = job;
  return {
    ...job,
    launchStage: launchStage === undefined || launchStage === 'LAUNCH_STAGE_UNSPECIFIED' ? 'GA' : launchStage,
    ...(template === undefined ? {} : { template: executionDefaults(template) }),
  };
}

function executionDefaults(template: ExecutionTemplate): ExecutionTemplate {
  return {
    ...template,
    taskCount: template.taskCount || 1,
    ...(template.template === undefined ? {} : { template: taskDefaults(template.template) }),
  };
}

/** Jobs always run in the second generation. */
function taskDefaults(template: TaskTemplate): TaskTemplate {
  const { executionEnvironment: given } = template;
  return {
    ...template,
    containers: (template.containers ?? []).map(containerDefaults),
    maxRetries: template.maxRetries ?? DEFAULT_MAX_RETRIES,
    timeout: template.timeout ?? DEFAULT_TIMEOUT,
    executionEnvironment: given === undefined || given === 'EXECUTION_ENVIRONMENT_UNSPECIFIED' ? GEN2 : given,
  };
}

function containerDefaults(container: Container): Container {
  const { resources } = container;
  return { ...container, resources: { ...resources, limits: { ...DEFAULT_LIMITS, ...resources?.limits } } };
}
