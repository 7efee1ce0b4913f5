import type { protos } from '@google-cloud/run';
import type { JobSpec } from '../../../domain/load.ts';
import type { ExecutionRequest } from '../../../ports/job-runner.ts';
import { jobNameOf, type Place, parentOf } from './requests.ts';
import { durationOf } from './template.ts';

type ICreateJobRequest = protos.google.cloud.run.v2.ICreateJobRequest;
type IRunJobRequest = protos.google.cloud.run.v2.IRunJobRequest;
type IExecution = protos.google.cloud.run.v2.IExecution;

/** Says in an execution's environment which call of ours made it. */
export const EXECUTION_VARIABLE = 'CLOUDRUN_PERF_EXECUTION';

/** A job of one task; each execution says how many it wants. */
export function createJobRequest(
  place: Place,
  spec: JobSpec,
  annotations: Readonly<Record<string, string>>,
): ICreateJobRequest {
  const { name, image, labels, env, cpu, memory, serviceAccount, taskTimeoutMs } = spec;
  return {
    parent: parentOf(place),
    jobId: name,
    job: {
      labels: { ...labels },
      annotations: { ...annotations },
      template: {
        labels: { ...labels },
        taskCount: 1,
        // 0 is as many at a time as there are tasks: they load the same revision together.
        parallelism: 0,
        template: {
          containers: [{ image, env: variables(env), resources: { limits: { cpu, memory } } }],
          // The platform's default is 3, and a task that is tried again is load twice.
          maxRetries: 0,
          timeout: durationOf(taskTimeoutMs),
          executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
          ...(serviceAccount === undefined ? {} : { serviceAccount }),
        },
      },
    },
  };
}

export function runJobRequest(
  place: Place,
  job: string,
  { taskCount, env }: ExecutionRequest,
  marker: string,
): IRunJobRequest {
  return {
    name: jobNameOf(place, job),
    overrides: {
      taskCount,
      containerOverrides: [{ env: variables({ ...env, [EXECUTION_VARIABLE]: marker }) }],
    },
  };
}

/** Whether the execution was made by the call with this marker. */
export function hasMarker({ template }: IExecution, marker: string): boolean {
  const variables = (template?.containers ?? []).flatMap(({ env }) => env ?? []);
  return variables.some(({ name, value }) => name === EXECUTION_VARIABLE && value === marker);
}

const variables = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).map(([name, value]) => ({ name, value }));
