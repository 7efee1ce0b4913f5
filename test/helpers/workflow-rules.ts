import { ACTION_COMMANDS, ACTION_INPUTS, ACTION_OUTPUTS } from '../../src/config/action-table.ts';
import {
  expressionsOf,
  jobsOf,
  needsOf,
  referencesIn,
  type Step,
  stepsOf,
  type WorkflowFile,
  type WorkflowJob,
} from './workflow-file.ts';

/** Gives what is wrong with a workflow, in words. `called` finds one of our own reusable workflows by its file name. */
export type Rule = (file: WorkflowFile, called: (name: string) => WorkflowFile | undefined) => readonly string[];

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const VERSION = /^# v\d+\.\d+\.\d+$/;
const OWN_ACTION = /^(?:\$\/|\.\/|org\/cloudrun-perf@v\d+)$/;
const OWN_WORKFLOW = /^(?:\.\/|org\/cloudrun-perf\/)\.github\/workflows\/([a-z-]+\.yml)(?:@v\d+)?$/;

const isOwnAction = ({ uses = '' }: Step) => OWN_ACTION.test(uses);
const isCheckout = ({ uses = '' }: Step) => uses.startsWith('actions/checkout@');
const isTemplate = ({ path }: WorkflowFile) => path.startsWith('template-service-repo/');

/** The file name of the reusable workflow of ours that a job calls. */
export const calledBy = ({ uses = '' }: WorkflowJob) => OWN_WORKFLOW.exec(uses)?.[1];

