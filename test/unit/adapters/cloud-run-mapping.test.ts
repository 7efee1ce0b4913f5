import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RUN_LABELS } from '../../../src/adapters/platforms/cloud-run/deploy.ts';
import { deployedServiceOf, deploymentOf } from '../../../src/adapters/platforms/cloud-run/deployment.ts';
import { failureOf } from '../../../src/adapters/platforms/cloud-run/failure.ts';
import { epochMs, eventOf, type RestLogEntry } from '../../../src/adapters/platforms/cloud-run/log-entry.ts';
import { logFilter } from '../../../src/adapters/platforms/cloud-run/log-filter.ts';
import {
  addRevisionRequest,
  createRequest,
  scalingRequest,
  trafficOf,
} from '../../../src/adapters/platforms/cloud-run/requests.ts';
import { runningInstances } from '../../../src/adapters/platforms/cloud-run/running-instances.ts';
import { StatusError } from '../../../src/adapters/platforms/cloud-run/status-code.ts';
import type { InstanceEvent, ServiceSpec } from '../../../src/domain/deployment.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { Profile } from '../../../src/domain/profile.ts';
import { OWNER_LABEL, RUN_LABEL } from '../../../src/plan/naming.ts';

const place = { project: 'p', region: 'r' };
const spec: ServiceSpec = {
  name: 'svc',
  image: 'registry/image@sha256:00',
  profile: {
    name: 'default',
    cpu: '1',
    memory: '512Mi',
    concurrency: 40,
    minInstances: 0,
    maxInstances: 2,
    executionEnvironment: 'gen2',
    startupCpuBoost: false,
    cpuIdle: true,
    timeoutMs: 30_500,
  },
  env: { A: '1' },
  labels: { 'perf-run-id': 'x' },
  tags: ['c01', 'c02', 'c03'],
};

test('a private service asks for ID tokens of one audience; a public one checks nobody', () => {
  const { service } = createRequest(place, spec, 'c01', 'cloudrun-perf');
  assert.equal(service?.invokerIamDisabled, false);
  assert.deepEqual(service?.customAudiences, ['cloudrun-perf']);
  const open = createRequest(place, spec, 'c01').service;
  assert.equal(open?.invokerIamDisabled, true);
  assert.equal(open?.customAudiences, undefined);
});

test('a spec becomes a service with every field of the profile explicit', () => {
  assert.deepEqual(createRequest(place, spec, 'c01'), {
    parent: 'projects/p/locations/r',
    serviceId: 'svc',
    service: {
      labels: { 'perf-run-id': 'x' },
      ingress: 'INGRESS_TRAFFIC_ALL',
      scaling: { scalingMode: 'AUTOMATIC' },
      invokerIamDisabled: true,
      template: {
        revision: 'svc-c01',
        scaling: { minInstanceCount: 0, maxInstanceCount: 2 },
        timeout: { seconds: 30, nanos: 500_000_000 },
        containers: [
          {
            image: 'registry/image@sha256:00',
            env: [
              { name: 'A', value: '1' },
              { name: 'PERF_REVISION_NONCE', value: 'svc-c01' },
            ],
            resources: { limits: { cpu: '1', memory: '512Mi' }, cpuIdle: true, startupCpuBoost: false },
            ports: [{ name: 'http1', containerPort: 8080 }],
          },
        ],
        executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
        maxInstanceRequestConcurrency: 40,
        healthCheckDisabled: true,
      },
      traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100, tag: 'c01' }],
    },
  });
  const gen1 = { ...spec, profile: { ...spec.profile, executionEnvironment: 'gen1' as const } };
  const template = createRequest(place, gen1, 'c01').service?.template;
  assert.equal(template?.executionEnvironment, 'EXECUTION_ENVIRONMENT_GEN1');
});

