import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { type BuildTool, findBuildTool } from '../../../src/adapters/images/build-tool.ts';
import type { DockerBuilderOptions } from '../../../src/adapters/images/container-build.ts';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { formatError, InfrastructureError } from '../../../src/domain/errors.ts';
import type { Implementation } from '../../../src/domain/implementation.ts';

const ID = `sha256:${'a'.repeat(64)}`;
const PUSHED = `sha256:${'b'.repeat(64)}`;
const TOKEN = 'planted-token-of-the-run';
const RUNTIME_TOKEN = 'planted-token-of-the-runner';
/** Nothing listens there: the digest has to come from the engine. */
const REGISTRY = '127.0.0.1:1/perf';

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'images-calls-'));
});
afterEach(() => {
  delete process.env.ACTIONS_RUNTIME_TOKEN;
  delete process.env.ACTIONS_RESULTS_URL;
});
after(() => rmSync(root, { recursive: true, force: true }));

/** A program that answers as Docker's does, and writes down how it was called, with the cache's variables. */
function engine(name: string, parts: { readonly driver?: string; readonly build?: string; readonly login?: string }) {
  const { driver, build = '', login = 'cat > /dev/null' } = parts;
  const path = join(root, name);
  const write = `for a in "$@"; do [ "$last" = --iidfile ] && printf '${ID}' > "$a"; last=$a; done`;
  const buildx = `case "$2" in
    version) echo github.com/docker/buildx v0.19.3 ;;
    inspect) printf 'Name: x\\nDriver:  ${driver}\\n' ;;
    build) ${build}
      ${write} ;;
  esac`;
  const script = `#!/bin/sh
echo "$* runtime=$ACTIONS_RUNTIME_TOKEN config=\${DOCKER_CONFIG:+own}" >> ${path}.log
case "$1" in
  buildx) ${driver === undefined ? 'echo unknown command >&2; exit 1' : buildx} ;;
  build) ${build}
    ${write} ;;
  login) ${login} ;;
  image) case "$*" in *RepoDigests*) echo "${REGISTRY}/app@${PUSHED}" ;; *) echo 1234 ;; esac ;;
esac`;
  writeFileSync(path, script, { mode: 0o755 });
  return { path, calls: () => readFileSync(`${path}.log`, 'utf8').trim().split('\n') };
}

function implementation(change: Partial<Implementation> = {}): Implementation {
  return {
    ...{ name: 'app', serviceType: 'discord-webhook', path: '.', dockerfile: 'Dockerfile' },
    ...{ buildArgs: {}, supportedFeatures: [], ...change },
  };
}

function build(path: string, change: Partial<DockerBuilderOptions> = {}) {
  const options = { containerCli: path, clock: createClock(), workDirectory: join(root, 'work'), ...change };
  const request = { implementation: implementation(), repositoryRoot: join(root, 'repository'), label: 'run-1/head' };
  return createDockerBuilder(options).build(request);
}

function onGitHub(): void {
  process.env.ACTIONS_RUNTIME_TOKEN = RUNTIME_TOKEN;
  process.env.ACTIONS_RESULTS_URL = 'http://127.0.0.1:1/';
}

test('without a registry an image stays on this machine, named by its id', async () => {
  const { path, calls } = engine('local', {});
  const artifact = await build(path);
  assert.partialDeepStrictEqual(artifact, { image: `local/app@${ID}`, digest: ID, imageBytes: 1234 });
  assert.ok(!calls().some((call) => /^(push|login)/.test(call)));
});

test('where the registry itself cannot be asked, the engine says what it heard from it', async () => {
  const { path, calls } = engine('pushed', {});
  const artifact = await build(path, { registry: REGISTRY });
  assert.partialDeepStrictEqual(artifact, { image: `${REGISTRY}/app@${PUSHED}`, digest: PUSHED });
  assert.ok(calls().includes(`push ${REGISTRY}/app:run-1-head runtime= config=`), calls().join('\n'));
  assert.ok(calls().some((call) => call.startsWith('build --platform linux/amd64 ')));
});

test('a driver that writes caches gets one in the registry, after a login, and logs in anew for the push', async () => {
  const { path, calls } = engine('cached', { driver: 'docker-container' });
  await build(path, { registry: REGISTRY, registryToken: async () => TOKEN, tokenHosts: () => true });
  const [login, built, again, push] = calls().filter((call) => /^(login|buildx build|push)/.test(call));
  assert.match(login ?? '', /^login --username oauth2accesstoken --password-stdin 127\.0\.0\.1:1 runtime= config=own$/);
  assert.match(
    built ?? '',
    / --cache-from type=registry,ref=127\.0\.0\.1:1\/perf\/app:buildcache .* runtime= config=own$/,
  );
  assert.match(again ?? '', /^login /);
  assert.match(push ?? '', /^push .* config=own$/);
  assert.ok(!calls().join('\n').includes(TOKEN));
});

