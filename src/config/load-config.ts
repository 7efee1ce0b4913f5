import { finding } from '../documents/finding.ts';
import { locate } from '../documents/locate.ts';
import { parseText } from '../documents/parse-document.ts';
import { pointerTo, resolvePointer } from '../documents/pointer.ts';
import { schemaValidator, tellingErrors } from '../documents/schema-check.ts';
import type { Source } from '../documents/source-tree.ts';
import { formatPosition, type PerfError, UsageError } from '../domain/errors.ts';
import type { Profile } from '../domain/profile.ts';
import { profileProblems } from '../plan/profile-rules.ts';
import type { Config, Thresholds } from './config.ts';
import { checkDocument } from './cross-checks.ts';
import type { ConfigDocument, ThresholdsDocument } from './document.ts';
import { parseDuration } from './duration.ts';
import { interpolate, type Lookup } from './interpolate.ts';
import { isSecretPlace, notificationWarnings, toNotificationSecrets, toNotifications } from './notifications.ts';
import { DEFAULT_PROFILE, toProfile, withAccount } from './profiles.ts';
import { sweepProfiles, sweepWarnings } from './sweep.ts';

export interface ConfigSources {
  /** The configuration's text; absent means that there is no file. */
  readonly text?: string;
  /** What messages call it. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Given on the command line or as inputs: they win over the file. */
  readonly flags: { readonly project?: string; readonly region?: string; readonly githubToken?: string };
}

const DEFAULT_REGION = 'us-central1';
const DEFAULT_BASELINE_PATH = 'baselines/latest.json';
const HOUR_MS = 3_600_000;
/** As Cloud Run: an idle instance is kept at most 15 minutes, a start may take 4. */
const IDLE_TIMEOUT_MS = 900_000;
const STARTUP_TIMEOUT_MS = 240_000;
/** One for the load, one for what Node does beside it. */
const LOAD_CPU = '2';
const LOAD_MEMORY = '1Gi';

/** Merges file, environment, flags and defaults. Throws one UsageError with all problems of the file. */
export function loadConfig(sources: ConfigSources, schemas: { readonly config: object }): Config {
  if (sources.text === undefined) return toConfig({ version: '1.0' }, sources);
  const source: Source = { text: sources.text, file: sources.file ?? 'cloudrun-perf.yaml' };
  const parsed = withFlags(parseText(source, 'configuration'), sources.flags);
  const { value, raw, problems } = interpolate(source, parsed, lookupIn(parsed, sources.env));
  refuse(source, problems);
  const validate = schemaValidator(schemas.config);
  if (!validate(value)) {
    // Values of variables may be secrets: messages quote what the file says.
    const errors = tellingErrors(validate.errors ?? []).map((error) => {
      const secret = isSecretPlace(error.instancePath) && typeof error.data === 'string';
      const written = raw.get(error.instancePath) ?? (secret ? '***' : undefined);
      return finding(source, written === undefined ? error : { ...error, data: written });
    });
    refuse(source, errors);
  }
  const document = value as ConfigDocument;
  refuse(source, checkDocument(document, source));
  const config = toConfig(document, sources);
  return {
    ...config,
    warnings: [
      ...profileWarnings(config, source),
      ...sweepWarnings(document, source),
      ...notificationWarnings(document.notifications),
    ],
  };
}

/** Flags replace what the file says before variables are looked up, so that a variable they replace need not be set. */
function withFlags(document: unknown, flags: ConfigSources['flags']): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const gcp = (document as { readonly gcp?: unknown }).gcp ?? {};
  if (typeof gcp !== 'object' || Array.isArray(gcp)) return document;
  const given = {
    ...(flags.project === undefined ? {} : { project_id: flags.project }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
  };
  return Object.keys(given).length === 0 ? document : { ...document, gcp: { ...gcp, ...given } };
}

/** The environment, where PROJECT_ID and REGION stand for gcp.project_id and gcp.region. */
function lookupIn(document: unknown, env: ConfigSources['env']): Lookup {
  const own = { PROJECT_ID: '/gcp/project_id', REGION: '/gcp/region' } as const;
  const lookup: Lookup = (name, pointer) => {
    const target = Object.hasOwn(own, name) ? own[name as keyof typeof own] : undefined;
    if (target === undefined || pointer === target || pointer === own.PROJECT_ID || pointer === own.REGION)
      return env[name];
    const { value } = resolvePointer(document, target);
    if (typeof value !== 'string') return name === 'REGION' ? (env[name] ?? DEFAULT_REGION) : env[name];
    // Its own problems are told where it stands.
    const resolved = interpolate({ text: '', file: '' }, value, (inner) => env[inner] ?? '');
    return typeof resolved.value === 'string' ? resolved.value : '';
  };
  return lookup;
}

