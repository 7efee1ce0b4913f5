import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import type { DockerBuilderOptions } from '../../../src/adapters/images/container-build.ts';
import { createDockerBuilder } from '../../../src/adapters/images/docker.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { formatError, InfrastructureError } from '../../../src/domain/errors.ts';
import type { Implementation } from '../../../src/domain/implementation.ts';
import { describeDocker, docker } from '../../helpers/docker.ts';
import { missingRegistry, type OciRegistry, startRegistry } from '../../helpers/oci-registry.ts';

const BUILD_MS = 120_000;
const TOKEN = 'planted-registry-token-5f1c';
/** The token as the password of `oauth2accesstoken`, by bcrypt. */
const HTPASSWD = 'oauth2accesstoken:$2b$05$abcdefghijklmnopqrstuuuvWLcRBAya3mss9rL3SygtK68T7j3wu';
const everyHost = () => true;

describeDocker(
  'pushing to a registry',
  () => {
    const clock = createClock();
    const registries: OciRegistry[] = [];
    const references: string[] = [];
    let root: string;
    let usersConfiguration: string;
    const usersOwn = process.env.DOCKER_CONFIG;

    before(() => {
      root = mkdtempSync(join(tmpdir(), 'docker-push-'));
      mkdirSync(join(root, 'user'));
      // A keychain that must not be asked: there is no such program.
      usersConfiguration = JSON.stringify({ auths: { 'other.example': {} }, credsStore: 'planted' });
      writeFileSync(join(root, 'user', 'config.json'), usersConfiguration);
      writeFileSync(
        join(root, 'Dockerfile'),
        [
          'FROM scratch AS tools',
          'LABEL stage=tools',
          'COPY Dockerfile /tools',
          'FROM scratch AS server',
          'ARG GREETING=none',
          'LABEL stage=server greeting=$GREETING',
          'COPY --from=tools /tools /server',
          'FROM scratch AS last',
          'LABEL stage=last',
          'COPY Dockerfile /last',
          '',
        ].join('\n'),
      );
    });
    afterEach(() => {
      if (usersOwn === undefined) delete process.env.DOCKER_CONFIG;
      else process.env.DOCKER_CONFIG = usersOwn;
    });
    after(async () => {
      for (const reference of references) spawnSync('docker', ['image', 'rm', '--force', reference]);
      await Promise.all(registries.map((registry) => registry.stop()));
      rmSync(root, { recursive: true, force: true });
    });

    async function registry(...options: Parameters<typeof startRegistry>): Promise<string> {
      const started = await startRegistry(...options);
      registries.push(started);
      return started.host;
    }

    function builder(host: string, change: Partial<DockerBuilderOptions> = {}) {
      const workDirectory = join(root, 'work');
      return createDockerBuilder({ containerCli: 'docker', clock, registry: `${host}/perf`, workDirectory, ...change });
    }

    function request(change: Partial<Implementation> = {}, label = 'run-1/head') {
      const implementation: Implementation = {
        ...{ name: 'app', serviceType: 'discord-webhook', path: '.', dockerfile: 'Dockerfile' },
        ...{ buildArgs: {}, supportedFeatures: [], ...change },
      };
      return { implementation, repositoryRoot: root, label };
    }

    /** What the registry itself says of a tag. */
    async function told(host: string, tag: string, name = 'perf/app') {
      const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
      const authorization = `Basic ${btoa(`oauth2accesstoken:${TOKEN}`)}`;
      const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
        headers: { accept, authorization },
      });
      assert.equal(response.status, 200, await response.clone().text());
      const manifest = JSON.parse(await response.text());
      const parts: { size: number }[] = [manifest.config, ...manifest.layers];
      return {
        digest: response.headers.get('docker-content-digest'),
        bytes: parts.reduce((sum, { size }) => sum + size, 0),
      };
    }

    it('names an image by the digest that the registry gives', { timeout: BUILD_MS }, async () => {
      const host = await registry();
      const artifact = await builder(host).build(request());
      references.push(`${host}/perf/app:run-1-head`);
      const { digest, bytes } = await told(host, 'run-1-head');
      assert.deepEqual([artifact.digest, artifact.imageBytes], [digest, bytes]);
      assert.equal(artifact.image, `${host}/perf/app@${digest}`);
      assert.notEqual(digest, docker('image', 'inspect', '--format', '{{.Id}}', `${host}/perf/app:run-1-head`));
      const base = await builder(host).build(request({}, 'run-1/base'));
      assert.equal(base.digest, artifact.digest, 'the same source is the same image');
      assert.equal((await told(host, 'run-1-base')).digest, digest);
      // What was pushed is what is pulled once it is gone from here.
      for (const tag of ['run-1-head', 'run-1-base']) docker('image', 'rm', '--force', `${host}/perf/app:${tag}`);
      docker('pull', artifact.image);
      references.push(artifact.image);
      assert.equal(docker('image', 'inspect', '--format', '{{.Config.Labels.stage}}', artifact.image), 'last');
      assert.equal(docker('image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', artifact.image), 'linux/amd64');
      assert.deepEqual(readdirSync(join(root, 'work')), [], 'scratch is gone');
    });

    it('builds the stage that the manifest names, with its arguments', { timeout: BUILD_MS }, async () => {
      const host = await registry();
      const GREETING = 'a "b" $C; d';
      const artifact = await builder(host).build(request({ target: 'server', buildArgs: { GREETING } }));
      references.push(`${host}/perf/app:run-1-head`);
      const labels = docker('image', 'inspect', '--format', '{{json .Config.Labels}}', artifact.image);
      assert.deepEqual(JSON.parse(labels), { stage: 'server', greeting: GREETING });
      await assert.rejects(
        builder(host).build(request({ target: 'nowhere' })),
        /cannot be built.*\n(?:.*\n)*.*nowhere/,
      );
    });

    it("logs in with the run's token, and leaves the user's configuration alone", { timeout: BUILD_MS }, async () => {
      const host = await registry({ htpasswd: HTPASSWD });
      process.env.DOCKER_CONFIG = join(root, 'user');
      let asked = 0;
      const registryToken = async () => {
        asked += 1;
        return TOKEN;
      };
      const artifact = await builder(host, { registryToken, tokenHosts: everyHost }).build(request());
      references.push(`${host}/perf/app:run-1-head`);
      assert.equal(artifact.digest, (await told(host, 'run-1-head')).digest);
      assert.ok(asked > 0);
      assert.equal(readFileSync(join(root, 'user', 'config.json'), 'utf8'), usersConfiguration);
      assert.deepEqual(readdirSync(join(root, 'user')), ['config.json']);
      assert.deepEqual(readdirSync(join(root, 'work')), [], 'the login is gone');
    });

    it('gives the token to no host but those of Google', { timeout: BUILD_MS }, async () => {
      const host = await registry({ htpasswd: HTPASSWD });
      const registryToken = () => assert.fail('asked for');
      const error = await refusal(builder(host, { registryToken }).build(request()));
      references.push(`${host}/perf/app:run-1-head`);
      assert.equal(error.code, 'push-failed');
      assert.match(error.message, /cannot be pushed, the registry refused it:\n(?:.*\n)*.*no basic auth/);
      assert.match(error.hint ?? '', /docker login/);
    });

    it('says that a registry refuses the login, without the token', { timeout: BUILD_MS }, async () => {
      const host = await registry({ htpasswd: HTPASSWD });
      const wrong = 'planted-wrong-token-77aa';
      const options = { registryToken: async () => wrong, tokenHosts: everyHost };
      const error = await refusal(builder(host, options).build(request()));
      references.push(`${host}/perf/app:run-1-head`);
      assert.equal(error.code, 'registry-login');
      assert.match(error.message, new RegExp(`^${host} refuses the login of this run:\\n`));
      assert.ok(!formatError(error).includes(wrong));
      assert.deepEqual(readdirSync(join(root, 'work')), []);
    });

    it('says that a registry is read-only', { timeout: BUILD_MS }, async () => {
      const host = await registry({ readOnly: true });
      const error = await refusal(builder(host).build(request()));
      references.push(`${host}/perf/app:run-1-head`);
      assert.equal(error.code, 'push-failed');
      assert.match(error.message, new RegExp(`^${host}/perf/app:run-1-head cannot be pushed, the registry refused it`));
    });

    it('masks secrets in the last lines of a build', { timeout: BUILD_MS }, async () => {
      const host = await registry();
      const secret = 'planted-secret-of-the-run';
      writeFileSync(join(root, 'leaky.Dockerfile'), `FROM scratch\nCOPY ${secret} /\n`);
      const leaky = request({ dockerfile: 'leaky.Dockerfile' });
      const error = await refusal(builder(host, { secrets: [secret] }).build(leaky));
      assert.equal(error.code, 'image-failed');
      assert.ok(!formatError(error).includes(secret), formatError(error));
      assert.match(error.message, /\*\*\*/);
    });

    it("leaves the job's credentials out of the image", { timeout: BUILD_MS }, async () => {
      const source = join(root, 'workspace');
      mkdirSync(join(source, 'deep'), { recursive: true });
      const planted = '{"type":"external_account"}';
      for (const file of ['gha-creds-0123456789abcdef.json', 'deep/gha-creds-ff.json', 'named.json'])
        writeFileSync(join(source, file), planted);
      for (const file of ['server.js', 'deep/kept.json']) writeFileSync(join(source, file), 'kept');
      writeFileSync(join(source, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
      process.env.GOOGLE_APPLICATION_CREDENTIALS = join(source, 'named.json');
      try {
        const artifact = await createDockerBuilder({ containerCli: 'docker', clock }).build({
          ...request({ path: 'workspace' }, 'run-1/credentials'),
        });
        references.push(artifact.digest);
        const container = docker('create', artifact.digest, 'none');
        const listed = execFileSync('sh', ['-c', `docker export ${container} | tar --list`], { encoding: 'utf8' });
        docker('rm', container);
        assert.match(listed, /^server\.js$/m);
        assert.match(listed, /^deep\/kept\.json$/m);
        assert.doesNotMatch(listed, /gha-creds|named\.json/);
      } finally {
        delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
      }
      assert.equal(readFileSync(join(source, 'named.json'), 'utf8'), planted, 'the source is as it was');
    });

    async function refusal(promise: Promise<unknown>): Promise<InfrastructureError> {
      const error = await promise.then(
        () => assert.fail('not refused'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof InfrastructureError, String(error));
      return error;
    }
  },
  missingRegistry,
);
