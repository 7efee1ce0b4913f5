import type { JobPlan, PlannedItem } from '../../src/domain/job-plan.ts';

export function planned(implementation: string, profile = 'default', type = 'discord-webhook'): PlannedItem {
  return { type, implementation, profile };
}

/** A plan of two jobs that carries one implementation. */
export function examplePlan(more: Partial<JobPlan> = {}): JobPlan {
  return {
    format: 'plan/1',
    runId: 'run-20261121-124800-x7k2q9',
    platform: 'local',
    suite: 'quick',
    baseline: `git:${'a'.repeat(40)}`,
    commit: `${'b'.repeat(40)}-dirty`,
    reason: '2 of 3 implementations changed',
    shards: [
      { id: '01', items: [planned('go-gin')] },
      { id: '02', items: [planned('node-http')] },
    ],
    carried: [{ ...planned('rust-actix'), contractVersion: '1.0.0', reason: 'unchanged since aaaaaaaaaaaa' }],
    ...more,
  };
}
