import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import { jobLoad } from '../../../src/measure/job-load.ts';
import type { MeasuredProtocol } from '../../../src/measure/target.ts';
import type { HttpTransport } from '../../../src/ports/transport.ts';
import { inProcessJobs } from '../../helpers/in-process-jobs.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const protocol: MeasuredProtocol = {
  coldRequest: () => ({ method: 'GET', path: '/', headers: [] }),
  warmCall: () => ({ request: { method: 'GET', path: '/', headers: [] }, isCorrect: () => true }),
};
const ANSWER = { ok: true, status: 200, latencyMs: 5, body: new Uint8Array(), contentType: 'text/plain' } as const;

test('recordings of load that ran twice count for nothing, whole as they look', async () => {
  const clock = virtualClock();
  const store = createMemoryStore();
  const transport: HttpTransport = {
    exchange: () => Promise.reject(new Error('not used')),
    open: () => ({
      send: (_, done) => void clock.sleep(5).then(() => done(ANSWER)),
      close: async () => undefined,
    }),
  };
  const once = inProcessJobs({ store, clock, protocol, transportOf: () => transport });
  const outcomesAfter = async (code: string) => {
    const jobs = {
      run: async (...given: Parameters<typeof once.run>) => {
        await once.run(...given);
        throw new InfrastructureError(code, `it ended with ${code}`);
      },
    };
    const input = { job: 'j', tasks: 2, place: `load-${code}`, runId: 'run-1', serviceType: 't', next: () => 1 };
    const warm = { connections: 4, requests: 40, warmupRequests: 4 };
    const load = { blocks: [{ id: 'b', url: 'http://s' }], protocol, warm, requestTimeoutMs: 1_000 };
    return clock.run(jobLoad(input, { jobs, store, logger: { warn: () => undefined } }).run(load));
  };
  assert.deepEqual(await outcomesAfter('load-ran-twice'), [{ id: 'b', missing: 'it ended with load-ran-twice' }]);
  const [followed] = await outcomesAfter('platform-failed');
  assert.equal(followed?.missing, undefined, 'the recordings are whole, whatever became of the connection');
  assert.ok(followed?.recording);
});
