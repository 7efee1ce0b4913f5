import { LOAD_ORIGINS } from '../domain/load.ts';
import { PLATFORMS, SUITES } from '../domain/plan.ts';
import { type CommandName, DOCTOR_FORMATS, FAIL_ON, LIST_FORMATS, LOG_FORMATS, REPORT_FORMATS } from './request.ts';

/** `list` flags may be repeated and take comma separated values; `text` flags may be given once. */
export interface Flag {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'switch';
  readonly help: string;
  /** What stands for the value in the usage text. */
  readonly value?: string;
  readonly short?: string;
}

export interface CommandUsage {
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** What the arguments that are no flags stand for, one word each; absent: the command takes none. */
  readonly argument?: string;
}

const text = (name: string, value: string, help: string): Flag => ({ name, kind: 'text', value, help });
const list = (name: string, value: string, help: string): Flag => ({ name, kind: 'list', value, help });
const toggle = (name: string, help: string): Flag => ({ name, kind: 'switch', help });

const words = (values: readonly string[]) => values.join(' | ');

export const GLOBAL_FLAGS: readonly Flag[] = [
  text('config', 'PATH', 'Configuration file (default: cloudrun-perf.yaml where it exists)'),
  text('manifest', 'PATH', 'manifest.yaml, or its directory, in place of the configured repositories'),
  text('project', 'ID', 'Google Cloud project id'),
  text('region', 'REGION', 'Google Cloud region (default: us-central1)'),
  text('workload-identity-provider', 'NAME', 'Workload Identity provider that trusts this GitHub job'),
  text('service-account', 'EMAIL', 'Service account to act as (default: that of the credentials)'),
  text('platform', 'NAME', `${words(PLATFORMS)} (default: cloudrun when a project is known, else local)`),
  text('results', 'PLACE', 'Directory or gs://bucket/prefix of stored results'),
  text('log-format', 'FORMAT', `${words(LOG_FORMATS)} (default: terminal)`),
  toggle('verbose', 'Log more'),
  toggle('dry-run', 'Show what would be done, and do nothing'),
  { ...toggle('help', 'Show this text'), short: 'h' },
  toggle('version', 'Show the version'),
];

const SELECTION: readonly Flag[] = [
  list('type', 'TYPE', 'Only these service types'),
  list('impl', 'NAME', 'Only these implementations'),
  list('language', 'NAME', 'Only implementations in these languages'),
  list('framework', 'NAME', 'Only implementations with these frameworks'),
];
const REPORT_FORMAT = text('format', 'FORMAT', `${words(REPORT_FORMATS)} (default: terminal)`);
const PUBSUB = text('pubsub-emulator', 'HOST:PORT', 'Pub/Sub emulator that the service publishes to');
const CONTRACT_VERSION = text(
  'contract-version',
  'VERSION',
  'Version of the contract, such as 2 or 2.0.0 (default: the oldest supported)',
);
const PROFILE = list('profile', 'NAME', 'Deployment profiles of the configuration (default: default)');
const CHANGES: readonly Flag[] = [
  text('changed-since', 'REF', 'Only implementations that differ from this commit'),
  toggle('all', 'All implementations, on a pull request too'),
];
const SAVE: readonly Flag[] = [
  toggle('save-baseline', 'Store the results as the new baseline, but for regressions'),
  toggle('accept-regressions', 'Let regressions become the baseline too'),
];
const MAX_COST = text('max-cost', 'DOLLARS', 'Refuse to start what would cost more on Cloud Run, by its estimate');
const FAIL = list('fail-on', 'LIST', `Findings that fail: ${FAIL_ON.join(', ')} (default: regression,contract)`);

/** Commands of the action alone. */
export const ACTION_ONLY: readonly CommandName[] = ['slash-command'];

