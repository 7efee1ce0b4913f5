import type { protos } from '@google-cloud/run';
import type { ServiceSpec } from '../../../domain/deployment.ts';
import type { Probe, Profile } from '../../../domain/profile.ts';

type IRevisionTemplate = protos.google.cloud.run.v2.IRevisionTemplate;
type IEnvVar = protos.google.cloud.run.v2.IEnvVar;
type IProbe = protos.google.cloud.run.v2.IProbe;

/** Makes every revision's template differ, so that each gets a revision of its own. */
export const NONCE_VARIABLE = 'PERF_REVISION_NONCE';
const DEFAULT_PORT = { protocol: 'http1', number: 8080 } as const;

/** Short revision name of a tag. Chosen here, so that it is known before the platform answers. */
export const revisionOf = (service: string, tag: string) => `${service}-${tag}`;

/** The template of one tagged revision, with every field explicit that Cloud Run would otherwise choose by itself. */
export function revisionTemplate(spec: ServiceSpec, tag: string): IRevisionTemplate {
  const { profile, name, image } = spec;
  const { protocol, number } = profile.port ?? DEFAULT_PORT;
  const { serviceAccount, startupProbe, livenessProbe } = profile;
  return {
    revision: revisionOf(name, tag),
    scaling: { minInstanceCount: profile.minInstances, maxInstanceCount: profile.maxInstances },
    timeout: durationOf(profile.timeoutMs),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    containers: [
      {
        image,
        env: variables(spec, revisionOf(name, tag)),
        resources: {
          limits: { cpu: profile.cpu, memory: profile.memory },
          cpuIdle: profile.cpuIdle,
          startupCpuBoost: profile.startupCpuBoost,
        },
        ports: [{ name: protocol, containerPort: number }],
        ...(startupProbe === undefined ? {} : { startupProbe: probeOf(startupProbe, number) }),
        ...(livenessProbe === undefined ? {} : { livenessProbe: probeOf(livenessProbe, number) }),
      },
    ],
    executionEnvironment: environmentOf(profile),
    maxInstanceRequestConcurrency: profile.concurrency,
    // Without this the platform starts an instance at deploy time, and the first request would meet a warm one.
    healthCheckDisabled: true,
  };
}

/** What the contract sets wins over the profile: the checks rely on it. */
function variables({ profile, env }: ServiceSpec, nonce: string): IEnvVar[] {
  const own = { ...env, [NONCE_VARIABLE]: nonce };
  const plain = Object.entries({ ...profile.env, ...own }).map(([name, value]) => ({ name, value }));
  const secrets = Object.entries(profile.secrets ?? {}).filter(([name]) => !Object.hasOwn(own, name));
  return [
    ...plain,
    ...secrets.map(([name, { secret, version }]) => ({ name, valueSource: { secretKeyRef: { secret, version } } })),
  ];
}

function probeOf(probe: Probe, port: number): IProbe {
  const { type, path, service, initialDelaySeconds, timeoutSeconds, periodSeconds, failureThreshold } = probe;
  const times = { initialDelaySeconds, timeoutSeconds, periodSeconds, failureThreshold };
  switch (type) {
    case 'http':
      return { ...times, httpGet: { path: path ?? '/', port } };
    case 'tcp':
      return { ...times, tcpSocket: { port } };
    case 'grpc':
      return { ...times, grpc: { port, ...(service === undefined ? {} : { service }) } };
  }
}

const environmentOf = ({ executionEnvironment }: Profile) =>
  executionEnvironment === 'gen1' ? 'EXECUTION_ENVIRONMENT_GEN1' : 'EXECUTION_ENVIRONMENT_GEN2';

export function durationOf(durationMs: number) {
  const seconds = Math.floor(durationMs / 1000);
  return { seconds, nanos: Math.round((durationMs - seconds * 1000) * 1e6) };
}
