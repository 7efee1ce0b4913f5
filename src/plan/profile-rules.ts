import type { Profile } from '../domain/profile.ts';

/** Cloud Run's rules that only the server checks: what it would refuse about a profile, in words. */
export function profileProblems(profile: Profile): readonly string[] {
  const problems: string[] = [];
  const fraction = Number(profile.cpu) < 1;
  if (fraction && profile.concurrency > 1)
    problems.push(
      `Cloud Run accepts only concurrency 1 below 1 vCPU, found ${profile.concurrency} with cpu ${profile.cpu}`,
    );
  if (fraction && profile.executionEnvironment === 'gen2')
    problems.push(`Cloud Run has cpu ${profile.cpu} in gen1 only, found gen2`);
  if (fraction && !profile.cpuIdle) problems.push(`Cloud Run accepts cpu ${profile.cpu} only with cpu_idle: true`);
  if (profile.minInstances > profile.maxInstances)
    problems.push(`min_instances ${profile.minInstances} is more than max_instances ${profile.maxInstances}`);
  if (profile.timeoutMs > 3_600_000) problems.push('Cloud Run ends requests after 60 minutes at the latest');
  return problems;
}
