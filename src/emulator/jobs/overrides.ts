import type { Container, EnvVar } from '../admin/messages.ts';
import type { Violation } from '../admin/violation.ts';
import type { ContainerOverride, ExecutionTemplate, Overrides } from './messages.ts';
import { validateContainer, validateTaskCount, validateTimeout } from './validate-job.ts';

const PATH = 'overrides';

/** What RunJob may not override, by the job's template. */
export function validateOverrides(template: ExecutionTemplate, overrides: Overrides): Violation[] {
  const { containerOverrides = [], taskCount = 0, timeout } = overrides;
  const [container = {}] = template.template?.containers ?? [];
  return [
    ...(taskCount === 0 ? [] : validateTaskCount(`${PATH}.task_count`, taskCount)),
    ...(timeout === undefined ? [] : validateTimeout(`${PATH}.timeout`, timeout)),
    ...(containerOverrides.length > 1
      ? [{ path: `${PATH}.container_overrides`, text: 'the job has one container, found more overrides.' }]
      : []),
    ...containerOverrides.flatMap((override, index) =>
      validateContainerOverride(`${PATH}.container_overrides[${index}]`, container, override),
    ),
  ];
}

function validateContainerOverride(path: string, container: Container, override: ContainerOverride): Violation[] {
  const { name = '', args = [], env = [], clearArgs = false } = override;
  const known = container.name ?? '';
  return [
    ...(name === '' || name === known
      ? []
      : [{ path: `${path}.name`, text: `there is no container '${name}' in the job, wanted '${known}'.` }]),
    ...(clearArgs && args.length > 0
      ? [{ path: `${path}.clear_args`, text: 'arguments are either replaced or cleared, found both.' }]
      : []),
    ...validateContainer(path, { ...container, env }),
  ];
}

/** The template of one execution: arguments replaced or cleared, variables merged by name, count and timeout replaced. */
export function overridden(template: ExecutionTemplate, overrides: Overrides): ExecutionTemplate {
  const { containerOverrides = [], timeout } = overrides;
  const taskCount = overrides.taskCount || template.taskCount || 1;
  const task = template.template ?? {};
  return {
    ...template,
    taskCount,
    parallelism: Math.min(template.parallelism ?? 0, taskCount),
    template: {
      ...task,
      ...(timeout === undefined ? {} : { timeout }),
      containers: (task.containers ?? []).map((container) => containerOverrides.reduce(withOverride, container)),
    },
  };
}

function withOverride(container: Container, { args = [], env = [], clearArgs }: ContainerOverride): Container {
  return {
    ...container,
    args: clearArgs === true ? [] : args.length > 0 ? args : (container.args ?? []),
    env: mergedEnv(container.env ?? [], env),
  };
}

function mergedEnv(own: readonly EnvVar[], given: readonly EnvVar[]): readonly EnvVar[] {
  const byName = new Map(given.map((one) => [one.name, one]));
  const known = new Set(own.map(({ name }) => name));
  return [...own.map((one) => byName.get(one.name) ?? one), ...given.filter(({ name }) => !known.has(name))];
}
