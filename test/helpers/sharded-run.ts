import assert from 'node:assert/strict';
import { RunRecorder } from '../../src/commands/recorder.ts';
import type { JobPlan, PlannedItem } from '../../src/domain/job-plan.ts';
import type { ImplementationResult, RunFailure, RunMetadata } from '../../src/domain/run.ts';
import { updateBaseline } from '../../src/results/baseline.ts';
import { type ResultGroup, severalProfiles } from '../../src/results/groups.ts';
import { saveBaseline } from '../../src/results/runs.ts';
import { withinShard } from '../../src/results/shards.ts';
import type { SeededRandom } from '../../src/stats/random.ts';
import { exampleConformance, exampleMetadata, exampleVector } from './example-run.ts';
import { type Numbers, resultOf, roundsOf, TAGS } from './measured-results.ts';
import type { RunPorts } from './run-ports.ts';

export const RUN_ID = 'run-20261121-130000-bcdfgh';

export interface Measured extends ResultGroup {
  readonly item: PlannedItem;
  readonly result: ImplementationResult;
  readonly failures: readonly RunFailure[];
}

/** Implementations of two types, with the given profiles: slower, faster, unchanged, broken, new, without their base. */
export function fleet(profiles: readonly string[], random: SeededRandom): readonly Measured[] {
  const factors = [1, 1.6, 0.6, 1.05, 1];
  const several = profiles.length > 1;
  return ['discord-webhook', 'rest-crud'].flatMap((type) =>
    profiles.flatMap((profile) =>
      ['a', 'b', 'c', 'd', 'e', 'fails', 'lost', 'lone'].map((name, index): Measured => {
        const draw = (side: string): Numbers => ({
          coldMs: 500 * (side === 'head' ? (factors[index] ?? 1) : 1) * Math.exp(0.05 * random.normal()),
          p50Ms: 20 * Math.exp(0.05 * random.normal()),
          rps: 400 * Math.exp(0.05 * random.normal()),
        });
        const alone = name === 'lone' || name === 'lost';
        const samples = roundsOf(2, 5, draw, alone ? ['head'] : ['base', 'head']);
        const tags = { ...TAGS, implementation: name, profile: { ...TAGS.profile, name: profile } };
        const broken = { ...exampleVector(), state: 'failed' as const };
        const { measurement: _, ...unmeasured } = resultOf(name, samples, { tags, sides: [] });
        const result: ImplementationResult =
          name === 'fails'
            ? {
                ...unmeasured,
                conformance: exampleConformance([broken]),
                state: 'contract failed',
                reason: 'failed: x',
              }
            : resultOf(name, samples, { tags });
        const label = several ? `${name} (${profile})` : name;
        const failures: RunFailure[] =
          name === 'lost'
            ? [{ stage: 'build', code: 'build-failed', message: 'no', implementation: `${label} (base)` }]
            : [];
        return {
          serviceType: type,
          ...(several ? { profile } : {}),
          item: { type, implementation: name, profile },
          result,
          failures,
        };
      }),
    ),
  );
}

const facts: Partial<RunMetadata> = {
  runId: RUN_ID,
  platform: TAGS.platform,
  region: TAGS.region,
  serviceTypes: ['discord-webhook', 'rest-crud'],
  baselineReason: 'base is a commit, measured beside the head in this run',
  baseline: { runIds: ['run-1'], date: '2026-11-20T00:00:00.000Z', commit: 'c'.repeat(40) },
};
export const metadataOf = (changes: Partial<RunMetadata> = {}): RunMetadata => {
  const { finishedAt: _, ...running } = exampleMetadata({ ...facts, state: 'running', ...changes });
  return running;
};

export function planOf(shards: readonly (readonly Measured[])[], changes: Partial<JobPlan> = {}): JobPlan {
  return {
    format: 'plan/1',
    runId: RUN_ID,
    platform: TAGS.platform,
    suite: 'full',
    baseline: 'latest',
    reason: 'everything was asked for',
    shards: shards.map((members, index) => ({
      id: String(index + 1).padStart(2, '0'),
      items: members.map(({ item }) => item),
    })),
    carried: [],
    ...changes,
  };
}

export async function record(recorder: RunRecorder, members: readonly Measured[], grouped: boolean) {
  for (const { serviceType, profile, result } of members)
    await recorder.record({ serviceType, ...(grouped && profile !== undefined ? { profile } : {}) }, '1.0.0', result);
}

/** What the job of a shard leaves. */
export async function leave(
  { ports }: RunPorts,
  shard: string,
  members: readonly Measured[],
  changes: Partial<RunMetadata> = {},
  state: RunMetadata['state'] = 'finished',
) {
  const own = { ...ports, store: withinShard(ports.store, RUN_ID, shard) };
  const failures = members.flatMap((one) => one.failures);
  const recorder = new RunRecorder(metadataOf({ failures, ...changes }), own);
  await recorder.begin();
  await record(recorder, members, severalProfiles(members.map(({ item }) => item)));
  if (state !== 'running') await recorder.finish(state, { finishedAt: `2026-11-21T14:${shard}:00.000Z` });
}

/** Members dealt to shards at random, some of which stay empty and are left out. */
export function dealt(members: readonly Measured[], random: SeededRandom): readonly (readonly Measured[])[] {
  const shards: Measured[][] = Array.from({ length: 5 }, () => []);
  for (const member of members) shards[Math.floor(random.uniform() * 5)]?.push(member);
  return shards.filter((shard) => shard.length > 0);
}

/** The stored baseline of the fleet: everything but `lone`. */
export async function storeBaseline({ ports }: RunPorts, members: readonly Measured[]) {
  const groups = Map.groupBy(members, ({ serviceType, profile }) => `${serviceType} ${profile ?? ''}`);
  const metadata = exampleMetadata({ runId: 'run-1', startedAt: '2026-11-20T00:00:00.000Z' });
  let baseline: ReturnType<typeof updateBaseline> | undefined;
  for (const [{ serviceType, profile }, ...others] of groups.values() as Iterable<[Measured, ...Measured[]]>) {
    const own = members.filter((one) => one.serviceType === serviceType && one.profile === profile);
    assert.equal(own.length, others.length + 1);
    const implementations = own.map(({ result }) => result).filter(({ name }) => name !== 'lone');
    const group = { serviceType, ...(profile === undefined ? {} : { profile }) };
    const results = {
      format: 'results/1' as const,
      runId: 'run-1',
      ...group,
      contractVersion: '1.0.0',
      implementations,
    };
    baseline = updateBaseline(baseline, results, metadata);
  }
  assert.ok(baseline !== undefined);
  await saveBaseline(ports.store, baseline, ports.schemas);
  return baseline;
}
