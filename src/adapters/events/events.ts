import type { EventType, RunEvent } from '../../domain/event.ts';
import type { NotificationSecrets, NotificationSettings } from '../../domain/notifications.ts';
import type { Clock } from '../../ports/clock.ts';
import { type EventSink, SILENT } from '../../ports/event-sink.ts';
import type { Logger } from '../../ports/logger.ts';
import { createWebhookSink } from './cloudevents-webhook.ts';
import { createDelivery, DELIVERY_LIMITS, type DeliveryLimits } from './delivery.ts';
import { type Post, post } from './post.ts';
import { safeEvent } from './safe-event.ts';
import { createSlackSink } from './slack.ts';

/** Takes events at once and delivers them, in order, while the run goes on. */
export interface EventQueue extends EventSink {
  /** Waits for what is not delivered yet, `timeoutMs` at most; what is late is given up with a warning. Never rejects. */
  flush(timeoutMs?: number): Promise<void>;
}

export interface EventsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Values that no event may contain. */
  readonly masked: readonly string[];
  readonly random?: () => number;
  readonly post?: Post;
  readonly limits?: DeliveryLimits;
}

const FLUSH_MS = 30_000;

const WANTED_BY: Readonly<Record<EventType, keyof NotificationSettings>> = {
  'run.started': 'onStart',
  'regression.found': 'onRegression',
  'contract.failed': 'onRegression',
  'run.finished': 'onCompletion',
  // Outdated runs are cancelled by every push: that is no failure.
  'run.cancelled': 'onCompletion',
  'run.failed': 'onFailure',
};

/** What the configuration asks for; silent when it names no address. */
export function createEvents(
  settings: NotificationSettings,
  { slackWebhook, webhookUrl, webhookSecret }: NotificationSecrets,
  { clock, logger, masked, random = Math.random, post: send = post, limits = DELIVERY_LIMITS }: EventsOptions,
): EventQueue {
  const stop = new AbortController();
  const deliver = createDelivery({ clock, logger, random, post: send, signal: stop.signal, limits });
  const isWanted = ({ type }: RunEvent) => settings[WANTED_BY[type]];
  // For people one message at the end is enough: it lists the findings.
  const isNews = (event: RunEvent) => isWanted(event) && !(settings.onCompletion && isFinding(event));
  const lines = [
    ...(webhookUrl === undefined || webhookSecret === undefined
      ? []
      : [createLine(createWebhookSink({ url: webhookUrl, secret: webhookSecret }, deliver), isWanted)]),
    ...(slackWebhook === undefined ? [] : [createLine(createSlackSink(slackWebhook, deliver), isNews)]),
  ];
  if (lines.length === 0) return { ...SILENT, flush: async () => undefined };
  return {
    send: async (event) => {
      const safe = safeEvent(event, masked);
      for (const line of lines) line.add(safe);
    },
    flush: async (timeoutMs = FLUSH_MS) => {
      const done = new AbortController();
      const empty = Promise.all(lines.map((line) => line.empty()));
      const isLate = clock.sleep(timeoutMs, done.signal).then(
        () => true,
        () => false,
      );
      if (await Promise.race([empty.then(() => false), isLate])) stop.abort();
      done.abort();
      await empty;
    },
  };
}

interface Line {
  add(event: RunEvent): void;
  empty(): Promise<unknown>;
}

/** One after another: the end of a run must not overtake its start. */
function createLine(sink: EventSink, isWanted: (event: RunEvent) => boolean): Line {
  let last: Promise<void> = Promise.resolve();
  return {
    add: (event) => {
      if (isWanted(event)) last = last.then(() => sink.send(event));
    },
    empty: () => last,
  };
}

const isFinding = ({ type }: RunEvent) => type === 'regression.found' || type === 'contract.failed';
