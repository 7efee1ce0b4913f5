import type { Profile } from '../domain/profile.ts';
import type { ProfileDocument } from './document.ts';
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
  };
}
