import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type protos, RevisionsClient, ServicesClient } from '@google-cloud/run';
import { credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { InfrastructureError } from '../../src/domain/errors.ts';
import { serviceDefinition } from '../../src/emulator/admin/protos.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { createFixtureImages, type FixtureImages } from '../conformance/platforms/fixture-image.ts';

type IService = protos.google.cloud.run.v2.IService;

interface LoggingAnswer {
  readonly entries: readonly {
    readonly httpRequest: { readonly status: number };
    readonly timestamp: string;
    readonly trace: string;
  }[];
  readonly error: { readonly status: string; readonly message: string };
}

const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const clock: Clock = {
  epochMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, signal === undefined ? {} : { signal }),
};

describe('the emulated Cloud Run, through the official client and real HTTP', () => {
  let images: FixtureImages;
  let emulator: Emulator;
  let services: ServicesClient;
  let revisions: RevisionsClient;
  /** Stands for the metadata server of Google Cloud, and must never hear of anything. */
  let metadata: Server;
  const lookUps: string[] = [];
  const before_ = { ...process.env };
  let parent: string;
  const name = (id: string) => `${parent}/services/${id}`;
  const rejectsWith = (code: number, message: RegExp) => (error: ServiceError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.details, message);
    return true;
  };

  async function create(serviceId: string, service: IService) {
    const [operation] = await services.createService({ parent, serviceId, service });
    const [created] = await operation.promise();
    return created;
  }
  async function update(id: string, service: IService, paths: string[]) {
    const [operation] = await services.updateService({
      service: { name: name(id), ...service },
      updateMask: { paths },
    });
    const [updated] = await operation.promise();
    return updated;
  }
  async function remove(id: string) {
    const [operation] = await services.deleteService({ name: name(id) });
    await operation.promise();
  }
  const templateOf = (greeting: string, more: object = {}) => ({
    containers: [{ image: images.good, env: [{ name: 'GREETING', value: greeting }] }],
    healthCheckDisabled: true,
    ...more,
  });
  const greetingAt = async (url: string) => ((await (await fetch(url)).json()) as { greeting: string }).greeting;

  before(async () => {
    metadata = createServer((request, response) => {
      lookUps.push(request.url ?? '');
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
    process.env.GCE_METADATA_HOST = `127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
    images = await createFixtureImages();
    const { imagesDirectory, stateDirectory } = images;
    emulator = await startEmulator({ imagesDirectory, stateDirectory, runtime: 'process', project: 'p', region: 'r' });
    parent = 'projects/p/locations/r';
    const options = {
      apiEndpoint: emulator.adminHost,
      port: emulator.adminPort,
      sslCreds: credentials.createInsecure(),
      clientOptions: { universeDomain: 'googleapis.com' },
    };
    services = new ServicesClient(options);
    revisions = new RevisionsClient(options);
  });
  after(async () => {
    await services?.close();
    await revisions?.close();
    await emulator?.close();
    await images?.remove();
    metadata?.close();
    process.env = before_;
  });

  it('creates a service, serves it, and tells its state', async () => {
    const service = await create('hello', { template: templateOf('one'), labels: { team: 'a' } });
    assert.equal(await greetingAt(service.uri ?? ''), 'one');
    const [found] = await services.getService({ name: name('hello') });
    assert.equal(found.uri, service.uri);
    assert.equal(found.reconciling, false);
    assert.equal(found.terminalCondition?.state, 'CONDITION_SUCCEEDED');
    assert.equal(String(found.generation), String(found.observedGeneration));
    assert.deepEqual(found.labels, { team: 'a' });
    assert.match(found.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(found.template?.containers?.[0]?.resources?.limits?.cpu, '1000m');
    assert.equal(Number(found.template?.timeout?.seconds), 300);
    assert.ok(Math.abs(Number(found.createTime?.seconds) * 1000 - Date.now()) < 60_000);
  });

  it('returns an unfinished operation with the service as metadata, which can be waited for, listed and deleted', async () => {
    const [operation] = await services.createService({
      parent,
      serviceId: 'lro',
      service: { template: templateOf('x') },
    });
    assert.equal(operation.latestResponse.done, false);
    assert.equal(operation.latestResponse.metadata?.type_url, 'type.googleapis.com/google.cloud.run.v2.Service');
    assert.equal((operation.metadata as IService).reconciling, true);
    const Client = makeGenericClientConstructor(serviceDefinition('google.longrunning.Operations'), 'Operations');
    const raw = new Client(`${emulator.adminHost}:${emulator.adminPort}`, credentials.createInsecure());
    const call = (method: string, request: object) =>
      new Promise<{ done?: boolean; operations?: { name: string }[]; response?: { type_url: string } }>(
        (resolve, reject) => {
          const send = raw[method] as (request: object, done: (error: unknown, answer: never) => void) => void;
          send.call(raw, request, (error, answer) => (error ? reject(error) : resolve(answer)));
        },
      );
    try {
      const operationName = operation.name ?? '';
      const waited = await call('WaitOperation', { name: operationName, timeout: { seconds: 5 } });
      assert.equal(waited.done, true);
      assert.equal(waited.response?.type_url, 'type.googleapis.com/google.cloud.run.v2.Service');
      const listed = await call('ListOperations', { name: parent, filter: 'done=true' });
      assert.ok(listed.operations?.some((one) => one.name === operationName));
      await call('DeleteOperation', { name: operationName });
      await assert.rejects(call('GetOperation', { name: operationName }), rejectsWith(5, /OPERATION/) as never);
      await assert.rejects(
        call('ListOperations', { name: parent, filter: 'x>1' }),
        rejectsWith(3, /done=true/) as never,
      );
      await assert.rejects(call('CancelOperation', { name: operationName }), rejectsWith(12, /Cancel/) as never);
    } finally {
      raw.close();
    }
  });

  it('splits traffic by percent and gives a tag its own address', async () => {
    await create('split', { template: templateOf('one', { revision: 'split-one' }) });
    const traffic = [
      { type: REVISION, revision: 'split-one', percent: 50 },
      { type: LATEST, percent: 50, tag: 'canary' },
    ] as const;
    const service = await update(
      'split',
      { template: templateOf('two', { revision: 'split-two' }), traffic: [...traffic] },
      ['template', 'traffic'],
    );
    const tagged = service.trafficStatuses?.find(({ tag }) => tag === 'canary')?.uri ?? '';
    assert.notEqual(tagged, service.uri);
    assert.ok(service.urls?.includes(tagged));
    assert.equal(await greetingAt(tagged), 'two');
    const seen: string[] = [];
    for (let request = 0; request < 40; request += 1) seen.push(await greetingAt(service.uri ?? ''));
    const ones = seen.filter((greeting) => greeting === 'one').length;
    assert.ok(ones >= 8 && ones <= 32, `${ones} of 40 for half of the traffic`);
    const [found] = await revisions.listRevisions({ parent: name('split') });
    assert.deepEqual(
      found.map((revision) => revision.name?.split('/').at(-1)),
      ['split-two', 'split-one'],
    );
    await assert.rejects(revisions.deleteRevision({ name: found[1]?.name ?? '' }), rejectsWith(9, /cannot be deleted/));
    await update('split', { traffic: [{ type: LATEST, percent: 100 }] }, ['traffic']);
    await assert.rejects(fetch(tagged), 'the address of a tag that is gone is closed');
    const [deletion] = await revisions.deleteRevision({ name: found[1]?.name ?? '' });
    await deletion.promise();
    await assert.rejects(revisions.getRevision({ name: found[1]?.name ?? '' }), rejectsWith(5, /'split-one'/));
  });

  it('lists services and revisions page by page', async () => {
    const listed: string[] = [];
    for await (const service of services.listServicesAsync({ parent, pageSize: 2 }, { autoPaginate: false })) {
      listed.push(service.name?.split('/').at(-1) ?? '');
    }
    assert.deepEqual(listed, ['split', 'lro', 'hello']);
    const [all] = await revisions.listRevisions({ parent: name('-') });
    assert.equal(all.length, 3);
    await assert.rejects(services.listServices({ parent: 'projects/p/locations/-' }), rejectsWith(3, /wildcard/));
  });

  it('checks the health of a revision at deploy time unless that is switched off', async () => {
    await create('checked', { template: { containers: [{ image: images.good }] } });
    const [healthy] = await services.getService({ name: name('checked') });
    assert.equal(healthy.terminalCondition?.state, 'CONDITION_SUCCEEDED');
    const starts = emulator.dataPlane.log.entries().filter(({ service }) => service === 'checked');
    assert.equal(starts[0]?.reason, 'DEPLOYMENT_ROLLOUT');
    await assert.rejects(
      create('unhealthy', { template: { containers: [{ image: images.broken }] } }),
      (error: Error) => {
        assert.match(error.message, /is not ready and cannot serve traffic.*no such module/s);
        return true;
      },
    );
    const [failed] = await services.getService({ name: name('unhealthy') });
    assert.equal(failed.terminalCondition?.revisionReason, 'HEALTH_CHECK_CONTAINER_ERROR');
    assert.equal(failed.latestReadyRevision, '');
    await remove('unhealthy');
    await remove('checked');
  });

  it('validates, upserts and refuses as Google does', async () => {
    const [dry] = await services.createService({
      parent,
      serviceId: 'dry',
      service: { template: templateOf('x') },
      validateOnly: true,
    });
    assert.equal(dry.latestResponse.done, true);
    await assert.rejects(
      services.getService({ name: name('dry') }),
      rejectsWith(5, /Resource 'dry' of kind 'SERVICE'/),
    );
    const upsert = { service: { name: name('upserted'), template: templateOf('up') }, allowMissing: true };
    const [operation] = await services.updateService(upsert);
    const [upserted] = await operation.promise();
    assert.equal(await greetingAt(upserted.uri ?? ''), 'up');
    await assert.rejects(
      services.updateService({ service: { name: name('upserted'), etag: '"stale"' } }),
      rejectsWith(10, /Conflict for resource 'upserted'/),
    );
    await assert.rejects(
      services.createService({ parent, serviceId: 'Bad_Name', service: { template: templateOf('x') } }),
      rejectsWith(3, /Violation in CreateServiceRequest\.service_id/),
    );
    await assert.rejects(
      services.getIamPolicy({ resource: name('upserted') }),
      rejectsWith(12, /invoker_iam_disabled/),
    );
    await remove('upserted');
    await assert.rejects(fetch(upserted.uri ?? ''), 'the address of a deleted service is closed');
  });

  it('answers as Cloud Logging does, and refuses what it does not understand', async () => {
    const post = async (body: object) => {
      const response = await fetch(`${emulator.loggingUrl}/v2/entries:list`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as LoggingAnswer };
    };
    const filter = 'resource.labels.service_name="hello" AND logName="projects/p/logs/run.googleapis.com%2Frequests"';
    const found = await post({ resourceNames: ['projects/p'], filter });
    assert.equal(found.status, 200);
    assert.equal(found.body.entries.length, 1);
    const [entry] = found.body.entries;
    assert.ok(entry !== undefined);
    assert.equal(entry.httpRequest.status, 200);
    assert.match(entry.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.match(entry.trace, /^projects\/p\/traces\/[0-9a-f]{32}$/);
    const refused = await post({ resourceNames: ['projects/p'], filter: 'textPayload:"x"' });
    assert.equal(refused.status, 400);
    assert.equal(refused.body.error.status, 'INVALID_ARGUMENT');
    assert.match(refused.body.error.message, /understands/);
    assert.equal((await fetch(`${emulator.loggingUrl}/v2/entries:write`, { method: 'POST' })).status, 404);
  });

  it('is used by the adapter without any look-up for credentials, and an unreachable one is said so', async () => {
    const options = { name: 'local', project: 'p', region: 'r', clock, logger } as const;
    const admin = { host: emulator.adminHost, port: emulator.adminPort };
    const platform = await createCloudRunPlatform({ ...options, admin, loggingUrl: emulator.loggingUrl });
    assert.ok((await platform.list({})).length >= 3);
    assert.ok((await platform.instanceLog({ service: 'hello', sinceMs: 0 })).length > 0);
    const atMs = clock.epochMs();
    for (let index = 0; index < 2500; index += 1) {
      const ids = { service: 'long', revision: 'long-1', instanceId: 'i' };
      emulator.dataPlane.log.append({ kind: 'request', atMs: atMs + index, ...ids, status: 200, latencyMs: index });
    }
    const long = await platform.instanceLog({ service: 'long', sinceMs: atMs + 100 });
    assert.deepEqual(
      long.map(({ latencyMs }) => Math.round(latencyMs ?? Number.NaN)),
      Array.from({ length: 2400 }, (_, index) => index + 100),
      'all pages, in order, from the asked time on',
    );
    await platform.close();
    assert.deepEqual(lookUps, []);
    const closed = await createCloudRunPlatform({ ...options, admin, loggingUrl: 'http://127.0.0.1:1' });
    await assert.rejects(closed.instanceLog({ service: 'hello', sinceMs: 0 }), (error) => {
      assert.ok(error instanceof InfrastructureError);
      assert.match(error.message, /reading the instance log of hello failed: Cloud Logging at http:\/\/127\.0\.0\.1:1/);
      return true;
    });
    await closed.close();
  });
});
