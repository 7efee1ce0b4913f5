import { plainVariables, type SecretLookup, secretVariables } from '../admin/local-secrets.ts';
import { parseCpu, parseMemory } from '../admin/quantity.ts';
import type { TaskSpec } from '../workload.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** What the runtime must know of one attempt. The template has been validated and its defaults are filled in. */
export function taskSpec(record: ExecutionRecord, index: number, attempt: number, secret: SecretLookup): TaskSpec {
  const { id, job, template } = record;
  const container = template.template?.containers?.[0] ?? {};
  const limits = container.resources?.limits ?? {};
  const env = container.env ?? [];
  return {
    job,
    execution: id,
    index,
    attempt,
    taskCount: template.taskCount ?? 1,
    image: container.image ?? '',
    command: container.command ?? [],
    args: container.args ?? [],
    env: plainVariables(env),
    secrets: secretVariables(env, secret),
    cpu: parseCpu(limits.cpu ?? '') ?? 1,
    memoryBytes: parseMemory(limits.memory ?? '') ?? 0,
  };
}
