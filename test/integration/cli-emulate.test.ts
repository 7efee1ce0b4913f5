import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServicesClient } from '@google-cloud/run';
import { credentials } from '@grpc/grpc-js';
import { isOpen, newWorkspace, placeRepository, runTool, startTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

before(() => {
  placeRepository(workspace, 'pipeline', 'right');
});
after(() => workspace.remove());

test('emulate prints its addresses, serves the official client and ends on SIGTERM', async () => {
  const tool = startTool(workspace, ['emulate']);
  try {
    const [, admin = ''] = await tool.says('stdout', /^CLOUDRUN_EMULATOR_HOST=(\S+)\n/m);
    const [, logging = ''] = await tool.says('stdout', /^CLOUD_LOGGING_EMULATOR_URL=(\S+)\n/m);
    const [, pubsub = ''] = await tool.says('stdout', /^PUBSUB_EMULATOR_HOST=(\S+)\n/m);
    const [, images = ''] = await tool.says('stdout', /^CLOUDRUN_EMULATOR_IMAGES=(\S+)\n/m);
    for (const line of tool.text('stdout').trimEnd().split('\n')) assert.match(line, /^[A-Z_]+=\S+$/);

    const client = new ServicesClient({
      apiEndpoint: admin.slice(0, admin.lastIndexOf(':')),
      port: portOf(admin),
      sslCreds: credentials.createInsecure(),
      clientOptions: { universeDomain: 'googleapis.com' },
    });
    try {
      const parent = 'projects/local/locations/local';
      const hex = 'ab'.repeat(32);
      const image = `local/hello@sha256:${hex}`;
      const script = 'require("node:http").createServer((_, answer) => answer.end("hello")).listen(process.env.PORT)';
      mkdirSync(images, { recursive: true });
      const run = [process.execPath, '-e', script];
      writeFileSync(join(images, `${hex}.json`), JSON.stringify({ image, directory: images, run }));
      const service = { template: { containers: [{ image }], healthCheckDisabled: true } };
      const [operation] = await client.createService({ parent, serviceId: 'hello', service });
      const [created] = await operation.promise();
      assert.match(created.uri ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(await (await fetch(created.uri ?? '')).text(), 'hello');
      const [listed] = await client.listServices({ parent });
      assert.deepEqual(
        listed.map(({ name }) => name),
        [`${parent}/services/hello`],
      );
      const [removal] = await client.deleteService({ name: `${parent}/services/hello` });
      await removal.promise();
    } finally {
      await client.close();
    }
    const topic = await fetch(`http://${pubsub}/v1/projects/local/topics/orders`, { method: 'PUT' });
    assert.deepEqual(await topic.json(), { name: 'projects/local/topics/orders' });
    assert.equal(await isOpen(portOf(logging)), true);

    tool.child.kill('SIGTERM');
    const { code, stderr } = await tool.ended;
    assert.equal(code, 143, stderr);
    assert.doesNotMatch(stderr, /\n\s+at /);
    for (const address of [admin, logging, pubsub]) assert.equal(await isOpen(portOf(address)), false);
  } finally {
    tool.child.kill('SIGKILL');
  }
});

test('a port for emulate that is taken is told as such', async () => {
  const first = startTool(workspace, ['emulate']);
  try {
    const [, admin = ''] = await first.says('stdout', /^CLOUDRUN_EMULATOR_HOST=(\S+)\n/m);
    const { code, stderr } = await runTool(workspace, ['emulate', '--port', String(portOf(admin))]);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${portOf(admin)} .*\\n {2}hint: choose another port`),
    );
    assert.doesNotMatch(stderr, /\n\s+at /);
  } finally {
    first.child.kill('SIGTERM');
    await first.ended;
  }
});

test('deploy on this machine prints URLs that answer until Ctrl-C', async () => {
  const tool = startTool(workspace, [
    'deploy',
    '--platform',
    'local',
    '--manifest',
    'repo',
    '--impl',
    'right,exits-at-once',
  ]);
  try {
    const [, url = ''] = await tool.says('stdout', /^right {2}(http:\/\/127\.0\.0\.1:\d+)$/m);
    const health = await fetch(`${url}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { status: 'ok' }]);
    assert.match(tool.text('stderr'), /exits-at-once: .*exited with code 7/);
    assert.equal(workspace.instances().length, 1);
    tool.child.kill('SIGINT');
    const { code, stderr } = await tool.ended;
    assert.equal(code, 130, stderr);
    assert.equal(await isOpen(portOf(url)), false);
    assert.deepEqual(workspace.instances(), []);
  } finally {
    tool.child.kill('SIGKILL');
  }
});
