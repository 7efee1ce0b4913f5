import type { RequestSigner } from '../contract/signing.ts';
import type { LoadCall } from '../contract/steps/step-kind.ts';
import type { HttpExchange, WireRequest } from '../ports/transport.ts';

export interface EnvironmentOptions {
  readonly project: string;
  readonly topic: string;
  /** `host:port` of a Pub/Sub emulator; absent for the real Pub/Sub. */
  readonly pubsubHost?: string;
}

/** How to speak to services of one type. Pure: requests are values, times are passed in. */
export interface Protocol extends RequestSigner {
  readonly serviceType: string;
  /** Environment that a service of this type is started with. */
  environment(options: EnvironmentOptions): Readonly<Record<string, string>>;
  /** Channels that services publish to, each with the environment variable that names its topic. */
  readonly channels: Readonly<Record<string, { readonly topicVariable: string }>>;
  /** The request that measures a cold start: needs no signature, so a slow start cannot make it stale. */
  coldRequest(): WireRequest;
  /** What is wrong with the answer to it, in words; undefined when it is right. */
  coldFault(answer: HttpExchange): string | undefined;
  /** The next request of the warm load. Wrong answers count as errors, not as fast answers. */
  warmCall(nowMs: number): LoadCall;
  /** The warm load is messages on open connections, of which the platform's log has one line each. */
  readonly logsConnections: boolean;
  /**
   * Sends what the warm requests build on to one instance, and answers the calls for it. Rejects with TransportError, or
   * with InfrastructureError `benchmark-setup` for a wrong answer.
   */
  prepare(send: (request: WireRequest) => Promise<HttpExchange>, nowMs: () => number): Promise<Protocol['warmCall']>;
}
