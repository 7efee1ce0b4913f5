import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { minimumEffect, secretValues } from '../../../src/config/config.ts';
import { type ConfigSources, loadConfig } from '../../../src/config/load-config.ts';
import { DEFAULT_PROFILE } from '../../../src/config/profiles.ts';
import { formatError, UsageError } from '../../../src/domain/errors.ts';
import { METRICS } from '../../../src/domain/metric.ts';
import { SERVICE_TYPES } from '../../../src/domain/service-type.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/config.schema.json'), 'utf8'),
) as {
  properties: { service_repositories: { items: { properties: { type: { pattern: string; examples: string[] } } } } };
  $defs: { thresholds: { properties: object } };
};
const load = (text: string, rest: Partial<ConfigSources> = {}) =>
  loadConfig({ text, file: 'cloudrun-perf.yaml', env: {}, flags: {}, ...rest }, { config: schema });

function refusal(text: string, rest: Partial<ConfigSources> = {}): string {
  try {
    load(text, rest);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return assert.fail(`accepted: ${text}`);
}

const PROPOSAL = `
version: "1.0"

gcp:
  project_id: \${GCP_PROJECT_ID}
  region: us-central1
  artifact_registry: \${REGION}-docker.pkg.dev/\${PROJECT_ID}/services

service_repositories:
  - url: https://github.com/org/cloudrun-service-discord
    ref: main
    type: discord-webhook

deployment_profiles:
  default:
    cpu: "1"
    memory: "512Mi"
    max_instances: 1
    concurrency: 80
    execution_env: gen2
    startup_cpu_boost: true

  constrained:
    cpu: "0.5"
    memory: "256Mi"
    max_instances: 1
    concurrency: 40

benchmark:
  cold_start:
    iterations: 10
    scale_to_zero_timeout: 15m
  warm_requests:
    count: 100
    concurrency: 10
  filter:
    types: []          # Empty = all types
    implementations: [] # Empty = all implementations

storage:
  results_bucket: gs://cloudrun-benchmark-results
  baseline_path: baselines/latest.json
  keep_runs: 200
  keep_days: 90

notifications:
  slack_webhook: \${SLACK_WEBHOOK_URL}
  on_regression: true
  on_completion: true
`;
const ENV = { GCP_PROJECT_ID: 'my-project', SLACK_WEBHOOK_URL: 'https://hooks.example.com/T0/B0/xyz' };

test('the configuration of the proposal', () => {
  const config = load(PROPOSAL, { env: ENV });
  assert.deepEqual(config.gcp, {
    projectId: 'my-project',
    region: 'us-central1',
    artifactRegistry: 'us-central1-docker.pkg.dev/my-project/services',
  });
  assert.deepEqual(config.serviceRepositories, [
    { url: 'https://github.com/org/cloudrun-service-discord', ref: 'main', type: 'discord-webhook' },
  ]);
  assert.deepEqual(config.profiles.default, DEFAULT_PROFILE);
  assert.deepEqual(config.profiles.constrained, {
    ...DEFAULT_PROFILE,
    name: 'constrained',
    cpu: '0.5',
    memory: '256Mi',
    concurrency: 40,
    executionEnvironment: 'gen1',
  });
  assert.deepEqual(config.benchmark.coldStart, { iterations: 10, scaleToZeroTimeoutMs: 900_000 });
  assert.deepEqual(config.benchmark.warmRequests, { count: 100, concurrency: 10 });
  assert.deepEqual(config.storage, {
    resultsBucket: 'gs://cloudrun-benchmark-results',
    baselinePath: 'baselines/latest.json',
    keepRuns: 200,
    keepDays: 90,
  });
  assert.deepEqual(config.notifications, { onStart: false, onRegression: true, onCompletion: true, onFailure: true });
  assert.deepEqual(secretValues(config), [ENV.SLACK_WEBHOOK_URL]);
  assert.match(
    config.warnings.join('\n'),
    /cloudrun-perf\.yaml:23:3: profile constrained: .*concurrency 1 below 1 vCPU/,
  );
});

test('no file is needed', () => {
  const config = loadConfig({ env: { GITHUB_TOKEN: 'ghs_x' }, flags: { region: 'europe-west1' } }, { config: schema });
  assert.deepEqual(config.gcp, { region: 'europe-west1' });
  assert.deepEqual(Object.keys(config.profiles), ['default']);
  assert.deepEqual(config.emulator, { idleTimeoutMs: 900_000, startupTimeoutMs: 240_000, runtime: 'auto' });
  assert.deepEqual(config.images, { cache: 'registry' });
  assert.deepEqual(config.discovery, { cacheTtlMs: 3_600_000, cache: 'local' });
  assert.deepEqual(config.secrets, { gitToken: 'ghs_x' });
  assert.deepEqual(config.warnings, []);
});

test('flags win, and the variables that they replace need not be set', () => {
  const config = load(PROPOSAL, {
    env: { SLACK_WEBHOOK_URL: '' },
    flags: { project: 'other-project', region: 'europe-west4' },
  });
  assert.deepEqual(config.gcp, {
    projectId: 'other-project',
    region: 'europe-west4',
    artifactRegistry: 'europe-west4-docker.pkg.dev/other-project/services',
  });
  assert.deepEqual(config.secrets, {});
});

test('interpolation', () => {
  const text = `version: "1.0"
gcp: {project_id: "\${P:-fallback-project}"}
benchmark: {cold_start: {iterations: "\${N}"}, filter: {implementations: ["\${I}"]}}
notifications: {on_completion: "\${ON:-true}"}
`;
  const injected = 'a]\nversion: 2';
  const config = load(text, { env: { N: '7', I: 'a-b', P: '' } });
  assert.equal(config.gcp.projectId, 'fallback-project');
  assert.equal(config.benchmark.coldStart.iterations, 7);
  assert.deepEqual(config.benchmark.filter.implementations, ['a-b']);
  assert.equal(config.notifications.onCompletion, true);
  assert.match(
    refusal(text, { env: { N: '7', I: injected } }),
    /yaml:3:\d+: found "\$\{I\}" at \/benchmark\/filter\/implementations\/0/,
  );
  assert.match(refusal(text, { env: { N: 'many-secret', I: 'a' } }), /found "\$\{N\}" at .*a whole number/);
  assert.doesNotMatch(refusal(text, { env: { N: 'many-secret', I: 'a' } }), /many-secret/);
  const escaped = load(`version: "1.0"\ndeployment_profiles: {default: {env: {A: "a$\${b}"}}}\n`);
  assert.equal(escaped.profiles.default?.env?.A, `a\${b}`);
  assert.match(refusal(`version: "1.0"\n"\${K}": 1\n`, { env: { K: 'gcp' } }), /unknown key "\$\{K\}"/);
});

test('implementations and thresholds', () => {
  const config = load(`version: "1.0"
deployment_profiles: {big: {cpu: "2", memory: 1Gi, timeout: 1h}}
thresholds: {cold-ttfb: {minimum_effect: 0.2}, warm-p50: {minimum_effect: 0.3}}
implementations: {java-spring: {profile: big, thresholds: {cold-ttfb: {minimum_effect: 0.5}}}}
emulator: {idle_timeout: 2s, startup_timeout: 1m30s, runtime: process}
images: {cache: gha}
discovery: {cache_ttl: 500ms}
`);
  assert.equal(minimumEffect(config, 'java-spring', 'cold-ttfb'), 0.5);
  assert.equal(minimumEffect(config, 'java-spring', 'warm-p50'), 0.3);
  assert.equal(minimumEffect(config, 'constructor', 'cold-ttfb'), 0.2);
  assert.equal(minimumEffect(config, 'x', 'warm-rps'), undefined);
  assert.equal(config.implementations['java-spring']?.profile, 'big');
  assert.equal(config.profiles.big?.timeoutMs, 3_600_000);
  assert.deepEqual(config.emulator, { idleTimeoutMs: 2000, startupTimeoutMs: 90_000, runtime: 'process' });
  assert.deepEqual(config.images, { cache: 'gha' });
  assert.equal(config.discovery.cacheTtlMs, 500);
});

test('what is refused, where, and what is said', () => {
  const V = 'version: "1.0"\n';
  const cases: [string, RegExp][] = [
    ['gcp: {}\n', /"version" is missing/],
    ['version: 1.0\n', /yaml:1:10: .*"1\.0"/],
    [`${V}gpc: {}\n`, /yaml:2:1: unknown key "gpc".*\n {2}hint: Did you mean "gcp"/],
    [`${V}gcp: {project_id: "\${NOPE}"}\n`, /yaml:2:19: the environment variable NOPE is not set/],
    [`${V}gcp: {project_id: "\${PROJECT_ID}"}\n`, /environment variable PROJECT_ID is not set/],
    [`${V}storage: {baseline_path: "\${no-name}"}\n`, /yaml:2:26: found .*wanted \$\{NAME\}/],
    ...[
      '../x.json',
      'latest.json',
      'runs/latest.json',
      'baselines/../runs/x.json',
      'baselines/x',
      'baselines//x.json',
    ].map((path): [string, RegExp] => [
      `${V}storage: {baseline_path: ${path}}\n`,
      /wanted a path of a .json file below baselines\//,
    ]),
    [`${V}storage: {baseline_path: baselines/2026-11-21/x.json}\n`, /no directory of a date/],
    [`${V}storage: {baseline_path: baselines/a/baseline.json}\n`, /not called baseline.json/],
    [`${V}storage: {results_bucket: s3://x}\n`, /gs:\/\/bucket/],
    [`${V}discovery: {cache: everywhere}\n`, /local.*actions/],
    [`${V}storage: {keep_runs: 0}\n`, /runs from 1 to/],
    [`${V}storage: {keep_days: 1.5}\n`, /whole number of days/],
    [`${V}benchmark: {cold_start: {scale_to_zero_timeout: 15 minutes}}\n`, /"15 minutes".*such as 30s/],
    [`${V}benchmark: {cold_start: {iterations: 0}}\n`, /from 1 to 100/],
    [`${V}gcp: {instances_at_once: 2}\n`, /from 3 to 10000/],
    [`${V}deployment_profiles: {default: {memory: 512MB}}\n`, /"512MB".*512Mi/],
    [`${V}deployment_profiles: {default: {cpu: 3}}\n`, /found 3 at .*\n.*hint: Write it in quotes/],
    [`${V}deployment_profiles: {default: {cpu: "3"}}\n`, /found "3" at/],
    [`${V}deployment_profiles: {default: {execution_env: gen3}}\n`, /"gen3".*"gen1" or "gen2"/],
    [`${V}deployment_profiles: {Default: {}}\n`, /the key "Default"/],
    [`${V}service_repositories: [{url: "ext::sh -c x"}]\n`, /found "ext::sh -c x"/],
    [`${V}service_repositories: [{url: "http://x/y"}]\n`, /found "http:\/\/x\/y"/],
    [`${V}service_repositories: [{url: --upload-pack=x}]\n`, /--upload-pack/],
    [`${V}service_repositories: [{url: x, ref: --x}]\n`, /a branch, tag or commit/],
    [`${V}service_repositories: [{url: x, type: Discord}]\n`, /found "Discord".*wanted a service type in kebab case/],
    [`${V}thresholds: {cold-tfb: {minimum_effect: 0.1}}\n`, /Did you mean "cold-ttfb"/],
    [`${V}thresholds: {warm-p99: {minimum_effect: 0.1}}\n`, /unknown key "warm-p99"/],
    [
      `${V}implementations: {a: {profile: bg}}\ndeployment_profiles: {big: {}}\n`,
      /yaml:2:32: found profile "bg".*\n {2}hint: Did you mean "big"/,
    ],
  ];
  for (const [text, expected] of cases) assert.match(refusal(text), expected, text);
});

test('secrets are in no message', () => {
  const V = 'version: "1.0"\n';
  const url = refusal(`${V}service_repositories: [{url: "https://me:hunter2@github.com/x/y"}]\n`);
  assert.match(url, /found credentials in a repository URL/);
  assert.doesNotMatch(url, /hunter2/);
  const webhook = refusal(`${V}notifications: {slack_webhook: "http://hooks/hunter2"}\n`);
  assert.match(webhook, /masked value.*https:\/\//);
  assert.doesNotMatch(webhook, /hunter2/);
});

test('the schema takes all shipped service types, and knows exactly the gate metrics', () => {
  const { pattern, examples } = schema.properties.service_repositories.items.properties.type;
  assert.deepEqual(examples, ['discord-webhook']);
  for (const type of SERVICE_TYPES) assert.match(type, new RegExp(pattern));
  assert.deepEqual(
    Object.keys(schema.$defs.thresholds.properties),
    METRICS.filter((metric) => metric.gate).map((metric) => metric.id),
  );
});

test('a profile says everything of the container', () => {
  const probe = { initialDelaySeconds: 0, timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 };
  const config = load(`version: "1.0"
deployment_profiles:
  grpc:
    service_account: runner@my-project.iam.gserviceaccount.com
    env: { LOG_LEVEL: warn }
    secrets: { API_TOKEN: { secret: api-token, version: "3" } }
    port: { protocol: h2c, number: 50051 }
    startup_probe: { type: grpc, service: a.B, period_seconds: 2 }
    liveness_probe: { type: http }
  empty: { env: {}, secrets: {}, port: {} }
`);
  assert.deepEqual(config.profiles.grpc, {
    ...DEFAULT_PROFILE,
    name: 'grpc',
    serviceAccount: 'runner@my-project.iam.gserviceaccount.com',
    env: { LOG_LEVEL: 'warn' },
    secrets: { API_TOKEN: { secret: 'api-token', version: '3' } },
    port: { protocol: 'h2c', number: 50_051 },
    startupProbe: { type: 'grpc', service: 'a.B', ...probe, periodSeconds: 2 },
    livenessProbe: { type: 'http', path: '/', ...probe },
  });
  assert.deepEqual(config.profiles.empty, {
    ...DEFAULT_PROFILE,
    name: 'empty',
    port: { protocol: 'http1', number: 8080 },
  });
  assert.deepEqual(config.warnings, []);
});

test('services run as the account of the project, unless their profile names one', () => {
  const own = 'own@my-project.iam.gserviceaccount.com';
  const runtime = 'cloudrun-perf-runtime@my-project.iam.gserviceaccount.com';
  const { profiles, sweep } = load(`version: "1.0"
gcp:
  project_id: my-project
  runtime_service_account: cloudrun-perf-runtime@\${PROJECT_ID}.iam.gserviceaccount.com
deployment_profiles:
  big: { cpu: "2", memory: 1Gi }
  own: { service_account: ${own} }
sweep: { base: own, cpu: ["1", "2"] }
`);
  const accounts = [profiles.default, profiles.big, profiles.own, ...sweep].map((profile) => profile?.serviceAccount);
  assert.deepEqual(accounts, [runtime, runtime, own, own, own]);
  const swept = load(`version: "1.0"\ngcp: {runtime_service_account: ${runtime}}\nsweep: { cpu: ["1"] }\n`).sweep;
  assert.deepEqual([...new Set(swept.map(({ serviceAccount }) => serviceAccount))], [runtime]);
  assert.equal(load('version: "1.0"\n').profiles.default?.serviceAccount, undefined);
  const wrong = refusal('version: "1.0"\ngcp: {runtime_service_account: runtime}\n');
  assert.match(wrong, /found "runtime".*wanted the e-mail address of the service account/);
});

test('wrong fields of a profile are told where they stand', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['service_account: runner', /found "runner".*wanted the e-mail address of a service account/],
    ['env: { LEVEL: 3 }', /wanted a text of at most 32768 characters; numbers and true or false in quotes/],
    ['env: { 3X: a }', /a name of letters, digits and underscores that begins with no digit/],
    ['secrets: { KEY: hunter2 }', /wanted an object/],
    ['secrets: { KEY: { secret: s } }', /version/],
    ['secrets: { KEY: { secret: s, version: newest } }', /wanted a version in quotes/],
    ['port: { protocol: grpc }', /http1.*h2c/],
    ['port: { number: 70000 }', /wanted a port from 1 to 65535/],
    ['startup_probe: { path: /x }', /type/],
    ['startup_probe: { type: http, path: x }', /wanted a path of an HTTP probe/],
    ['startup_probe: { type: tcp, periodSeconds: 3 }', /Did you mean "period_seconds"/],
    ['env: { DB_PASSWORD: "hunter2" }', /3:15: found a plain value for DB_PASSWORD, wanted a reference to a secret/],
  ];
  for (const [line, expected] of cases) {
    const text = `version: "1.0"\ndeployment_profiles:\n  x: { ${line} }\n`;
    assert.throws(
      () => load(text),
      (error) => {
        assert.ok(error instanceof UsageError);
        const told = formatError(error);
        assert.match(told, expected);
        assert.ok(!/PASSWORD.*hunter2/.test(told), told);
        return true;
      },
      line,
    );
  }
});
