import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import { runCommandLine } from './command-line.ts';
import { execute } from './commands/index.ts';
import { readActionInputs, readGithubToken } from './config/action-inputs.ts';
import { openContext } from './context.ts';
import { neutral, withoutCommands } from './documents/neutral.ts';
import type { Annotation } from './domain/annotation.ts';
import { formatError, PerfError } from './domain/errors.ts';
import { EXIT, winningExitCode } from './domain/exit-codes.ts';

const STATE_POST = 'isPost';
const STATE_RUN = 'run-id';
// The runner drops a summary above 1 MiB whole.
const SUMMARY_LIMIT_BYTES = 1_000_000;

/** The job's main step: inputs to request, request to use case, outcome to outputs, summary and failure. */
async function main(): Promise<void> {
  core.saveState(STATE_POST, 'true');
  const token = readGithubToken(core.getInput);
  if (token !== undefined) core.setSecret(token);
  const request = readActionInputs(core.getInput);
  const controller = abortOnSignals();
  const context = await openContext(request, {
    kind: 'action',
    signal: controller.signal,
    ...(token === undefined ? {} : { githubToken: token }),
    // Remembered before anything is deployed, so that the post step can clean up after a crash of this one.
    rememberRun: (runId) => core.saveState(STATE_RUN, runId),
  });
  try {
    const outcome = await execute({ request, ...context, signal: controller.signal });
    for (const [name, value] of Object.entries(outcome.outputs)) core.setOutput(name, value);
    for (const annotation of outcome.annotations ?? []) annotate(annotation);
    if (outcome.summary !== undefined) writeSummary(outcome.summary);
    const code = winningExitCode(outcome.exitCodes);
    const { outputs, states = {} } = outcome;
    core.setOutput('summary', JSON.stringify({ exitCode: code, verdict: outputs.verdict ?? 'none', states }));
    if (code !== EXIT.ok) core.setFailed(`cloudrun-perf ended with exit code ${code}: ${MEANING[code]}`);
    process.exitCode = code;
  } finally {
    await context.close();
  }
}

const MEANING: Readonly<Record<number, string>> = {
  [EXIT.infrastructure]: 'something could not be built, deployed or measured',
  [EXIT.usage]: 'usage or configuration error',
  [EXIT.contract]: 'an implementation does not honour the contract',
  [EXIT.regression]: 'an implementation became slower',
  [EXIT.inconclusive]: 'the measurement could not decide',
};

/** The post step, also after a crash or a cancellation: removes what this job deployed and left. */
async function post(): Promise<void> {
  const runId = core.getState(STATE_RUN);
  if (runId === '') return;
  const controller = abortOnSignals();
  const request = { ...readActionInputs(core.getInput), command: 'cleanup', run: runId, all: false } as const;
  const context = await openContext(request, { kind: 'action', signal: controller.signal });
  try {
    await execute({ request, ...context, signal: controller.signal });
  } finally {
    await context.close();
  }
}

/** Codes by which a shell knows that a signal ended a process. */
const CANCELLED = { SIGINT: 130, SIGTERM: 143 } as const;
let cancelledBy: keyof typeof CANCELLED | undefined;

/** The runner cancels with SIGINT, 7.5 s later with SIGTERM, 2.5 s later it kills; the post step comes after that. */
function abortOnSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      cancelledBy ??= name;
      controller.abort(new Error(`cancelled (${name})`));
    });
  }
  return controller;
}

/** A remark on a file: a command to the runner, whose values @actions/core escapes. */
function annotate({ level, file, line, title, message }: Annotation): void {
  const properties = { file, title, ...(line === undefined ? {} : { startLine: line }) };
  const say = { error: core.error, warning: core.warning, notice: core.notice }[level];
  say(withoutCommands(neutral(message)), properties);
}

function writeSummary(markdown: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  // Reports of runs are cut to fit; the lists of validate and compare are this long only by mistake or malice.
  const fits = Buffer.byteLength(markdown) <= SUMMARY_LIMIT_BYTES;
  appendFileSync(file, fits ? markdown : 'The list is too long for a job summary: the log has it.\n');
}

function fail(error: unknown): void {
  if (cancelledBy !== undefined) {
    core.setFailed(`cancelled (${cancelledBy}): what this step had deployed was removed`);
    process.exitCode = CANCELLED[cancelledBy];
    return;
  }
  const expected = error instanceof PerfError;
  if (expected && error.at?.line !== undefined)
    core.error(withoutCommands(neutral(error.message)), { file: error.at.file, startLine: error.at.line });
  const text = expected ? formatError(error) : error instanceof Error ? (error.stack ?? error.message) : String(error);
  core.setFailed(withoutCommands(neutral(text)));
  process.exitCode = expected ? error.exitCode : EXIT.infrastructure;
}

// The runner gives an action no arguments: with some, the bundle is the command line, as in the image of load jobs.
const argv = process.argv.slice(2);
if (argv.length > 0) void runCommandLine(argv);
else void (core.getState(STATE_POST) === 'true' ? post() : main()).catch(fail);
