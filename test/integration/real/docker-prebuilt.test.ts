import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { describeDocker, docker } from '../../helpers/docker.ts';
import {
  missingRegistry,
  OCI_INDEX,
  type OciRegistry,
  putImage,
  putManifest,
  startRegistry,
} from '../../helpers/oci-registry.ts';

const TEST_MS = 60_000;

describeDocker(
  'pre-built images',
  () => {
    const clock = createClock();
    const local = createDockerBuilder({ containerCli: 'docker', clock });
    const references: string[] = [];
    let elsewhere: OciRegistry;
    let own: OciRegistry;

    before(async () => {
      elsewhere = await startRegistry();
      own = await startRegistry();
    });
    after(async () => {
      for (const reference of references) spawnSync('docker', ['image', 'rm', '--force', reference]);
      await Promise.all([elsewhere?.stop(), own?.stop()]);
    });

    const request = (image: string) => ({
      implementation: {
        ...{ name: 'taken', serviceType: 'discord-webhook' as const, path: '.', dockerfile: 'Dockerfile' },
        ...{ buildArgs: {}, supportedFeatures: [], image },
      },
      repositoryRoot: '/nowhere',
      label: 'run-1/head',
    });

    /** An image that the engine itself has built and pushed; gives its digest in the registry. */
    function pushed(tag: string): string {
      const directory = mkdtempSync(join(tmpdir(), 'docker-prebuilt-'));
      writeFileSync(join(directory, 'Dockerfile'), `FROM scratch\nLABEL tag=${tag}\nCOPY Dockerfile /\n`);
      const name = `${elsewhere.host}/team/app:${tag}`;
      docker('build', '--quiet', '--tag', name, directory);
      rmSync(directory, { recursive: true, force: true });
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(docker('push', name))?.[1];
      docker('image', 'rm', '--force', name);
      assert.ok(digest !== undefined);
      return digest;
    }

    it('a tag becomes the digest that its registry gives, and is here to be run', { timeout: TEST_MS }, async () => {
      const digest = pushed('one');
      const pinned = `${elsewhere.host}/team/app@${digest}`;
      references.push(pinned);
      for (const image of [`${elsewhere.host}/team/app:one`, pinned]) {
        const artifact = await local.build(request(image));
        assert.deepEqual([artifact.image, artifact.digest], [pinned, digest], image);
        assert.ok((artifact.imageBytes ?? 0) > 0);
        assert.equal(docker('image', 'inspect', '--format', '{{.Config.Labels.tag}}', artifact.image), 'one');
      }
    });

    it('an index with several platforms is taken for the one that Cloud Run runs', { timeout: TEST_MS }, async () => {
      const manifests = [];
      for (const architecture of ['arm64', 'amd64']) {
        const { mediaType, digest, size } = await putImage(elsewhere.host, 'team/many', architecture, architecture);
        manifests.push({ mediaType, digest, size, platform: { os: 'linux', architecture } });
      }
      const list = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
      const { digest } = await putManifest(elsewhere.host, 'team/many', 'v1', OCI_INDEX, list);
      const artifact = await local.build(request(`${elsewhere.host}/team/many:v1`));
      references.push(artifact.image);
      assert.equal(artifact.image, `${elsewhere.host}/team/many@${digest}`);
      assert.equal(docker('image', 'inspect', '--format', '{{.Architecture}}', artifact.image), 'amd64');

      const arm = { ...list, manifests: manifests.slice(0, 1) };
      await putManifest(elsewhere.host, 'team/many', 'arm', OCI_INDEX, arm);
      await assert.rejects(local.build(request(`${elsewhere.host}/team/many:arm`)), {
        code: 'image-platform',
        message: `${elsewhere.host}/team/many:arm is made for linux/arm64, wanted linux/amd64`,
      });
    });

    it('an image for another platform is refused, before it is pulled', { timeout: TEST_MS }, async () => {
      await putImage(elsewhere.host, 'team/other', 'v1', 'riscv64');
      const image = `${elsewhere.host}/team/other:v1`;
      await assert.rejects(local.build(request(image)), {
        code: 'image-platform',
        message: `${image} is made for linux/riscv64, wanted linux/amd64`,
      });
      assert.notEqual(spawnSync('docker', ['image', 'inspect', image]).status, 0);
    });

    it('what Cloud Run cannot pull is copied to the registry of the run', { timeout: TEST_MS }, async () => {
      const digest = pushed('copied');
      references.push(`${elsewhere.host}/team/app@${digest}`, `${own.host}/perf/taken:run-1-head`);
      const registry = `${own.host}/perf`;
      const builder = createDockerBuilder({ containerCli: 'docker', clock, registry });
      const artifact = await builder.build(request(`${elsewhere.host}/team/app:copied`));
      assert.match(artifact.image, new RegExp(`^${registry}/taken@sha256:[0-9a-f]{64}$`));
      const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
      const url = `http://${own.host}/v2/perf/taken/manifests/run-1-head`;
      const told = await fetch(url, { method: 'HEAD', headers: { accept } });
      assert.equal(artifact.digest, told.headers.get('docker-content-digest'));
    });

    it('a tag that does not exist, and a registry that does not answer', { timeout: TEST_MS }, async () => {
      const image = `${elsewhere.host}/team/app:nowhere`;
      const message = `${elsewhere.host} has no image ${image}`;
      await assert.rejects(local.build(request(image)), { code: 'image-missing', message });
      await assert.rejects(local.build(request('127.0.0.1:1/team/app:v1')), {
        code: 'image-failed',
        message: /^127\.0\.0\.1:1\/team\/app:v1 cannot be pulled, its last lines were:\n/,
      });
    });
  },
  missingRegistry,
);
