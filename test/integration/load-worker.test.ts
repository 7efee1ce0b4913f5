import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { BlockSettings } from '../../src/domain/load.ts';
import { PLAN_VARIABLE, STORE_VARIABLE } from '../../src/measure/load-files.ts';
import { newWorkspace, runTool, startTool, until } from '../helpers/cli.ts';

const workspace = newWorkspace();
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  workspace.remove();
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pong: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"type":1}');
};

const WARM: BlockSettings = { connections: 6, requests: 60, warmupRequests: 12 };

interface Given {
  readonly url: string;
  readonly warm?: BlockSettings;
  readonly audience?: string;
}

let plans = 0;

/** Writes a plan and gives what a task is started with, and what it leaves. */
function plan({ url, warm = WARM, audience }: Given) {
  plans += 1;
  const place = `runs/run-x/load/t-${plans}/`;
  const file = join(workspace.results, place, 'plan.json');
  mkdirSync(dirname(file), { recursive: true });
  const blocks = ['a', 'b'].map((id) => ({ id, url }));
  const known = { schemaVersion: 1, runId: 'run-x', serviceType: 'discord-webhook', requestTimeoutMs: 5_000 };
  writeFileSync(file, JSON.stringify({ ...known, meetingTimeoutMs: 20_000, warm, blocks, audience }));
  return {
    env: (task: number, count: number) => ({
      [STORE_VARIABLE]: workspace.results,
      [PLAN_VARIABLE]: `${place}plan.json`,
      NODE_COMPILE_CACHE: join(workspace.directory, 'compiled'),
      CLOUD_RUN_TASK_INDEX: String(task),
      CLOUD_RUN_TASK_COUNT: String(count),
    }),
    left: (task: number) => JSON.parse(readFileSync(join(workspace.results, place, `task-${task}.json`), 'utf8')),
  };
}

test('three tasks load a service together and leave their parts', async () => {
  let asked = 0;
  const url = await listen((request, response) => {
    asked += 1;
    pong(request, response);
  });
  const { env, left } = plan({ url });
  const ended = await Promise.all([0, 1, 2].map((task) => runTool(workspace, ['worker'], { env: env(task, 3) })));
  for (const { code, stderr, stdout } of ended) assert.deepEqual([code, stdout], [0, ''], stderr);
  const parts = [0, 1, 2].map(left);
  for (const index of [0, 1]) {
    const recordings = parts.map(({ blocks }) => blocks[index].recording);
    assert.deepEqual(
      recordings.map(({ sent, connections, errors }) => [sent, connections, errors]),
      [
        [20, 2, {}],
        [20, 2, {}],
        [20, 2, {}],
      ],
    );
    const starts = recordings.map(({ timedFromMs }) => timedFromMs);
    assert.ok(
      Math.min(...recordings.map(({ fromMs }) => fromMs)) + 200 < Math.min(...starts),
      'warm-ups come before the meeting',
    );
    assert.ok(Math.max(...starts) - Math.min(...starts) < 150, `they start together: ${starts}`);
  }
  const warmups = parts.flatMap(({ blocks }) =>
    blocks.map(({ recording }: { recording: { warmupRequests: number } }) => recording.warmupRequests),
  );
  assert.equal(asked, 2 * 60 + warmups.reduce((sum, count) => sum + count, 0));
});

test('a task that is told to end does so in time, and leaves what it has and why', async () => {
  let asked = 0;
  const url = await listen((request, response) => {
    asked += 1;
    // The second block never gets an answer.
    if (asked <= 2) pong(request, response);
  });
  const { env, left } = plan({ url, warm: { connections: 1, requests: 1, warmupRequests: 1 } });
  const tool = startTool(workspace, ['worker'], { env: env(0, 1) });
  await until(() => asked === 3, 'the second block is on');
  tool.child.kill('SIGTERM');
  const { code, stderr } = await tool.ended;
  assert.equal(code, 143, stderr);
  const { blocks, problem } = left(0);
  assert.deepEqual([blocks.map(({ id }: { id: string }) => id), problem], [['a'], 'interrupted by SIGTERM']);
});

test('private services are called with a token of the job, which is fetched before anything is timed and never shown', async () => {
  const token = idToken();
  const metadata: string[] = [];
  const host = await listen((request, response) => {
    metadata.push(`${request.url} ${request.headers['metadata-flavor']}`);
    response.setHeader('metadata-flavor', 'Google').end(request.url?.includes('/identity?') === true ? token : '{}');
  });
  const callers: (string | undefined)[] = [];
  const url = await listen((request: IncomingMessage, response) => {
    callers.push(request.headers.authorization);
    pong(request, response);
  });
  const { env, left } = plan({ url, audience: 'cloudrun-perf' });
  const google = { GCE_METADATA_HOST: new URL(host).host, CLOUD_RUN_JOB: 'perf-load-x' };
  const { code, stderr, stdout } = await runTool(workspace, ['worker', '--verbose'], {
    env: { ...env(0, 1), ...google },
  });
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    left(0).blocks.map(({ recording }: { recording: { errors: object } }) => recording.errors),
    [{}, {}],
  );
  assert.ok(callers.length >= 2 * (60 + 12));
  assert.deepEqual([...new Set(callers)], [`Bearer ${token}`]);
  const asked = metadata.filter((line) => line.includes('/identity?'));
  assert.equal(asked.length, 1, metadata.join('\n'));
  assert.match(
    asked[0] ?? '',
    /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/identity\?.*audience=cloudrun-perf\b.* Google$/,
  );
  assert.ok(!`${stdout}${stderr}`.includes(token));
});

test('without a token nothing is sent, and the recording says why', async () => {
  const host = await listen((_request, response) => {
    response.writeHead(404, { 'metadata-flavor': 'Google' }).end('no account');
  });
  let asked = 0;
  const url = await listen((request, response) => {
    asked += 1;
    pong(request, response);
  });
  const { env, left } = plan({ url, audience: 'cloudrun-perf' });
  const google = { GCE_METADATA_HOST: new URL(host).host, CLOUD_RUN_JOB: 'perf-load-x' };
  const { code, stderr } = await runTool(workspace, ['worker'], { env: { ...env(0, 1), ...google } });
  assert.deepEqual([code, asked], [1, 0], stderr);
  assert.match(left(0).problem, /default credentials give no token/);
});

test('what is started by hand is told what it is for', async () => {
  const { code, stderr } = await runTool(workspace, ['worker']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /\[load-plan-unnamed\]\n {2}hint: .*--load-from job/);
});

/** As Google's: three parts, with an end in an hour. */
function idToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  return `${part({ alg: 'RS256' })}.${part({ aud: 'cloudrun-perf', exp, iat: exp - 3_600 })}.c2lnbmF0dXJlLXBsYW50ZWQ`;
}
