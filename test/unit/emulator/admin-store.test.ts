import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminError } from '../../../src/emulator/admin/admin-error.ts';
import { localSecrets } from '../../../src/emulator/admin/local-secrets.ts';
import type { Operation, Service, ServiceInput } from '../../../src/emulator/admin/messages.ts';
import { shortName } from '../../../src/emulator/admin/names.ts';
import { Operations } from '../../../src/emulator/admin/operations.ts';
import { ServiceStore } from '../../../src/emulator/admin/service-store.ts';
import { createFakeDataPlane } from '../../helpers/fake-data-plane.ts';

const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

function setUp() {
  const location = { project: 'p', region: 'r' };
  const dataPlane = createFakeDataPlane();
  const operations = new Operations(location);
  let nowMs = 1_700_000_000_000;
  const state = { closed: false };
  const secret = localSecrets({ PERF_SECRET_KEY: 'hush' });
  const store = new ServiceStore(
    { location, dataPlane, now: () => nowMs++, closed: () => state.closed, secret },
    operations,
  );
  /** Waits for the operation as a client would. */
  const done = (operation: Operation) => {
    assert.equal(operation.done, false, 'a long-running operation is returned unfinished');
    return operations.wait(shortName(operation.name), 1000);
  };
  return { dataPlane, operations, store, done, state };
}

const serviceOf = (image: string, more: ServiceInput = {}): Service => ({
  template: { containers: [{ image }], healthCheckDisabled: true },
  ...more,
});

