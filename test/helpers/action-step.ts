import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, ROOT, startTool, type Tool, type Workspace } from './cli.ts';

/** The action as the runner executes it: one bundle for the main step and the post step. */
export const BUNDLE = process.env.CLOUDRUN_PERF_BUNDLE ?? join(ROOT, 'dist/index.js');
/** Why tests of the bundle cannot run here, or false. */
export const NO_BUNDLE =
  existsSync(BUNDLE) || process.env.CI === 'true' ? false : 'dist/ has not been built: npm run build';
export const TOKEN = 'ghs_0123456789abcdefTOKEN';

export interface Step {
  readonly ended: Ended;
  readonly outputs: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
  readonly summary: string;
}

export interface RunningStep {
  readonly tool: Tool;
  finish(): Promise<Step>;
}

export interface StepOptions {
  /** What the main step has saved for the post step. */
  readonly state?: ReadonlyMap<string, string>;
  readonly env?: Readonly<Record<string, string>>;
  /** Name and payload of the event that started the job. */
  readonly event?: { readonly name: string; readonly payload: object };
  /** The checkout; the workspace when it is left out. */
  readonly cwd?: string;
  /** The bundle when it is left out. */
  readonly entry?: string;
}

let steps = 0;

/** As the runner: inputs by INPUT_NAME with hyphens kept, files for what the step gives, state of the main step. */
export function startStep(
  workspace: Workspace,
  inputs: Readonly<Record<string, string>>,
  { state = new Map(), env = {}, event, cwd, entry = BUNDLE }: StepOptions = {},
): RunningStep {
  steps += 1;
  const directory = join(workspace.directory, `step-${steps}`);
  mkdirSync(directory);
  const file = (name: string, text = '') => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const files = { output: file('output'), state: file('state'), summary: file('summary') };
  const tool = startTool(workspace, [], {
    entry,
    ...(cwd === undefined ? {} : { cwd }),
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'someone/services',
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
      ...(event === undefined
        ? {}
        : { GITHUB_EVENT_NAME: event.name, GITHUB_EVENT_PATH: file('event.json', JSON.stringify(event.payload)) }),
      ...Object.fromEntries(
        Object.entries({ 'github-token': TOKEN, ...inputs }).map(([name, value]) => [
          `INPUT_${name.toUpperCase()}`,
          value,
        ]),
      ),
      ...Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value])),
      ...env,
    },
  });
  return {
    tool,
    async finish() {
      const ended = await tool.ended;
      return {
        ended,
        outputs: readCommands(files.output),
        state: readCommands(files.state),
        summary: readFileSync(files.summary, 'utf8'),
      };
    },
  };
}

export function runStep(...args: Parameters<typeof startStep>): Promise<Step> {
  return startStep(...args).finish();
}

/** A step of a job from the sources, for what does not need the bundle. */
export function runActionStep(
  workspace: Workspace,
  inputs: Readonly<Record<string, string>>,
  options: StepOptions,
): Promise<Step> {
  const env = { GITHUB_RUN_ID: '4711', ...options.env };
  return runStep(workspace, { 'github-token': '', ...inputs }, { entry: join(ROOT, 'src/action.ts'), ...options, env });
}

/** `name<<delimiter`, lines, `delimiter`: how @actions/core hands values over. */
function readCommands(path: string): ReadonlyMap<string, string> {
  const pattern = /^([^\n]+?)<<(\S+)\n([\s\S]*?)\n\2$/gm;
  return new Map([...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => [match[1] ?? '', match[3] ?? '']));
}
