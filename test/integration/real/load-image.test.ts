import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { PLAN_VARIABLE, parseTaskRecording, STORE_VARIABLE } from '../../../src/measure/load-files.ts';
import { addProgram, describeDocker, docker } from '../../helpers/docker.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BASE = `cloudrun-perf-test/base:${process.pid}`;
const IMAGE = `cloudrun-perf-test/load:${process.pid}`;
const PLACE = 'runs/run-x/load/t-1/';
const MINUTE_MS = 60_000;
/** What the image adds to its base: bundle, contracts, licences. */
const MOST_OWN_BYTES = 12 * 1024 * 1024;

/** A base like Google's: Node and its libraries, a user, and no shell. */
function importBase(scratch: string): void {
  const tree = join(scratch, 'base');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  mkdirSync(join(tree, 'home/nonroot'), { recursive: true });
  writeFileSync(
    join(tree, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n',
  );
  addProgram(tree, process.execPath, '/nodejs/bin/node');
  const file = join(scratch, 'base.tar');
  execFileSync('tar', ['--create', '--owner=0', '--group=0', '--file', file, '--directory', tree, '.'], {
    timeout: MINUTE_MS,
  });
  docker('import', file, BASE);
}

/** cloudrun-perf as a job finds it, with what a job may have left there. */
function copyContext(scratch: string): string {
  const context = join(scratch, 'context');
  for (const name of ['Dockerfile', '.dockerignore', 'package.json', 'LICENSE', 'contracts', 'dist', 'README.md'])
    cpSync(join(ROOT, name), join(context, name), { recursive: true });
  for (const name of [
    'gha-creds-1.json',
    'contracts/gha-creds-2.json',
    'dist/proto/gha-creds-3.json',
    '.env',
    'node_modules/big.js',
  ]) {
    mkdirSync(dirname(join(context, name)), { recursive: true });
    writeFileSync(join(context, name), 'planted-secret');
  }
  return context;
}

describeDocker('the image of load jobs', () => {
  let scratch = '';
  let baseBytes = 0;
  const sizeOf = (image: string) => Number(docker('image', 'inspect', '--format', '{{.Size}}', image));

  before(
    () => {
      scratch = mkdtempSync(join(tmpdir(), 'load-image-'));
      importBase(scratch);
      baseBytes = sizeOf(BASE);
      docker('build', '--build-arg', `BASE=${BASE}`, '--tag', IMAGE, copyContext(scratch));
    },
    { timeout: 2 * MINUTE_MS },
  );
  after(() => {
    docker('image', 'rm', '--force', IMAGE, BASE);
    rmSync(scratch, { recursive: true, force: true });
  });

  it('holds what a worker needs, no secret and nothing big, and is not root', (t) => {
    const container = docker('create', IMAGE);
    const archive = join(scratch, 'image.tar');
    docker('export', '--output', archive, container);
    docker('rm', container);
    const files = execFileSync('tar', ['--list', '--file', archive], { encoding: 'utf8' }).split('\n');
    const own = files.filter((file) => file.startsWith('app/') && !file.endsWith('/'));
    const tops = new Set(own.map((file) => file.split('/')[1]));
    assert.deepEqual([...tops].sort(), ['LICENSE', 'contracts', 'dist', 'package.json']);
    assert.deepEqual(
      own.filter((file) => /creds|\.env|node_modules/.test(file)),
      [],
    );
    assert.ok(!files.some((file) => /(?:^|\/)(?:sh|bash|apt|dpkg)$/.test(file)), 'it has a shell');
    const bytes = sizeOf(IMAGE);
    t.diagnostic(
      `${Math.round(bytes / 1e6)} MB, of which ${((bytes - baseBytes) / 1e6).toFixed(1)} MB are not the base`,
    );
    assert.ok(bytes - baseBytes < MOST_OWN_BYTES, `${bytes - baseBytes} bytes`);
    const format = '{{.Config.User}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}';
    assert.equal(
      docker('image', 'inspect', '--format', format, IMAGE),
      '65532:65532 ["/nodejs/bin/node","/app/dist/index.js"] ["worker"]',
    );
  });

  it('runs a task without root, without capabilities and without writing to its own disk', {
    timeout: MINUTE_MS,
  }, async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.setHeader('content-type', 'application/json').end('{"type":1}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const store = join(scratch, 'store');
      mkdirSync(join(store, PLACE), { recursive: true });
      writeFileSync(join(store, PLACE, 'plan.json'), JSON.stringify(planFor((server.address() as AddressInfo).port)));
      execFileSync('chmod', ['--recursive', 'a+rwX', store]);
      chmodSync(scratch, 0o755);
      const env = {
        [STORE_VARIABLE]: '/store',
        [PLAN_VARIABLE]: `${PLACE}plan.json`,
        CLOUD_RUN_TASK_INDEX: '0',
        CLOUD_RUN_TASK_COUNT: '1',
      };
      const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      const walls = ['--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
      const args = ['run', '--rm', ...walls, '--volume', `${store}:/store`, ...variables, IMAGE];
      const ended = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [ended.stdout, ended.stderr]) stream.on('data', (text) => (said += text));
      const [code] = await once(ended, 'close');
      assert.equal(code, 0, said);
      const file = join(store, PLACE, 'task-0.json');
      const { blocks } = parseTaskRecording(readFileSync(file, 'utf8'), 0, 1);
      const [block] = blocks;
      assert.deepEqual([block?.recording.sent, block?.recording.errors], [200, {}]);
      assert.equal(asked, 200 + (block?.recording.warmupRequests ?? 0));
      assert.equal(execFileSync('stat', ['--format', '%u', file], { encoding: 'utf8' }).trim(), '65532');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

const planFor = (port: number) => ({
  schemaVersion: 1,
  runId: 'run-x',
  serviceType: 'discord-webhook',
  warm: { connections: 4, requests: 200, warmupRequests: 8 },
  requestTimeoutMs: 5_000,
  meetingTimeoutMs: 5_000,
  blocks: [{ id: 'a', url: `http://127.0.0.1:${port}` }],
});
