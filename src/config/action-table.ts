import { LOAD_ORIGINS } from '../domain/load.ts';
import { PLATFORMS, SUITES } from '../domain/plan.ts';
import { COMMANDS, type CommandName, FAIL_ON } from './request.ts';

/** These only make sense at a terminal. */
const TERMINAL_COMMANDS: readonly CommandName[] = [
  'env',
  'emulate',
  'init',
  'migrate',
  'contract',
  'setup',
  'doctor',
  'worker',
];
export const ACTION_COMMANDS = COMMANDS.filter((name) => !TERMINAL_COMMANDS.includes(name));

/** `boolean` inputs know three states: true, false, and empty for "as the event asks". */
export interface ActionInput {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'boolean' | 'integer';
  /** The only values that are allowed. */
  readonly values?: readonly string[];
  readonly description: string;
  /** Options of the command line that it stands for, where these have other names. */
  readonly options?: readonly string[];
}

export interface ActionOutput {
  readonly name: string;
  readonly description: string;
}

/**
 * The one source of the action's inputs: action.yml, action-types.yml and the tables of the README are written from it
 * (`npm run docs`), and the inputs are read by it.
 */
export const ACTION_INPUTS: readonly ActionInput[] = [
  {
    name: 'command',
    kind: 'text',
    values: ACTION_COMMANDS,
    description: `${ACTION_COMMANDS.join(', ')}. Empty means benchmark, the whole chain from discovery to comment and cleanup.`,
  },
  {
    name: 'manifest',
    kind: 'text',
    description:
      'Path of manifest.yaml, or of the directory that holds it. Empty means the repositories of the configuration, or ./manifest.yaml.',
  },
  {
    name: 'config',
    kind: 'text',
    description: 'Path of the configuration file. Empty means cloudrun-perf.yaml where it exists.',
  },
  {
    name: 'implementation',
    kind: 'list',
    options: ['impl'],
    description: 'Only these implementations, separated by commas or lines.',
  },
  { name: 'type', kind: 'list', description: 'Only these service types, separated by commas or lines.' },
  {
    name: 'language',
    kind: 'list',
    description: 'Only implementations in these languages, separated by commas or lines.',
  },
  {
    name: 'framework',
    kind: 'list',
    description: 'Only implementations with these frameworks, separated by commas or lines.',
  },
  {
    name: 'all',
    kind: 'boolean',
    description:
      'Whether a pull request measures all implementations (true), or only those that it changes, and takes the others over from the baseline (false or empty).',
  },
  {
    name: 'changed-since',
    kind: 'text',
    description:
      'Measure only what differs from this commit. Empty means the base of the pull request, where there is one.',
  },
  {
    name: 'profile',
    kind: 'list',
    description:
      'Deployment profiles of the configuration, separated by commas or lines; sweep stands for all of its sweep. Empty means default.',
  },
  { name: 'suite', kind: 'text', values: SUITES, description: `${SUITES.join(' or ')}. Empty means quick.` },
  {
    name: 'platform',
    kind: 'text',
    values: PLATFORMS,
    description:
      "cloudrun or local. Empty means cloudrun when a project is known, else local, which needs no cloud account. A fork's pull request is always local.",
  },
  { name: 'project-id', kind: 'text', options: ['project'], description: 'Google Cloud project id.' },
  { name: 'region', kind: 'text', description: 'Google Cloud region. Empty means us-central1.' },
  {
    name: 'workload-identity-provider',
    kind: 'text',
    description:
      'Full name of the Workload Identity provider that trusts this repository, projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER. The job needs the permission id-token: write. Empty means the credentials that google-github-actions/auth left, or the default ones of the machine.',
  },
  {
    name: 'service-account',
    kind: 'text',
    description:
      'Email of the service account to act as. Empty means direct access by the provider, or the account of the credentials.',
  },
  { name: 'results', kind: 'text', description: 'Directory or gs://bucket/prefix of stored results.' },
  {
    name: 'baseline',
    kind: 'text',
    description:
      'What to compare with - latest, none, a run id, or git:REF to build and measure that commit side by side. Empty means latest, which is the baseline of the store, else the base of the pull request.',
  },
  {
    name: 'save-baseline',
    kind: 'boolean',
    description:
      'Whether to store the results as the new baseline, but for what regressed (true or false). Empty means true on the default branch.',
  },
  {
    name: 'accept-regressions',
    kind: 'boolean',
    description: 'Whether regressions become the baseline too (true or false).',
  },
  {
    name: 'iterations',
    kind: 'integer',
    description: 'Fresh instances per side and round. Empty means the choice of the suite.',
  },
  { name: 'rounds', kind: 'integer', description: 'Interleaved rounds. Empty means the choice of the suite.' },
  {
    name: 'instances-at-once',
    kind: 'integer',
    description:
      "Instances on Cloud Run that the region's quota leaves to a run, all its jobs together. Empty means what the configuration says, else as many as fit 20 vCPU and 40 GiB.",
  },
  {
    name: 'load-from',
    kind: 'text',
    values: LOAD_ORIGINS,
    description:
      'What sends the warm requests - runner, the machine that runs the action, or job, tasks of a Cloud Run job in the region of the services. Empty means what the configuration says, else runner.',
  },
  {
    name: 'max-cost',
    kind: 'text',
    description:
      'US dollars that a run on Cloud Run may cost. One whose estimate is higher is refused before anything is spent. Empty means no limit.',
  },
  {
    name: 'older-than',
    kind: 'text',
    description:
      'Of cleanup: in place of a run, what all runs of this repository left, when it is older than this, such as 24h, and expired.',
  },
  {
    name: 'run-id',
    kind: 'text',
    options: ['run', 'current'],
    description: 'Run that report, compare and cleanup work on, and that the jobs of one workflow run share.',
  },
  {
    name: 'shard',
    kind: 'text',
    description:
      'Number of this job in a matrix, from the output matrix. Its part of the run is stored for report, and nothing is published.',
  },
  {
    name: 'artifact',
    kind: 'text',
    description:
      'For report after workflow_run: the artifact of the completed run to report from. It is treated as hostile.',
  },
  {
    name: 'fail-on',
    kind: 'list',
    values: FAIL_ON,
    description: `Findings that fail the job - ${FAIL_ON.slice(0, -1).join(', ')}, or never. Empty means regression,contract.`,
  },
  {
    name: 'comment',
    kind: 'boolean',
    description:
      'Whether to write the comment of the pull request (true or false). Empty means true where there is one.',
  },
  {
    name: 'issues',
    kind: 'boolean',
    description: 'Whether to open, refresh and close one issue for each implementation that regressed (true or false).',
  },
  {
    name: 'pull-request',
    kind: 'integer',
    description: 'Number of the pull request that was measured, where the event does not say it.',
  },
  {
    name: 'head-sha',
    kind: 'text',
    description: 'Head commit of the pull request that was measured, where the event does not say it.',
  },
  {
    name: 'dry-run',
    kind: 'boolean',
    description: 'Whether to show what would be done and to do nothing (true or false).',
  },
  { name: 'verbose', kind: 'boolean', description: 'Whether to log more (true or false).' },
  {
    name: 'github-token',
    kind: 'text',
    description:
      'Token that writes the comment and reads service repositories on GitHub. Empty means the token of the job.',
  },
];

