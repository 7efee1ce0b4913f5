import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobLoad } from '../../../src/measure/job-load.ts';
import type { MeasuredProtocol } from '../../../src/measure/target.ts';
import type { HttpTransport } from '../../../src/ports/transport.ts';
import { inProcessJobs } from '../../helpers/in-process-jobs.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const request = { method: 'GET', path: '/', headers: [] } as const;
const protocol: MeasuredProtocol = {
  coldRequest: () => request,
  warmCall: () => ({ request, isCorrect: () => true }),
};
const ANSWER = { ok: true, status: 200, latencyMs: 5, body: new Uint8Array(), contentType: 'text/plain' } as const;

test('tasks add files and overwrite none: the account of load tasks may not', async () => {
  const clock = virtualClock();
  const memory = createMemoryStore();
  const twice: string[] = [];
  const store = {
    ...memory,
    async write(path: string, text: string) {
      if (memory.texts.has(path)) twice.push(path);
      await memory.write(path, text);
    },
  };
  const transport: HttpTransport = {
    exchange: () => Promise.reject(new Error('not used')),
    open: () => ({
      send: (_, done) => void clock.sleep(5).then(() => done(ANSWER)),
      close: async () => undefined,
    }),
  };
  const jobs = inProcessJobs({ store, clock, protocol, transportOf: () => transport });
  const input = { job: 'j', tasks: 3, place: 'load', runId: 'run-1', serviceType: 't', next: () => 1 };
  const warm = { connections: 6, requests: 60, warmupRequests: 6 };
  const blocks = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}` }));
  const load = { blocks, protocol, warm, requestTimeoutMs: 1_000 };
  const outcomes = await clock.run(jobLoad(input, { jobs, store, logger: { warn: () => undefined } }).run(load));
  assert.deepEqual(
    outcomes.map(({ missing, recording }) => [missing, recording?.sent]),
    [1, 2, 3].map(() => [undefined, 60]),
  );
  assert.deepEqual(twice, []);
  assert.deepEqual([...memory.texts.keys()], []);
});
