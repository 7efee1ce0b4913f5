import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type PubSubEmulator, startPubSubEmulator } from '../../src/emulator/pubsub/server.ts';
import { parseManifest } from '../../src/manifest/parse.ts';
import { FEATURES, startService } from '../fixtures/services/queue-worker/broken.ts';
import { FAULTS, type FaultName } from '../fixtures/services/queue-worker/faults.ts';
import { pushStory } from '../helpers/push-story.ts';
import { findings, startProcess } from '../helpers/webhook-check.ts';
import { checkWorker, PROJECT, workerBus, workerContract, workerEnvironment } from '../helpers/worker-check.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVICES = join(ROOT, 'test/fixtures/services/queue-worker');
const BOUNDED = { timeout: 60_000 };
const manifest = parseManifest(
  { text: readFileSync(join(SERVICES, 'manifest.yaml'), 'utf8'), file: 'manifest.yaml' },
  { manifest: JSON.parse(readFileSync(join(ROOT, 'contracts/schemas/manifest.schema.json'), 'utf8')) },
);

let pubsub: PubSubEmulator;
before(async () => {
  pubsub = await startPubSubEmulator();
});
after(() => pubsub.close());

// Together, since what never comes has to be waited for.
describe('a queue worker that is wrong in one way', { concurrency: true }, () => {
  async function checked(fault: FaultName | undefined, onlyVectors: readonly string[]) {
    const topic = `faults-${fault ?? 'none'}`;
    const service = await startService(fault, workerEnvironment(pubsub.host, topic));
    try {
      return await checkWorker({ origin: service.origin, pubsubHost: pubsub.host, topic }, FEATURES, onlyVectors);
    } finally {
      await service.close();
    }
  }

  test('passes every vector without its mistake', BOUNDED, async () => {
    const { vectors, passed } = await checked(undefined, []);
    assert.deepEqual(findings(vectors), []);
    assert.equal(passed, workerContract.vectors.length);
  });

  for (const { name, does, caughtBy } of FAULTS) {
    test(`${name}: ${does}`, BOUNDED, async () => {
      const { vectors } = await checked(name, caughtBy);
      assert.equal(vectors.length, caughtBy.length);
      for (const vector of vectors) {
        assert.equal(vector.state, 'failed', `${vector.id} misses it`);
        for (const { check, expected, actual } of vector.failures) {
          assert.ok(check !== '' && expected !== '' && actual !== '', JSON.stringify(vector.failures));
          assert.notEqual(expected, actual);
          assert.doesNotMatch(actual, /SECRET-[0-9a-f]{8}/, 'the secret itself stays out of reports');
        }
      }
    });
  }
});

describe('reference implementations', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'queue-workers-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const { name, path, local, supportedFeatures } of manifest.implementations) {
    const missing = local?.requires.find((program) => spawnSync('which', [program]).status !== 0);
    const skip = missing === undefined ? false : `${missing} is not on PATH`;

    test(`${name} passes every vector, and acknowledges nothing that it could not publish`, {
      ...BOUNDED,
      skip,
    }, async () => {
      assert.ok(local, 'it says how it runs locally');
      const cwd = join(directory, name);
      cpSync(join(SERVICES, path), cwd, { recursive: true });
      const built =
        local.build === undefined ? undefined : spawnSync(local.build, { cwd, shell: true, encoding: 'utf8' });
      assert.equal(built?.status ?? 0, 0, built?.stderr);
      const topic = `results-${name}`;
      const service = await startProcess(local.run, cwd, workerEnvironment(pubsub.host, topic));
      try {
        await withoutTopic(service.origin);
        const target = { origin: service.origin, pubsubHost: pubsub.host, topic };
        const { vectors, passed, missingFeatures } = await checkWorker(target, supportedFeatures);
        assert.deepEqual(findings(vectors), []);
        assert.deepEqual(missingFeatures, []);
        assert.equal(passed, workerContract.vectors.length);
        await atTheSameTime(service.origin, topic);
        await pushStory(pubsub.host, PROJECT, topic, service);
      } finally {
        assert.deepEqual(await service.stop(), { code: 0, signal: null });
      }
      const [program = '', ...args] = local.run;
      const unset = spawnSync(program, args, {
        cwd,
        env: { PATH: process.env.PATH, PORT: '0' },
        encoding: 'utf8',
        timeout: 20_000,
      });
      assert.equal(unset.status, 1);
      assert.match(unset.stderr, /RESULTS_TOPIC/);
    });
  }

  const deliver = async (origin: string, job: object, orderingKey?: string) => {
    const data = Buffer.from(JSON.stringify(job)).toString('base64');
    const message = {
      data,
      messageId: '1',
      publishTime: new Date().toISOString(),
      ...(orderingKey && { orderingKey }),
    };
    const body = JSON.stringify({ message, subscription: 'projects/p/subscriptions/s' });
    return (await fetch(`${origin}/push`, { method: 'POST', body })).status;
  };

  /** The topic is not there yet: nothing may be acknowledged, and nothing remembered. */
  async function withoutTopic(origin: string): Promise<void> {
    const job = { job_id: 'unpublished', type: 'append', text: 'a' };
    assert.equal(await deliver(origin, job, 'unpublished'), 503);
    assert.equal(await deliver(origin, job, 'unpublished'), 503);
  }

  /** What was refused without a topic is done now: once, though it comes ten times at the same time. */
  async function atTheSameTime(origin: string, topic: string): Promise<void> {
    const results = await workerBus(pubsub.host).subscribe(topic);
    const job = { job_id: 'unpublished', type: 'append', text: 'a' };
    const statuses = await Promise.all(Array.from({ length: 10 }, () => deliver(origin, job, 'unpublished')));
    assert.deepEqual(new Set(statuses), new Set([204]));
    // Published before the first answer, so nothing more can be on its way.
    const messages = await results.pull(5000);
    assert.deepEqual(
      messages.map(({ data }) => JSON.parse(String(Buffer.from(data))).result),
      ['a'],
    );
    // Of one ordering key none is lost, though all come at the same time.
    const jobs = Array.from({ length: 10 }, (_, index) => ({ job_id: `beside-${index}`, type: 'append', text: 'x' }));
    await Promise.all(jobs.map((one) => deliver(origin, one, 'beside')));
    const texts: string[] = [];
    while (texts.length < jobs.length) {
      texts.push(...(await results.pull(5000)).map(({ data }) => JSON.parse(String(Buffer.from(data))).result));
    }
    assert.deepEqual(
      texts.sort(),
      jobs.map((_, index) => 'x'.repeat(index + 1)),
    );
    await results.close();
  }
});
