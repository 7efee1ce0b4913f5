import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import { execute } from './commands/index.ts';
import { readActionInputs, readGithubToken } from './config/action-inputs.ts';
import { openContext } from './context.ts';
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

function abortOnSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => controller.abort(new Error(`cancelled (${name})`)));
  return controller;
}

function writeSummary(markdown: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  const whole = Buffer.byteLength(markdown) <= SUMMARY_LIMIT_BYTES;
  appendFileSync(file, whole ? markdown : 'The report is too long for a job summary; see the output `report-path`.\n');
}

function fail(error: unknown): void {
  const expected = error instanceof PerfError;
  if (expected && error.at?.line !== undefined)
    core.error(error.message, { file: error.at.file, startLine: error.at.line });
  core.setFailed(
    expected ? formatError(error) : error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  process.exitCode = expected ? error.exitCode : EXIT.infrastructure;
}

void (core.getState(STATE_POST) === 'true' ? post() : main()).catch(fail);
