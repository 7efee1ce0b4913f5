import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { describeDocker, docker, instanceContainers, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';
import { missingRegistry, type OciRegistry, startRegistry } from '../../helpers/oci-registry.ts';
import { shippedProtocol } from '../../helpers/shipped-contract.ts';

const SERVICE = 'pulled-node-http';
const TEST_MS = 120_000;
const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };

describeDocker(
  'an image from the registry',
  () => {
    const clock = createClock();
    let removeBase: () => void;
    let root: string;
    let registry: OciRegistry;
    let emulator: Emulator;
    let platform: Platform;
    let image: string;

    before(async () => {
      removeBase = provideBase(NODE_IMAGE);
      root = mkdtempSync(join(tmpdir(), 'docker-deploy-'));
      registry = await startRegistry();
      const artifact = await createDockerBuilder({
        containerCli: 'docker',
        clock,
        registry: `${registry.host}/perf`,
      }).build({
        implementation: {
          ...{ name: 'node-http', serviceType: 'discord-webhook', path: 'implementations/node-http' },
          ...{ dockerfile: 'Dockerfile', buildArgs: {}, supportedFeatures: [] },
        },
        repositoryRoot: join(import.meta.dirname, '../../../template-service-repo'),
        label: 'run-1/head',
      });
      image = artifact.image;
      emulator = await startEmulator({
        runtime: 'container',
        imagesDirectory: join(root, 'images'),
        stateDirectory: join(root, 'state'),
      });
      const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
      platform = await createCloudRunPlatform({
        ...{ name: 'local', project, region, admin: { host, port }, loggingUrl, clock, logger },
      });
    });
    after(async () => {
      await platform?.close();
      await emulator?.close();
      if (image !== undefined) spawnSync('docker', ['image', 'rm', '--force', image]);
      await registry?.stop();
      removeBase?.();
      rmSync(root, { recursive: true, force: true });
    });

    it('is deployed by its digest where it was never built', { timeout: TEST_MS }, async () => {
      const here = () => docker('images', '--quiet', '--filter', `reference=${registry.host}/perf/*`);
      assert.notEqual(here(), '');
      docker('image', 'rm', '--force', `${registry.host}/perf/node-http:run-1-head`, image);
      assert.equal(here(), '');
      const deployment = await platform.deploy({
        name: SERVICE,
        image,
        profile: {
          ...{ name: 'small', cpu: '0.5', memory: '256Mi', concurrency: 1, minInstances: 0, maxInstances: 1 },
          ...{ executionEnvironment: 'gen1', startupCpuBoost: false, cpuIdle: true, timeoutMs: 30_000 },
        },
        // Nothing listens there: no test here publishes.
        env: shippedProtocol('discord-webhook').environment({ project: 'p', topic: 't', pubsubHost: '127.0.0.1:1' }),
        labels: {},
        tags: ['a'],
      });
      const answer = await fetch(`${deployment.revisions[0]?.url}/health`);
      assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }]);
      const [container = ''] = instanceContainers(SERVICE);
      assert.equal(docker('inspect', '--format', '{{.Config.Image}}', container), image);
      await platform.remove(SERVICE);
    });
  },
  missingRegistry,
);
