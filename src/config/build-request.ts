import type { Selection } from '../domain/implementation.ts';
import { LOAD_ORIGINS } from '../domain/load.ts';
import { SUITES } from '../domain/plan.ts';
import { SERVICE_TYPES, type ServiceType, type ShippedType } from '../domain/service-type.ts';
import { parseDuration } from './duration.ts';
import { globals } from './global-options.ts';
import { type OptionValues, shown } from './option-values.ts';
import { present } from './present.ts';
import {
  type BaselineChoice,
  type CommandName,
  type CommandRequest,
  DOCTOR_FORMATS,
  FAIL_ON,
  type FailOn,
  type GlobalOptions,
  LIST_FORMATS,
  REPORT_FORMATS,
} from './request.ts';

const RUN = /^(?:latest|run-[a-z0-9]+(?:-[a-z0-9]+)*)$/;
const RUN_ID = /^run-[a-z0-9]+(?:-[a-z0-9]+)*$/;
const SHARD = /^[0-9]{2,4}$/;
const DOLLARS = /^[0-9]{1,6}(?:\.[0-9]{1,4})?$/;
const SHA = /^[0-9a-f]{40}$/;
const ARTIFACT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const RUN_TEXT = 'latest or a run id such as run-20261121-124800-x7k2q9';
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/;
const NUMBER = /^[1-9][0-9]{0,17}$/;
const BUCKET = /^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/;
const BRANCH = /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}$/;
const CONTRACT_VERSION = /^\d{1,6}(?:\.\d{1,6}\.\d{1,6})?$/;
const HOST_PORT = /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/;
// A ref that begins with a hyphen would be read as an option by git.
const GIT_REF = /^[A-Za-z0-9_@][A-Za-z0-9_./@{}^~+-]*$/;

/** Name under which the command line hands over its argument. */
export const ARGUMENT = 'DIRECTORY';

const MAX_ITERATIONS = 100;
const MAX_ROUNDS = 20;
/** Of a matrix on GitHub. */
const MAX_JOBS = 256;
const MAX_INSTANCES = 10_000;

function selection(options: OptionValues): Selection {
  return {
    types: options.serviceTypes('type'),
    languages: options.list('language'),
    frameworks: options.list('framework'),
    implementations: options.list('impl'),
  };
}

function oneType(options: OptionValues): ServiceType | undefined {
  const [first, ...others] = options.serviceTypes('type');
  if (others.length > 0) options.refuse('type', 'names several service types; wanted is one');
  return first;
}

function baselineChoice(options: OptionValues): BaselineChoice {
  const found = options.text('baseline') ?? 'latest';
  if (found === 'latest' || found === 'none') return { kind: found };
  if (found.startsWith('git:')) {
    const ref = found.slice('git:'.length);
    if (!GIT_REF.test(ref) || ref.includes('..'))
      options.refuse('baseline', `is ${shown(found)}; wanted after git: is one branch, tag or commit`);
    return { kind: 'git', ref };
  }
  if (!RUN.test(found)) options.refuse('baseline', `is ${shown(found)}; wanted is latest, none, git:REF or a run id`);
  return { kind: 'run', runId: found };
}

function failOn(options: OptionValues, otherwise: readonly FailOn[] = ['regression', 'contract']): readonly FailOn[] {
  const found = options.choices('fail-on', FAIL_ON);
  if (found.includes('never') && found.length > 1)
    options.refuse('fail-on', `is ${shown(found.join(','))}; never cannot be combined with others`);
  return found.length === 0 ? otherwise : found;
}

/** A switch that may be absent, on, or, as an action's input, off. */
function choice(options: OptionValues, name: string): boolean | undefined {
  return options.has(name) ? true : options.has(`no-${name}`) ? false : undefined;
}

function gitRef(options: OptionValues, name: string): string | undefined {
  const found = options.text(name);
  if (found !== undefined && (!GIT_REF.test(found) || found.includes('..')))
    options.refuse(name, `is ${shown(found)}; wanted is one branch, tag or commit`);
  return found;
}

const changeOptions = (options: OptionValues) => ({
  ...present({ changedSince: gitRef(options, 'changed-since') }),
  all: options.has('all'),
});

const measuredChange = (options: OptionValues) =>
  present({
    pullRequest: options.integer('pull-request', 1, 999_999_999),
    headSha: options.pattern('head-sha', SHA, 'a full commit id of 40 hexadecimal digits'),
  });

