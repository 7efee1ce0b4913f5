import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { Implementation } from '../../../src/domain/implementation.ts';
import { describeDocker, docker, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';

const TEMPLATE = join(import.meta.dirname, '../../../template-service-repo');
const BUILD_MS = 120_000;

function implementation(change: Partial<Implementation>): Implementation {
  return {
    name: 'node-http',
    serviceType: 'discord-webhook',
    path: 'implementations/node-http',
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
    ...change,
  };
}

describeDocker('docker image builder', () => {
  const builder = createDockerBuilder({ containerCli: 'docker', clock: createClock() });
  const built: string[] = [];
  let removeBase: () => void;
  let repository: string;

  before(() => {
    removeBase = provideBase(NODE_IMAGE);
    repository = mkdtempSync(join(tmpdir(), 'docker-images-'));
  });
  after(() => {
    for (const id of built) docker('image', 'rm', '--force', id);
    removeBase();
    rmSync(repository, { recursive: true, force: true });
  });

  async function build(name: string, dockerfile: string, buildArgs: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(repository, `${name}.Dockerfile`), dockerfile);
    const change = { name, path: '.', dockerfile: `${name}.Dockerfile`, buildArgs };
    const request = { implementation: implementation(change), repositoryRoot: repository, label: 'test/head' };
    const artifact = await builder.build(request);
    built.push(artifact.digest);
    return artifact;
  }

  it('builds an implementation of the template and names it by its digest', { timeout: BUILD_MS }, async () => {
    const node = implementation({});
    assert.equal(await builder.unavailable(node), undefined);
    const request = { implementation: node, repositoryRoot: TEMPLATE, label: 'test/head', sourceCommit: 'abc' };
    const artifact = await builder.build(request);
    built.push(artifact.digest);
    assert.deepEqual(
      [artifact.kind, artifact.sourceCommit, artifact.image],
      ['container', 'abc', `local/node-http@${artifact.digest}`],
    );
    const inspected = JSON.parse(docker('image', 'inspect', 'local/node-http:test-head'))[0];
    assert.equal(artifact.digest, inspected.Id);
    assert.equal(artifact.imageBytes, inspected.Size);
    assert.deepEqual([inspected.Config.Cmd, inspected.Config.User], [['node', 'server.js'], 'node']);
    assert.ok(artifact.buildMs > 0);
    const again = await builder.build(request);
    assert.equal(again.digest, artifact.digest, 'the same source gives the same image');
  });

  it('passes build arguments as they are written', { timeout: BUILD_MS }, async () => {
    const dockerfile = 'FROM scratch\nARG GREETING=none\nLABEL greeting=$GREETING\nCOPY labelled.Dockerfile /\n';
    const GREETING = 'hello "world" $HOME; exit';
    const artifact = await build('labelled', dockerfile, { GREETING });
    const [inspected] = JSON.parse(docker('image', 'inspect', artifact.digest));
    assert.equal(inspected.Config.Labels.greeting, GREETING);
  });

  it('shows the last lines of a build that fails', { timeout: BUILD_MS }, async () => {
    const program = "console.error('cannot find my compiler'); process.exit(3)";
    await assert.rejects(build('broken', `FROM ${NODE_IMAGE}\nRUN node -e "${program}"\n`), (error) => {
      assert.ok(error instanceof InfrastructureError);
      assert.deepEqual([error.code, error.hint], ['image-failed', 'Look at broken.Dockerfile.']);
      assert.match(error.message, /^the image of broken cannot be built, its last lines were:\n/);
      assert.match(error.message, /cannot find my compiler$/m);
      return true;
    });
  });

  it('says why an engine that does not answer cannot build', async () => {
    const real = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = `unix://${join(repository, 'no.sock')}`;
    try {
      const reason = await builder.unavailable(implementation({}));
      assert.match(reason ?? '', /^docker does not answer: .*no\.sock/);
    } finally {
      if (real === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = real;
    }
  });
});
