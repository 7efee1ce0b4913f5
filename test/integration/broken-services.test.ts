import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type PubSubEmulator, startPubSubEmulator } from '../../src/emulator/pubsub/server.ts';
import { FEATURES, startService } from '../fixtures/services/discord-webhook/broken.ts';
import { FAULTS, type FaultName } from '../fixtures/services/discord-webhook/faults.ts';
import { checkWebhook, findings, startProcess, webhookContract, webhookEnvironment } from '../helpers/webhook-check.ts';

const SERVICES = join(import.meta.dirname, '../fixtures/services/discord-webhook');
const contract = webhookContract();

describe('a service that is wrong in one way', () => {
  let pubsub: PubSubEmulator;
  before(async () => {
    pubsub = await startPubSubEmulator();
  });
  after(() => pubsub.close());

  async function checked(fault: FaultName | undefined, onlyVectors: readonly string[]) {
    const topic = `faults-${fault ?? 'none'}`;
    const service = await startService(fault, webhookEnvironment(pubsub.host, topic));
    try {
      const { origin } = service;
      return await checkWebhook({ contract, origin, features: FEATURES, pubsubHost: pubsub.host, topic, onlyVectors });
    } finally {
      await service.close();
    }
  }

  test('passes every vector of every feature without its mistake', async () => {
    const conformance = await checked(undefined, []);
    assert.deepEqual(findings(conformance.vectors), []);
    assert.equal(conformance.passed, contract.vectors.length);
  });

  for (const { name, does, caughtBy } of FAULTS) {
    test(`${name}: ${does}`, async () => {
      const { vectors } = await checked(name, caughtBy);
      for (const vector of vectors) {
        assert.equal(vector.state, 'failed', `${vector.id} misses it`);
        for (const { check, expected, actual } of vector.failures) {
          assert.ok(check !== '' && expected !== '' && actual !== '', JSON.stringify(vector.failures));
          assert.notEqual(expected, actual);
        }
      }
      assert.equal(vectors.length, caughtBy.length);
    });
  }

  test('names what was expected and what came', async () => {
    const [bad] = (await checked('accepts-bad-signature', ['signature-other-key'])).vectors;
    const { check, expected, actual } = bad?.failures[0] ?? {};
    assert.deepEqual({ check, expected }, { check: 'status', expected: '401' });
    assert.match(actual ?? '', /^200\b/);
    const [leak] = (await checked('leaks-token', ['slash-token-redacted'])).vectors;
    assert.match(JSON.stringify(leak?.failures), /token/);
    assert.doesNotMatch(JSON.stringify(leak?.failures), /SECRET-[0-9a-f]{8}/, 'the secret itself stays out of reports');
  });

  test('is found as a process of its own too', { timeout: 60_000 }, async () => {
    const topic = 'faults-process';
    const env = webhookEnvironment(pubsub.host, topic);
    const service = await startProcess(['node', 'broken.ts', '--fault', 'publishes-on-ping'], SERVICES, env);
    try {
      const { origin } = service;
      const onlyVectors = ['ping', 'ping-publishes-nothing'];
      const options = { contract, origin, features: FEATURES, pubsubHost: pubsub.host, topic, onlyVectors };
      const { vectors } = await checkWebhook(options);
      const states = Object.fromEntries(vectors.map(({ id, state }) => [id, state]));
      assert.deepEqual(states, { ping: 'passed', 'ping-publishes-nothing': 'failed' });
    } finally {
      await service.stop();
    }
  });
});

test('a declared list without the required features fails by itself', async () => {
  const service = await startService(undefined, webhookEnvironment('127.0.0.1:1', 'unused'));
  const pubsub = await startPubSubEmulator();
  try {
    const options = { contract, origin: service.origin, features: [], pubsubHost: pubsub.host, topic: 'unused' };
    const conformance = await checkWebhook({ ...options, onlyVectors: ['ping', 'slash-publishes'] });
    assert.deepEqual(conformance.missingFeatures, ['signature-validation', 'pubsub-publish']);
    assert.deepEqual(
      conformance.vectors.map(({ state }) => state),
      ['passed', 'skipped'],
    );
  } finally {
    await service.close();
    await pubsub.close();
  }
});
