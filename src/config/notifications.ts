import { locate } from '../documents/locate.ts';
import type { Source } from '../documents/source-tree.ts';
import { UsageError } from '../domain/errors.ts';
import { type NotificationSecrets, type NotificationSettings, signingKey } from '../domain/notifications.ts';
import type { ConfigDocument } from './document.ts';

type Document = ConfigDocument['notifications'];

const SLACK = '/notifications/slack_webhook';
const URL_AT = '/notifications/webhook/url';
const SECRET_AT = '/notifications/webhook/secret';
/** Where a key wants an address or a secret, and a wrong value may be one. */
const SECRET_PLACES = /^\/notifications\/(?:slack_webhook|webhook)(?:\/|$)/;
const LOOPBACK = new Set(['127.0.0.1', 'localhost']);

export function toNotifications(document: Document): NotificationSettings {
  return {
    onStart: document?.on_start ?? false,
    onRegression: document?.on_regression ?? true,
    onCompletion: document?.on_completion ?? false,
    onFailure: document?.on_failure ?? true,
  };
}

/** What is empty is absent: a fork's pull request gets its repository's secrets as empty texts. */
export function toNotificationSecrets(document: Document): NotificationSecrets {
  const slackWebhook = given(document?.slack_webhook);
  const webhookUrl = given(document?.webhook?.url);
  const webhookSecret = given(document?.webhook?.secret);
  return {
    ...(slackWebhook === undefined ? {} : { slackWebhook }),
    ...(webhookUrl === undefined ? {} : { webhookUrl }),
    ...(webhookSecret === undefined ? {} : { webhookSecret }),
  };
}

/** Never with a value in a message. */
export function* notificationProblems(document: Document, source: Source): Generator<UsageError> {
  const { slackWebhook, webhookUrl, webhookSecret } = toNotificationSecrets(document);
  const problem = (code: string, pointer: string, message: string, hint?: string) =>
    new UsageError(code, message, { at: locate(source, pointer), ...(hint === undefined ? {} : { hint }) });
  for (const [value, pointer] of [
    [slackWebhook, SLACK],
    [webhookUrl, URL_AT],
  ] as const) {
    const wanted = value === undefined ? undefined : wantedOfUrl(value);
    if (wanted !== undefined) yield problem('bad-webhook', pointer, `found a masked value at ${pointer}, ${wanted}`);
  }
  if (webhookUrl !== undefined && webhookSecret === undefined) {
    yield problem(
      'webhook-secret-missing',
      '/notifications/webhook',
      `found ${URL_AT} without a secret, wanted both or neither`,
      'Keep both in secrets of the repository, so that a fork gets neither.',
    );
  }
  if (webhookSecret !== undefined && signingKey(webhookSecret) === undefined) {
    yield problem(
      'webhook-secret-weak',
      SECRET_AT,
      `found a masked value at ${SECRET_AT}, wanted whsec_ and 24 to 64 bytes in base64, or a text of at least 16 characters`,
      'Make one: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
}

export function notificationWarnings(document: Document): readonly string[] {
  const { webhookUrl, webhookSecret } = toNotificationSecrets(document);
  const isHalf = webhookUrl === undefined && webhookSecret !== undefined;
  return isHalf ? ['notifications.webhook has a secret and no url: nothing is sent there'] : [];
}

/** A value that a message about its place must not quote: somebody may have written an address one level too high. */
export function isSecretPlace(pointer: string): boolean {
  return SECRET_PLACES.test(pointer);
}

/** White space around a secret comes from pasting it. */
function given(text: string | null | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function wantedOfUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const encrypted = url?.protocol === 'https:';
  if (url === null || !(encrypted || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))))
    return 'wanted an https:// URL (http:// only to this machine, 127.0.0.1 or localhost)';
  return url.username === '' && url.password === '' ? undefined : 'wanted a URL without user name and password';
}