test('what builds is found out from what buildx says of the builder in use', async () => {
  const label = 'Labels:\\n org.mobyproject.buildkit.worker.snapshotter: overlayfs';
  const cases: [driver: string | undefined, wanted: BuildTool][] = [
    [undefined, { kind: 'engine' }],
    ['docker', { kind: 'buildx', outside: false, exportsCache: false }],
    [`docker\\n${label}`, { kind: 'buildx', outside: false, exportsCache: true }],
    ['docker-container', { kind: 'buildx', outside: true, exportsCache: true }],
    [`remote\\n${label}`, { kind: 'buildx', outside: true, exportsCache: true }],
  ];
  for (const [index, [driver, wanted]] of cases.entries()) {
    const { path } = engine(`tool-${index}`, driver === undefined ? {} : { driver });
    assert.deepEqual(await findBuildTool(path, {}), wanted, driver);
  }
});

test('an image that Cloud Run pulls by itself needs no engine', async () => {
  const options = { containerCli: '/no/such/engine', clock: createClock() };
  const missing = (image: string, registry?: string) =>
    createDockerBuilder({ ...options, ...(registry === undefined ? {} : { registry }) })
      .unavailable(implementation({ image }))
      .catch(() => 'missing');
  assert.equal(await missing('us-docker.pkg.dev/p/r/a:v1', REGISTRY), undefined);
  assert.equal(await missing('nginx:1', REGISTRY), undefined);
  assert.notEqual(await missing('us-docker.pkg.dev/p/r/a:v1'), undefined);
  assert.notEqual(await missing('ghcr.io/o/a:v1', REGISTRY), undefined);
});

test("GitHub's cache is used where it is asked for, and only then its token is given on", async () => {
  const asked = engine('gha', { driver: 'docker-container' });
  onGitHub();
  await build(asked.path, { registry: REGISTRY, cache: 'gha' });
  const built = asked.calls().find((call) => call.startsWith('buildx build')) ?? '';
  assert.match(built, / --cache-to type=gha,scope=app,mode=max,ignore-error=true /);
  assert.match(built, new RegExp(`runtime=${RUNTIME_TOKEN} `));
  const others = asked.calls().filter((call) => !call.startsWith('buildx build'));
  assert.ok(!others.join('\n').includes(RUNTIME_TOKEN));
  const usual = engine('not-gha', { driver: 'docker-container' });
  await build(usual.path, { registry: REGISTRY });
  assert.ok(!usual.calls().join('\n').includes(RUNTIME_TOKEN));
});

test('a cache that fails fails no build', async () => {
  const words = 'ERROR: failed to solve: failed to configure registry cache exporter: 403';
  const fails = `case "$*" in *--cache-to*) echo '${words}' >&2; exit 1 ;; esac`;
  const { path, calls } = engine('cache-fails', { driver: 'docker-container', build: fails });
  const warnings: string[] = [];
  const logger = { info: () => undefined, warn: (text: string) => void warnings.push(text) };
  assert.equal((await build(path, { registry: REGISTRY, logger })).digest, PUSHED);
  assert.deepEqual(warnings, [`app is built without the cache of layers: ${words}`]);
  const builds = calls().filter((call) => call.startsWith('buildx build'));
  assert.deepEqual(
    builds.map((call) => call.includes('--cache-to')),
    [true, false],
  );

  const refused = engine('login-fails', {
    driver: 'docker-container',
    login: `cat > /dev/null; [ "$(grep -c ^login ${join(root, 'login-fails.log')})" -gt 1 ] || exit 1`,
  });
  const options = { registry: REGISTRY, registryToken: async () => TOKEN, tokenHosts: () => true, logger };
  assert.equal((await build(refused.path, options)).digest, PUSHED);
  assert.match(warnings[1] ?? '', /^app is built without the cache of layers: 127\.0\.0\.1:1 refuses the login/);
  assert.ok(!refused.calls().join('\n').includes('--cache-to'));
});

test('a build that fails for its own reasons is not tried again, and shows its last lines without secrets', async () => {
  const fails = `for i in 1 2 3; do echo "line $i $ACTIONS_RUNTIME_TOKEN"; done; echo 'ERROR: no such file' >&2; exit 1`;
  const { path, calls } = engine('build-fails', { driver: 'docker-container', build: fails });
  onGitHub();
  await assert.rejects(build(path, { registry: REGISTRY, cache: 'gha' }), (error) => {
    assert.ok(error instanceof InfrastructureError);
    assert.match(error.message, /^the image of app cannot be built, its last lines were:\nline 1 \*\*\*\n/);
    assert.match(error.message, /line 3 \*\*\*\nERROR: no such file$/);
    assert.ok(!formatError(error).includes(RUNTIME_TOKEN));
    return true;
  });
  assert.equal(calls().filter((call) => call.startsWith('buildx build')).length, 1);
});
