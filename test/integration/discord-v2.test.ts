import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadContract } from '../../src/contract/contract.ts';
import { contractDiff } from '../../src/contract/diff/contract-diff.ts';
import { type PubSubEmulator, startPubSubEmulator } from '../../src/emulator/pubsub/server.ts';
import { FEATURES, type Reshape, startService } from '../fixtures/services/discord-webhook/broken.ts';
import { ENVELOPE_FAULTS, RIGHT } from '../fixtures/services/discord-webhook-v2/faults.ts';
import {
  CONTRACT_DIRECTORY,
  checkWebhook,
  filesBelow,
  findings,
  startProcess,
  webhookEnvironment,
} from '../helpers/webhook-check.ts';

const NODE_HTTP = join(import.meta.dirname, '../fixtures/services/discord-webhook-v2/implementations/node-http');
const files1 = filesBelow(CONTRACT_DIRECTORY);
const files2 = filesBelow(CONTRACT_DIRECTORY.replace('/v1/', '/v2/'));
const [contract1, contract2] = [loadContract(files1), loadContract(files2)];

describe('discord-webhook 2.0.0', () => {
  let pubsub: PubSubEmulator;
  before(async () => {
    pubsub = await startPubSubEmulator();
  });
  after(() => pubsub.close());

  async function checked(name: string, reshape: Reshape, onlyVectors: readonly string[] = [], contract = contract2) {
    const topic = `v2-${name}`;
    const service = await startService(undefined, webhookEnvironment(pubsub.host, topic), 0, reshape);
    try {
      const { origin } = service;
      return await checkWebhook({ contract, origin, features: FEATURES, pubsubHost: pubsub.host, topic, onlyVectors });
    } finally {
      await service.close();
    }
  }

  test('is passed by a right service, which passes nothing that looks into messages of 1.x', async () => {
    const conformance = await checked('right', RIGHT);
    assert.deepEqual(findings(conformance.vectors), []);
    assert.equal(conformance.passed, contract2.vectors.length);
    const old = await checked('right-old', RIGHT, ['ping', 'slash', 'slash-publishes', 'slash-complete'], contract1);
    const states = Object.fromEntries(old.vectors.map(({ id, state }) => [id, state]));
    assert.deepEqual(states, {
      ping: 'passed',
      slash: 'passed',
      'slash-publishes': 'failed',
      'slash-complete': 'failed',
    });
  });

  for (const { name, does, reshape, caughtBy } of ENVELOPE_FAULTS) {
    test(`${name}: ${does}`, async () => {
      const { vectors } = await checked(name, reshape, caughtBy);
      assert.equal(vectors.length, caughtBy.length);
      for (const { id, state } of vectors) assert.equal(state, 'failed', `${id} misses it`);
    });
  }

  test('is passed by its reference with all features that it declares', { timeout: 60_000 }, async () => {
    const topic = 'v2-node-http';
    const service = await startProcess(
      [process.execPath, 'server.js'],
      NODE_HTTP,
      webhookEnvironment(pubsub.host, topic),
    );
    try {
      const features = FEATURES.filter((feature) => feature !== 'publish-unknown-fields');
      const { origin } = service;
      const conformance = await checkWebhook({ contract: contract2, origin, features, pubsubHost: pubsub.host, topic });
      assert.deepEqual(findings(conformance.vectors), []);
      assert.ok(conformance.passed > 90);
    } finally {
      await service.stop();
    }
  });
});

test('the step from 1 to 2 breaks, and says so by its version', () => {
  const diff = contractDiff(files1, files2);
  assert.deepEqual([diff.needed, diff.made, diff.enough], ['major', 'major', true]);
  const requests = diff.changes.filter(({ kind, file }) => kind === 'breaking' && file === 'openapi.yaml');
  assert.deepEqual(requests, [], 'requests and answers stay');
});
