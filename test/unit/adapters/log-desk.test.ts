import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogDesk } from '../../../src/adapters/platforms/cloud-run/log-desk.ts';
import { type JointLogQuery, logFilter } from '../../../src/adapters/platforms/cloud-run/log-filter.ts';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const LOGS = ['system', 'requests'];
const event = (service: string, revision: string, atMs: number): InstanceEvent => ({
  kind: 'start',
  service,
  revision,
  atMs,
  instanceId: `${revision}-${atMs}`,
});
const EVENTS = [event('a', 'a1', 10), event('a', 'a2', 20), event('b', 'b1', 30), event('a', 'a1', 40)];

/** A desk whose turn comes every five seconds. */
function desk() {
  const clock = virtualClock();
  const asked: (JointLogQuery & { readonly logs: readonly string[] })[] = [];
  const read = createLogDesk(
    clock,
    () => clock.sleep(5_000),
    async (query, logs) => {
      asked.push({ ...query, logs });
      return EVENTS;
    },
  );
  return { clock, asked, read };
}
const ids = (events: readonly InstanceEvent[]) => events.map(({ instanceId }) => instanceId);

test('all who ask while a reading waits for its turn are answered by it, each with its own lines', async () => {
  const { clock, asked, read } = desk();
  const answers = await clock.run(
    Promise.all([
      read({ service: 'a', revision: 'a1', sinceMs: 15 }, LOGS),
      read({ service: 'b', revision: 'b1', sinceMs: 5 }, LOGS),
      clock.sleep(3_000).then(() => read({ service: 'a', revision: 'a2', sinceMs: 25 }, LOGS)),
    ]),
  );
  assert.deepEqual(asked, [{ services: ['a', 'b'], revisions: ['a1', 'b1', 'a2'], sinceMs: 5, logs: LOGS }]);
  assert.deepEqual(answers.map(ids), [['a1-40'], ['b1-30'], []]);
});

test('who asks after a reading has begun has one of his own, and other logs or whole services are read apart', async () => {
  const { clock, asked, read } = desk();
  await clock.run(
    Promise.all([
      read({ service: 'a', revision: 'a1', sinceMs: 0 }, LOGS),
      read({ service: 'a', sinceMs: 0 }, LOGS),
      read({ service: 'a', revision: 'a1', sinceMs: 0 }, ['system']),
      clock.sleep(6_000).then(() => read({ service: 'a', revision: 'a1', sinceMs: 0 }, LOGS)),
    ]),
  );
  assert.deepEqual(
    asked.map(({ revisions, logs }) => [revisions, logs.length]),
    [
      [['a1'], 2],
      [undefined, 2],
      [['a1'], 1],
      [['a1'], 2],
    ],
  );
});

test('one who gives up ends at once, and takes the reading from nobody', async () => {
  const { clock, asked, read } = desk();
  const controller = new AbortController();
  await clock.run(
    (async () => {
      const given = read({ service: 'a', sinceMs: 0 }, LOGS, controller.signal);
      const other = read({ service: 'b', sinceMs: 0 }, LOGS);
      controller.abort(new Error('enough'));
      await assert.rejects(given, /enough/);
      assert.deepEqual(ids(await other), ['b1-30']);
    })(),
  );
  assert.equal(asked.length, 1);
});

test('a reading that fails fails for all who asked, and the next is another one', async () => {
  const clock = virtualClock();
  let count = 0;
  const read = createLogDesk(
    clock,
    async () => undefined,
    async () => {
      count += 1;
      if (count === 1) throw new Error('refused');
      return EVENTS;
    },
  );
  await clock.run(
    (async () => {
      const both = await Promise.allSettled([
        read({ service: 'a', sinceMs: 0 }, LOGS),
        read({ service: 'b', sinceMs: 0 }, LOGS),
      ]);
      assert.deepEqual(
        both.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      assert.equal((await read({ service: 'b', sinceMs: 0 }, LOGS)).length, 1);
    })(),
  );
});

test('the filter names all services and revisions that are asked for together', () => {
  const filter = logFilter('p', { services: ['a', 'b'], revisions: ['a1', 'b1'], sinceMs: 0 }, ['requests']);
  assert.match(filter, /service_name=\("a" OR "b"\) AND resource\.labels\.revision_name=\("a1" OR "b1"\) AND/);
});