function refusal(code: number, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof AdminError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

test('creation: reconciling at first, then ready with a URL and a generated revision', async () => {
  const { store, done, dataPlane } = setUp();
  const operation = store.create('svc', serviceOf('image'), false);
  const accepted = store.service('svc');
  assert.equal(accepted.reconciling, true);
  assert.equal(accepted.uri, undefined);
  assert.equal(accepted.observedGeneration, undefined);
  const finished = await done(operation);
  assert.equal(finished.done, true);
  assert.equal(finished.error, undefined);
  assert.equal(finished.response?.type_url, 'type.googleapis.com/google.cloud.run.v2.Service');
  const service = store.service('svc');
  const revision = shortName(service.latestReadyRevision ?? '');
  assert.match(revision, /^svc-00001-[a-z]{3}$/);
  assert.equal(service.latestCreatedRevision, service.latestReadyRevision);
  assert.equal(service.terminalCondition?.state, 'CONDITION_SUCCEEDED');
  assert.equal(service.observedGeneration, '1');
  assert.equal(service.uri, 'http://127.0.0.1:40000');
  assert.deepEqual(service.urls, ['http://127.0.0.1:40000']);
  assert.equal(dataPlane.revisions.get(revision)?.image, 'image');
  assert.equal(dataPlane.routes.get('svc')?.(), revision);
  assert.ok(!dataPlane.calls.includes(`check ${revision}`), 'health_check_disabled starts nothing');
});

test('tags have endpoints of their own; a tag that is gone is closed', async () => {
  const { store, done, dataPlane } = setUp();
  const tagged = (revision: string, traffic: NonNullable<ServiceInput['traffic']>) =>
    ({ template: { ...serviceOf('i').template, revision }, traffic }) satisfies ServiceInput;
  await done(store.create('svc', tagged('svc-a', [{ type: LATEST, percent: 100, tag: 'a' }]), false));
  const two = [
    { type: REVISION, revision: 'svc-a', percent: 100, tag: 'a' },
    { type: LATEST, tag: 'b' },
  ];
  await done(store.update('svc', tagged('svc-b', two), ['template', 'traffic'], false));
  assert.equal(dataPlane.routes.get('svc')?.(), 'svc-a');
  assert.equal(dataPlane.routes.get('a---svc')?.(), 'svc-a');
  assert.equal(dataPlane.routes.get('b---svc')?.(), 'svc-b');
  const statuses = store.service('svc').trafficStatuses ?? [];
  assert.deepEqual(
    statuses.map(({ tag, uri }) => [tag, uri]),
    [
      ['a', 'http://127.0.0.1:40001'],
      ['b', 'http://127.0.0.1:40002'],
    ],
  );
  await done(store.update('svc', { traffic: [{ type: LATEST, percent: 100, tag: 'b' }] }, ['traffic'], false));
  assert.ok(dataPlane.calls.includes('close a---svc'));
  assert.equal(dataPlane.routes.get('svc')?.(), 'svc-b');
  assert.equal(store.revisions('svc').length, 2, 'traffic alone makes no revision');
});

test('only a changed template makes a revision', async () => {
  const { store, done, dataPlane } = setUp();
  await done(store.create('svc', serviceOf('one'), false));
  const [first] = store.revisions('svc');
  await done(store.update('svc', store.service('svc'), [], false));
  await done(store.update('svc', { scaling: { scalingMode: 'MANUAL', manualInstanceCount: 0 } }, ['scaling'], false));
  assert.equal(store.revisions('svc').length, 1);
  assert.ok(dataPlane.calls.includes('scaling svc manual 0'));
  assert.equal(store.service('svc').generation, '3');
  await done(store.update('svc', serviceOf('two'), [], false));
  assert.equal(store.revisions('svc').length, 2);
  assert.equal(store.revisions('svc')[1]?.name, first?.name, 'newest first');
  assert.equal(dataPlane.calls.at(-2), `add ${shortName(store.revisions('svc')[0]?.name ?? '')}`);
  const named = { template: { ...serviceOf('three').template, revision: 'svc-x' } };
  await done(store.update('svc', named, ['template'], false));
  const clash = { template: { ...serviceOf('four').template, revision: 'svc-x' } };
  assert.throws(
    () => store.update('svc', clash, ['template'], false),
    refusal(6, /Revision named 'svc-x' with different configuration already exists/),
  );
});

test('a failed health check fails the operation and leaves traffic where it was', async () => {
  const { store, done, dataPlane } = setUp();
  const checked = (revision: string): Service => ({ template: { revision, containers: [{ image: 'i' }] } });
  await done(store.create('svc', checked('svc-good'), false));
  dataPlane.unhealthy.set('svc-bad', 'it exited with code 3');
  const finished = await done(store.update('svc', checked('svc-bad'), ['template'], false));
  assert.equal(finished.error?.code, 9);
  assert.match(finished.error?.message ?? '', /Revision 'svc-bad' is not ready.*it exited with code 3/);
  const service = store.service('svc');
  assert.equal(service.terminalCondition?.revisionReason, 'HEALTH_CHECK_CONTAINER_ERROR');
  assert.equal(shortName(service.latestReadyRevision ?? ''), 'svc-good');
  assert.equal(shortName(service.latestCreatedRevision ?? ''), 'svc-bad');
  assert.equal(service.observedGeneration, '1');
  assert.equal(service.reconciling, false);
  assert.equal(dataPlane.routes.get('svc')?.(), 'svc-good');
  assert.ok(!dataPlane.revisions.has('svc-bad'));
  const condition = store.revision('svc', 'svc-bad').conditions?.[0];
  assert.equal(condition?.revisionReason, 'HEALTH_CHECK_CONTAINER_ERROR');
  const repaired = await done(store.update('svc', checked('svc-better'), ['template'], false));
  assert.equal(repaired.error, undefined);
  assert.equal(dataPlane.routes.get('svc')?.(), 'svc-better');
});

test('a service that is scaled to 0 by hand gets no health check', async () => {
  const { store, done, dataPlane } = setUp();
  const service = { template: { revision: 'svc-a', containers: [{ image: 'i' }] } };
  const scaling = { scalingMode: 'MANUAL', manualInstanceCount: 0 };
  await done(store.create('svc', { ...service, scaling }, false));
  assert.ok(!dataPlane.calls.includes('check svc-a'));
  assert.equal(store.revision('svc', 'svc-a').conditions?.[1]?.revisionReason, 'HEALTH_CHECK_SKIPPED');
});

test('refusals carry the status that Google gives', async () => {
  const { store, done } = setUp();
  await done(store.create('svc', serviceOf('i'), false));
  const cases: readonly (readonly [() => unknown, number, RegExp])[] = [
    [() => store.create('svc', serviceOf('i'), false), 6, /Resource 'svc' already exists/],
    [() => store.create('Bad', serviceOf('i'), false), 3, /Violation in CreateServiceRequest\.service_id: /],
    [() => store.create('x', { name: 'x', ...serviceOf('i') }, false), 3, /service\.name: must be empty/],
    [() => store.update('nope', serviceOf('i'), [], false), 5, /'nope' of kind 'SERVICE' in region 'r' in project 'p'/],
    [() => store.update('svc', { etag: '"old"' }, ['labels'], false), 10, /Conflict for resource 'svc'/],
    [() => store.delete('svc', '"old"', false), 10, /Conflict/],
    [() => store.delete('nope', undefined, false), 5, /does not exist/],
    [() => store.revision('svc', 'nope'), 5, /kind 'REVISION'/],
    [
      () => store.deleteRevision('svc', shortName(store.service('svc').latestReadyRevision ?? ''), undefined, false),
      9,
      /cannot be deleted/,
    ],
  ];
  for (const [call, code, message] of cases) assert.throws(call, refusal(code, message));
});

test('validate_only validates, fills in defaults and changes nothing', async () => {
  const { store, operations, dataPlane } = setUp();
  const operation = store.create('svc', serviceOf('i'), true);
  assert.equal(operation.done, true);
  assert.equal(operations.get(shortName(operation.name)).done, true);
  assert.deepEqual(store.services(), []);
  assert.deepEqual(dataPlane.calls, []);
  assert.throws(() => store.create('svc', serviceOf(''), true), refusal(3, /image/));
});

test('deletion removes endpoints and revisions, and the name is free again', async () => {
  const { store, done, dataPlane } = setUp();
  const traffic = [{ type: LATEST, percent: 100, tag: 't' }];
  await done(store.create('svc', serviceOf('i', { traffic }), false));
  const deletion = store.delete('svc', store.service('svc').etag, false);
  assert.ok(store.service('svc').deleteTime, 'under way');
  await done(deletion);
  assert.throws(() => store.service('svc'), refusal(5, /does not exist/));
  assert.equal(dataPlane.revisions.size, 0);
  assert.equal(dataPlane.routes.size, 0);
  await done(store.create('svc', serviceOf('i'), false));
});

test('operations of one service run in the order of acceptance', async () => {
  const { store, done, dataPlane } = setUp();
  const named = (revision: string): Service => ({ template: { ...serviceOf('i').template, revision } });
  const first = store.create('svc', named('svc-1'), false);
  const second = store.update('svc', named('svc-2'), ['template'], false);
  const third = store.delete('svc', undefined, false);
  await Promise.all([first, second, third].map(done));
  const added = dataPlane.calls.filter((call) => /^(add|remove)/.test(call));
  assert.deepEqual(added.slice(0, 2), ['add svc-1', 'add svc-2']);
  assert.deepEqual(added.slice(2).sort(), ['remove svc-1', 'remove svc-2']);
  assert.deepEqual(store.services(), []);
});

test('a failure of the data plane is the failure of the operation, not of the server', async () => {
  const { store, done, dataPlane } = setUp();
  dataPlane.failNext = new Error('no more ports');
  const finished = await done(store.create('svc', serviceOf('i'), false));
  assert.deepEqual(finished.error, { code: 13, message: 'no more ports' });
  assert.equal(store.service('svc').terminalCondition?.state, 'CONDITION_FAILED');
});

test('nothing is opened once the emulator shuts down', async () => {
  const { store, done, dataPlane, state } = setUp();
  const operation = store.create('svc', serviceOf('i'), false);
  state.closed = true;
  assert.match((await done(operation)).error?.message ?? '', /shutting down/);
  assert.equal(dataPlane.routes.size, 0);
});

test('operations: only finished ones can be deleted; a wait ends at its limit', async () => {
  const { operations } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const metadata = { type_url: 't', value: new Uint8Array() };
  const operation = operations.start(metadata, async () => {
    await promise;
    return { ok: true, resource: metadata };
  });
  const id = shortName(operation.name);
  assert.equal((await operations.wait(id, 5)).done, false);
  assert.throws(() => operations.delete(id), refusal(9, /not done/));
  resolve();
  assert.equal((await operations.wait(id, 1000)).done, true);
  operations.delete(id);
  assert.throws(() => operations.get(id), refusal(5, /OPERATION/));
});

test('a secret reaches the revision and no message; one without a value here is refused by name', async () => {
  const { store, done, dataPlane } = setUp();
  const withSecret = (name: string) => {
    const valueSource = { secretKeyRef: { secret: 'my-secret', version: '3' } };
    const containers = [
      {
        image: 'i',
        env: [
          { name: 'PLAIN', value: '1' },
          { name, valueSource },
        ],
      },
    ];
    return serviceOf('i', { template: { containers, healthCheckDisabled: true } });
  };
  const operation = await done(store.create('svc', withSecret('KEY'), false));
  const [revision] = dataPlane.revisions.values();
  assert.deepEqual([revision?.env, revision?.secrets], [{ PLAIN: '1' }, { KEY: 'hush' }]);
  const told = JSON.stringify([store.service('svc'), store.revisions('svc'), operation.response?.value.toString()]);
  assert.ok(told.includes('my-secret') && !told.includes('hush'), told);
  assert.throws(
    () => store.create('other', withSecret('NOT_HERE'), false),
    refusal(3, /'my-secret' has no value on this machine: set PERF_SECRET_NOT_HERE/),
  );
});
