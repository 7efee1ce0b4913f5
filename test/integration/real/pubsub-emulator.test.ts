import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { busAt } from '../../conformance/message-bus/pubsub-over-rest.ts';
import { messageBusSuite } from '../../conformance/message-bus.suite.ts';
import { pubSubDeliverySuite } from '../../conformance/pubsub-delivery.suite.ts';
import { pubSubProtocolSuite } from '../../conformance/pubsub-protocol.suite.ts';
import { pushStory } from '../../helpers/push-story.ts';
import { findings, startProcess } from '../../helpers/webhook-check.ts';
import { checkWorker, PROJECT, workerContract, workerEnvironment } from '../../helpers/worker-check.ts';

const WORKER = join(import.meta.dirname, '../../fixtures/services/queue-worker/implementations/node-http');

// Where installers put the SDK; CLOUDSDK_ROOT_DIR is what gcloud itself sets.
const ROOTS = [
  process.env.CLOUDSDK_ROOT_DIR,
  '/usr/lib/google-cloud-sdk',
  '/usr/share/google-cloud-sdk',
  '/opt/google-cloud-sdk',
  `${process.env.HOME}/google-cloud-sdk`,
  '/usr/local/google-cloud-sdk',
  '/snap/google-cloud-cli/current',
];

const jar = ROOTS.filter((root) => root !== undefined)
  .flatMap((root) => globSync(`${root}/platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar`))
  .at(0);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Runs the jar directly: gcloud would leave its Java child running when it is ended. */
async function startGoogles(path: string) {
  const port = await freePort();
  const child = spawn('java', ['-jar', path, '--host=127.0.0.1', `--port=${port}`], { stdio: 'ignore' });
  const exited = once(child, 'exit').catch((error: unknown) => [error]);
  const host = `127.0.0.1:${port}`;
  const close = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`http://${host}/`).catch(() => undefined);
    if (answer?.ok) return { host, close };
    await sleep(100);
  }
  await close();
  throw new Error(`Google's Pub/Sub emulator did not answer on ${host}`);
}

const hasJava = spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;

if (jar !== undefined && hasJava) {
  messageBusSuite("Pub/Sub REST on Google's emulator", async () => {
    const { host, close } = await startGoogles(jar);
    return busAt(host, close);
  });
  test("queue workers behind a push subscription of Google's emulator", { timeout: 180_000 }, async () => {
    const google = await startGoogles(jar);
    const topic = 'story-results';
    const worker = await startProcess(['node', 'server.js'], WORKER, workerEnvironment(google.host, topic));
    try {
      const target = { origin: worker.origin, pubsubHost: google.host, topic };
      const { vectors, passed } = await checkWorker(target, Object.keys(workerContract.features));
      assert.deepEqual(findings(vectors), []);
      assert.equal(passed, workerContract.vectors.length);
      await pushStory(google.host, PROJECT, topic, worker, { ordered: false });
    } finally {
      await worker.stop();
      await google.close();
    }
  });
  pubSubProtocolSuite("Google's emulator", () => startGoogles(jar), { limitsOutstanding: false });
  pubSubDeliverySuite("Google's emulator", () => startGoogles(jar), { countsPushes: false });
} else {
  // No registry has it: with REQUIRE_REAL too, a machine without it cannot run it. CI installs it, and says so.
  const missing = jar === undefined ? 'cloud-pubsub-emulator-*-all.jar of the Google Cloud CLI' : 'Java';
  const isRequired = process.env.REQUIRE_PUBSUB_EMULATOR === '1';
  test("Google's Pub/Sub emulator", { skip: isRequired ? false : `${missing} is not installed` }, () => {
    assert.fail(`${missing} is not installed`);
  });
}