test('what a profile says of the container is told; the contract wins over it, and secrets stay references', () => {
  const times = { initialDelaySeconds: 1, timeoutSeconds: 2, periodSeconds: 3, failureThreshold: 4 };
  const profile: Profile = {
    ...spec.profile,
    serviceAccount: 'runner@p.iam.gserviceaccount.com',
    env: { A: 'lost', B: '2' },
    secrets: { KEY: { secret: 'my-key', version: '7' }, A: { secret: 'unused', version: '1' } },
    port: { protocol: 'h2c', number: 50_051 },
    startupProbe: { type: 'http', path: '/health', ...times },
    livenessProbe: { type: 'grpc', service: 'a.B', ...times },
  };
  const { template } = createRequest(place, { ...spec, profile }, 'c01').service ?? {};
  assert.equal(template?.serviceAccount, 'runner@p.iam.gserviceaccount.com');
  const [container] = template?.containers ?? [];
  assert.deepEqual(container?.env, [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
    { name: 'PERF_REVISION_NONCE', value: 'svc-c01' },
    { name: 'KEY', valueSource: { secretKeyRef: { secret: 'my-key', version: '7' } } },
  ]);
  assert.deepEqual(container?.ports, [{ name: 'h2c', containerPort: 50_051 }]);
  assert.deepEqual(container?.startupProbe, { ...times, httpGet: { path: '/health', port: 50_051 } });
  assert.deepEqual(container?.livenessProbe, { ...times, grpc: { port: 50_051, service: 'a.B' } });
  const tcp = { ...profile, startupProbe: { type: 'tcp', ...times } } satisfies Profile;
  const again = createRequest(place, { ...spec, profile: tcp }, 'c01').service?.template?.containers?.[0];
  assert.deepEqual(again?.startupProbe, { ...times, tcpSocket: { port: 50_051 } });
});

test('further revisions list the earlier tags again and leave all traffic with the first', () => {
  assert.deepEqual(trafficOf('svc', ['c01', 'c02', 'c03']), [
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'svc-c01', percent: 100, tag: 'c01' },
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'svc-c02', percent: 0, tag: 'c02' },
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 0, tag: 'c03' },
  ]);
  const { service, updateMask } = addRevisionRequest(place, spec, ['c01', 'c02']);
  assert.deepEqual(updateMask, { paths: ['template', 'traffic'] });
  assert.equal(service?.name, 'projects/p/locations/r/services/svc');
  assert.equal(service?.template?.revision, 'svc-c02');
});

test('scaling by hand and back names only the scaling', () => {
  const zero = scalingRequest(place, 'svc', 0);
  assert.deepEqual(zero.service?.scaling, { scalingMode: 'MANUAL', manualInstanceCount: 0 });
  assert.deepEqual(zero.updateMask, { paths: ['scaling'] });
  assert.deepEqual(scalingRequest(place, 'svc', undefined).service?.scaling, { scalingMode: 'AUTOMATIC' });
});

test('a deployment takes its URLs from the platform', () => {
  const times = { deployedAtMs: 5, deployMs: 3 };
  const trafficStatuses = spec.tags.map((tag) => ({ tag, uri: `https://${tag}---svc.example/` }));
  const deployment = deploymentOf(spec, { uri: 'https://svc.example', trafficStatuses }, times);
  assert.equal(deployment.url, 'https://svc.example');
  assert.deepEqual(deployment.revisions[1], { tag: 'c02', revision: 'svc-c02', url: 'https://c02---svc.example' });
  assert.throws(
    () => deploymentOf(spec, { uri: 'https://svc.example', trafficStatuses: trafficStatuses.slice(1) }, times),
    /no URL for the tag c01/,
  );
  const moved = trafficStatuses.map((status) => ({ ...status, revision: 'p/revisions/svc-c01' }));
  assert.throws(() => deploymentOf(spec, { uri: 'https://svc.example', trafficStatuses: moved }, times), {
    code: 'tag-on-other-revision',
  });
  assert.deepEqual([RUN_LABELS[0], RUN_LABELS[1]], [RUN_LABEL, OWNER_LABEL]);
  const listed = deployedServiceOf({ name: 'a/b/svc', labels: { k: 'v' }, createTime: { seconds: '12', nanos: 5e8 } });
  assert.deepEqual(listed, { name: 'svc', labels: { k: 'v' }, createdAtMs: 12_500 });
});

