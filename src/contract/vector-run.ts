import type { VectorFailure } from '../domain/conformance.ts';
import type { Clock } from '../ports/clock.ts';
import { type HttpExchange, type HttpRequest, type HttpTransport, TransportError } from '../ports/transport.ts';
import { type CheckFailure, failure, reportable } from './check-failure.ts';
import type { LoadedContract } from './contract.ts';
import { type EffectContext, effectFailures, judgeEffect } from './effect.ts';
import { expectationFailures } from './expectation.ts';
import { documentFailures } from './formats/openapi.ts';
import type { Limiter } from './limiter.ts';
import type { MessagePool } from './message-pool.ts';
import { captureOutputs } from './outputs.ts';
import type { Patience } from './patience.ts';
import { buildRequest } from './request.ts';
import type { RequestSigner } from './signing.ts';
import { expand, type TemplateSource } from './template.ts';
import { durationMs, type Effect, type HttpStep, type Vector } from './vector.ts';

export interface VectorContext {
  readonly contract: LoadedContract;
  readonly origin: string;
  readonly exchange: HttpTransport['exchange'];
  readonly clock: Clock;
  readonly signer: RequestSigner;
  /** Messages per channel; vectors with effects on other channels must not be run. */
  readonly pools: ReadonlyMap<string, MessagePool>;
  /** Bounds requests in flight; waiting for messages costs the service nothing and is not bounded. */
  readonly requests: Limiter;
  readonly requestTimeoutMs: number;
  readonly patience: Patience;
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
      return { failures: failed.map((found) => reportable(found, index, scope)), recheck: () => [] };
    }
    last = (step.effects ?? []).map((effect) => expand(effect, source(scope, context)));
  }
  const lastIndex = vector.steps.length - 1;
  const recheck = () =>
    last
      .flatMap((effect) => judgeEffect(effect, effectContext(effect, context)))
      .map((found) => reportable(found, lastIndex, scope));
  return { failures: [], recheck };
}

function source(scope: ReadonlyMap<string, unknown>, context: VectorContext): TemplateSource {
  return { scope, nowMs: context.clock.epochMs() };
}

async function runUntilPassed(
  step: HttpStep,
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
  step: HttpStep,
  scope: Map<string, unknown>,
  context: VectorContext,
): Promise<readonly CheckFailure[]> {
  const sent = await context.requests.run(() => send(step, scope, context));
  if ('failed' in sent) return [sent.failed];
  const expected = expand(step.expect, source(scope, context));
  const failures = [
    ...expectationFailures(expected, sent.answer, context.contract.schemas),
    ...documentFailures(context.contract.operations, sent.request, sent.answer),
  ];
  if (failures.length > 0) return failures;
  const missing = captureOutputs(step.outputs ?? {}, sent.answer, scope);
  if (missing.length > 0) return missing;
  const effects = (step.effects ?? []).map((effect) => expand(effect, source(scope, context)));
  const judged = await Promise.all(effects.map((effect) => effectFailures(effect, effectContext(effect, context))));
  return judged.flat();
}

/** Signed only now, when a request slot is free: signatures age. */
async function send(
  step: HttpStep,
  scope: ReadonlyMap<string, unknown>,
  context: VectorContext,
): Promise<{ readonly request: HttpRequest; readonly answer: HttpExchange } | { readonly failed: CheckFailure }> {
  const { origin, requestTimeoutMs: timeoutMs, signal } = context;
  signal?.throwIfAborted();
  context.patience.begin();
  const request = buildRequest(step.http, source(scope, context), context.signer);
  try {
    const answer = await context.exchange(origin, request, { timeoutMs, ...(signal && { signal }) });
    context.patience.ended();
    return { request, answer };
  } catch (error) {
    if (!(error instanceof TransportError) || error.failure === 'aborted') throw error;
    if (error.failure !== 'timeout') context.patience.ended();
    return { failed: failure('request', 'an HTTP answer', `${error.failure}: ${error.message}`) };
  }
}

function effectContext(effect: Effect, context: VectorContext): EffectContext {
  const pool = context.pools.get(effect.channel);
  const channel = context.contract.channels[effect.channel];
  if (pool === undefined || channel === undefined) throw new TypeError(`channel ${effect.channel} is not bound`);
  const { contract, clock, signal } = context;
  return { pool, channel, book: contract.schemas, clock, ...(signal && { signal }) };
}