function refuse(source: Source, problems: readonly PerfError[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw new UsageError('config-invalid', `this configuration has ${count}`, { at: { file: source.file }, problems });
}

function toConfig(document: ConfigDocument, { file, env, flags }: ConfigSources): Config {
  const { gcp, benchmark, storage, notifications, emulator } = document;
  const projectId = flags.project ?? gcp?.project_id;
  const profiles = Object.entries(document.deployment_profiles ?? {}).map(([name, profile]) => [
    name,
    toProfile(name, profile),
  ]);
  const runAs = (profile: Profile) => withAccount(profile, gcp?.runtime_service_account);
  const named = Object.entries<Profile>({ default: DEFAULT_PROFILE, ...Object.fromEntries(profiles) });
  return {
    ...(file === undefined ? {} : { file }),
    gcp: {
      region: flags.region ?? gcp?.region ?? DEFAULT_REGION,
      ...optional('invoker', gcp?.invoker),
      ...optional('instancesAtOnce', gcp?.instances_at_once),
      ...(projectId === undefined ? {} : { projectId }),
      ...(gcp?.artifact_registry === undefined ? {} : { artifactRegistry: gcp.artifact_registry }),
    },
    serviceRepositories: document.service_repositories ?? [],
    profiles: Object.fromEntries(named.map(([name, profile]) => [name, runAs(profile)])),
    sweep: sweepProfiles(document).map(runAs),
    benchmark: {
      coldStart: {
        ...optional('iterations', benchmark?.cold_start?.iterations),
        ...optional('scaleToZeroTimeoutMs', duration(benchmark?.cold_start?.scale_to_zero_timeout)),
      },
      warmRequests: {
        ...optional('count', benchmark?.warm_requests?.count),
        ...optional('concurrency', benchmark?.warm_requests?.concurrency),
      },
      filter: {
        types: benchmark?.filter?.types ?? [],
        languages: benchmark?.filter?.languages ?? [],
        frameworks: benchmark?.filter?.frameworks ?? [],
        implementations: benchmark?.filter?.implementations ?? [],
      },
    },
    storage: {
      ...optional('resultsBucket', storage?.results_bucket),
      baselinePath: storage?.baseline_path ?? DEFAULT_BASELINE_PATH,
      ...optional('keepRuns', storage?.keep_runs),
      ...optional('keepDays', storage?.keep_days),
    },
    notifications: toNotifications(notifications),
    discovery: {
      cacheTtlMs: duration(document.discovery?.cache_ttl) ?? HOUR_MS,
      cache: document.discovery?.cache ?? 'local',
    },
    emulator: {
      idleTimeoutMs: duration(emulator?.idle_timeout) ?? IDLE_TIMEOUT_MS,
      startupTimeoutMs: duration(emulator?.startup_timeout) ?? STARTUP_TIMEOUT_MS,
      runtime: emulator?.runtime ?? 'auto',
    },
    load: {
      from: document.load?.from ?? 'runner',
      tasks: document.load?.tasks ?? 1,
      cpu: document.load?.cpu ?? LOAD_CPU,
      memory: document.load?.memory ?? LOAD_MEMORY,
      ...optional('image', document.load?.image),
      ...optional('serviceAccount', document.load?.service_account),
    },
    images: { cache: document.images?.cache ?? 'registry' },
    prices: document.prices ?? {},
    ...optional('monthlyRequests', document.cost?.monthly_requests),
    thresholds: toThresholds(document.thresholds),
    implementations: Object.fromEntries(
      Object.entries(document.implementations ?? {}).map(([name, own]) => [
        name,
        { ...optional('profile', own.profile), thresholds: toThresholds(own.thresholds) },
      ]),
    ),
    secrets: {
      ...toNotificationSecrets(notifications),
      ...optional('gitToken', flags.githubToken ?? nonEmpty(env.GITHUB_TOKEN)),
    },
    warnings: [],
  };
}

/** `{ [key]: value }`, or nothing: the types tell "absent" from "undefined". */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

const duration = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));
const nonEmpty = (text: string | undefined) => (text === '' ? undefined : text);

function toThresholds(document: ThresholdsDocument | undefined): Thresholds {
  const entries = Object.entries(document ?? {});
  return Object.fromEntries(entries.map(([id, { minimum_effect }]) => [id, { minimumEffect: minimum_effect }]));
}

function profileWarnings(config: Config, source: Source): readonly string[] {
  return Object.values(config.profiles).flatMap((profile) => {
    const at = formatPosition(locate(source, pointerTo('deployment_profiles', profile.name), 'key'));
    return profileProblems(profile).map((problem) => `${at}: profile ${profile.name}: ${problem}`);
  });
}
