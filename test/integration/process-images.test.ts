import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createImageBuilder } from '../../src/adapters/images/builder.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import { InfrastructureError, UsageError } from '../../src/domain/errors.ts';
import type { Implementation, LocalRuntime } from '../../src/domain/implementation.ts';

let base = '';
const clock = createClock();

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'cloudrun-perf-images-'));
});
after(() => rm(base, { recursive: true, force: true }));

async function repository(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(base, name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, 'impl', path, '..'), { recursive: true });
    await writeFile(join(root, 'impl', path), text);
  }
  return root;
}

function implementation(local?: Partial<LocalRuntime>): Implementation {
  return {
    name: 'node-http',
    serviceType: 'discord-webhook',
    path: 'impl',
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
    ...(local === undefined ? {} : { local: { run: ['node', 'server.js'], requires: [], ...local } }),
  };
}

function builder(name: string, runtime: 'auto' | 'process' | 'container' = 'process', containerCli = '/no/such/cli') {
  const directories = { workDirectory: join(base, name, 'work'), imagesDirectory: join(base, name, 'images') };
  return { ...directories, builder: createImageBuilder({ runtime, clock, containerCli, ...directories }) };
}

interface ProcessImage {
  image: string;
  directory: string;
  run: string[];
}
async function imageOf(imagesDirectory: string, digest: string): Promise<ProcessImage> {
  return JSON.parse(
    await readFile(join(imagesDirectory, `${digest.replace('sha256:', '')}.json`), 'utf8'),
  ) as ProcessImage;
}

test('an implementation is copied, built with a clean environment and named by its source', async () => {
  const root = await repository('one', { 'server.js': 'x', 'lib/a.js': 'y', 'node_modules/dep/index.js': 'z' });
  const { builder: images, imagesDirectory, workDirectory } = builder('out-one');
  process.env.CLOUDRUN_PERF_TEST_TOKEN = 'secret';
  const local = { build: 'env > env.txt && node -p process.execPath > node.txt' };
  const request = {
    implementation: implementation(local),
    repositoryRoot: root,
    label: 'run-1/head',
    sourceCommit: 'c0ffee',
  };
  const built = await images.build(request);
  delete process.env.CLOUDRUN_PERF_TEST_TOKEN;
  assert.match(built.image, /^local\/node-http@sha256:[0-9a-f]{64}$/);
  assert.equal(built.image, `local/node-http@${built.digest}`);
  assert.partialDeepStrictEqual(built, { kind: 'process', sourceCommit: 'c0ffee' });
  const image = await imageOf(imagesDirectory, built.digest);
  assert.deepEqual(image, {
    image: built.image,
    directory: join(workDirectory, 'run-1/head/node-http'),
    run: [process.execPath, 'server.js'],
  });
  assert.deepEqual((await readdir(image.directory)).sort(), ['env.txt', 'lib', 'node.txt', 'server.js']);
  const environment = await readFile(join(image.directory, 'env.txt'), 'utf8');
  assert.doesNotMatch(environment, /CLOUDRUN_PERF_TEST_TOKEN|npm_config/);
  assert.equal((await readFile(join(image.directory, 'node.txt'), 'utf8')).trim(), process.execPath);
  assert.equal((await readdir(join(root, 'impl'))).includes('env.txt'), false, 'the source stays as it was');
});

test('the digest tells sources apart, and only them', async () => {
  const { builder: images, imagesDirectory } = builder('out-digest');
  const root = await repository('digest', { 'server.js': 'x' });
  const digest = async (label: string, local: Partial<LocalRuntime> = {}) =>
    (await images.build({ implementation: implementation(local), repositoryRoot: root, label })).digest;
  const first = await digest('r/base');
  assert.equal(await digest('r/head'), first);
  const kept = await imageOf(imagesDirectory, first);
  assert.match(kept.directory, /r\/base/);
  assert.ok(
    (await stat(join(kept.directory, '../../head/node-http/server.js'))).isFile(),
    'each side has its directory',
  );
  const others = [await digest('r/a', { run: ['node', 'other.js'] }), await digest('r/b', { build: 'true' })];
  await writeFile(join(root, 'impl/server.js'), 'changed');
  others.push(await digest('r/c'));
  await chmod(join(root, 'impl/server.js'), 0o755);
  others.push(await digest('r/d'));
  assert.equal(new Set([first, ...others]).size, 5);
  // A run that cleaned up takes its directory away: the next build must not point there.
  await rm(join(kept.directory, '../..'), { recursive: true });
  await writeFile(join(root, 'impl/server.js'), 'x');
  await chmod(join(root, 'impl/server.js'), 0o644);
  assert.equal(await digest('r2/head'), first);
  assert.match((await imageOf(imagesDirectory, first)).directory, /r2\/head/);
});

