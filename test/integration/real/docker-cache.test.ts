import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerBuilderOptions } from '../../../src/adapters/images/container-build.ts';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { addProgram, describeDocker, docker } from '../../helpers/docker.ts';
import { missingRegistry, type OciRegistry, startRegistry } from '../../helpers/oci-registry.ts';

const TEST_MS = 120_000;
const BUILDER = `cloudrun-perf-test-${process.pid}`;

/** Why the cache of layers cannot be tried on this machine: it is no part of Debian. */
function missingBuildKit(): string | undefined {
  if (spawnSync('docker', ['buildx', 'version']).status !== 0) return 'docker has no buildx';
  return spawnSync('buildkitd', ['--version']).status === 0 ? undefined : 'buildkitd is not on the PATH';
}

const missing = missingBuildKit();
if (missing !== undefined) test('the cache of layers', { skip: missing }, () => undefined);
else
  describeDocker(
    'the cache of layers',
    () => {
      const references: string[] = [];
      const warnings: string[] = [];
      const logger = { info: () => undefined, warn: (text: string) => void warnings.push(text) };
      let root: string;
      let registry: OciRegistry;
      let buildkit: ChildProcess | undefined;

      before(async () => {
        root = mkdtempSync(join(tmpdir(), 'docker-cache-'));
        registry = await startRegistry();
        addProgram(join(root, 'tree'), '/bin/sh', '/bin/sh');
        const random = 'read id < /proc/sys/kernel/random/uuid; echo $id > /stamp';
        writeFileSync(join(root, 'Dockerfile'), `FROM scratch\nCOPY tree /\nRUN ["/bin/sh", "-c", "${random}"]\n`);
        process.env.BUILDX_BUILDER = BUILDER;
      });
      afterEach(stopBuildKit);
      after(async () => {
        delete process.env.BUILDX_BUILDER;
        spawnSync('docker', ['buildx', 'rm', '--force', BUILDER]);
        for (const reference of references) spawnSync('docker', ['image', 'rm', '--force', reference]);
        await registry?.stop();
        rmSync(root, { recursive: true, force: true });
      });

      /** A builder that remembers nothing. */
      async function freshBuildKit(): Promise<void> {
        await stopBuildKit();
        const place = mkdtempSync(join(root, 'buildkit-'));
        const socket = join(place, 'sock');
        const args = ['--addr', `unix://${socket}`, '--root', join(place, 'root'), '--oci-worker-net', 'host'];
        buildkit = spawn('buildkitd', args, { stdio: 'ignore' });
        for (let attempt = 0; !existsSync(socket); attempt += 1) {
          assert.ok(attempt < 200 && buildkit.exitCode === null, 'buildkitd does not start');
          await sleep(50);
        }
        spawnSync('docker', ['buildx', 'rm', '--force', BUILDER]);
        docker('buildx', 'create', '--name', BUILDER, '--driver', 'remote', `unix://${socket}`);
      }

      async function stopBuildKit(): Promise<void> {
        const child = buildkit;
        buildkit = undefined;
        if (child === undefined || child.exitCode !== null) return;
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill();
        await ended;
      }

      /** Digests of the layers that a build on a fresh builder gives. */
      async function layers(label: string, change: Partial<DockerBuilderOptions> = {}): Promise<string> {
        await freshBuildKit();
        const name = `${registry.host}/perf`;
        const options = { containerCli: 'docker', clock: createClock(), registry: name, logger, ...change };
        const artifact = await createDockerBuilder(options).build({
          implementation: {
            ...{ name: 'stamped', serviceType: 'discord-webhook', path: '.', dockerfile: 'Dockerfile' },
            ...{ buildArgs: {}, supportedFeatures: [] },
          },
          repositoryRoot: root,
          label,
        });
        references.push(`${name}/stamped:${label.replace('/', '-')}`, artifact.image);
        return docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', artifact.image);
      }

      it('gives a second builder what the first has built', { timeout: TEST_MS }, async () => {
        const first = await layers('run-1/head');
        assert.equal(await layers('run-2/head'), first, 'the random file comes from the cache');
        assert.notEqual(await layers('run-3/head', { cache: 'none' }), first, 'without the cache it is another');
        assert.deepEqual(warnings, []);
      });

      it('fails no build where it cannot be written', { timeout: TEST_MS }, async () => {
        const readOnly = await startRegistry({ readOnly: true });
        try {
          const pushed = layers('run-4/head', { registry: `${readOnly.host}/perf` });
          // The push itself is refused; the build before it is not.
          await assert.rejects(pushed, { code: 'push-failed' });
        } finally {
          await readOnly.stop();
        }
      });
    },
    missingRegistry,
  );
