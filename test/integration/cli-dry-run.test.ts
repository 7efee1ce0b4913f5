import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Ended, filesBelow, newWorkspace, placeRepository, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
let untouched: readonly string[] = [];

before(() => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    'version: "1.0"\ngcp: { artifact_registry: europe-docker.pkg.dev/my-project-1/perf }\nemulator: { runtime: process }\n',
  );
  untouched = filesBelow(workspace.directory);
});
after(() => workspace.remove());

/** Runs with `--dry-run`; whatever the command, it must succeed and leave everything as it was. */
async function dryRun(...args: string[]): Promise<Ended> {
  const ended = await runTool(workspace, [...args, '--dry-run', '--config', 'perf.yaml', '--manifest', 'repo']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(filesBelow(workspace.directory), untouched);
  assert.deepEqual(workspace.instances(), []);
  return ended;
}

describe('a dry run tells what would be done, and does nothing', { concurrency: 2 }, () => {
  test('benchmark on this machine', async () => {
    const { stdout } = await dryRun('benchmark', '--platform', 'local', '--impl', 'right');
    assert.match(stdout, /nothing is built, deployed or measured/);
    assert.match(stdout, /build {5}image local\/right, a process: node server\.js/);
    assert.match(stdout, /create {4}service (right-head-\w+) with revision tag check[\s\S]*delete {4}service \1\n/);
    assert.match(stdout, /calls {5}1 services, 19 revisions, 20 Admin API writes/);
    assert.match(stdout, /time {6}about \d+ s/);
    assert.match(stdout, /cost {6}none, everything runs on this machine/);
  });

  test('benchmark in the cloud, without credentials', async () => {
    const { stdout } = await dryRun('benchmark', '--project', 'my-project-1', '--impl', 'right', '--suite', 'full');
    assert.match(stdout, /on project my-project-1, us-central1/);
    assert.match(
      stdout,
      /image europe-docker\.pkg\.dev\/my-project-1\/perf\/right:run-\S+-head-[a-z0-9]{8} from .*\/Dockerfile/,
    );
    assert.match(stdout, /cost {6}at most \d+\.\d{2,3} US dollars/);
  });

  test('deploy', async () => {
    const cloud = await dryRun('deploy', '--project', 'my-project-1', '--impl', 'right');
    assert.match(cloud.stdout, /stays {5}until cloudrun-perf cleanup --run run-/);
    assert.doesNotMatch(cloud.stdout, /validate|delete|tags c01/);
    const local = await dryRun('deploy', '--platform', 'local', '--impl', 'right');
    assert.match(local.stdout, /delete {4}service right-head-\w+, when the command is interrupted/);
  });

  test('validate', async () => {
    const { stdout } = await dryRun('validate', '--platform', 'local');
    for (const name of ['right', 'hangs', 'broken'])
      assert.match(stdout, new RegExp(`create {4}service ${name}-head-`));
    assert.match(stdout, /validate {2}contract vectors against tag check/);
    assert.doesNotMatch(stdout, /measure {3}|tags c01/);
  });

  test('validate of a URL, whose Pub/Sub emulator is not started', async () => {
    const target = ['--url', 'http://127.0.0.1:9', '--type', 'discord-webhook', '--pubsub-emulator', '127.0.0.1:9'];
    const { stdout, stderr } = await dryRun('validate', ...target);
    assert.match(stdout, /would check http:\/\/127\.0\.0\.1:9 against discord-webhook 1\.0\.0: \d+ vectors/);
    assert.doesNotMatch(stderr, /Pub\/Sub/);
  });

  test('cleanup', async () => {
    const { stdout } = await dryRun('cleanup', '--platform', 'local');
    assert.match(stdout, /would end the processes of killed runs/);
  });
});
