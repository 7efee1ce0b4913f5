export interface ReceivedMessage {
  readonly messageId: string;
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly publishTime: string;
}

export interface Subscription {
  /** Messages that have arrived, acknowledged on receipt; waits up to `waitMs` for the first. */
  pull(waitMs: number, signal?: AbortSignal): Promise<readonly ReceivedMessage[]>;
  close(): Promise<void>;
}

/** Publish and subscribe, as Google Cloud Pub/Sub has it. */
export interface MessageBus {
  /** `host:port`, as `PUBSUB_EMULATOR_HOST` wants it; undefined for the real service. */
  readonly emulatorHost?: string;
  readonly project: string;
  /** Creates the topic unless it exists. */
  ensureTopic(topic: string, signal?: AbortSignal): Promise<void>;
  subscribe(topic: string, signal?: AbortSignal): Promise<Subscription>;
}