const publishOptions = (options: OptionValues) => ({
  ...measuredChange(options),
  ...present({ saveBaseline: choice(options, 'save-baseline'), comment: choice(options, 'comment') }),
  acceptRegressions: options.has('accept-regressions'),
  issues: options.has('issues'),
});

function serviceUrl(options: OptionValues): string | undefined {
  const found = options.text('url');
  if (found === undefined) return undefined;
  const wanted = 'wanted is an origin such as http://127.0.0.1:8080, without a path';
  if (!URL.canParse(found)) return options.refuse('url', `is ${shown(found)}; ${wanted}`);
  const url = new URL(found);
  if (url.username !== '' || url.password !== '')
    options.refuse('url', 'contains credentials; wanted is a plain origin');
  const plain =
    ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!plain) options.refuse('url', `is ${shown(found)}; ${wanted}`);
  return url.origin;
}

function validateOptions(options: OptionValues) {
  const url = serviceUrl(options);
  if (url === undefined) {
    for (const name of ['features', 'contract-version'])
      if (options.has(name)) options.refuse(name, 'only makes sense together with --url');
    return { selection: selection(options), ...present({ changedSince: gitRef(options, 'changed-since') }) };
  }
  if (options.has('changed-since')) options.refuse('changed-since', 'makes no sense together with --url');
  const type = oneType(options);
  if (type === undefined)
    return options.refuse('type', `is missing; --url needs the service type, one of ${SERVICE_TYPES.join(', ')}`);
  const features = options.has('features') ? options.list('features') : undefined;
  const all: Selection = { types: [type], languages: [], frameworks: [], implementations: [] };
  return { selection: all, url, type, ...contractVersion(options), ...present({ features }) };
}

const contractVersion = (options: OptionValues) =>
  present({ contractVersion: options.pattern('contract-version', CONTRACT_VERSION, 'a version such as 2 or 2.0.0') });

const costOptions = (options: OptionValues) => {
  const found = options.pattern('max-cost', DOLLARS, 'US dollars such as 0.50');
  return found === undefined ? {} : { maxCost: Number(found) };
};

/** One scope at most: a run, an age, or everything. */
function cleanupScope(options: OptionValues) {
  const given = ['run', 'older-than', 'all'].filter((name) => options.has(name));
  if (given.length > 1) options.refuse(given.at(-1) ?? '', `and ${given[0]} exclude each other`);
  const age = options.text('older-than');
  const olderThanMs = age === undefined ? undefined : parseDuration(age);
  if (age !== undefined && olderThanMs === undefined)
    options.refuse('older-than', `is ${shown(age)}; wanted is a duration such as 24h`);
  return { ...present({ run: run(options, 'run'), olderThanMs }), all: options.has('all') };
}

const pubsubEmulator = (options: OptionValues) =>
  present({ pubsubEmulator: options.pattern('pubsub-emulator', HOST_PORT, 'HOST:PORT such as 127.0.0.1:8085') });
const reportFormat = (options: OptionValues) => options.choice('format', REPORT_FORMATS) ?? 'terminal';
const run = (options: OptionValues, name: string) => options.pattern(name, RUN, RUN_TEXT);
const output = (options: OptionValues) => present({ output: options.text('output') });

/** The one argument that is no flag: a directory. */
const argument = (options: OptionValues) =>
  options.text(ARGUMENT) ?? options.refuse(ARGUMENT, 'is missing; wanted is a directory');

function contractSides(options: OptionValues): { readonly before: string; readonly after: string } {
  const [action, before, after] = options.texts(ARGUMENT);
  if (action !== 'diff' || before === undefined || after === undefined) {
    const found = options.has(ARGUMENT) ? `is ${shown(options.texts(ARGUMENT).join(' '))}` : 'is missing';
    return options.refuse(ARGUMENT, `${found}; wanted are diff and two contracts, directories or type@version`);
  }
  return { before, after };
}

function neededType(options: OptionValues): ServiceType {
  return oneType(options) ?? options.refuse('type', `is missing; wanted is a type such as ${SERVICE_TYPES.join(', ')}`);
}

/** What is made of the template has to have a contract here. */
function shippedType(options: OptionValues): ShippedType {
  const type = neededType(options);
  const [shipped] = options.choices('type', SERVICE_TYPES);
  return shipped ?? options.refuse('type', `is ${shown(type)}; wanted is one of ${SERVICE_TYPES.join(', ')}`);
}

