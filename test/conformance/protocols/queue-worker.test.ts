import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest, WireRequest } from '../../../src/ports/transport.ts';
import { shippedProtocol } from '../../helpers/shipped-contract.ts';

const protocol = shippedProtocol('queue-worker');
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 600);

const envelopeOf = (request: WireRequest) => {
  const { method, path, headers, body } = request as HttpRequest;
  assert.deepEqual([method, path, headers], ['POST', '/push', [['Content-Type', 'application/json']]]);
  return JSON.parse(String(Buffer.from(body ?? [])));
};
const jobOf = (request: WireRequest) => JSON.parse(String(Buffer.from(envelopeOf(request).message.data, 'base64')));

test('queue-worker: the environment names project, results topic and, only with an emulator, its host', () => {
  const real = protocol.environment({ project: 'p-1', topic: 't-1' });
  assert.deepEqual(real, { GOOGLE_CLOUD_PROJECT: 'p-1', RESULTS_TOPIC: 't-1' });
  const emulated = protocol.environment({ project: 'p-1', topic: 't-1', pubsubHost: '127.0.0.1:1' });
  assert.deepEqual(emulated, { ...real, PUBSUB_EMULATOR_HOST: '127.0.0.1:1' });
  assert.deepEqual(protocol.channels, { results: { topicVariable: 'RESULTS_TOPIC' } });
});

test('queue-worker: the cold request is ready, and delivers nothing', () => {
  const { method, path, body } = protocol.coldRequest() as HttpRequest;
  assert.deepEqual([method, path, body], ['GET', '/_benchmark/ready', undefined]);
});

test('queue-worker: each warm request is another job of the same work, or all but one were duplicates', () => {
  const requests = Array.from({ length: 50 }, () => protocol.warmCall(NOW).request);
  const jobs = requests.map(jobOf);
  assert.equal(new Set(jobs.map(({ job_id: id }) => id)).size, 50);
  assert.equal(new Set(requests.map((request) => envelopeOf(request).message.messageId)).size, 50);
  for (const { job_id: _, ...job } of jobs) {
    assert.deepEqual(job, { type: 'digest', text: 'benchmark', rounds: 100 });
  }
});

test('queue-worker: only an acknowledgement counts as throughput', () => {
  const judge = (status: number) =>
    protocol.warmCall(NOW).isCorrect({ status, contentType: undefined, body: new Uint8Array(0) });
  for (const status of [200, 204]) assert.ok(judge(status), String(status));
  for (const status of [201, 202, 203, 302, 400, 404, 413, 429, 500, 503]) assert.ok(!judge(status), String(status));
});
