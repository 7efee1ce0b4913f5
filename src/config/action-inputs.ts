import { ACTION_COMMANDS, ACTION_INPUTS, type ActionInput } from './action-table.ts';
import { buildRequest } from './build-request.ts';
import { OptionValues, shown } from './option-values.ts';
import type { CommandRequest } from './request.ts';

/** As `getInput` of @actions/core: the input's text, trimmed, or '' when it is not given. */
export type GetInput = (name: string) => string;

const TOKEN = 'github-token';

// YAML 1.2 core schema, as getBooleanInput of @actions/core has it.
const TRUE = ['true', 'True', 'TRUE'];
const FALSE = ['false', 'False', 'FALSE'];

const optionsOf = ({ name, options = [name] }: ActionInput) => options;

const inputLabel = (option: string): string => {
  const input = ACTION_INPUTS.find((candidate) => optionsOf(candidate).includes(option));
  return `input ${input?.name ?? option}`;
};

/** Values by option: none when the input is empty; a boolean that is false becomes `no-<option>`. */
function optionValues(input: ActionInput, value: string, refuse: OptionValues): [string, readonly string[]][] {
  const given = (values: readonly string[]) =>
    optionsOf(input).map((option): [string, readonly string[]] => [option, values]);
  switch (input.kind) {
    case 'list': {
      const named = value.split(/[\n,]/).map((part) => part.trim());
      const found = named.filter((part) => part !== '');
      return found.length === 0 ? [] : given(found);
    }
    case 'boolean':
      if (value === '') return [];
      if (TRUE.includes(value)) return given(['true']);
      if (FALSE.includes(value)) return optionsOf(input).map((option) => [`no-${option}`, ['true']]);
      return refuse.refuse(input.name, `is ${shown(value)}; wanted is true or false`);
    case 'text':
    case 'integer':
      return value === '' ? [] : given([value]);
  }
}

/**
 * The action's inputs as a request; an empty command means benchmark, the whole chain. All inputs are checked,
 * also those that the command does not use, so that nothing starts on a workflow with a mistake in it.
 * Throws UsageError.
 */
export function readActionInputs(getInput: GetInput): CommandRequest {
  const raw = new Map<string, readonly string[]>([['log-format', ['actions']]]);
  const options = new OptionValues(raw, inputLabel);
  for (const input of ACTION_INPUTS) {
    if (input.name === TOKEN) continue;
    for (const [option, values] of optionValues(input, getInput(input.name), options)) raw.set(option, values);
  }
  const command = options.choice('command', ACTION_COMMANDS) ?? 'benchmark';
  // Only these understand `latest`, or a run that exists.
  const runs = without(raw, 'run');
  if (command !== 'compare') buildRequest('compare', without(raw, 'baseline'));
  const benchmark = buildRequest('benchmark', command === 'benchmark' ? options : runs);
  buildRequest('report', options);
  if (command === 'benchmark') return benchmark;
  if (command === 'discover') {
    raw.set('format', ['matrix']);
    raw.set('plan', ['true']);
  }
  if (command === 'report' && !raw.has('fail-on')) raw.set('fail-on', ['regression', 'contract']);
  // Of a job, what its run deployed; `all` is about implementations.
  return buildRequest(command, command === 'cleanup' ? without(raw, 'all') : options);
}

function without(raw: ReadonlyMap<string, readonly string[]>, left: string): OptionValues {
  return new OptionValues(new Map([...raw].filter(([name]) => name !== left)), inputLabel);
}

/** A secret: to be masked before anything is logged. */
export function readGithubToken(getInput: GetInput): string | undefined {
  const token = getInput(TOKEN);
  return token === '' ? undefined : token;
}
