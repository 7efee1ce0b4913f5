import { buildRequest } from './build-request.ts';
import { OptionValues, shown } from './option-values.ts';
import { COMMANDS, type CommandRequest } from './request.ts';

/** As `getInput` of @actions/core: the input's text, trimmed, or '' when it is not given. */
export type GetInput = (name: string) => string;

/** `env` and `emulate` only make sense at a terminal. */
const ACTION_COMMANDS = COMMANDS.filter((name) => name !== 'env' && name !== 'emulate');

const LISTS: readonly string[] = ['implementation', 'type', 'language', 'framework', 'profile', 'fail-on'];
const SWITCHES: readonly string[] = ['save-baseline', 'dry-run', 'verbose'];
const TEXTS: readonly string[] = [
  'manifest',
  'config',
  'suite',
  'platform',
  'project-id',
  'region',
  'results',
  'baseline',
  'iterations',
  'rounds',
  'run-id',
];
/** Inputs whose option has another name on the command line. */
const OPTION_NAMES: Readonly<Record<string, readonly string[]>> = {
  implementation: ['impl'],
  'project-id': ['project'],
  'run-id': ['run', 'current'],
};

// YAML 1.2 core schema, as getBooleanInput of @actions/core has it.
const TRUE = ['true', 'True', 'TRUE'];
const FALSE = ['false', 'False', 'FALSE'];

const inputLabel = (option: string): string => {
  const renamed = Object.entries(OPTION_NAMES).find(([, options]) => options.includes(option));
  return `input ${renamed?.[0] ?? option}`;
};

function isOn(name: string, value: string, none: OptionValues): boolean {
  if (TRUE.includes(value)) return true;
  if (value === '' || FALSE.includes(value)) return false;
  return none.refuse(name, `is ${shown(value)}; wanted is true or false`);
}

/**
 * The action's inputs as a request; an empty command means benchmark, the whole chain. All inputs are checked,
 * also those that the command does not use, so that nothing starts on a workflow with a mistake in it.
 * Throws UsageError.
 */
export function readActionInputs(getInput: GetInput): CommandRequest {
  const raw = new Map<string, readonly string[]>([['log-format', ['actions']]]);
  const options = new OptionValues(raw, inputLabel);
  const give = (input: string, values: readonly string[]) => {
    for (const option of OPTION_NAMES[input] ?? [input]) raw.set(option, values);
  };
  for (const name of TEXTS) {
    const value = getInput(name);
    if (value !== '') give(name, [value]);
  }
  for (const name of LISTS) {
    const values = getInput(name).split(/[\n,]/);
    const named = values.map((value) => value.trim()).filter((value) => value !== '');
    if (named.length > 0) give(name, named);
  }
  for (const name of SWITCHES) if (isOn(name, getInput(name), options)) raw.set(name, ['true']);

  const wanted = getInput('command');
  if (wanted !== '') raw.set('command', [wanted]);
  const command = options.choice('command', ACTION_COMMANDS) ?? 'benchmark';

  if (command !== 'compare') buildRequest('compare', withoutBaseline(raw));
  const benchmark = buildRequest('benchmark', options);
  if (command === 'benchmark') return benchmark;
  if (command === 'discover') raw.set('format', ['matrix']);
  return buildRequest(command, options);
}

/** `compare` checks the run id; its baseline may be less than that of a benchmark. */
function withoutBaseline(raw: ReadonlyMap<string, readonly string[]>): OptionValues {
  return new OptionValues(new Map([...raw].filter(([name]) => name !== 'baseline')), inputLabel);
}

/** A secret: to be masked before anything is logged. */
export function readGithubToken(getInput: GetInput): string | undefined {
  const token = getInput('github-token');
  return token === '' ? undefined : token;
}