test('inside Git what is ignored is left out, new files are not', async () => {
  const root = await repository('git', {
    'server.js': 'x',
    'new.js': 'n',
    'secret.env': 's',
    '.gitignore': 'secret.env\n',
  });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  git('init', '-q');
  git('add', 'impl/server.js');
  const { builder: images, imagesDirectory } = builder('out-git');
  const { digest } = await images.build({ implementation: implementation({}), repositoryRoot: root, label: 'r/head' });
  assert.deepEqual((await readdir((await imageOf(imagesDirectory, digest)).directory)).sort(), [
    '.gitignore',
    'new.js',
    'server.js',
  ]);
});

test('what cannot be built says why', async () => {
  const { builder: images } = builder('out-failed');
  const root = await repository('failed', { 'server.js': 'x' });
  const build = (local?: Partial<LocalRuntime>) =>
    images.build({ implementation: implementation(local), repositoryRoot: root, label: 'r/head' });
  await assert.rejects(
    build({ build: 'echo from the build; echo broken >&2; exit 3' }),
    (error) => error instanceof InfrastructureError && /code 3:\nfrom the build\s+broken/.test(error.message),
  );
  await assert.rejects(build(), (error) => error instanceof UsageError && error.code === 'no-local-runtime');
  await symlink('/etc', join(root, 'impl/door'));
  await assert.rejects(build({}), (error) => error instanceof UsageError && error.code === 'link-leaves-repository');
});

test('a build ends with its signal, and so does what it started', { timeout: 30_000 }, async () => {
  const { builder: images, workDirectory } = builder('out-aborted');
  const root = await repository('aborted', { 'server.js': 'x' });
  const stop = new AbortController();
  const local = { build: 'sleep 300 & echo $! > pid; wait' };
  const building = images.build(
    { implementation: implementation(local), repositoryRoot: root, label: 'r/head' },
    stop.signal,
  );
  const pidFile = join(workDirectory, 'r/head/node-http/pid');
  let pid = Number.NaN;
  for (let attempt = 0; attempt < 500 && !(pid > 0); attempt += 1) {
    await clock.sleep(20);
    pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  }
  stop.abort(new Error('enough'));
  await assert.rejects(building, /enough/);
  for (let attempt = 0; attempt < 100 && isRunning(pid); attempt += 1) await clock.sleep(20);
  assert.equal(isRunning(pid), false);
});

function isRunning(pid: number): boolean {
  try {
    // A zombie answers signals too; its state tells.
    return !/^State:\s+Z/m.test(
      execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return false;
  }
}

test('a missing program makes an implementation unavailable, not the run a failure', async () => {
  const { builder: images } = builder('out-missing');
  assert.equal(await images.unavailable(implementation({ requires: ['node', 'sh'] })), undefined);
  assert.equal(await images.unavailable(implementation({ run: ['./built'] })), undefined);
  assert.match(
    (await images.unavailable(implementation({ requires: ['no-such-program-x'] }))) ?? '',
    /no-such-program-x not found/,
  );
  assert.match(
    (await images.unavailable(implementation({ run: ['no-such-program-y'] }))) ?? '',
    /no-such-program-y not found/,
  );
  const auto = builder('out-auto', 'auto', 'no-such-engine').builder;
  assert.equal(await auto.unavailable(implementation({})), undefined);
  assert.match(
    (await auto.unavailable(implementation())) ?? '',
    /as a process: .*local\.run; as a container: no-such-engine not found/,
  );
});

test('a daemon that a build leaves behind does not hold the build up', { timeout: 30_000 }, async () => {
  const { builder: images } = builder('out-daemon');
  const root = await repository('daemon', { 'server.js': 'x' });
  const local = { build: 'setsid sleep 8 & sleep 0.1' };
  const { buildMs } = await images.build({
    implementation: implementation(local),
    repositoryRoot: root,
    label: 'r/head',
  });
  assert.ok(buildMs < 7000, `took ${buildMs} ms`);
});