export const actionsArePinned: Rule = (file) =>
  [...file.text.matchAll(/^\s*(?:- )?uses: (\S+)(?: +(#.*))?$/gm)].flatMap(([, uses = '', comment = '']) => {
    const remote = uses.startsWith('org/cloudrun-perf');
    if (OWN_ACTION.test(uses) || OWN_WORKFLOW.test(uses))
      return remote === isTemplate(file) ? [] : [`${uses}: ours are named by path, the template's by tag`];
    if (!PINNED.test(uses)) return [`${uses} is not pinned by a full commit id`];
    return VERSION.test(comment) ? [] : [`${uses} has no comment that says its version`];
  });

export const permissionsAreExplicit: Rule = (file) => {
  const isEmpty = typeof file.permissions === 'object' && Object.keys(file.permissions ?? {}).length === 0;
  return [
    ...(isEmpty && file.permissions !== null ? [] : ['the workflow has no "permissions: {}"']),
    ...jobsOf(file)
      .filter(([, { permissions }]) => typeof permissions !== 'object' || permissions === null)
      .map(([job]) => `job ${job} has no list of permissions`),
  ];
};

export const jobsEnd: Rule = (file) =>
  jobsOf(file)
    .filter(([, job]) => job.uses === undefined && job['timeout-minutes'] === undefined)
    .map(([job]) => `job ${job} has no timeout-minutes`);

/** Such events come with a token that writes, for code that anybody may have proposed. */
const PRIVILEGED = ['pull_request_target', 'workflow_run'];

export const privilegedEventsRunNothingForeign: Rule = (file) => {
  if (!PRIVILEGED.some((event) => event in file.on)) return [];
  return [
    ...stepsOf(file)
      .filter(({ step }) => isCheckout(step))
      .map(({ job }) => `job ${job} checks code out`),
    ...jobsOf(file)
      .filter(([, job]) => calledBy(job) === 'perf.yml')
      .map(([job]) => `job ${job} calls perf.yml, which runs code`),
  ];
};

/** Stricter than a list of dangerous fields: a value reaches a script as a variable, or not at all. */
export const scriptsHoldNoExpressions: Rule = (file) =>
  stepsOf(file).flatMap(({ job, step }) =>
    expressionsOf(step.run).map((expression) => `job ${job} has the expression ${expression.trim()} in a script`),
  );

export const checkoutsLeaveNoToken: Rule = (file) =>
  stepsOf(file)
    .filter(({ step }) => isCheckout(step) && step.with?.['persist-credentials'] !== false)
    .map(({ job }) => `job ${job} checks out without "persist-credentials: false"`);

export const artifactsMayBeReplaced: Rule = (file) =>
  stepsOf(file)
    .filter(({ step: { uses = '' } }) => uses.startsWith('actions/upload-artifact@'))
    .filter(({ step }) => step.with?.overwrite !== true || step.with?.['if-no-files-found'] === undefined)
    .map(({ job }) => `job ${job} uploads without overwrite or if-no-files-found`);

export const actionInputsExist: Rule = (file) =>
  stepsOf(file)
    .filter(({ step }) => isOwnAction(step))
    .flatMap(({ job, step }) =>
      Object.entries(step.with ?? {}).flatMap(([name, value]) => {
        const input = ACTION_INPUTS.find((candidate) => candidate.name === name);
        if (input === undefined) return [`job ${job} gives the action the input ${name}, which it has not`];
        const values = name === 'command' ? ACTION_COMMANDS : input.values;
        const given = String(value);
        const isKnown = values === undefined || given === '' || given.includes('${{');
        const parts = input.kind === 'list' ? given.split(',') : [given];
        return isKnown || parts.every((part) => values.includes(part))
          ? []
          : [`job ${job} gives the input ${name} the value ${given}`];
      }),
    );

export const outputsExist: Rule = (file, called) =>
  jobsOf(file).flatMap(([name, job]) => {
    const steps = referencesIn(job, /\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g).flatMap(([id = '', output = '']) => {
      const step = job.steps?.find((candidate) => candidate.id === id);
      if (step === undefined) return [`job ${name} names the step ${id}, which it has not`];
      if (!isOwnAction(step)) return [];
      const isKnown = ACTION_OUTPUTS.some((candidate) => candidate.name === output);
      return isKnown ? [] : [`job ${name} uses the action's output ${output}, which it has not`];
    });
    const jobs = referencesIn(job, /\bneeds\.([\w-]+)\.(?:result|outputs\.([\w-]+))/g).flatMap(([id = '', output]) => {
      if (!needsOf(job).includes(id)) return [`job ${name} names the job ${id}, which it does not need`];
      const known = outputsOf(file.jobs[id] ?? {}, called);
      return output === undefined || known.includes(output)
        ? []
        : [`job ${name} uses the output ${output} of ${id}, which it has not`];
    });
    const missing = needsOf(job).filter((id) => file.jobs[id] === undefined);
    return [...steps, ...jobs, ...missing.map((id) => `job ${name} needs ${id}, which there is not`)];
  });

function outputsOf(job: WorkflowJob, called: Parameters<Rule>[1]): readonly string[] {
  const workflow = called(calledBy(job) ?? '');
  return Object.keys(workflow?.on.workflow_call?.outputs ?? job.outputs ?? {});
}

export const workflowOutputsExist: Rule = (file) =>
  referencesIn(file.on.workflow_call?.outputs, /\bjobs\.([\w-]+)\.outputs\.([\w-]+)/g)
    .filter(([job = '', output = '']) => file.jobs[job]?.outputs?.[output] === undefined)
    .map(([job, output]) => `the workflow gives out jobs.${job}.outputs.${output}, which there is not`);

export const inputsAndSecretsExist: Rule = (file) => {
  const { workflow_call: call, workflow_dispatch: dispatch } = file.on;
  const inputs = Object.keys({ ...call?.inputs, ...dispatch?.inputs });
  const secrets = ['GITHUB_TOKEN', ...Object.keys(call?.secrets ?? {})];
  const { text: _text, path: _path, ...values } = file;
  const found = (pattern: RegExp) => [...new Set(referencesIn(values, pattern).map(([name = '']) => name))];
  return [
    ...found(/(?<![\w.])inputs\.([\w-]+)/g)
      .filter((name) => !inputs.includes(name))
      .map((name) => `the input ${name} is used, but not declared`),
    ...found(/(?<![\w.])secrets\.([\w-]+)/g)
      .filter((name) => call !== undefined && !secrets.includes(name))
      .map((name) => `the secret ${name} is used, but not declared`),
  ];
};

export const callsFit: Rule = (file, called) =>
  jobsOf(file).flatMap(([name, job]) => {
    const callee = calledBy(job);
    if (callee === undefined) return job.uses === undefined ? [] : [`job ${name} calls ${job.uses}`];
    const workflow = called(callee);
    if (workflow === undefined) return [`job ${name} calls ${callee}, which there is not`];
    const { inputs = {}, secrets = {} } = workflow.on.workflow_call ?? {};
    return [
      ...Object.entries(job.with ?? {}).flatMap(([input, value]) => {
        const type = inputs[input]?.type;
        if (type === undefined) return [`job ${name} gives ${callee} the input ${input}, which it has not`];
        const isExpression = typeof value === 'string' && value.includes('${{');
        return isExpression || typeof value === type ? [] : [`job ${name} gives ${input} no ${type}`];
      }),
      ...Object.keys(job.secrets ?? {})
        .filter((secret) => !(secret in secrets))
        .map((secret) => `job ${name} gives ${callee} the secret ${secret}, which it has not`),
      ...missingPermissions(job, workflow).map((missing) => `job ${name} does not grant ${callee} ${missing}`),
    ];
  });

const LEVELS = ['none', 'read', 'write'];

/** `scope: level` that jobs of the called workflow ask for and the calling job does not have: GitHub then starts nothing. */
function missingPermissions({ permissions }: WorkflowJob, callee: WorkflowFile): readonly string[] {
  const granted = (permissions ?? {}) as Record<string, string>;
  const wanted = jobsOf(callee).flatMap(([, job]) => Object.entries((job.permissions ?? {}) as Record<string, string>));
  const missing = wanted.filter(([scope, level]) => LEVELS.indexOf(granted[scope] ?? 'none') < LEVELS.indexOf(level));
  return [...new Set(missing.map(([scope, level]) => `${scope}: ${level}`))];
}

/** Whatever a job that runs measured code holds, that code can take. */
export const measuredCodeMeetsNoSecrets: Rule = (file) =>
  jobsOf(file)
    .filter(([, { steps = [] }]) =>
      steps.some((step) => isOwnAction(step) && ['benchmark', '', undefined].includes(step.with?.command as string)),
    )
    .flatMap(([name, job]) => [
      ...referencesIn(job, /(?<![\w.])(secrets)\b/g).map(() => `job ${name} holds a secret`),
      ...Object.entries((job.permissions ?? {}) as Record<string, string>)
        .filter(([scope, level]) => level === 'write' && scope !== 'id-token')
        .map(([scope]) => `job ${name} may write ${scope}`),
    ]);

export const RULES: Readonly<Record<string, Rule>> = {
  actionsArePinned,
  permissionsAreExplicit,
  jobsEnd,
  privilegedEventsRunNothingForeign,
  scriptsHoldNoExpressions,
  checkoutsLeaveNoToken,
  artifactsMayBeReplaced,
  actionInputsExist,
  outputsExist,
  workflowOutputsExist,
  inputsAndSecretsExist,
  callsFit,
  measuredCodeMeetsNoSecrets,
};