type Builder<C extends CommandName> = (
  options: OptionValues,
) => Omit<Extract<CommandRequest, { command: C }>, keyof GlobalOptions | 'command'>;

const BUILDERS: { readonly [C in CommandName]: Builder<C> } = {
  discover: (o) => ({
    selection: selection(o),
    ...changeOptions(o),
    ...measuredChange(o),
    suite: o.choice('suite', SUITES) ?? 'quick',
    profiles: o.list('profile'),
    baseline: baselineChoice(o),
    ...costOptions(o),
    format: o.choice('format', LIST_FORMATS) ?? 'table',
    plan: o.has('plan'),
  }),
  validate: (o) => ({
    ...validateOptions(o),
    ...pubsubEmulator(o),
    vectors: o.list('vector'),
    probeUndeclared: o.has('probe-undeclared'),
    format: reportFormat(o),
  }),
  deploy: (o) => ({
    selection: selection(o),
    profiles: o.list('profile'),
    ...costOptions(o),
    format: reportFormat(o),
  }),
  benchmark: (o) => ({
    selection: selection(o),
    suite: o.choice('suite', SUITES) ?? 'quick',
    profiles: o.list('profile'),
    baseline: baselineChoice(o),
    ...changeOptions(o),
    ...publishOptions(o),
    ...costOptions(o),
    ...present({
      runId: o.pattern('run', RUN_ID, 'a run id such as run-20261121-124800-x7k2q9'),
      shard: o.pattern('shard', SHARD, 'the number of a job such as 01'),
      iterations: o.integer('iterations', 1, MAX_ITERATIONS),
      rounds: o.integer('rounds', 1, MAX_ROUNDS),
      instancesAtOnce: o.integer('instances-at-once', 3, MAX_INSTANCES),
      loadFrom: o.choice('load-from', LOAD_ORIGINS),
    }),
    failOn: failOn(o),
    format: reportFormat(o),
  }),
  report: (o) => ({
    run: run(o, 'run') ?? 'latest',
    format: reportFormat(o),
    ...output(o),
    ...publishOptions(o),
    failOn: failOn(o, ['never']),
    ...present({ artifact: o.pattern('artifact', ARTIFACT, 'the name of an artifact') }),
  }),
  compare: (o) => ({
    baseline: run(o, 'baseline') ?? 'latest',
    current: run(o, 'current') ?? 'latest',
    format: reportFormat(o),
    ...output(o),
    failOn: failOn(o),
  }),
  cleanup: cleanupScope,
  env: (o) => ({ type: neededType(o), ...contractVersion(o), ...pubsubEmulator(o) }),
  emulate: (o) => ({ port: o.integer('port', 0, 65535) ?? 0 }),
  init: (o) => ({ directory: argument(o), type: shippedType(o), implementations: o.list('impl') }),
  migrate: (o) => ({
    folder: argument(o),
    type: shippedType(o),
    output: o.text('output') ?? o.refuse('output', 'is missing; wanted is the directory of the new service repository'),
    proof: !o.has('no-proof'),
  }),
  contract: (o) => ({ ...contractSides(o), format: reportFormat(o), ...output(o) }),
  setup: (o) => ({
    repository:
      o.pattern('repository', REPOSITORY, 'OWNER/NAME on GitHub') ??
      o.refuse('repository', 'is missing; wanted is OWNER/NAME on GitHub'),
    repositoryId:
      o.pattern('repository-id', NUMBER, "GitHub's number of the repository") ??
      o.refuse('repository-id', 'is missing; wanted is what gh api repos/OWNER/NAME --jq .id prints'),
    ...present({
      ownerId: o.pattern('owner-id', NUMBER, "GitHub's number of the owner"),
      bucket: o.pattern('bucket', BUCKET, 'a bucket name without gs:// and without dots'),
    }),
    defaultBranch: o.pattern('default-branch', BRANCH, 'the name of one branch') ?? 'main',
    environmentOnly: o.has('environment-only'),
  }),
  doctor: (o) => ({
    profiles: o.list('profile'),
    jobs: o.integer('jobs', 1, MAX_JOBS) ?? 1,
    format: o.choice('format', DOCTOR_FORMATS) ?? 'table',
  }),
  worker: () => ({}),
  'slash-command': () => ({}),
};

/** Checks all options of one command and gives them their types. Throws UsageError at the first that is wrong. */
export function buildRequest(command: CommandName, options: OptionValues): CommandRequest {
  return { command, ...globals(options), ...BUILDERS[command](options) } as CommandRequest;
}
