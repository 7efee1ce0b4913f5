import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { DeliveryLimits } from '../../src/adapters/events/delivery.ts';
import { EVENT_TYPES, type RunEvent } from '../../src/domain/event.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { EventSink } from '../../src/ports/event-sink.ts';
import type { Logger } from '../../src/ports/logger.ts';
import {
  createFakeClock,
  createKeepingLogger,
  exampleEvent,
  HOSTILE,
  type KeepingLogger,
} from '../unit/events/fakes.ts';
import { type Receiver, startReceiver } from '../unit/events/receiver.ts';

export interface SinkDeps {
  /** `http://127.0.0.1:port`; every path below it is the receiver's. */
  readonly origin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: DeliveryLimits;
}

export interface StartedSink {
  readonly sink: EventSink;
  /** Secret parts of the addresses and keys that it uses. */
  readonly secrets: readonly string[];
  /** When everything sent is delivered or given up. */
  settled(): Promise<void>;
}

export interface SinkTraits {
  /** Receives nothing at all. */
  readonly silent?: boolean;
}

const LIMITS: DeliveryLimits = { attempts: 3, attemptTimeoutMs: 10_000, totalMs: 30_000 };
/** For who never answers; too short to tell anything of who does. */
const IMPATIENT: DeliveryLimits = { ...LIMITS, attemptTimeoutMs: 50 };
/** Longer than any wait between attempts; only a flush waits that long, and it is ended by what it waits for. */
const HELD_FROM_MS = 20_000;

/** What every event sink must do. `start` makes a sink that sends to the origin. */
export function eventSinkSuite(name: string, start: (deps: SinkDeps) => StartedSink, traits: SinkTraits = {}): void {
  describe(`event sink: ${name}`, () => {
    let receiver: Receiver;
    let logger: KeepingLogger;
    let started: StartedSink;
    const open = (origin: string, limits = LIMITS) =>
      start({ origin, logger, limits, clock: createFakeClock(HELD_FROM_MS, Date.now()) });
    before(async () => {
      receiver = await startReceiver();
    });
    beforeEach(() => {
      logger = createKeepingLogger();
      receiver.always({ status: 200, body: 'ok' });
      receiver.next();
      started = open(`http://127.0.0.1:${receiver.port}`);
    });
    after(() => receiver?.close());

    /** The requests that sending these makes. */
    const send = async (...events: readonly RunEvent[]) => {
      const from = receiver.received.length;
      for (const event of events) await started.sink.send(event);
      await started.settled();
      return receiver.received.slice(from);
    };
    const expected = (count: number) => (traits.silent === true ? 0 : count);
    const assertOneWarning = () => {
      assert.equal(logger.warnings.length, expected(1), logger.lines.join('\n'));
      assertNothingSecret();
    };
    const assertNothingSecret = () => {
      for (const secret of [...started.secrets, '127.0.0.1']) {
        for (const line of logger.lines) assert.ok(!line.includes(secret), line);
      }
    };

    test('every type of event arrives once, in order', async () => {
      const events = EVENT_TYPES.map((type, index) => exampleEvent({ type, runId: `run-number-${index}` }));
      const requests = await send(...events);
      assert.deepEqual(
        requests.map(({ body }) => /run-number-\d/.exec(body)?.[0]),
        traits.silent === true ? [] : events.map(({ runId }) => runId),
      );
      for (const { method, body, headers } of requests) {
        assert.equal(method, 'POST');
        assert.match(headers['content-type'] ?? '', /json/);
        assert.equal(typeof JSON.parse(body), 'object');
        for (const secret of started.secrets) assert.ok(!body.includes(secret));
      }
      assert.deepEqual(logger.warnings, []);
    });

    test('a delivery that fails is repeated with the same body', async () => {
      receiver.next({ status: 503 }, 'reset');
      const requests = await send(exampleEvent());
      assert.equal(requests.length, expected(3));
      assert.equal(new Set(requests.map(({ body }) => body)).size, expected(1));
      assert.deepEqual(logger.warnings, []);
    });

    test('what stays broken is one warning, and the next event is sent all the same', async (t) => {
      for (const answer of [{ status: 500 }, 'reset'] as const) {
        await t.test(JSON.stringify(answer), async () => {
          logger = createKeepingLogger();
          started = open(`http://127.0.0.1:${receiver.port}`);
          receiver.always(answer);
          assert.equal((await send(exampleEvent({ type: 'run.failed' }))).length, expected(3));
          assertOneWarning();
          receiver.always({ status: 200 });
          assert.equal((await send(exampleEvent({ type: 'run.failed' }))).length, expected(1));
          assertOneWarning();
        });
      }
    });

    test('an address that never answers is one warning', async () => {
      started = open(`http://127.0.0.1:${receiver.port}`, IMPATIENT);
      receiver.always('hang');
      await send(exampleEvent());
      assertOneWarning();
    });

    test('a refusal is final', async () => {
      receiver.always({ status: 403, body: `no ${started.secrets.join(' ')}` });
      assert.equal((await send(exampleEvent())).length, expected(1));
      assertOneWarning();
    });

    test('redirects are not followed', async () => {
      receiver.always({ status: 307, headers: { location: `http://127.0.0.1:${receiver.port}/elsewhere` } });
      const requests = await send(exampleEvent());
      assert.equal(requests.length, expected(1));
      assert.ok(requests.every(({ path }) => path !== '/elsewhere'));
      assertOneWarning();
    });

    test('an address where nobody listens fails nothing', async () => {
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const address = closed.address();
      closed.close();
      await once(closed, 'close');
      assert.ok(typeof address === 'object' && address !== null);
      started = open(`http://127.0.0.1:${address.port}`);
      await send(exampleEvent());
      assertOneWarning();
    });

    test('hostile texts arrive as valid JSON', async () => {
      const hostile = exampleEvent({
        repository: HOSTILE,
        verdict: HOSTILE,
        message: HOSTILE.repeat(100),
        findings: Array.from({ length: 200 }, () => ({
          serviceType: HOSTILE,
          implementation: HOSTILE,
          kind: 'contract failed' as const,
          text: HOSTILE,
        })),
      });
      const requests = await send(hostile);
      assert.equal(requests.length, expected(1));
      for (const { body } of requests) assert.equal(typeof JSON.parse(body), 'object');
      assert.deepEqual(logger.warnings, []);
    });
  });
}
