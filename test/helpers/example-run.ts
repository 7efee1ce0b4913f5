import type { Comparison, ImplementationComparison, MetricComparison } from '../../src/domain/comparison.ts';
import type { Conformance, VectorResult } from '../../src/domain/conformance.ts';
import type { Artifact, Side } from '../../src/domain/deployment.ts';
import type { Measurement, Sample, Summary } from '../../src/domain/measurement.ts';
import { METRICS, type MetricId } from '../../src/domain/metric.ts';
import type { Profile } from '../../src/domain/profile.ts';
import type {
  ImplementationResult,
  MeasurementTags,
  Run,
  RunMetadata,
  ServiceTypeResults,
} from '../../src/domain/run.ts';

export const EXAMPLE_PROFILE: Profile = {
  name: 'default',
  cpu: '1',
  memory: '512Mi',
  concurrency: 80,
  minInstances: 0,
  maxInstances: 1,
  executionEnvironment: 'gen2',
  startupCpuBoost: true,
  cpuIdle: true,
  timeoutMs: 300_000,
};

export function exampleTags(changes: Partial<MeasurementTags> = {}): MeasurementTags {
  return {
    implementation: 'node-http',
    language: 'javascript',
    framework: 'node:http',
    profile: EXAMPLE_PROFILE,
    platform: 'local',
    runtime: 'process',
    region: 'local',
    contractVersion: '1.0.0',
    toolVersion: '0.1.0',
    commit: '4d5e6f7890abcdef4d5e6f7890abcdef4d5e6f78',
    driver: 'linux x64, 2 CPUs',
    ...changes,
  };
}

export function exampleArtifact(digit = 'a'): Artifact {
  const digest = `sha256:${digit.repeat(64)}`;
  return { kind: 'process', image: `local/example@${digest}`, digest, buildMs: 1234.5 };
}

/** A sample of an instance that starts in `coldMs` and then answers in `warmMs`. */
export function exampleSample(side: Side, order: number, coldMs: number, warmMs: number): Sample {
  return {
    side,
    stratum: 'fresh-revision',
    round: Math.floor(order / 2),
    order,
    service: `perf-${side}`,
    revision: `perf-${side}-0000${order}`,
    tag: `s${order}`,
    startedAt: '2026-11-21T13:00:01.000Z',
    cold: {
      ttfbMs: coldMs,
      totalMs: coldMs + 0.5,
      status: 200,
      scheduleMs: -0.1,
      startupMs: coldMs - 20,
      responseMs: 5,
      proof: { proven: true, instanceId: `instance-${side}-${order}`, startedAfterMs: 2 },
    },
    warm: {
      connections: 4,
      warmupRequests: 50,
      requests: 500,
      durationMs: 500 * warmMs,
      errors: {},
      requestsPerSecond: 4000 / warmMs,
      p50Ms: warmMs,
      p90Ms: warmMs * 1.5,
      p99Ms: warmMs * 3,
      meanMs: warmMs * 1.1,
      stddevMs: warmMs * 0.3,
      minMs: warmMs * 0.5,
      maxMs: warmMs * 9,
      histogram: 'HISTFAAAAB54nJNpmSzMwMDAwcA=',
    },
  };
}

function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (quantile: number) => sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const min = at(0);
  const max = at(1);
  return { n: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), mean, stddev: (max - min) / 4, min, max };
}

export function exampleSummaries(samples: readonly Sample[], side: Side): Partial<Record<MetricId, Summary>> {
  const found: Partial<Record<MetricId, Summary>> = {};
  for (const metric of METRICS) {
    const values = samples
      .filter((sample) => sample.side === side)
      .map((sample) => metric.select(sample))
      .filter((value) => value !== undefined);
    if (values.length > 0) found[metric.id] = summaryOf(values);
  }
  return found;
}

export interface ExampleSides {
  readonly base?: { readonly coldMs: number; readonly warmMs: number };
  readonly head: { readonly coldMs: number; readonly warmMs: number };
}

