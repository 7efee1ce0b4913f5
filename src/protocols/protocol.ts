import type { RequestSigner } from '../contract/signing.ts';
import type { ServiceType } from '../domain/service-type.ts';
import type { HttpRequest } from '../ports/transport.ts';

export interface EnvironmentOptions {
  readonly project: string;
  readonly topic: string;
  /** `host:port` of a Pub/Sub emulator; absent for the real Pub/Sub. */
  readonly pubsubHost?: string;
}

/** How to speak to services of one type. Pure: requests are values, times are passed in. */
export interface Protocol extends RequestSigner {
  readonly serviceType: ServiceType;
  /** Environment that a service of this type is started with. */
  environment(options: EnvironmentOptions): Readonly<Record<string, string>>;
  /** Channels of the contract, each with the environment variable that names its topic. */
  readonly channels: Readonly<Record<string, { readonly topicVariable: string }>>;
  /** The request that measures a cold start: needs no signature, so a slow start cannot make it stale. */
  coldRequest(): HttpRequest;
  /** The request of the warm load, cached per second, since signatures age. */
  warmRequest(nowMs: number): HttpRequest;
  /** The same request `count` times, for load without any work on the hot path; good for 5 seconds. */
  prepareWarmRequests(count: number, nowMs: number): readonly HttpRequest[];
  /** Whether an answer to the warm request is right; others count as errors, not as fast answers. */
  isCorrectAnswer(status: number, contentType: string | undefined, body: Uint8Array): boolean;
}
