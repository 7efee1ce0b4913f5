import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { newWorkspace, runTool, TEMPLATE } from '../../helpers/cli.ts';
import { describeDocker, docker, instanceContainers, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';
import { loopbackCertificate } from '../../helpers/google-fake/certificate.ts';
import { ACCOUNT, type GoogleFake, PLANTED, PROVIDER, startGoogleFake } from '../../helpers/google-fake.ts';
import { missingRegistry, type OciRegistry, startRegistry } from '../../helpers/oci-registry.ts';

const TEST_MS = 150_000;
const PLACE = { project: 'my-project-1', region: 'us-central1' };
const NAMES = ['good', 'taken', 'broken', 'foreign'];

describeDocker(
  'the command line against Cloud Run, with a registry',
  () => {
    const workspace = newWorkspace();
    let removeBase: () => void;
    let google: GoogleFake;
    let registry: OciRegistry;
    let emulator: Emulator;
    let tls: Server;

    before(async () => {
      removeBase = provideBase(NODE_IMAGE);
      google = await startGoogleFake();
      registry = await startRegistry();
      emulator = await startEmulator({
        ...PLACE,
        runtime: 'container',
        imagesDirectory: join(workspace.directory, 'images'),
        stateDirectory: join(workspace.directory, 'emulator'),
      });
      // Google is spoken to over TLS only; the emulator has none.
      const { key, certificate } = loopbackCertificate();
      tls = createServer({ key, cert: certificate, ALPNProtocols: ['h2'] }, (secure) => {
        const plain = connect(emulator.adminPort, emulator.adminHost);
        for (const socket of [secure, plain]) socket.on('error', () => socket.destroy());
        secure.pipe(plain).pipe(secure);
      });
      await new Promise<void>((resolve) => void tls.listen(0, '127.0.0.1', resolve));
      writeFileSync(join(workspace.directory, 'roots.pem'), certificate);
      placeServices();
    });
    after(async () => {
      tls?.close();
      await emulator?.close();
      const filter = `reference=${registry.host}/*/*`;
      const made = docker('images', '--quiet', '--no-trunc', '--filter', filter).split('\n').filter(Boolean);
      for (const id of new Set(made)) spawnSync('docker', ['image', 'rm', '--force', id]);
      await registry?.stop();
      await google?.close();
      removeBase?.();
      workspace.remove();
    });

    /** One that works, by a stage of its Dockerfile; one pre-built; one that cannot be built; one that is not there. */
    function placeServices(): void {
      const services = join(workspace.directory, 'services');
      for (const name of NAMES)
        cpSync(join(TEMPLATE, 'implementations/node-http'), join(services, name), { recursive: true });
      const server = 'COPY *.js /srv/\nWORKDIR /srv\nUSER node\nCMD ["node", "server.js"]';
      const dockerfile = `FROM ${NODE_IMAGE} AS server\n${server}\nFROM scratch AS last\nCOPY server.js /\n`;
      writeFileSync(join(services, 'good', 'Dockerfile'), dockerfile);
      writeFileSync(join(services, 'broken', 'Dockerfile'), 'FROM scratch\nCOPY not-there.txt /\n');
      const taken = `${registry.host}/others/app:v1`;
      docker('build', '--quiet', '--target', 'server', '--tag', taken, join(services, 'good'));
      docker('push', taken);
      docker('image', 'rm', '--force', taken);
      const entries = {
        good: 'target: server',
        taken: `image: "${taken}"`,
        broken: 'dockerfile: Dockerfile',
        foreign: `image: "${registry.host}/others/app:nowhere"`,
      };
      const manifest = [
        'service_type: discord-webhook',
        'contract_version: 1.0.0',
        'implementations:',
        ...Object.entries(entries).map(([name, more]) => `  - {name: ${name}, path: ${name}, ${more}}`),
        '',
      ];
      writeFileSync(join(services, 'manifest.yaml'), manifest.join('\n'));
      const gcp = `gcp: {project_id: ${PLACE.project}, region: ${PLACE.region}, artifact_registry: "${registry.host}/perf"}`;
      writeFileSync(join(workspace.directory, 'cloudrun-perf.yaml'), `version: "1.0"\n${gcp}\n`);
    }

    it('what can be built is deployed by digest, what cannot is told', { timeout: TEST_MS }, async () => {
      const env = {
        ...google.env,
        DOCKER_HOST: process.env.DOCKER_HOST ?? '',
        CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `https://127.0.0.1:${(tls.address() as AddressInfo).port}`,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: emulator.loggingUrl,
        NODE_EXTRA_CA_CERTS: join(workspace.directory, 'roots.pem'),
      };
      const place = ['--platform', 'cloudrun', '--manifest', join(workspace.directory, 'services')];
      const identity = ['--workload-identity-provider', PROVIDER, '--service-account', ACCOUNT];
      const ended = await runTool(workspace, ['deploy', ...place, ...identity, '--verbose'], { env });
      const text = `${ended.stdout}\n${ended.stderr}`;
      assert.equal(ended.code, 1, text);
      assert.match(text, /the image of broken cannot be built, its last lines were:\n(?:.*\n)*.*not-there\.txt/);
      assert.match(text, new RegExp(`${registry.host} has no image ${registry.host}/others/app:nowhere`));
      assert.ok(!text.includes(PLANTED), text);

      for (const name of ['good', 'taken']) {
        const url = new RegExp(`\\b${name}\\b.*(http://127\\.0\\.0\\.1:\\d+)`).exec(ended.stdout)?.[1];
        assert.ok(url !== undefined, ended.stdout);
        assert.equal((await fetch(`${url}/health`)).status, 200);
      }
      const running = instanceContainers().map((id) => docker('inspect', '--format', '{{.Config.Image}}', id));
      const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
      for (const name of ['good', 'taken']) {
        const image = running.find((line) => line.startsWith(`${registry.host}/perf/${name}@`));
        const digest = image?.split('@')[1];
        const url = `http://${registry.host}/v2/perf/${name}/manifests/${digest}`;
        assert.equal((await fetch(url, { headers: { accept } })).status, 200, running.join('\n'));
      }
    });
  },
  missingRegistry,
);
