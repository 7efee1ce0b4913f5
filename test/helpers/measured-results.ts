import type { Side } from '../../src/domain/deployment.ts';
import type { DroppedSample, Measurement, Sample, WarmBlock } from '../../src/domain/measurement.ts';
import type { ImplementationResult, MeasurementTags } from '../../src/domain/run.ts';

/** One fresh instance's numbers. */
export interface Numbers {
  readonly coldMs: number;
  readonly p50Ms: number;
  readonly rps: number;
}

export const TAGS: MeasurementTags = {
  implementation: 'one',
  profile: {
    name: 'default',
    cpu: '1',
    memory: '512Mi',
    concurrency: 80,
    minInstances: 0,
    maxInstances: 1,
    executionEnvironment: 'gen2',
    startupCpuBoost: false,
    cpuIdle: true,
    timeoutMs: 60_000,
  },
  platform: 'cloudrun',
  runtime: 'container',
  region: 'europe-west1',
  contractVersion: '1.0.0',
  toolVersion: '0.1.0',
  driver: 'linux x64, 2 CPUs',
};

export function warmBlock(numbers: Numbers, overrides: Partial<WarmBlock> = {}): WarmBlock {
  return {
    connections: 4,
    warmupRequests: 20,
    requests: 200,
    durationMs: 1000,
    errors: {},
    requestsPerSecond: numbers.rps,
    p50Ms: numbers.p50Ms,
    p90Ms: numbers.p50Ms * 1.5,
    p99Ms: numbers.p50Ms * 3,
    meanMs: numbers.p50Ms,
    stddevMs: 0,
    minMs: numbers.p50Ms,
    maxMs: numbers.p50Ms * 4,
    histogram: '',
    ...overrides,
  };
}

export function sampleOf(side: Side, round: number, order: number, numbers: Numbers): Sample {
  return {
    side,
    round,
    order,
    stratum: 'fresh-revision',
    service: `one-${side}`,
    revision: `one-${side}-${order}`,
    tag: `c${order}`,
    startedAt: '2026-01-01T00:00:00.000Z',
    cold: {
      ttfbMs: numbers.coldMs,
      totalMs: numbers.coldMs,
      status: 200,
      proof: { proven: true, instanceId: `i${order}` },
    },
    warm: warmBlock(numbers),
  };
}

export function measurementOf(samples: readonly Sample[], dropped: readonly DroppedSample[] = []): Measurement {
  return { samples, dropped, scaleToZero: [], audit: [], startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 };
}

export function resultOf(
  name: string,
  samples: readonly Sample[],
  overrides: Partial<ImplementationResult> = {},
): ImplementationResult {
  const digest = `sha256:${'a'.repeat(64)}`;
  return {
    name,
    tags: { ...TAGS, implementation: name },
    sides: (['base', 'head'] as const)
      .filter((side) => samples.some((sample) => sample.side === side))
      .map((side) => ({
        side,
        artifact: { kind: 'container', image: `${name}@${digest}`, digest, buildMs: 1 },
        summaries: {},
      })),
    measurement: measurementOf(samples),
    ...overrides,
  };
}

/** `rounds` rounds of `perRound` instances a side. */
export function roundsOf(
  rounds: number,
  perRound: number,
  draw: (side: Side, round: number) => Numbers,
  sides: readonly Side[] = ['base', 'head'],
): Sample[] {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < perRound; turn += 1) {
      for (const side of sides) samples.push(sampleOf(side, round, samples.length, draw(side, round)));
    }
  }
  return samples;
}
