import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DocumentedMessage } from '../../../src/contract/documents.ts';
import { effectFailures, judgeEffect } from '../../../src/contract/effect.ts';
import { SchemaBook } from '../../../src/contract/formats/json-schema.ts';
import { MessagePool } from '../../../src/contract/message-pool.ts';
import type { Effect } from '../../../src/contract/vector.ts';
import type { ReceivedMessage } from '../../../src/ports/message-bus.ts';

const message = (messageId: string): ReceivedMessage => ({
  messageId,
  data: Buffer.from('{"type":2}'),
  attributes: { id: 'x' },
  publishTime: '2026-01-01T00:00:00Z',
});

/** Judges an effect while messages arrive at fixed times of a clock that only sleeping moves. */
async function told(effect: Partial<Effect>, arrivals: Readonly<Record<number, readonly string[]>>): Promise<string[]> {
  const end = new AbortController();
  const inbox: ReceivedMessage[] = [];
  const pool = new MessagePool();
  const collecting = pool.collect(
    {
      pull: async () => {
        await nextTurn();
        end.signal.throwIfAborted();
        return inbox.splice(0);
      },
      close: async () => undefined,
    },
    end.signal,
  );
  let nowMs = 0;
  const deliver = () => inbox.push(...(arrivals[nowMs] ?? []).map(message));
  deliver();
  const clock = {
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs: number, signal?: AbortSignal) {
      for (const wakeAtMs = nowMs + durationMs; nowMs < wakeAtMs; ) {
        // Two turns, so that what has been delivered is collected before the next millisecond.
        await nextTurn();
        await nextTurn();
        signal?.throwIfAborted();
        nowMs += 1;
        deliver();
      }
      await nextTurn();
      await nextTurn();
    },
  };
  try {
    const whole: Effect = { channel: 'c', where: { attributes: { id: 'x' } }, count: 1, within: '20ms', ...effect };
    const failures = await effectFailures(whole, {
      pool,
      clock,
      channel: { description: '', address: 'interactions' },
      book: new SchemaBook(),
    });
    return failures.map((it) => it.actual.replace(/,.*/, ''));
  } finally {
    end.abort();
    await collecting;
  }
}

test('effects: how many messages, and when', async () => {
  const cases: [string, Partial<Effect>, Readonly<Record<number, readonly string[]>>, string[]][] = [
    ['at once', {}, { 0: ['a'] }, []],
    ['in time', {}, { 10: ['a'] }, []],
    ['too late', {}, { 40: ['a'] }, ['0 messages']],
    ['one too many at once', {}, { 5: ['a', 'b'] }, ['2 messages']],
    ['one too many while settling', { settle: '30ms' }, { 5: ['a'], 20: ['b'] }, ['2 messages']],
    ['one too many after settling', { settle: '10ms' }, { 5: ['a'], 60: ['b'] }, []],
    ['the same message again is no second one', { settle: '30ms' }, { 5: ['a'], 10: ['a'] }, []],
    ['two wanted', { count: 2 }, { 3: ['a'], 9: ['b'] }, []],
    ['none wanted, none came', { count: 0, settle: '10ms' }, {}, []],
    ['none wanted, one came', { count: 0, settle: '30ms' }, { 20: ['a'] }, ['1 message']],
    ['none wanted, watched without being told how long', { count: 0 }, { 300: ['a'] }, ['1 message']],
    ['other messages do not count', { where: { json: { type: 3 } } }, { 0: ['a'] }, ['0 messages']],
  ];
  for (const [name, effect, arrivals, wanted] of cases) assert.deepEqual(await told(effect, arrivals), wanted, name);
});

/** What the document says of one message that has come. */
async function documented(messages: readonly DocumentedMessage[] | undefined, data = '{"type":2}'): Promise<string[]> {
  const end = new AbortController();
  const pool = new MessagePool();
  const pull = async () => {
    end.abort();
    return [{ ...message('a'), data: Buffer.from(data) }];
  };
  await pool.collect({ pull, close: async () => undefined }, end.signal);
  const failures = judgeEffect(
    { channel: 'results', where: { attributes: { id: 'x' } }, count: 1 },
    {
      pool,
      channel: { description: '', address: 'results.out' },
      documented: { addresses: [], received: () => undefined, sent: (at) => (at === 'results.out' ? messages : []) },
      book: new SchemaBook(),
      clock: { epochMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined },
    },
  );
  return failures.map(({ check, expected, actual }) => `${check}: ${expected} / ${actual}`);
}

test('effects: every message is checked against the AsyncAPI document, attributes as headers', async () => {
  const wants = (type: number, id: string): DocumentedMessage => ({
    name: 'result',
    check: (payload, headers) => [
      ...((payload as { type?: unknown }).type === type
        ? []
        : [{ pointer: '/type', wanted: `${type}`, value: payload }]),
      ...((headers as { id?: unknown }).id === id ? [] : [{ pointer: 'headers /id', wanted: id, value: headers }]),
    ],
  });
  assert.deepEqual(await documented([wants(2, 'x')]), []);
  assert.deepEqual(await documented([wants(2, 'y')]), [
    'effect results document message result headers /id: y / {"id":"x"}',
  ]);
  assert.deepEqual(await documented([wants(3, 'x')]), ['effect results document message result /type: 3 / {"type":2}']);
  assert.deepEqual(await documented([wants(2, 'x')], 'no'), ['effect results document message: JSON in UTF-8 / no']);
  const text: DocumentedMessage = { name: 'text', contentType: 'text/plain', check: () => [] };
  assert.deepEqual(await documented([text], 'no'), []);
  for (const nothing of [[], undefined]) {
    assert.match((await documented(nothing))[0] ?? '', /document message: no message on this channel/);
  }
});
