import { unimplemented } from '../admin/admin-error.ts';
import { type Location, parseExecutionName, parseJobName, parseLocation, parseTaskName } from '../admin/names.ts';
import { pageOf } from '../admin/paging.ts';
import { unary } from '../admin/unary.ts';
import type { JobStore } from './job-store.ts';
import type { Job, Overrides } from './messages.ts';

interface CreateJobRequest {
  readonly parent?: string;
  readonly job?: Job;
  readonly jobId?: string;
  readonly validateOnly?: boolean;
}

interface UpdateJobRequest {
  readonly job?: Job;
  readonly validateOnly?: boolean;
  readonly allowMissing?: boolean;
}

interface NamedRequest {
  readonly name?: string;
  readonly etag?: string;
  readonly validateOnly?: boolean;
}

interface RunJobRequest extends NamedRequest {
  readonly overrides?: Overrides;
}

interface ListRequest {
  readonly parent?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** Methods of `google.cloud.run.v2.Jobs`. */
export function jobsApi(location: Location, store: JobStore) {
  const idOf = (request: NamedRequest) => parseJobName('name', request.name, location);
  return {
    CreateJob: unary(({ parent, job, jobId, validateOnly }: CreateJobRequest) => {
      parseLocation('parent', parent, location);
      return store.create(jobId ?? '', job ?? {}, validateOnly === true);
    }),
    GetJob: unary((request: NamedRequest) => store.job(idOf(request))),
    ListJobs: unary(({ parent, pageSize, pageToken }: ListRequest) => {
      parseLocation('parent', parent, location);
      const page = pageOf(store.jobs(), 'jobs', pageSize, pageToken);
      return { jobs: page.items, nextPageToken: page.nextPageToken };
    }),
    UpdateJob: unary(({ job = {}, validateOnly, allowMissing }: UpdateJobRequest) => {
      const id = parseJobName('job.name', job.name, location);
      if (allowMissing === true && !store.has(id)) {
        const { name: _name, ...unnamed } = job;
        return store.create(id, unnamed, validateOnly === true);
      }
      return store.update(id, job, validateOnly === true);
    }),
    DeleteJob: unary((request: NamedRequest) =>
      store.delete(idOf(request), request.etag, request.validateOnly === true),
    ),
    RunJob: unary((request: RunJobRequest) =>
      store.run(idOf(request), request.etag, request.overrides ?? {}, request.validateOnly === true),
    ),
    ...Object.fromEntries(
      ['GetIamPolicy', 'SetIamPolicy', 'TestIamPermissions'].map((method) => [method, noIam(method)]),
    ),
  };
}

/** Methods of `google.cloud.run.v2.Executions`. */
export function executionsApi(location: Location, store: JobStore) {
  const idsOf = ({ name }: NamedRequest) => parseExecutionName('name', name, location);
  return {
    GetExecution: unary((request: NamedRequest) => {
      const { job, execution } = idsOf(request);
      return store.execution(job, execution);
    }),
    ListExecutions: unary(({ parent, pageSize, pageToken }: ListRequest) => {
      const job = parseJobName('parent', parent, location);
      const page = pageOf(store.executions(unlessAll(job)), `executions of ${job}`, pageSize, pageToken);
      return { executions: page.items, nextPageToken: page.nextPageToken };
    }),
    DeleteExecution: unary((request: NamedRequest) => {
      const { job, execution } = idsOf(request);
      return store.deleteExecution(job, execution, request.etag, request.validateOnly === true);
    }),
    CancelExecution: unary((request: NamedRequest) => {
      const { job, execution } = idsOf(request);
      return store.cancel(job, execution, request.etag, request.validateOnly === true);
    }),
  };
}

/** Methods of `google.cloud.run.v2.Tasks`. */
export function tasksApi(location: Location, store: JobStore) {
  return {
    GetTask: unary(({ name }: NamedRequest) => {
      const { job, execution, task } = parseTaskName('name', name, location);
      return store.task(job, execution, task);
    }),
    ListTasks: unary(({ parent, pageSize, pageToken }: ListRequest) => {
      const { job, execution } = parseExecutionName('parent', parent, location);
      const tasks = store.tasks(unlessAll(job), unlessAll(execution));
      const page = pageOf(tasks, `tasks of ${job}/${execution}`, pageSize, pageToken);
      return { tasks: page.items, nextPageToken: page.nextPageToken };
    }),
  };
}

const unlessAll = (id: string) => (id === '-' ? undefined : id);

function noIam(method: string) {
  return unary(() => {
    throw unimplemented(`${method} is not implemented by this emulator, which has no IAM: every caller may run jobs.`);
  });
}
