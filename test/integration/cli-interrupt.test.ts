import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isOpen,
  newWorkspace,
  placeRepository,
  readJson,
  runTool,
  startTool,
  type Tool,
  until,
} from '../helpers/cli.ts';

const workspace = newWorkspace();

before(() => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"
service_repositories: [{ url: repo }]
benchmark: { warm_requests: { count: 1000000, concurrency: 2 } }
emulator: { runtime: process }
`,
  );
});
after(() => workspace.remove());

/** A run that is in a warm block which would take minutes, and what it has running. */
async function measuring(results: string): Promise<{ readonly tool: Tool; readonly pids: number[]; ports: number[] }> {
  const args = ['benchmark', '--platform', 'local', '--config', 'perf.yaml', '--impl', 'right', '--results', results];
  const before = new Set(workspace.instances());
  const tool = startTool(workspace, args);
  await tool.says('stderr', /measuring right \(1 of 1\)/);
  const own = () => workspace.records().filter(({ runs }) => !before.has(runs.process.pid));
  await until(() => own().length > 0, 'an instance runs');
  // Into the warm block: its one instance is there and answers.
  await until(async () => (await Promise.all(own().map(({ port }) => isOpen(port)))).includes(true), 'it listens');
  await sleep(300);
  return { tool, pids: own().map(({ runs }) => runs.process.pid), ports: own().map(({ port }) => port) };
}

function metadataIn(results: string) {
  const runs = join(workspace.directory, results, 'runs');
  return readJson(join(runs, readdirSync(runs)[0] ?? '', 'metadata.json'));
}

for (const [signal, expected] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while it measures ends all that was started, and says so in the run`, async () => {
    const { tool, ports } = await measuring(signal);
    assert.ok(ports.length > 0);
    tool.child.kill(signal);
    const { code, stderr } = await tool.ended;
    assert.equal(code, expected, stderr);
    assert.match(stderr, /interrupted/);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.deepEqual(workspace.instances(), []);
    assert.deepEqual(
      await Promise.all(ports.map(isOpen)),
      ports.map(() => false),
    );
    const { state, finishedAt } = metadataIn(signal);
    assert.equal(state, 'cancelled');
    assert.ok(typeof finishedAt === 'string');
    const report = await runTool(workspace, ['report', '--results', signal]);
    assert.equal(report.code, 0, report.stderr);
    assert.match(report.stdout, /cancelled/);
  });
}

/** As when the kill came between the start of a process and the moment when its pid was written down. */
function forgetPid(pid: number): void {
  const directory = join(workspace.state, 'instances');
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const record = readJson(path);
    if (record.runs.process?.pid !== pid) continue;
    writeFileSync(path, JSON.stringify({ ...record, runs: { kind: 'process' } }));
    return;
  }
  throw new Error(`no record of ${pid}`);
}

test('cleanup after kill -9 ends what the killed run left, and nothing of a run that lives', async () => {
  const living = await measuring('living');
  try {
    const killed = await measuring('killed');
    killed.tool.child.kill('SIGKILL');
    await killed.tool.ended;
    const left = killed.pids.filter((pid) => workspace.instances().includes(pid));
    assert.ok(left.length > 0, 'a killed run leaves its instance: else this test proves nothing');

    forgetPid(left[0] ?? 0);
    const cleanup = await runTool(workspace, ['cleanup', '--platform', 'local']);
    assert.equal(cleanup.code, 0, cleanup.stderr);
    for (const pid of left)
      assert.match(cleanup.stdout, new RegExp(`stopped process ${pid} of right-head-\\S+ \\(service right-head-`));
    const now = workspace.instances();
    assert.deepEqual(
      killed.pids.filter((pid) => now.includes(pid)),
      [],
    );
    assert.deepEqual(
      living.pids.filter((pid) => now.includes(pid)),
      living.pids,
    );
    assert.deepEqual(
      await Promise.all(killed.ports.map(isOpen)),
      killed.ports.map(() => false),
    );
    assert.equal(living.tool.child.exitCode, null);
    const builds = readdirSync(join(workspace.state, 'work'));
    assert.deepEqual(
      builds.map((name) => Number.parseInt(name, 10)),
      [living.tool.child.pid],
    );

    const again = await runTool(workspace, ['cleanup', '--platform', 'local']);
    assert.match(again.stdout, /nothing was left/);
  } finally {
    living.tool.child.kill('SIGINT');
    await living.tool.ended;
  }
  assert.deepEqual(workspace.instances(), []);
});
