import type { Profile } from '../../src/domain/profile.ts';
import type { Run, RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import {
  EXAMPLE_PROFILE,
  exampleComparison,
  exampleConformance,
  exampleImplementation,
  exampleMetricComparison,
  exampleResults,
  exampleRun,
  exampleTags,
  exampleVector,
} from './example-run.ts';

interface Listed {
  readonly name: string;
  readonly coldMs: number;
  readonly warmMs: number;
}

const FLEET: readonly Listed[] = [
  { name: 'rust-axum', coldMs: 212, warmMs: 0.9 },
  { name: 'go-net-http', coldMs: 231, warmMs: 1 },
  { name: 'go-gin', coldMs: 238, warmMs: 1.1 },
  { name: 'cpp-drogon', coldMs: 243, warmMs: 0.9 },
  { name: 'csharp-native', coldMs: 334, warmMs: 1.3 },
  { name: 'node-http', coldMs: 512, warmMs: 1.6 },
  { name: 'node-fastify', coldMs: 590, warmMs: 1.7 },
  { name: 'node-express', coldMs: 655, warmMs: 2.2 },
  { name: 'python-flask', coldMs: 890, warmMs: 4.1 },
  { name: 'python-django', coldMs: 1490, warmMs: 6.4 },
  { name: 'ruby-sinatra', coldMs: 1280, warmMs: 3.9 },
  { name: 'ruby-rails', coldMs: 8420, warmMs: 7.7 },
  { name: 'kotlin-ktor', coldMs: 1720, warmMs: 2.6 },
  { name: 'java-quarkus', coldMs: 1610, warmMs: 2.4 },
  { name: 'java-spring2', coldMs: 5230, warmMs: 13 },
  { name: 'scala-play', coldMs: 4870, warmMs: 9.1 },
  { name: 'elixir-phoenix', coldMs: 2150, warmMs: 2 },
];

/** The pull request that documentation shows: one regression, one contract failure, 17 unchanged, 3 carried. */
export function pullRequestRun(changes: Partial<RunMetadata> = {}): Run {
  const vectors = (passed: number) =>
    Array.from({ length: passed }, (_, index) => exampleVector({ id: `vector-${index}` }));
  const conformance = exampleConformance(vectors(14));
  const same = ({ name, coldMs, warmMs }: Listed) =>
    exampleImplementation(name, { base: { coldMs, warmMs }, head: { coldMs, warmMs } }, { conformance });
  const slow = { base: { coldMs: 6680, warmMs: 15 }, head: { coldMs: 8760, warmMs: 15 } };
  const failed = (id: string, expected: string, actual: string) =>
    exampleVector({ id, state: 'failed', failures: [{ step: 0, check: 'status', expected, actual }] });
  const broken = exampleConformance([
    ...vectors(12),
    failed('expired-timestamp', '401', '200'),
    failed('malformed-json', '400', '500'),
  ]);
  const carried = ['swift-vapor', 'dart-shelf', 'zig-zap'].map((name, index) => {
    const {
      measurement: _,
      conformance: __,
      ...rest
    } = exampleImplementation(name, {
      head: { coldMs: 300 + index * 40, warmMs: 1 + index / 10 },
    });
    return { ...rest, state: 'carried' as const, reason: 'no file of it changed' };
  });
  const { measurement: _, ...php } = exampleImplementation('php-laravel', slow, { conformance: broken, sides: [] });
  const implementations = [
    exampleImplementation('java-spring3', slow, { conformance }),
    { ...php, state: 'contract failed' as const, reason: '2 of 14 vectors failed' },
    ...FLEET.map(same),
    ...carried,
  ];
  const unchanged = FLEET.map(({ name, coldMs, warmMs }, index) => ({
    implementation: name,
    verdict: 'no change' as const,
    metrics: [
      exampleMetricComparison({ baseMedian: coldMs, headMedian: coldMs, detectable: 0.12 + (index % 9) * 0.0325 }),
      exampleMetricComparison({ metric: 'warm-p50', baseMedian: warmMs, headMedian: warmMs, detectable: 0.12 }),
    ],
  }));
  const comparison = exampleComparison(
    [
      {
        implementation: 'java-spring3',
        verdict: 'regression',
        metrics: [
          exampleMetricComparison({
            verdict: 'regression',
            baseMedian: 6690,
            headMedian: 8770,
            estimate: { ratio: 1.311, low: 1.22, high: 1.41, confidence: 0.95 },
          }),
          exampleMetricComparison({ metric: 'warm-p50', baseMedian: 15, headMedian: 15, detectable: 0.1 }),
        ],
      },
      { implementation: 'php-laravel', state: 'contract failed', reason: '2 of 14 vectors failed', metrics: [] },
      ...unchanged,
    ],
    { verdict: 'regression' },
  );
  return exampleRun([exampleResults(implementations, comparison)], {
    platform: 'cloudrun',
    region: 'europe-west1',
    change: {
      repository: 'org/discord-services',
      pullRequest: 7,
      headSha: '4d5e6f7890abcdef4d5e6f7890abcdef4d5e6f78',
      runUrl: 'https://github.com/org/discord-services/actions/runs/1234567',
    },
    ...changes,
  });
}

/** The same pull request after everything was put right: 19 unchanged, 3 carried. */
export function quietRun(): Run {
  const { metadata, results } = pullRequestRun();
  const unchanged = (name: string) => ({
    implementation: name,
    verdict: 'no change' as const,
    metrics: [exampleMetricComparison({ detectable: 0.2 })],
  });
  const groups = results.map((group): ServiceTypeResults => {
    const implementations = group.implementations.map((result) =>
      result.state === 'carried'
        ? result
        : exampleImplementation(result.name, { base: { coldMs: 900, warmMs: 2 }, head: { coldMs: 900, warmMs: 2 } }),
    );
    const compared = implementations.filter(({ state }) => state === undefined).map(({ name }) => unchanged(name));
    return { ...group, implementations, comparison: exampleComparison(compared) };
  });
  return { metadata, results: groups };
}

/** One service type measured with two profiles: two groups of results. */
export function sweepRun(): Run {
  const large: Profile = { ...EXAMPLE_PROFILE, name: 'large', cpu: '2', memory: '1Gi', startupCpuBoost: false };
  const group = (profile: Profile, factor: number): ServiceTypeResults => {
    const { baseline: _, ...comparison } = exampleComparison(
      ['node-http', 'go-gin'].map((implementation) => ({ implementation, state: 'new' as const, metrics: [] })),
      { mode: 'none', modeReason: 'the store holds no baseline yet', verdict: 'none', profile: profile.name },
    );
    const measured = (name: string, coldMs: number) =>
      exampleImplementation(
        name,
        { head: { coldMs: coldMs * factor, warmMs: factor } },
        { tags: exampleTags({ implementation: name, profile }) },
      );
    const implementations = [measured('node-http', 512), measured('go-gin', 238)];
    return exampleResults(implementations, comparison, { profile: profile.name });
  };
  return exampleRun([group({ ...EXAMPLE_PROFILE, name: 'small' }, 1), group(large, 0.6)]);
}
