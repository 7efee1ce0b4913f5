import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createBucketStore } from '../../../src/adapters/results/bucket.ts';
import { jobLoad } from '../../../src/measure/job-load.ts';
import type { LoadInput } from '../../../src/measure/load-driver.ts';
import { newWorkspace, runTool } from '../../helpers/cli.ts';
import { type GcsServer, withGcsServer } from '../../helpers/gcs-server.ts';

withGcsServer('tasks that meet in a bucket', (start) => {
  const workspace = newWorkspace();
  let server: GcsServer;
  let service: Server;
  let asked = 0;
  before(async () => {
    server = await start();
    await server.createBucket('team-results');
    service = createServer((_request, response) => {
      asked += 1;
      setTimeout(() => response.setHeader('content-type', 'application/json').end('{"type":1}'), 25);
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
  });
  after(async () => {
    service.closeAllConnections();
    service.close();
    await server?.close();
    workspace.remove();
  });

  test('record every request once, start together, and leave the bucket as it was', async () => {
    const store = createBucketStore({ url: 'gs://team-results/perf', apiEndpoint: server.origin });
    const warnings: string[] = [];
    const said: string[] = [];
    const jobs = {
      async run(_job: string, { taskCount, env }: { taskCount: number; env: Readonly<Record<string, string>> }) {
        const ended = await Promise.all(
          Array.from({ length: taskCount }, (_, task) => {
            const own = { CLOUD_RUN_TASK_INDEX: String(task), CLOUD_RUN_TASK_COUNT: String(taskCount) };
            return runTool(workspace, ['worker'], { env: { ...env, ...own, STORAGE_EMULATOR_HOST: server.origin } });
          }),
        );
        said.push(...ended.map(({ stderr }) => stderr));
        return { execution: 'e', tasks: ended.map(({ code }, index) => ({ index, succeeded: code === 0 })) };
      },
    };
    const input = { job: 'j', tasks: 3, place: 'runs/run-x/load/t', runId: 'run-x', serviceType: 'discord-webhook' };
    const driver = jobLoad(
      { ...input, next: () => 1 },
      { jobs, store, logger: { warn: (text) => void warnings.push(text) } },
    );
    const { port } = service.address() as AddressInfo;
    const round: LoadInput = {
      blocks: ['a', 'b'].map((id) => ({ id, url: `http://127.0.0.1:${port}` })),
      warm: { connections: 6, requests: 240, warmupRequests: 12 },
      requestTimeoutMs: 5_000,
      protocol: {} as LoadInput['protocol'],
    };
    const outcomes = await driver.run(round);
    assert.deepEqual(
      outcomes.map(({ missing, recording }) => [missing, recording?.sent, recording?.errors]),
      [
        [undefined, 240, {}],
        [undefined, 240, {}],
      ],
      [...said, ...warnings].join('\n'),
    );
    const warmups = outcomes.reduce((sum, { recording }) => sum + (recording?.warmupRequests ?? 0), 0);
    assert.equal(asked, 480 + warmups);
    assert.deepEqual(await store.list('runs/'), []);
  });
});
