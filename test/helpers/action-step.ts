import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, ROOT, runTool, type Workspace } from './cli.ts';

export interface Step {
  readonly ended: Ended;
  readonly outputs: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
  readonly summary: string;
}

export interface StepOptions {
  readonly cwd: string;
  /** Name and payload of the event that started the job. */
  readonly event?: { readonly name: string; readonly payload: object };
  readonly entry?: string;
}

let steps = 0;

/** One step of the action from its source, as the runner starts it: inputs by INPUT_NAME, files for what it gives. */
export async function runActionStep(
  workspace: Workspace,
  inputs: Readonly<Record<string, string>>,
  { cwd, event, entry = join(ROOT, 'src/action.ts') }: StepOptions,
): Promise<Step> {
  steps += 1;
  const directory = join(workspace.directory, `step-${process.pid}-${steps}`);
  mkdirSync(directory);
  const file = (name: string, text = '') => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const files = { output: file('output'), state: file('state'), summary: file('summary') };
  const about =
    event === undefined
      ? {}
      : { GITHUB_EVENT_NAME: event.name, GITHUB_EVENT_PATH: file('event.json', JSON.stringify(event.payload)) };
  const ended = await runTool(workspace, [], {
    entry,
    cwd,
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'someone/services',
      GITHUB_RUN_ID: '4711',
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
      ...about,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
  });
  return {
    ended,
    outputs: readCommands(files.output),
    state: readCommands(files.state),
    summary: readFileSync(files.summary, 'utf8'),
  };
}

/** `name<<delimiter`, lines, `delimiter`: how @actions/core hands values over. */
function readCommands(path: string): ReadonlyMap<string, string> {
  const pattern = /^([^\n]+?)<<(\S+)\n([\s\S]*?)\n\2$/gm;
  return new Map([...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => [match[1] ?? '', match[3] ?? '']));
}
