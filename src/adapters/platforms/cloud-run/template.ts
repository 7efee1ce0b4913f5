import type { protos } from '@google-cloud/run';
import type { ServiceSpec } from '../../../domain/deployment.ts';
import type { Profile } from '../../../domain/profile.ts';

type IRevisionTemplate = protos.google.cloud.run.v2.IRevisionTemplate;

/** Makes every revision's template differ, so that each gets a revision of its own. */
export const NONCE_VARIABLE = 'PERF_REVISION_NONCE';
const CONTAINER_PORT = 8080;

/** Short revision name of a tag. Chosen here, so that it is known before the platform answers. */
export const revisionOf = (service: string, tag: string) => `${service}-${tag}`;

/** The template of one tagged revision, with every field explicit that Cloud Run would otherwise choose by itself. */
export function revisionTemplate(spec: ServiceSpec, tag: string): IRevisionTemplate {
  const { profile, name, image } = spec;
  const env = { ...spec.env, [NONCE_VARIABLE]: revisionOf(name, tag) };
  return {
    revision: revisionOf(name, tag),
    scaling: { minInstanceCount: profile.minInstances, maxInstanceCount: profile.maxInstances },
    timeout: durationOf(profile.timeoutMs),
    containers: [
      {
        image,
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        resources: {
          limits: { cpu: profile.cpu, memory: profile.memory },
          cpuIdle: profile.cpuIdle,
          startupCpuBoost: profile.startupCpuBoost,
        },
        ports: [{ name: 'http1', containerPort: CONTAINER_PORT }],
      },
    ],
    executionEnvironment: environmentOf(profile),
    maxInstanceRequestConcurrency: profile.concurrency,
    // Without this the platform starts an instance at deploy time, and the first request would meet a warm one.
    healthCheckDisabled: true,
  };
}

const environmentOf = ({ executionEnvironment }: Profile) =>
  executionEnvironment === 'gen1' ? 'EXECUTION_ENVIRONMENT_GEN1' : 'EXECUTION_ENVIRONMENT_GEN2';

function durationOf(durationMs: number) {
  const seconds = Math.floor(durationMs / 1000);
  return { seconds, nanos: Math.round((durationMs - seconds * 1000) * 1e6) };
}
