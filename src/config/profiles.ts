import type { Probe, Profile } from '../domain/profile.ts';
import type { ProbeDocument, ProfileDocument } from './document.ts';
import { parseDuration } from './duration.ts';

/** What a profile is where the configuration says nothing. */
export const DEFAULT_PROFILE: Profile = {
  name: 'default',
  cpu: '1',
  memory: '512Mi',
  concurrency: 80,
  minInstances: 0,
  // One instance: throughput is that of an instance, and no second one starts inside a warm block.
  maxInstances: 1,
  executionEnvironment: 'gen2',
  startupCpuBoost: true,
  cpuIdle: true,
  timeoutMs: 300_000,
};

export function toProfile(name: string, document: ProfileDocument): Profile {
  const cpu = document.cpu ?? DEFAULT_PROFILE.cpu;
  const timeout = document.timeout === undefined ? undefined : parseDuration(document.timeout);
  return {
    name,
    cpu,
    memory: document.memory ?? DEFAULT_PROFILE.memory,
    concurrency: document.concurrency ?? DEFAULT_PROFILE.concurrency,
    minInstances: document.min_instances ?? DEFAULT_PROFILE.minInstances,
    maxInstances: document.max_instances ?? DEFAULT_PROFILE.maxInstances,
    // Cloud Run has fractions of a vCPU in the first generation only.
    executionEnvironment: document.execution_env ?? (Number(cpu) < 1 ? 'gen1' : 'gen2'),
    startupCpuBoost: document.startup_cpu_boost ?? DEFAULT_PROFILE.startupCpuBoost,
    cpuIdle: document.cpu_idle ?? DEFAULT_PROFILE.cpuIdle,
    timeoutMs: timeout ?? DEFAULT_PROFILE.timeoutMs,
    ...containerOf(document),
  };
}

/** The profile with the account of all services, where it names none of its own. */
export function withAccount(profile: Profile, account: string | undefined): Profile {
  return account === undefined ? profile : { serviceAccount: account, ...profile };
}

/** What a profile says of the container itself. A field that is not written stays absent, as in stored results. */
function containerOf(document: ProfileDocument): Partial<Profile> {
  const { service_account: serviceAccount, env, secrets, port, startup_probe, liveness_probe } = document;
  return {
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(env === undefined || isEmpty(env) ? {} : { env }),
    ...(secrets === undefined || isEmpty(secrets) ? {} : { secrets }),
    ...(port === undefined ? {} : { port: { protocol: port.protocol ?? 'http1', number: port.number ?? 8080 } }),
    ...(startup_probe === undefined ? {} : { startupProbe: toProbe(startup_probe) }),
    ...(liveness_probe === undefined ? {} : { livenessProbe: toProbe(liveness_probe) }),
  };
}

const isEmpty = (object: object) => Object.keys(object).length === 0;

/** With Cloud Run's own defaults of a probe that somebody configures, written out. */
function toProbe(document: ProbeDocument): Probe {
  const { type, path, service } = document;
  return {
    type,
    ...(type === 'http' ? { path: path ?? '/' } : {}),
    ...(type === 'grpc' && service !== undefined ? { service } : {}),
    initialDelaySeconds: document.initial_delay_seconds ?? 0,
    timeoutSeconds: document.timeout_seconds ?? 1,
    periodSeconds: document.period_seconds ?? 10,
    failureThreshold: document.failure_threshold ?? 3,
  };
}