test('log entries become events', () => {
  const base = {
    timestamp: '2026-01-02T03:04:05.001235Z',
    resource: { labels: { service_name: 'svc', revision_name: 'svc-c01' } },
    labels: { instanceId: 'i1' },
  };
  const expected = {
    atMs: Date.UTC(2026, 0, 2, 3, 4, 5) + 1.235,
    service: 'svc',
    revision: 'svc-c01',
    instanceId: 'i1',
  };
  const text = (textPayload: string): RestLogEntry => ({ ...base, textPayload });
  const trace = 'ab'.repeat(16);
  const cases: readonly (readonly [RestLogEntry, Partial<InstanceEvent> | undefined])[] = [
    [
      text('Starting new instance. Reason: AUTOSCALING - Instance started due to'),
      { kind: 'start', reason: 'AUTOSCALING' },
    ],
    [text('Starting new instance. Reason: DEPLOYMENT_ROLLOUT'), { kind: 'start', reason: 'DEPLOYMENT_ROLLOUT' }],
    [
      text('Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance'),
      { kind: 'start', reason: 'MIN_INSTANCES' },
    ],
    [text('Starting new instance. Reason: SOMETHING_NEW - x'), { kind: 'start', reason: 'UNKNOWN' }],
    [text('Default STARTUP TCP probe succeeded after 1 attempt for container "x" on port 8080.'), { kind: 'ready' }],
    [text('STARTUP HTTP probe succeeded after 2 attempts for container "x" on path "/".'), { kind: 'ready' }],
    [
      text('Default STARTUP TCP probe failed 1 time consecutively'),
      { kind: 'start-failed', detail: 'Default STARTUP TCP probe failed 1 time consecutively' },
    ],
    [text('Shutting down user disabled instance'), { kind: 'stop', detail: 'Shutting down user disabled instance' }],
    [text('Container called exit(1).'), { kind: 'stop', detail: 'Container called exit(1).' }],
    [
      { ...base, httpRequest: { status: 200, latency: '0.012500s' }, trace: `projects/p/traces/${trace}` },
      { kind: 'request', status: 200, latencyMs: 12.5, trace },
    ],
    [
      { ...base, labels: {}, httpRequest: { status: 429 } },
      { kind: 'request', instanceId: '', status: 429 },
    ],
    [{ ...base, httpRequest: { latency: 'soon' }, trace: 'odd' }, { kind: 'request' }],
    [{ ...base, jsonPayload: { perf: 'sigterm', uptimeMs: 61_234 } }, { kind: 'sigterm' }],
    [{ ...base, jsonPayload: { perf: 'other', message: 'Shutting down' } }, undefined],
    [text('{"perf":"sigterm"}'), undefined],
    [text('A line of the application'), undefined],
    [{ ...text('Starting new instance. Reason: AUTOSCALING'), timestamp: 'never' }, undefined],
    [{ ...text('Starting new instance. Reason: AUTOSCALING'), resource: {} }, undefined],
    [{}, undefined],
  ];
  for (const [entry, event] of cases) {
    assert.deepEqual(
      eventOf(entry),
      event === undefined ? undefined : { ...expected, ...event },
      JSON.stringify(entry),
    );
  }
  assert.equal(eventOf(text(`Shutting down ${'x'.repeat(5000)}`))?.detail?.length, 2000, 'hostile text is bounded');
  assert.equal(epochMs('2026-01-02T04:04:05.5+01:00'), Date.UTC(2026, 0, 2, 3, 4, 5, 500));
});

test('the log filter names the service and quotes what it is given', () => {
  const filter = logFilter('p', { service: 'a"b\\', revision: 'rev', sinceMs: Date.UTC(2026, 0, 2) + 0.0012 }, [
    'requests',
    'varlog%2Fsystem',
  ]);
  assert.equal(
    filter,
    'resource.type="cloud_run_revision" AND resource.labels.service_name="a\\"b\\\\" AND resource.labels.revision_name="rev" AND (logName=("projects/p/logs/run.googleapis.com%2Frequests" OR "projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem") OR jsonPayload.perf="sigterm") AND timestamp>="2026-01-02T00:00:00.000001Z"',
  );
});

test('instances run until their end is logged', () => {
  const event = (kind: InstanceEvent['kind'], instanceId: string): InstanceEvent => ({
    kind,
    instanceId,
    atMs: 0,
    service: 's',
    revision: 'r',
  });
  const log = [event('start', 'a'), event('ready', 'a'), event('start', 'b'), event('start', 'c'), event('stop', 'a')];
  assert.deepEqual([...runningInstances([...log, event('start-failed', 'c'), event('request', 'x')])], ['b']);
  assert.deepEqual([...runningInstances([...log, event('sigterm', 'b')])], ['c']);
});

test('failures say what failed, why, and what to do', () => {
  const failed = failureOf(new StatusError(9, 'not ready'), {
    action: 'deploying',
    service: 'svc',
    reason: 'HEALTH_CHECK_CONTAINER_ERROR',
  });
  assert.equal(failed.message, 'deploying svc failed (HEALTH_CHECK_CONTAINER_ERROR): not ready');
  assert.match(failed.hint ?? '', /listen on 0\.0\.0\.0/);
  assert.equal(failed.code, 'platform-failed');
  assert.equal(failureOf(new StatusError(3, 'x'), { action: 'a', service: 's' }).code, 'platform-refused');
  assert.ok(failureOf(new Error('y'.repeat(9000)), { action: 'a', service: 's' }).message.length < 2100);
  const noLogin = failureOf(new Error('Could not load the default credentials.'), { action: 'a', service: 's' });
  assert.match(noLogin.hint ?? '', /^Log in/);
  const ours = new InfrastructureError('mine', 'm');
  assert.equal(failureOf(ours, { action: 'a', service: 's' }), ours);
});
