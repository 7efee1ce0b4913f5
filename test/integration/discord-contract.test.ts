import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { contractDrift } from '../../src/contract/drift.ts';
import type { Implementation } from '../../src/domain/implementation.ts';
import { type PubSubEmulator, startPubSubEmulator } from '../../src/emulator/pubsub/server.ts';
import { parseManifest } from '../../src/manifest/parse.ts';
import {
  CONTRACT_DIRECTORY,
  checkWebhook,
  filesBelow,
  findings,
  startProcess,
  webhookContract,
  webhookEnvironment,
} from '../helpers/webhook-check.ts';

const ROOT = join(import.meta.dirname, '../..');
const TEMPLATE = join(ROOT, 'template-service-repo');
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/;

const contract = webhookContract();
const manifest = parseManifest(
  { text: readFileSync(join(TEMPLATE, 'manifest.yaml'), 'utf8'), file: 'manifest.yaml' },
  { manifest: JSON.parse(readFileSync(join(ROOT, 'contracts/schemas/manifest.schema.json'), 'utf8')) },
);

test('the contract has vectors for every part of its text', () => {
  assert.ok(contract.vectors.length >= 100, `${contract.vectors.length} vectors`);
  for (const feature of Object.keys(contract.features)) {
    const users = contract.vectors.filter(({ requires }) => requires.includes(feature));
    // Signatures are what every vector of /interactions needs, so none of them names that feature.
    assert.ok(feature === 'signature-validation' || users.length > 0, `no vector needs ${feature}`);
  }
});

test("the template's copy of the contract is the shipped one", () => {
  assert.deepEqual(contractDrift(filesBelow(CONTRACT_DIRECTORY), filesBelow(join(TEMPLATE, 'contract'))), []);
});

test('the Node implementations differ in the framework only', () => {
  for (const file of ['signature.js', 'publish.js']) {
    const [plain, fastify] = ['node-http', 'node-fastify'].map((name) =>
      readFileSync(join(TEMPLATE, 'implementations', name, file), 'utf8'),
    );
    assert.equal(fastify, plain, file);
  }
});

test("the template's configuration is one that the tool reads, with no variable set and with all", () => {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  const config: object = JSON.parse(read('contracts/schemas/config.schema.json'));
  const source = { text: read('template-service-repo/cloudrun-perf.yaml'), file: 'cloudrun-perf.yaml' };
  for (const env of [{}, { GCP_PROJECT_ID: 'my-project-1' }]) {
    const { sweep } = loadConfig({ ...source, env, flags: {} }, { config });
    assert.ok(sweep.length > 1, 'sweep.yml has something to measure');
  }
});

describe('template implementations', () => {
  let pubsub: PubSubEmulator;
  let directory: string;

  before(async () => {
    pubsub = await startPubSubEmulator();
    directory = mkdtempSync(join(tmpdir(), 'template-services-'));
  });
  after(async () => {
    await pubsub.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const implementation of manifest.implementations) {
    const { name, local, supportedFeatures } = implementation;
    const missing = local?.requires.find((program) => !isOnPath(program));
    const skip = missing === undefined ? false : `${missing} is not on PATH`;

    test(`${name} passes every vector of its features`, { skip, timeout: 180_000 }, async (t) => {
      assert.ok(local, 'it says how it runs locally');
      const cwd = built(implementation, directory);
      if (cwd === undefined) return t.skip('the package registry cannot be reached');
      const topic = `commands-${name}`;
      const service = await startProcess(local.run, cwd, webhookEnvironment(pubsub.host, topic));
      try {
        const conformance = await checkWebhook({
          contract,
          origin: service.origin,
          features: supportedFeatures,
          pubsubHost: pubsub.host,
          topic,
        });
        assert.deepEqual(findings(conformance.vectors), []);
        assert.deepEqual(conformance.missingFeatures, []);
        assert.equal(conformance.unreachable, undefined);
        assert.equal(conformance.passed + conformance.skipped, contract.vectors.length);
        assert.ok(conformance.passed > 100, `${conformance.passed} passed`);
      } finally {
        const { code } = await service.stop();
        assert.equal(code, 0, 'it ends by itself on SIGTERM');
      }
    });

    test(`${name} says what it lacks when it has no public key`, { skip, timeout: 180_000 }, (t) => {
      const cwd = built(implementation, directory);
      if (cwd === undefined) return t.skip('the package registry cannot be reached');
      const [program = '', ...args] = local?.run ?? [];
      const env = { ...process.env, PORT: '0', DISCORD_PUBLIC_KEY: '' };
      const ended = spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 20_000 });
      assert.equal(ended.status, 1);
      assert.match(ended.stderr, /DISCORD_PUBLIC_KEY must be 64 hexadecimal digits/);
    });
  }
});

function isOnPath(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

const prepared = new Map<string, string | undefined>();

/** A copy of an implementation with its build done once, so that the working tree stays clean. */
function built({ name, path, local }: Implementation, directory: string): string | undefined {
  if (prepared.has(name)) return prepared.get(name);
  const cwd = join(directory, name);
  const unwanted = /\/(node_modules|__pycache__|server)$/;
  cpSync(join(TEMPLATE, path), cwd, { recursive: true, filter: (source) => !unwanted.test(source) });
  const ended = local?.build === undefined ? undefined : spawnSync(local.build, { cwd, shell: true, encoding: 'utf8' });
  const failed = ended !== undefined && ended.status !== 0;
  if (failed && !UNREACHABLE.test(ended.stderr)) throw new Error(`${local?.build}: ${ended.stdout}${ended.stderr}`);
  prepared.set(name, failed ? undefined : cwd);
  return prepared.get(name);
}
