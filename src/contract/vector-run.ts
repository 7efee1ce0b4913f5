import type { VectorFailure } from '../domain/conformance.ts';
import type { Clock } from '../ports/clock.ts';
import type { SocketTransport } from '../ports/sockets.ts';
import type { HttpTransport } from '../ports/transport.ts';
import { type CheckFailure, type Hide, reportable } from './check-failure.ts';
import type { LoadedContract } from './contract.ts';
import { type EffectContext, effectFailures, judgeEffect } from './effect.ts';
import type { Limiter } from './limiter.ts';
import type { MessagePool } from './message-pool.ts';
import { captureOutputs } from './outputs.ts';
import type { Patience } from './patience.ts';
import type { RequestSigner } from './signing.ts';
import { kindOf } from './steps/registry.ts';
import type { StepRun } from './steps/step-kind.ts';
import { expand, type TemplateSource } from './template.ts';
import { durationMs, type Effect, type Step, type Vector } from './vector.ts';

export interface VectorContext {
  readonly contract: LoadedContract;
  readonly origin: string;
  readonly exchange: HttpTransport['exchange'];
  /** Absent: vectors with WebSocket steps must not be run. */
  readonly sockets?: SocketTransport;
  readonly clock: Clock;
  readonly signer: RequestSigner;
  /** Messages per channel; vectors with effects on other channels must not be run. */
  readonly pools: ReadonlyMap<string, MessagePool>;
  /** Bounds requests in flight; waiting for messages costs the service nothing and is not bounded. */
  readonly requests: Limiter;
  readonly requestTimeoutMs: number;
  readonly patience: Patience;
  readonly hide?: Hide;
  readonly signal?: AbortSignal;
}

export interface VectorOutcome {
  readonly failures: readonly VectorFailure[];
  /** Looks again at the last step's messages: one too many may come long after the right number. */
  readonly recheck: () => readonly VectorFailure[];
}

const REPEAT_MS = 100;

/** Runs one vector. Stops at the first step that fails, since later steps build on it. Throws OutOfPatience. */
export async function runVector(vector: Vector, context: VectorContext): Promise<VectorOutcome> {
  const scope = new Map<string, unknown>();
  for (const [name, value] of Object.entries(vector.vars)) scope.set(name, expand(value, source(scope, context)));
  let last: readonly Effect[] = [];
  for (const [index, step] of vector.steps.entries()) {
    const failed = await runUntilPassed(step, scope, context);
    if (failed.length > 0) {
      return { failures: failed.map((found) => reportable(found, index, scope, context.hide)), recheck: () => [] };
    }
    last = (step.effects ?? []).map((effect) => expand(effect, source(scope, context)));
  }
  const lastIndex = vector.steps.length - 1;
  const recheck = () =>
    last
      .flatMap((effect) => judgeEffect(effect, effectContext(effect, context)))
      .map((found) => reportable(found, lastIndex, scope, context.hide));
  return { failures: [], recheck };
}

function source(scope: ReadonlyMap<string, unknown>, context: VectorContext): TemplateSource {
  return { scope, nowMs: context.clock.epochMs() };
}

async function runUntilPassed(
  step: Step,
  scope: Map<string, unknown>,
  context: VectorContext,
): Promise<readonly CheckFailure[]> {
  const startedMs = context.clock.monotonicMs();
  const longestMs = step.eventually === undefined ? 0 : durationMs(step.eventually);
  for (;;) {
    const failures = await runStep(step, scope, context);
    if (failures.length === 0 || context.clock.monotonicMs() - startedMs >= longestMs) return failures;
    await context.clock.sleep(REPEAT_MS, context.signal);
  }
}

async function runStep(
  step: Step,
  scope: Map<string, unknown>,
  context: VectorContext,
): Promise<readonly CheckFailure[]> {
  const run = await context.requests.run(() => send(step, scope, context));
  if (run.failures.length > 0 || run.output === undefined) return run.failures;
  const missing = captureOutputs(step.outputs ?? {}, run.output, scope);
  if (missing.length > 0) return missing;
  const effects = (step.effects ?? []).map((effect) => expand(effect, source(scope, context)));
  const judged = await Promise.all(effects.map((effect) => effectFailures(effect, effectContext(effect, context))));
  return judged.flat();
}

/** Signed only now, when a request slot is free: signatures age. */
async function send(step: Step, scope: Map<string, unknown>, context: VectorContext): Promise<StepRun> {
  context.signal?.throwIfAborted();
  context.patience.begin();
  const { contract, origin, exchange, sockets, signer, requestTimeoutMs, clock, signal } = context;
  const run = await kindOf(step).run(step as never, {
    contract,
    origin,
    exchange,
    signer,
    requestTimeoutMs,
    source: () => source(scope, context),
    capture: (outputs, answer) => captureOutputs(outputs, answer, scope),
    sleep: (durationMs) => clock.sleep(durationMs, signal),
    ...(sockets && { sockets }),
    ...(signal && { signal }),
  });
  if (run.unanswered !== 'timeout') context.patience.ended();
  return run;
}

function effectContext(effect: Effect, context: VectorContext): EffectContext {
  const pool = context.pools.get(effect.channel);
  const channel = context.contract.channels[effect.channel];
  if (pool === undefined || channel === undefined) throw new TypeError(`channel ${effect.channel} is not bound`);
  const { contract, clock, signal } = context;
  const { channels: documented } = contract.documents;
  return { pool, channel, book: contract.schemas, clock, ...(documented && { documented }), ...(signal && { signal }) };
}
