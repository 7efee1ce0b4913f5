import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createOwnImage } from '../../src/adapters/images/own-image.ts';
import { PerfError } from '../../src/domain/errors.ts';
import { findProcessImage } from '../../src/emulator/instances/process-image.ts';
import type { BuildRequest } from '../../src/ports/image-builder.ts';

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'own-image-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

function ownImage(platform: 'cloudrun' | 'local', missing?: string) {
  const built: BuildRequest[] = [];
  const builder = {
    unavailable: async () => missing,
    build: async (request: BuildRequest) => {
      built.push(request);
      const image = request.implementation.image ?? 'r.test/cloudrun-perf-load@sha256:aa';
      return { kind: 'container' as const, image, digest: 'sha256:aa', buildMs: 1 };
    },
  };
  const options = { platform, builder, root, imagesDirectory: join(root, 'images'), clock: { monotonicMs: () => 0 } };
  return { make: createOwnImage({ ...options, commandLine: join(root, 'dist/index.js') }), built };
}

const unbuildable = (says: RegExp) => (error: unknown) =>
  error instanceof PerfError && error.code === 'load-image-unbuildable' && says.test(error.message);

test('on this machine it is a process of this very program, whatever image is configured', async () => {
  const { make, built } = ownImage('local');
  const artifact = await make({ label: 'run-1-head', image: 'r.test/given' });
  assert.deepEqual(built, []);
  const found = findProcessImage(join(root, 'images'), artifact.image);
  assert.deepEqual([found?.directory, found?.run], [root, [process.execPath, join(root, 'dist/index.js'), 'worker']]);
  assert.equal((await make({ label: 'run-2-head' })).image, artifact.image);
});

test('in the cloud it is built from its own Dockerfile, when that and the bundle are there', async () => {
  const { make, built } = ownImage('cloudrun');
  await assert.rejects(make({ label: 'l' }), unbuildable(/there is no Dockerfile in /));
  writeFileSync(join(root, 'Dockerfile'), '');
  await assert.rejects(make({ label: 'l' }), unbuildable(/there is no dist.index\.js in /));
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'dist/index.js'), '');
  assert.match((await make({ label: 'run-1-head' })).image, /^r\.test\/cloudrun-perf-load@/);
  const [{ repositoryRoot, label, implementation } = {}] = built;
  assert.deepEqual(
    [built.length, repositoryRoot, label, implementation?.path, implementation?.dockerfile],
    [1, root, 'run-1-head', '.', 'Dockerfile'],
  );
});

test('a given image is taken like any pre-built one; without an engine that could, it says so', async () => {
  const { make, built } = ownImage('cloudrun');
  assert.equal((await make({ label: 'l', image: 'r.test/given@sha256:bb' })).image, 'r.test/given@sha256:bb');
  assert.equal(built[0]?.implementation.image, 'r.test/given@sha256:bb');
  await assert.rejects(
    ownImage('cloudrun', 'docker not found on the PATH').make({ label: 'l' }),
    unbuildable(/docker not found/),
  );
});

test('the Dockerfile starts a worker by a number that is not root, and its context holds nothing else', () => {
  const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');
  const dockerfile = read('Dockerfile');
  assert.match(dockerfile, /^USER 65532:65532$/m);
  assert.match(dockerfile, /^ENTRYPOINT \["\/nodejs\/bin\/node", "\/app\/dist\/index\.js"\]\nCMD \["worker"\]$/m);
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(lines[0], '*');
  assert.equal(lines.at(-1), '**/gha-creds-*.json');
  assert.deepEqual(
    lines
      .slice(1, -1)
      .map((line) => line.slice(1))
      .sort(),
    copied.sort(),
  );
});
