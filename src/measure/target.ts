import type { Deployment, Side } from '../domain/deployment.ts';
import { UsageError } from '../domain/errors.ts';
import type { HttpExchange, WireRequest } from '../ports/transport.ts';

/** An answer under load, as far as it is kept. */
export interface WarmAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly grpcCode?: number;
}

/** One request of a warm block, and what its answer has to be. */
export interface WarmCall {
  readonly request: WireRequest;
  isCorrect(answer: WarmAnswer): boolean;
}

/** What measuring needs to know of a service type; protocols satisfy it by their shape. */
export interface MeasuredProtocol {
  /**
   * The first request that a fresh instance gets; a right service answers it with 200. It need not carry the
   * `traceparent` header: measuring sets it.
   */
  coldRequest(traceparent: string): WireRequest;
  /** What is wrong with the answer of a cold request; undefined when it is right. Absent: everything but 200. */
  coldFault?(answer: HttpExchange): string | undefined;
  /** One request of a warm block, asked for right before it is sent at `nowMs` (epoch milliseconds); must be cheap. */
  warmCall(nowMs: number): WarmCall;
  /** The warm load is messages on open connections, of which the platform's log has one line each. */
  readonly logsConnections?: boolean;
  /**
   * Sends to one instance what the warm requests build on, and answers the calls for it. Absent: they build on nothing.
   * Rejects with TransportError, or with InfrastructureError for a wrong answer.
   */
  prepare?(
    send: (request: WireRequest) => Promise<HttpExchange>,
    nowMs: () => number,
  ): Promise<MeasuredProtocol['warmCall']>;
}

/** Both sides' deployments, or head's alone. */
export interface SideDeployment {
  readonly side: Side;
  readonly deployment: Deployment;
}

/** One tagged revision that has not served a request yet. */
export interface SampleTarget {
  readonly side: Side;
  readonly service: string;
  readonly revision: string;
  readonly tag: string;
  readonly url: string;
  /** Epoch milliseconds from which the log can hold anything about the revision. */
  readonly deployedSinceMs: number;
}

// The platform's clock and ours may differ by this much when we look for the deploy's own events.
const CLOCK_MARGIN_MS = 5_000;

/** Throws UsageError when the schedule names a side or a tag that was not deployed. */
export function findTarget(deployments: readonly SideDeployment[], side: Side, tag: string): SampleTarget {
  const deployment = deployments.find((one) => one.side === side)?.deployment;
  const revision = deployment?.revisions.find((one) => one.tag === tag);
  if (deployment === undefined || revision === undefined) {
    throw new UsageError('tag-not-deployed', `the schedule wants ${side} ${tag}, which was not deployed`, {
      hint: 'deploy and measure with the same plan',
    });
  }
  return {
    side,
    tag,
    service: deployment.service,
    revision: revision.revision,
    url: revision.url,
    deployedSinceMs: deployment.deployedAtMs - deployment.deployMs - CLOCK_MARGIN_MS,
  };
}
