/** Which events of a run are told. */
export interface NotificationSettings {
  /** A run has started. */
  readonly onStart: boolean;
  /** A regression or a contract failure was found. */
  readonly onRegression: boolean;
  /** A run has come to its end, or was cancelled. */
  readonly onCompletion: boolean;
  /** A run has failed: it has no result. */
  readonly onFailure: boolean;
}

/** Where events go. All of it is secret: whoever knows an address can write to it. */
export interface NotificationSecrets {
  readonly slackWebhook?: string;
  readonly webhookUrl?: string;
  /** As `signingKey` reads it. Always there when `webhookUrl` is. */
  readonly webhookSecret?: string;
}

const PREFIX = 'whsec_';
const SHORTEST_TEXT = 16;
/** What Standard Webhooks wants of a key. */
const KEY_BYTES = { least: 24, most: 64 } as const;

/**
 * The key that a webhook's secret stands for: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it, or
 * else the UTF-8 of any text of at least 16 characters. Undefined when it is neither.
 */
export function signingKey(secret: string): Uint8Array | undefined {
  if (!secret.startsWith(PREFIX)) return secret.length < SHORTEST_TEXT ? undefined : Buffer.from(secret, 'utf8');
  const encoded = secret.slice(PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  // Buffer skips what is not base64: only a text that comes out again was one.
  const isBase64 = key.toString('base64').replace(/=+$/, '') === encoded.replace(/={1,2}$/, '');
  return isBase64 && key.length >= KEY_BYTES.least && key.length <= KEY_BYTES.most ? key : undefined;
}
