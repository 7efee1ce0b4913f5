import type { Container, Probe, RevisionTemplate, ServiceInput } from './messages.ts';
import { parseCpu } from './quantity.ts';

const DEFAULT_CPU = '1000m';
const DEFAULT_MEMORY = '512Mi';
const DEFAULT_TIMEOUT = { seconds: '300' };
const DEFAULT_MAX_INSTANCES = 100;
const DEFAULT_CONCURRENCY = 80;
const DEFAULT_PORT = 8080;

/** The service with everything filled in that Cloud Run fills in. */
export function withDefaults(service: ServiceInput): ServiceInput {
  const { template, traffic, scaling } = service;
  return {
    ...service,
    ingress: known(service.ingress, 'INGRESS_TRAFFIC_UNSPECIFIED') ?? 'INGRESS_TRAFFIC_ALL',
    launchStage: known(service.launchStage, 'LAUNCH_STAGE_UNSPECIFIED') ?? 'GA',
    traffic:
      traffic === undefined || traffic.length === 0
        ? [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]
        : traffic,
    scaling: { ...scaling, scalingMode: known(scaling?.scalingMode, 'SCALING_MODE_UNSPECIFIED') ?? 'AUTOMATIC' },
    ...(template === undefined ? {} : { template: templateWithDefaults(template) }),
  };
}

function templateWithDefaults(template: RevisionTemplate): RevisionTemplate {
  const containers = (template.containers ?? []).map(containerWithDefaults);
  const cpu = parseCpu(containers[0]?.resources?.limits?.cpu ?? '') ?? 1;
  const { maxInstanceRequestConcurrency: concurrency = 0, scaling } = template;
  return {
    ...template,
    containers,
    timeout: template.timeout ?? DEFAULT_TIMEOUT,
    scaling: { ...scaling, maxInstanceCount: scaling?.maxInstanceCount || DEFAULT_MAX_INSTANCES },
    maxInstanceRequestConcurrency: concurrency === 0 ? (cpu < 1 ? 1 : DEFAULT_CONCURRENCY) : concurrency,
  };
}

/** Without any `resources` CPU is request-based; with them, `cpu_idle` counts as it stands, as the proto warns. */
function containerWithDefaults(container: Container): Container {
  const { resources, ports = [], startupProbe, livenessProbe } = container;
  const [port] = ports;
  return {
    ...container,
    resources: {
      ...(resources ?? { cpuIdle: true }),
      limits: { cpu: DEFAULT_CPU, memory: DEFAULT_MEMORY, ...resources?.limits },
    },
    ports:
      ports.length > 1
        ? ports
        : [{ name: known(port?.name, '') ?? 'http1', containerPort: port?.containerPort || DEFAULT_PORT }],
    startupProbe: startupProbe === undefined ? DEFAULT_PROBE : probeWithDefaults(startupProbe),
    ...(livenessProbe === undefined ? {} : { livenessProbe: probeWithDefaults(livenessProbe, { httpGet: {} }) }),
  };
}

/** What Cloud Run does when no start-up probe is given: one TCP attempt of 240 s. */
const DEFAULT_PROBE: Probe = { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: {} };

function probeWithDefaults(probe: Probe, kind: Pick<Probe, 'tcpSocket' | 'httpGet'> = { tcpSocket: {} }): Probe {
  const { httpGet, grpc, tcpSocket } = probe;
  return {
    ...probe,
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    failureThreshold: probe.failureThreshold || 3,
    ...(httpGet === undefined && grpc === undefined && tcpSocket === undefined ? kind : {}),
  };
}

const known = (value: string | undefined, unset: string) => (value === unset ? undefined : value);