export function exampleMeasurement(
  { base, head }: ExampleSides,
  n = 20,
  changes: Partial<Measurement> = {},
): Measurement {
  const sides = [['head', head] as const, ...(base === undefined ? [] : [['base', base] as const])];
  const samples = Array.from({ length: n }, (_, index) =>
    sides.map(([side, { coldMs, warmMs }], offset) =>
      exampleSample(side, index * sides.length + offset, coldMs + index, warmMs + index / 100),
    ),
  ).flat();
  return {
    samples,
    dropped: [],
    scaleToZero: [{ side: 'head', lastSeenAliveMs: 1000, firstSeenGoneMs: 1100, observed: 'log' }],
    audit: [],
    startedAt: '2026-11-21T13:00:00.000Z',
    durationMs: 41_000,
    ...changes,
  };
}

export function exampleVector(changes: Partial<VectorResult> = {}): VectorResult {
  return {
    id: 'signed-ping',
    title: 'A signed ping is answered with a pong',
    file: 'vectors/happy-path.json',
    state: 'passed',
    failures: [],
    durationMs: 3,
    ...changes,
  };
}

export function exampleConformance(vectors: readonly VectorResult[], changes: Partial<Conformance> = {}): Conformance {
  const count = (state: VectorResult['state']) => vectors.filter((vector) => vector.state === state).length;
  return {
    serviceType: 'discord-webhook',
    contractVersion: '1.0.0',
    vectors,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notChecked: count('not-checked'),
    missingFeatures: [],
    durationMs: 300,
    ...changes,
  };
}

export function exampleImplementation(
  name: string,
  sides: ExampleSides,
  changes: Partial<ImplementationResult> = {},
): ImplementationResult {
  const measurement = changes.measurement ?? exampleMeasurement(sides);
  const measured: readonly Side[] = sides.base === undefined ? ['head'] : ['base', 'head'];
  return {
    name,
    tags: exampleTags({ implementation: name }),
    sides: measured.map((side) => ({
      side,
      artifact: exampleArtifact(side === 'base' ? 'b' : 'a'),
      summaries: exampleSummaries(measurement.samples, side),
    })),
    conformance: exampleConformance([exampleVector(), exampleVector({ id: 'malformed-json' })]),
    measurement,
    ...changes,
  };
}

export function exampleMetricComparison(changes: Partial<MetricComparison> = {}): MetricComparison {
  return {
    metric: 'cold-ttfb',
    verdict: 'no change',
    gate: true,
    baseMedian: 100,
    headMedian: 101,
    baseN: 20,
    headN: 20,
    estimate: { ratio: 1.01, low: 0.97, high: 1.05, confidence: 0.95 },
    p: 0.4,
    adjustedP: 1,
    minimumEffect: 0.15,
    detectable: 0.12,
    ...changes,
  };
}

export function exampleComparison(
  implementations: readonly ImplementationComparison[],
  changes: Partial<Comparison> = {},
): Comparison {
  return {
    serviceType: 'discord-webhook',
    mode: 'side-by-side',
    modeReason: 'base is commit 1a2b3c4d5e6f of the stored baseline, measured beside the head in this run',
    baseline: {
      runIds: ['20261120-120000-base'],
      commit: '1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b',
      date: '2026-11-20T12:00:00.000Z',
    },
    implementations,
    verdict: 'no change',
    ...changes,
  };
}

export function exampleResults(
  implementations: readonly ImplementationResult[],
  comparison?: Comparison,
  changes: Partial<ServiceTypeResults> = {},
): ServiceTypeResults {
  return {
    format: 'results/1',
    runId: '20261121-130000-abcd',
    serviceType: 'discord-webhook',
    contractVersion: '1.0.0',
    implementations,
    ...(comparison === undefined ? {} : { comparison }),
    ...changes,
  };
}

export function exampleMetadata(changes: Partial<RunMetadata> = {}): RunMetadata {
  return {
    format: 'run/1',
    runId: '20261121-130000-abcd',
    state: 'finished',
    startedAt: '2026-11-21T13:00:00.000Z',
    finishedAt: '2026-11-21T13:04:10.000Z',
    toolVersion: '0.1.0',
    platform: 'local',
    region: 'local',
    project: 'demo-project',
    suite: 'full',
    seed: 42,
    commit: '4d5e6f7890abcdef4d5e6f7890abcdef4d5e6f78',
    driver: 'linux x64, 2 CPUs',
    serviceTypes: ['discord-webhook'],
    failures: [],
    ...changes,
  };
}

export function exampleRun(results: readonly ServiceTypeResults[], changes: Partial<RunMetadata> = {}): Run {
  return { metadata: exampleMetadata(changes), results };
}

