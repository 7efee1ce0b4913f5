import type { Step } from './vector.ts';

/** One feature of `contract.yaml`. */
export interface FeatureEntry {
  readonly since?: string;
  readonly required?: boolean;
  readonly description?: string;
}

export interface ChannelEntry {
  readonly description?: string;
  /** JSON Schema of the data of every message, and of its attributes. */
  readonly message?: string;
  readonly attributes?: string;
  /** Address of the channel in the AsyncAPI document; its name when absent. */
  readonly address?: string;
  /** Environment variable that names the topic which the service publishes to. */
  readonly topic_variable?: string;
  /** Path that push deliveries are posted to: the service is subscribed to the channel. */
  readonly push_path?: string;
}

/** A way to sign requests. Both sides know the keys: they are for tests, and nothing real may trust them. */
export interface SigningEntry {
  readonly algorithm: 'ed25519' | 'hmac-sha256';
  readonly header: string;
  /** Of the header's value: `{{$hex}}` or `{{$base64}}`, with text around it; `{{$hex}}` when absent. */
  readonly format?: string;
  /** What is signed: `{{$body}}` and `{{$timestamp}}`, with text around them; `{{$body}}` when absent. */
  readonly signed?: string;
  /** Header that carries the time of signing, Unix seconds. */
  readonly timestamp_header?: string;
  /** Text that the test key is made of: SHA-256 of it is the seed (ed25519); itself is the secret (hmac-sha256). */
  readonly test_key: string;
  /** Environment variable that tells the service the public key (ed25519, hex) or the secret. */
  readonly key_variable: string;
}

/** One request of the benchmark: a step without effects. */
export type BenchmarkStep = Step & { readonly weight?: number; readonly name?: string };

export interface BenchmarkEntry {
  /** The request that measures a cold start, and that readiness is asked with: needs no signature and no other request. */
  readonly cold: BenchmarkStep;
  /** Sent once to each instance before its load; their outputs are variables of `warm`. */
  readonly setup?: readonly BenchmarkStep[];
  /** The requests of the warm load, in the proportions of their weights (1 when absent). */
  readonly warm: readonly BenchmarkStep[];
}

/** `contract.yaml` as written. */
export interface ContractFile {
  readonly type: string;
  readonly version: string;
  readonly document: string | readonly string[];
  readonly features?: Readonly<Record<string, FeatureEntry>>;
  readonly channels?: Readonly<Record<string, ChannelEntry>>;
  /** Variables that services are started with; `{{$project}}` stands for the project. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signing?: Readonly<Record<string, SigningEntry>>;
  readonly benchmark?: BenchmarkEntry;
  /** Date from which this major version is no longer supported, `YYYY-MM-DD`. */
  readonly supported_until?: string;
  readonly vectors: readonly string[];
}
