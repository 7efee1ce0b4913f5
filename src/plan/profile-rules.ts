import type { Probe, Profile } from '../domain/profile.ts';

const MIB = 2 ** 20;
/** Largest memory below a number of vCPU, as Cloud Run documents it. */
const MOST_MEMORY_MIB: readonly (readonly [cpu: number, mib: number])[] = [
  [0.5, 512],
  [1, 1024],
  [2, 4096],
  [4, 8192],
  [6, 16_384],
  [8, 24_576],
  [Number.POSITIVE_INFINITY, 32_768],
];
const RESERVED = ['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION', 'PERF_REVISION_NONCE'];
/** Names of variables whose values nobody means to store with results. */
const SECRET_NAME =
  /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY)$/i;
const MOST_STARTUP_SECONDS = 240;

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
  return [
    ...problems,
    ...memoryProblems(profile),
    ...variableProblems(profile),
    ...probeProblems('startup_probe', profile.startupProbe),
    ...probeProblems('liveness_probe', profile.livenessProbe),
  ];
}

function* memoryProblems({ cpu, memory, executionEnvironment }: Profile): Generator<string> {
  const mib = memoryBytes(memory) / MIB;
  const most = MOST_MEMORY_MIB.find(([limit]) => Number(cpu) < limit)?.[1] ?? 0;
  const least = executionEnvironment === 'gen2' ? 512 : 128;
  if (mib > most) yield `Cloud Run gives cpu ${cpu} at most ${most}Mi of memory, found ${memory}`;
  if (mib < least) yield `Cloud Run wants at least ${least}Mi of memory in ${executionEnvironment}, found ${memory}`;
}

/** Bytes of a memory limit such as "512Mi" or "1Gi"; NaN for another text. */
export function memoryBytes(memory: string): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(memory) ?? [];
  return Number(amount ?? Number.NaN) * (unit === 'Gi' ? 1024 : 1) * MIB;
}

function* variableProblems({ env = {}, secrets = {} }: Profile): Generator<string> {
  for (const name of [...Object.keys(env), ...Object.keys(secrets)]) {
    if (RESERVED.includes(name)) yield `the variable ${name} is set by the platform, and cannot be given`;
  }
  for (const name of Object.keys(secrets)) {
    if (Object.hasOwn(env, name)) yield `the variable ${name} is both in env and in secrets`;
  }
}

/** Variables whose plain value would be stored and shown although their name says that it is a secret. */
export function plainSecrets({ env = {} }: Pick<Profile, 'env'>): readonly string[] {
  return Object.keys(env).filter((name) => SECRET_NAME.test(name) && env[name] !== '');
}

function* probeProblems(field: 'startup_probe' | 'liveness_probe', probe: Probe | undefined): Generator<string> {
  if (probe === undefined) return;
  const { type, timeoutSeconds, periodSeconds, failureThreshold, initialDelaySeconds } = probe;
  if (timeoutSeconds > periodSeconds)
    yield `${field} has a timeout of ${timeoutSeconds} s, more than its period of ${periodSeconds} s`;
  if (field === 'liveness_probe') {
    if (type === 'tcp') yield 'Cloud Run has TCP probes for start-up only, found a liveness_probe of type tcp';
    return;
  }
  if (failureThreshold * periodSeconds > MOST_STARTUP_SECONDS)
    yield `${field} may fail for ${failureThreshold * periodSeconds} s, Cloud Run allows ${MOST_STARTUP_SECONDS}`;
  if (initialDelaySeconds > MOST_STARTUP_SECONDS)
    yield `${field} waits ${initialDelaySeconds} s before it starts, Cloud Run allows ${MOST_STARTUP_SECONDS}`;
}