/** One of everything: a regression, an improvement, no change, inconclusive, a contract failure, one not measured. */
export function variedRun(changes: Partial<RunMetadata> = {}): Run {
  const slow = { base: { coldMs: 100, warmMs: 1 }, head: { coldMs: 118, warmMs: 1 } };
  const same = { base: { coldMs: 300, warmMs: 2 }, head: { coldMs: 303, warmMs: 2 } };
  const fast = { base: { coldMs: 400, warmMs: 3 }, head: { coldMs: 300, warmMs: 3 } };
  const wide = { base: { coldMs: 200, warmMs: 2 }, head: { coldMs: 218, warmMs: 2 } };
  const failing = exampleVector({
    id: 'expired-timestamp',
    title: 'A timestamp of 10 s ago is refused',
    state: 'failed',
    failures: [{ step: 0, check: 'status', expected: '401', actual: '200' }],
  });
  const skipped = exampleVector({ id: 'slash-publishes', state: 'skipped', reason: 'needs pubsub-publish' });
  const dropped = [
    { side: 'head', round: 0, tag: 's3', reason: 'not cold: the instance was already there' },
    { side: 'base', round: 1, tag: 's9', reason: 'not cold: the instance was already there' },
  ] as const;
  const implementations = [
    exampleImplementation('go-gin', slow, { measurement: exampleMeasurement(slow, 20, { dropped }) }),
    exampleImplementation('python-flask', same),
    exampleImplementation('rust-axum', fast),
    exampleImplementation('ruby-rails', wide),
    exampleImplementation('php-laravel', same, {
      conformance: exampleConformance([exampleVector(), failing, skipped]),
      state: 'contract failed',
      reason: 'failed: expired-timestamp',
      sides: [],
    }),
    exampleImplementation('cpp-drogon', same, { sides: [], state: 'not measured', reason: 'cmake is not on PATH' }),
  ].map(({ measurement, ...rest }) =>
    rest.sides.length === 0 || measurement === undefined ? rest : { ...rest, measurement },
  );
  const warm = (ratio: number, changes_: Partial<MetricComparison> = {}) =>
    exampleMetricComparison({
      metric: 'warm-p50',
      baseMedian: 2,
      headMedian: 2 * ratio,
      estimate: { ratio, low: ratio - 0.03, high: ratio + 0.03, confidence: 0.95 },
      minimumEffect: 0.1,
      detectable: 0.1,
      ...changes_,
    });
  const comparison = exampleComparison(
    [
      {
        implementation: 'go-gin',
        verdict: 'regression',
        metrics: [
          exampleMetricComparison({
            verdict: 'regression',
            baseMedian: 110,
            headMedian: 128,
            estimate: { ratio: 1.18, low: 1.11, high: 1.26, confidence: 0.95 },
            p: 0.0001,
            adjustedP: 0.0012,
          }),
          warm(0.99),
        ],
      },
      { implementation: 'python-flask', verdict: 'no change', metrics: [exampleMetricComparison(), warm(0.99)] },
      {
        implementation: 'rust-axum',
        verdict: 'improvement',
        metrics: [
          exampleMetricComparison({
            verdict: 'improvement',
            baseMedian: 410,
            headMedian: 310,
            estimate: { ratio: 0.756, low: 0.73, high: 0.78, confidence: 0.95 },
          }),
          warm(1),
        ],
      },
      {
        implementation: 'ruby-rails',
        verdict: 'inconclusive',
        reason: 'two start modes',
        metrics: [
          exampleMetricComparison({
            verdict: 'inconclusive',
            estimate: { ratio: 1.09, low: 0.86, high: 1.31, confidence: 0.95 },
            baseN: 40,
            headN: 40,
            reason: 'two start modes, needs about 160 per side for 15 %',
          }),
        ],
      },
      { implementation: 'php-laravel', state: 'contract failed', reason: 'failed: expired-timestamp', metrics: [] },
      { implementation: 'cpp-drogon', state: 'not measured', reason: 'cmake is not on PATH', metrics: [] },
    ],
    { verdict: 'regression' },
  );
  const baseline = comparison.baseline;
  return exampleRun([exampleResults(implementations, comparison)], { ...(baseline && { baseline }), ...changes });
}