export const ACTION_OUTPUTS: readonly ActionOutput[] = [
  {
    name: 'matrix',
    description: 'Of discover: job matrix as JSON, for strategy.matrix; at most 256 jobs, each named by its title.',
  },
  { name: 'jobs', description: 'Of discover: number of jobs of the matrix; 0 when nothing has to be measured.' },
  {
    name: 'idle',
    description:
      'Of discover: shard of the job that takes cold starts after idleness once the others have ended; empty when there is none.',
  },
  { name: 'platform', description: 'Of discover: cloudrun or local, as the event allows.' },
  { name: 'run-id', description: 'Id of the run.' },
  {
    name: 'verdict',
    description:
      'contract failed, regression, improvement, no change, inconclusive, new, or not measured; passed after validate.',
  },
  { name: 'results-path', description: "Directory or address of the run's stored results." },
  { name: 'report-path', description: 'Path of the Markdown report.' },
  { name: 'summary', description: 'Exit code, verdict and states of all implementations as JSON.' },
  { name: 'comment-url', description: 'Address of the comment of the pull request, where one was written.' },
  { name: 'accepted', description: 'Of slash-command: true when a run was asked for by somebody who may.' },
  { name: 'pull-request', description: 'Of slash-command: number of the pull request.' },
  { name: 'head-sha', description: 'Of slash-command: the head commit that was approved.' },
  { name: 'implementation', description: 'Of slash-command: implementations that were asked for, with commas.' },
  { name: 'iterations', description: 'Of slash-command: iterations that were asked for.' },
];
