import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { eventOf } from '../../../src/adapters/platforms/cloud-run/log-entry.ts';
import { livenessLine, watchLiveness } from '../../../src/emulator/liveness-probe.ts';
import { entryOf } from '../../../src/emulator/logging/entry.ts';
import type { InstanceProbe, RevisionSpec } from '../../../src/emulator/model.ts';

const PROBE: InstanceProbe = {
  kind: 'http',
  path: '/live',
  initialDelayMs: 1,
  timeoutMs: 1000,
  periodMs: 1,
  failureThreshold: 3,
};

/** What the checks meet, one answer each, the last one for ever. */
async function watched(statuses: readonly number[], asked: (number: number, cancel: () => void) => void = () => {}) {
  let checks = 0;
  const { promise: over, resolve } = Promise.withResolvers<number | 'cancelled'>();
  const server = createServer((_request, response) => {
    checks += 1;
    response.writeHead(statuses[checks - 1] ?? statuses.at(-1) ?? 200).end();
    asked(checks, () => {
      cancel();
      resolve('cancelled');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const cancel = watchLiveness((server.address() as AddressInfo).port, PROBE, resolve);
  const outcome = await over;
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  return { outcome, checks };
}

test('only failures in a row count', async () => {
  assert.deepEqual(await watched([200, 500, 500, 200, 500, 404, 301, 500, 500, 500]), { outcome: 3, checks: 10 });
});

test('what is cancelled asks no more', async () => {
  const stopped = await watched([500], (number, cancel) => number === 2 && cancel());
  assert.deepEqual(stopped, { outcome: 'cancelled', checks: 2 });
});

test('its line is an error in the log, and is read as an end', () => {
  const spec = { service: 'svc', livenessProbe: PROBE } as RevisionSpec;
  const detail = livenessLine(spec, 3);
  assert.equal(
    detail,
    'LIVENESS HTTP probe failed 3 times consecutively for container "svc-1" on port 8080 path "/live". The instance has been shut down.',
  );
  const event = { kind: 'stop', atMs: 1000, service: 'svc', revision: 'svc-1', instanceId: 'i', detail } as const;
  const entry = entryOf(event, { project: 'p', region: 'r' });
  assert.deepEqual([entry.textPayload, entry.severity], [detail, 'ERROR']);
  assert.deepEqual(eventOf(entry), event);
});