export const COMMAND_USAGE: Readonly<Record<CommandName, CommandUsage>> = {
  discover: {
    summary: 'Discover services from configured repositories',
    flags: [
      ...SELECTION,
      ...CHANGES,
      PROFILE,
      MAX_COST,
      text('format', 'FORMAT', `${words(LIST_FORMATS)} (default: table)`),
    ],
    examples: ['cloudrun-perf discover --format table', 'cloudrun-perf discover --changed-since main'],
  },
  validate: {
    summary: 'Validate services against their contracts',
    flags: [
      ...SELECTION,
      text('url', 'URL', 'Check a service that runs already, at this origin; needs one --type'),
      CONTRACT_VERSION,
      text('changed-since', 'REF', "Commit that a repository's own contract is compared with, for its version"),
      list('features', 'LIST', 'Features that the service at --url supports (default: all)'),
      PUBSUB,
      list('vector', 'ID', 'Only these test vectors'),
      toggle('probe-undeclared', 'Also try vectors of features that are not declared'),
      REPORT_FORMAT,
    ],
    examples: [
      'cloudrun-perf validate --manifest template-service-repo --impl node-http',
      'cloudrun-perf validate --url http://127.0.0.1:8080 --type discord-webhook',
    ],
  },
  deploy: {
    summary: 'Deploy services without benchmarking',
    flags: [...SELECTION, PROFILE, MAX_COST, REPORT_FORMAT],
    examples: ['cloudrun-perf deploy --impl go-gin --dry-run'],
  },
  benchmark: {
    summary: 'Run benchmarks',
    flags: [
      text('suite', 'SUITE', `${words(SUITES)} (default: quick)`),
      ...SELECTION,
      PROFILE,
      text('baseline', 'BASELINE', 'latest | none | a run id | git:REF (default: latest)'),
      ...CHANGES,
      ...SAVE,
      text('iterations', 'N', 'Fresh instances per side and round'),
      text('rounds', 'N', 'Interleaved rounds'),
      text(
        'instances-at-once',
        'N',
        'Instances that the quota of the region leaves to the run (default: 20 vCPU of them)',
      ),
      text('load-from', 'ORIGIN', `${words(LOAD_ORIGINS)}: what sends the warm requests (default: runner)`),
      MAX_COST,
      FAIL,
      REPORT_FORMAT,
    ],
    examples: [
      'cloudrun-perf benchmark --suite full',
      'cloudrun-perf benchmark --type discord-webhook --impl go-gin',
      'cloudrun-perf benchmark --platform local --baseline git:main',
    ],
  },
  report: {
    summary: 'Generate reports from stored results',
    flags: [
      text('run', 'RUN', 'Run id or latest (default: latest)'),
      REPORT_FORMAT,
      ...SAVE,
      FAIL,
      text('output', 'PATH', 'Write to this file in place of standard output'),
    ],
    examples: ['cloudrun-perf report --run latest --format markdown'],
  },
  compare: {
    summary: 'Compare two benchmark runs',
    flags: [
      text('baseline', 'RUN', 'Run id, or latest for the stored baseline (default: latest)'),
      text('current', 'RUN', 'Run id or latest (default: latest)'),
      FAIL,
      REPORT_FORMAT,
      text('output', 'PATH', 'Write to this file in place of standard output'),
    ],
    examples: ['cloudrun-perf compare --baseline run-abc123 --current run-def456'],
  },
  cleanup: {
    summary: 'Remove deployed resources',
    flags: [
      text('run', 'RUN', 'Only what this run deployed'),
      text(
        'older-than',
        'AGE',
        'What all runs of this owner left, when it is older than this, such as 24h, and expired',
      ),
      toggle('all', 'Everything that cloudrun-perf ever deployed for this owner in the project and region'),
    ],
    examples: [
      'cloudrun-perf cleanup --run run-20261121-124800-x7k2q9',
      'cloudrun-perf cleanup --older-than 24h --dry-run',
    ],
  },
  env: {
    summary: 'Print the environment that a service to be validated must be started with',
    flags: [list('type', 'TYPE', 'Service type'), CONTRACT_VERSION, PUBSUB],
    examples: ['cloudrun-perf env --type discord-webhook'],
  },
  emulate: {
    summary: 'Run the local Cloud Run by itself until interrupted',
    flags: [text('port', 'PORT', 'Port of the Admin API on 127.0.0.1 (default: any free port)')],
    examples: ['cloudrun-perf emulate --port 8790'],
  },
  init: {
    summary: 'Write a service repository to start from',
    argument: 'DIRECTORY',
    flags: [list('type', 'TYPE', 'Service type'), list('impl', 'NAME', 'Implementations of the template to take over')],
    examples: ['cloudrun-perf init ../my-services --type discord-webhook'],
  },
  migrate: {
    summary: 'Turn a folder of implementations with Dockerfiles into a service repository',
    argument: 'FOLDER',
    flags: [
      list('type', 'TYPE', 'Service type'),
      text('output', 'DIRECTORY', 'Where the service repository is written; must be empty or absent'),
      toggle('no-proof', 'Do not discover and validate the result'),
    ],
    examples: ['cloudrun-perf migrate services --type discord-webhook --output ../cloudrun-service-discord'],
  },
  contract: {
    summary: 'Compare two versions of a contract, and say which version bump the changes need',
    argument: 'diff BEFORE AFTER',
    flags: [REPORT_FORMAT, text('output', 'PATH', 'Write to this file in place of standard output')],
    examples: [
      'cloudrun-perf contract diff discord-webhook@1 discord-webhook@2',
      'cloudrun-perf contract diff ../main/contract contract --format markdown',
    ],
  },
  setup: {
    summary: 'Print the gcloud script that prepares a Google Cloud project',
    flags: [
      text('repository', 'OWNER/NAME', 'Service repository on GitHub that may use the project'),
      text('repository-id', 'N', "GitHub's number of it: gh api repos/OWNER/NAME --jq .id"),
      text('owner-id', 'N', "GitHub's number of its owner: gh api repos/OWNER/NAME --jq .owner.id"),
      text('bucket', 'NAME', 'Bucket for results (default: PROJECT-cloudrun-perf)'),
      text('default-branch', 'NAME', 'Branch whose own workflows are trusted (default: main)'),
      toggle('environment-only', 'Let in only jobs of the environment perf-cloud'),
    ],
    examples: [
      'cloudrun-perf setup --project my-project --region us-central1 --repository org/services --repository-id 123456',
    ],
  },
  doctor: {
    summary: 'Check everything that a run in the cloud needs, before anything is spent',
    flags: [
      PROFILE,
      text('jobs', 'N', 'Jobs that will measure at the same time (default: 1)'),
      text('format', 'FORMAT', `${words(DOCTOR_FORMATS)} (default: table)`),
    ],
    examples: ['cloudrun-perf doctor --project my-project', 'cloudrun-perf doctor --jobs 4 --format json'],
  },
  worker: {
    summary: 'Be one task of a load job: its plan is named by its environment',
    flags: [],
    examples: ['cloudrun-perf worker'],
  },
  'slash-command': {
    summary: 'Read the comment or label that started the job (action only)',
    flags: [],
    examples: [],
  },
};

export const PROGRAM = 'cloudrun-perf';
