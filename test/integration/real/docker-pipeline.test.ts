import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceTypeResults } from '../../../src/domain/run.ts';
import {
  describeDocker,
  docker,
  GO_IMAGE,
  instanceContainers,
  missingForBase,
  NODE_IMAGE,
  provideBase,
} from '../../helpers/docker.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RUN_MS = 150_000;
const CONFIG = `version: "1.0"
deployment_profiles:
  default: { cpu: "1", memory: 512Mi, max_instances: 1, concurrency: 80 }
benchmark:
  warm_requests: { count: 40, concurrency: 4 }
emulator: { runtime: container }
`;

describeDocker('the whole pipeline over containers', () => {
  const removeBases: (() => void)[] = [];
  const implementations = ['node-http'];
  let existing: ReadonlySet<string>;
  let root: string;

  before(() => {
    existing = builtImages();
    root = mkdtempSync(join(tmpdir(), 'docker-pipeline-'));
    writeFileSync(join(root, 'perf.yaml'), CONFIG);
    removeBases.push(provideBase(NODE_IMAGE));
    if (missingForBase(GO_IMAGE) === undefined) {
      removeBases.push(provideBase(GO_IMAGE));
      implementations.push('go-net-http');
    }
  });
  after(() => {
    for (const image of builtImages()) if (!existing.has(image)) docker('image', 'rm', '--force', image);
    for (const remove of removeBases) remove();
    rmSync(root, { recursive: true, force: true });
  });

  /** Starts the command line in a process group, with state and results of its own. */
  function start(...args: readonly string[]) {
    const place = ['--manifest', join(ROOT, 'template-service-repo'), '--config', join(root, 'perf.yaml')];
    const common = ['--platform', 'local', ...place, '--results', join(root, 'results')];
    const child = spawn(process.execPath, [join(ROOT, 'src/cli.ts'), ...args, ...common], {
      cwd: root,
      env: { ...process.env, CLOUDRUN_PERF_STATE_DIR: join(root, 'state') },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_MS,
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
      });
    const ended = new Promise<{ readonly exitCode: number | null; readonly printed: string }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, printed }));
    });
    return { child, ended };
  }

  const cli = (...args: readonly string[]) => start(...args).ended;

  function builtImages(): ReadonlySet<string> {
    return new Set(docker('images', '--quiet', '--filter', 'reference=local/*').split('\n').filter(Boolean));
  }

  function nothingIsLeft(): void {
    assert.deepEqual(instanceContainers(), []);
    assert.deepEqual(readdirSync(join(root, 'state', 'instances')), []);
  }

  it('benchmark measures containers and says so', { timeout: RUN_MS + 10_000 }, async (t) => {
    const short = ['--suite', 'quick', '--iterations', '2', '--rounds', '1', '--baseline', 'none'];
    const { exitCode, printed } = await cli('benchmark', '--impl', implementations.join(','), ...short);
    assert.equal(exitCode, 0, printed);
    const [run = ''] = readdirSync(join(root, 'results', 'runs'));
    const file = join(root, 'results', 'runs', run, 'discord-webhook', 'results.json');
    const results: ServiceTypeResults = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(results.implementations.map(({ name }) => name).sort(), [...implementations].sort());
    for (const { name, tags, sides, conformance, measurement } of results.implementations) {
      assert.equal(tags.runtime, 'container', name);
      assert.equal(sides[0]?.artifact.kind, 'container', name);
      assert.match(sides[0]?.artifact.digest ?? '', /^sha256:[0-9a-f]{64}$/, name);
      // Among the vectors are those that wait for a message: the service reached Pub/Sub from its container.
      assert.deepEqual([conformance?.failed, conformance?.notChecked], [0, 0], name);
      assert.ok((conformance?.passed ?? 0) > 10, name);
      assert.ok(measurement !== undefined, name);
      const { 'cold-ttfb': cold, 'warm-p50': warm } = sides[0]?.summaries ?? {};
      assert.equal(cold?.n, 2, name);
      assert.ok(cold.p50 > 0 && cold.p50 < 60_000, `${name}: ${cold.p50} ms`);
      assert.ok(warm !== undefined && warm.p50 > 0, name);
      t.diagnostic(`${name}: cold ${cold.p50.toFixed(0)} ms, warm ${warm.p50.toFixed(2)} ms`);
    }
    nothingIsLeft();
  });

  // node-fastify installs its packages while its image is built.
  it('validate checks containers against their contract', { timeout: RUN_MS + 10_000 }, async () => {
    const { exitCode, printed } = await cli('validate', '--impl', 'node-http,node-fastify', '--format', 'json');
    assert.equal(exitCode, 0, printed);
    // The counts of each implementation, and of each feature.
    assert.doesNotMatch(printed, /"failed": ?[1-9]/);
    for (const name of ['node-http', 'node-fastify']) assert.match(printed, new RegExp(`"implementation": ?"${name}"`));
    nothingIsLeft();
  });

  it('Ctrl-C in the middle leaves no container', { timeout: RUN_MS + 10_000 }, async () => {
    const { child, ended } = start('benchmark', '--impl', 'node-http', '--iterations', '8', '--baseline', 'none');
    const group = child.pid ?? 0;
    assert.ok(group > 1);
    try {
      const deadlineMs = performance.now() + 60_000;
      while (instanceContainers().length === 0) {
        assert.ok(performance.now() < deadlineMs && child.exitCode === null, 'it starts a container');
        await sleep(50);
      }
      // A terminal sends it to the whole group: also to those calls of the engine that belong to it.
      process.kill(-group, 'SIGINT');
      const { exitCode, printed } = await ended;
      assert.equal(exitCode, 130, printed);
      nothingIsLeft();
    } finally {
      child.kill('SIGKILL');
    }
  });
});
