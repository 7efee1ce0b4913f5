import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDefaults } from '../../../src/emulator/admin/defaults.ts';
import type { Container, Probe, RevisionTemplate, ServiceInput } from '../../../src/emulator/admin/messages.ts';
import { validateService, validateServiceId } from '../../../src/emulator/admin/validate-service.ts';

const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

function serviceOf(template: RevisionTemplate = {}, container: Container = {}, more: ServiceInput = {}): ServiceInput {
  return { template: { containers: [{ image: 'x', ...container }], ...template }, ...more };
}
const limits = (cpu: string, memory = '512Mi') => ({ resources: { limits: { cpu, memory }, cpuIdle: true } });
const secretOf = (secret: string, version: string) =>
  serviceOf({}, { env: [{ name: 'A', valueSource: { secretKeyRef: { secret, version } } }] });
const probe = (startupProbe: Probe) => serviceOf({}, { startupProbe });
const traffic = (...targets: NonNullable<ServiceInput['traffic']>) => serviceOf({}, {}, { traffic: targets });
const problems = (service: ServiceInput, id = 'svc') =>
  validateService(id, withDefaults(service), ['svc-00001-abc']).map(({ path, text }) => `${path}: ${text}`);

test('services that Cloud Run accepts are accepted', () => {
  const accepted: ServiceInput[] = [
    serviceOf(),
    serviceOf({ revision: 'svc-one', maxInstanceRequestConcurrency: 1000, timeout: { seconds: '3600' } }),
    serviceOf({ executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2' }, limits('8', '32Gi')),
    serviceOf({ executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN1' }, limits('0.08', '128Mi')),
    serviceOf({}, limits('500m', '1Gi')),
    serviceOf({}, { ports: [{ name: 'h2c', containerPort: 50051 }], env: [{ name: 'A', value: '' }] }),
    secretOf('my-secret', 'latest'),
    secretOf('projects/p/secrets/my_secret', '12'),
    serviceOf({ serviceAccount: '' }),
    serviceOf({ serviceAccount: 'runner@p.iam.gserviceaccount.com' }, { livenessProbe: { grpc: { service: 'a.B' } } }),
    serviceOf({}, {}, { labels: { 'perf-run-id': 'a_1' }, annotations: { 'example.com/x': 'Anything at All' } }),
    serviceOf({}, {}, { scaling: { scalingMode: 'MANUAL', manualInstanceCount: 0 } }),
    probe({ httpGet: { path: '/health' }, periodSeconds: 24, failureThreshold: 10, timeoutSeconds: 24 }),
    traffic({ type: LATEST, percent: 60, tag: 'new' }, { type: REVISION, revision: 'svc-00001-abc', percent: 40 }),
  ];
  for (const service of accepted) assert.deepEqual(problems(service), [], JSON.stringify(service));
});

test('services that Cloud Run refuses are refused with the field at fault', () => {
  const refused: readonly (readonly [ServiceInput, RegExp])[] = [
    [{}, /^service\.template: the template must be set/],
    [{ template: {} }, /containers: the template must have a container/],
    [serviceOf({}, { image: '' }), /containers\[0\]\.image: /],
    [serviceOf({ containers: [{ image: 'a' }, { image: 'b' }] }), /more than one container/],
    [serviceOf({ revision: 'other-one' }), /revision: .*prefixed by the name of the enclosing Service/],
    [serviceOf({ revision: 'svc-One' }), /revision: must use only lowercase/],
    [serviceOf({ revision: `svc-${'x'.repeat(60)}` }), /revision: .*63 characters/],
    [serviceOf({ maxInstanceRequestConcurrency: 1001 }), /concurrency: must be between 0 and 1000, found 1001/],
    [serviceOf({ timeout: { seconds: '3601' } }), /timeout: .*3600s, found 3601s/],
    [serviceOf({ timeout: {} }), /timeout: .*found 0s/],
    [serviceOf({ scaling: { minInstanceCount: 3, maxInstanceCount: 2 } }), /min_instance_count: .*\(2\), found 3/],
    [serviceOf({ volumes: [{}] }), /volumes are not supported by this emulator/],
    [serviceOf({}, limits('3')), /limits\.cpu: Invalid value specified for cpu '3'/],
    [serviceOf({}, limits('0.05')), /limits\.cpu: /],
    [serviceOf({}, limits('1', '8Gi')), /limits\.memory: .*at most 4096Mi with 1 cpu, found 8192Mi/],
    [serviceOf({}, limits('1', '64Mi')), /limits\.memory: .*at least 128Mi/],
    [serviceOf({ executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2' }, limits('1', '256Mi')), /at least 512Mi/],
    [serviceOf({}, limits('1', 'much')), /limits\.memory: Invalid value specified for memory 'much'/],
    [serviceOf({ maxInstanceRequestConcurrency: 2 }, limits('0.5')), /cpu < 1 is not supported with concurrency > 1/],
    [serviceOf({ executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2' }, limits('0.5')), /second generation/],
    [serviceOf({}, { resources: { limits: { cpu: '0.5' } } }), /cpu_idle: Total cpu < 1/],
    [serviceOf({}, { env: [{ name: 'PORT', value: '1' }] }), /reserved env names were provided: PORT/],
    [serviceOf({}, { env: [{ name: 'A' }, { name: 'A' }] }), /duplicate environment variables: A/],
    [
      serviceOf({}, { env: [{ name: 'A', valueSource: {} }] }),
      /env\[A\]\.value_source\.secret_key_ref\.secret: invalid/,
    ],
    [secretOf('s', '0'), /version: must be a number or 'latest', found '0'/],
    [secretOf('a b', '1'), /invalid secret 'a b'/],
    [
      serviceOf({}, { env: [{ name: 'A', value: 'x', valueSource: { secretKeyRef: { secret: 's', version: '1' } } }] }),
      /either a value or a source/,
    ],
    [serviceOf({ serviceAccount: 'nobody' }), /service_account: must be the e-mail address .*'nobody'/],
    [serviceOf({}, { livenessProbe: { tcpSocket: {} } }), /liveness_probe\.tcp_socket: TCP/],
    [serviceOf({}, { ports: [{}, {}] }), /exactly one port is allowed, found 2/],
    [serviceOf({}, { ports: [{ name: 'grpc' }] }), /must be 'http1' or 'h2c', found 'grpc'/],
    [serviceOf({}, {}, { labels: { 'run.googleapis.com/x': 'y' } }), /system namespace 'run.googleapis.com'/],
    [serviceOf({}, {}, { annotations: { 'autoscaling.knative.dev/maxScale': '1' } }), /autoscaling\.knative\.dev/],
    [serviceOf({ labels: { 'client.serving.knative.dev/x': 'y' } }), /template\.labels: .*serving\.knative\.dev/],
    [serviceOf({}, {}, { labels: { Upper: 'x' } }), /invalid label key 'Upper'/],
    [serviceOf({}, {}, { labels: { key: 'Upper' } }), /invalid value 'Upper'/],
    [serviceOf({}, {}, { description: 'x'.repeat(513) }), /description: at most 512/],
    [serviceOf({}, {}, { scaling: { scalingMode: 'MANUAL' } }), /manual_instance_count: must be set/],
    [probe({ tcpSocket: {}, initialDelaySeconds: 241 }), /initial_delay_seconds: .*240, found 241/],
    [probe({ tcpSocket: {}, timeoutSeconds: 11 }), /timeout_seconds: must not be greater than period_seconds \(10\)/],
    [probe({ tcpSocket: {}, periodSeconds: 60, failureThreshold: 5 }), /at most 240, found 300/],
    [probe({ tcpSocket: {}, httpGet: {} }), /exactly one of http_get, tcp_socket or grpc/],
    [traffic({ type: LATEST, percent: 99 }), /percents must be 100, found 99/],
    [traffic({ type: LATEST, percent: 100, tag: 'a' }, { type: LATEST, tag: 'a' }), /must be unique, repeated: a/],
    [traffic({ type: REVISION, revision: 'svc-nope', percent: 100 }), /Revision named 'svc-nope' does not exist/],
    [traffic({ type: LATEST, revision: 'svc-00001-abc', percent: 100 }), /must be empty when the type is LATEST/],
    [traffic({ percent: 100 }), /allocation type must be LATEST or REVISION/],
    [traffic({ type: LATEST, percent: 100, tag: 'Tag' }), /tag: only lowercase/],
    [
      traffic({ type: LATEST, percent: 100, tag: 't'.repeat(44) }),
      /Combined traffic tag and service name cannot exceed 46 characters\. Found 47/,
    ],
  ];
  for (const [service, expected] of refused) {
    assert.ok(
      problems(service).some((problem) => expected.test(problem)),
      `${expected} not among: ${problems(service).join(' | ') || 'no problem'}`,
    );
  }
});

test('service ids', () => {
  for (const id of ['a', 'a-1', `a${'b'.repeat(48)}`]) assert.deepEqual(validateServiceId(id), [], id);
  for (const id of ['', undefined, '1a', 'A', 'a-', '-a', 'a_b', 'a.b', `a${'b'.repeat(49)}`]) {
    assert.equal(validateServiceId(id).length, 1, String(id));
  }
});

test('defaults are those of Cloud Run', () => {
  const { template, traffic: targets, scaling, ingress } = withDefaults(serviceOf());
  const [container] = template?.containers ?? [];
  assert.equal(template?.maxInstanceRequestConcurrency, 80);
  assert.deepEqual(template?.timeout, { seconds: '300' });
  assert.deepEqual(template?.scaling, { maxInstanceCount: 100 });
  assert.deepEqual(container?.resources, { cpuIdle: true, limits: { cpu: '1000m', memory: '512Mi' } });
  assert.deepEqual(container?.ports, [{ name: 'http1', containerPort: 8080 }]);
  const tcp = { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: {} };
  assert.deepEqual(container?.startupProbe, tcp);
  assert.deepEqual(targets, [{ type: LATEST, percent: 100 }]);
  assert.deepEqual(scaling, { scalingMode: 'AUTOMATIC' });
  assert.equal(ingress, 'INGRESS_TRAFFIC_ALL');
  assert.equal(withDefaults(serviceOf({}, limits('0.5'))).template?.maxInstanceRequestConcurrency, 1);
  const own = withDefaults(probe({ httpGet: {} })).template?.containers?.[0]?.startupProbe;
  assert.deepEqual(own, { httpGet: {}, timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 });
  const alive = withDefaults(serviceOf({}, { livenessProbe: { periodSeconds: 30 } })).template?.containers?.[0];
  assert.deepEqual(alive?.livenessProbe, { httpGet: {}, timeoutSeconds: 1, periodSeconds: 30, failureThreshold: 3 });
  assert.equal(container?.livenessProbe, undefined, 'nobody looks unless asked to');
  const explicit = withDefaults(serviceOf({}, { resources: { limits: { cpu: '2' } } })).template?.containers?.[0];
  assert.equal(explicit?.resources?.cpuIdle, undefined, 'resources without cpu_idle mean instance-based billing');
});
