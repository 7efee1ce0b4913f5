import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { googleAuth } from '../../../src/adapters/google/auth-client.ts';
import { createBucketStore } from '../../../src/adapters/results/bucket.ts';
import { bucketPlace } from '../../../src/adapters/results/bucket-place.ts';
import { storageEndpoint } from '../../../src/adapters/results/open-bucket.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { ResultStore } from '../../../src/ports/result-store.ts';

const TOKEN = 'ya29.planted-token-of-this-test';
/** The library waits for at least a second. */
const QUICK = { maxRetries: 1, retryDelayMultiplier: 1, maxRetryDelay: 1 };

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

interface Opened {
  readonly store: ResultStore;
  /** `METHOD path` of every request, in order. */
  readonly calls: string[];
  readonly headers: string[];
}

/** A store whose every request gets this answer. */
async function open(t: TestContext, answer: Answer): Promise<Opened> {
  const [calls, headers]: [string[], string[]] = [[], []];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    calls.push(`${request.method} ${request.url}`);
    headers.push(request.headers.authorization ?? '');
    answer(request, response, Buffer.concat(chunks).toString('utf8'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { store: storeAt(`http://127.0.0.1:${address.port}`), calls, headers };
}

function storeAt(apiEndpoint: string, accessToken: () => Promise<string> = async () => TOKEN): ResultStore {
  const authClient = googleAuth({ accessToken, idToken: async () => assert.fail('no ID token is needed') });
  return createBucketStore({ url: 'gs://bucket/perf', apiEndpoint, authClient, retryOptions: QUICK });
}

const refuse =
  (status: number, message: string, reason = 'forbidden'): Answer =>
  (_, response) => {
    const error = { code: status, message, errors: [{ message, domain: 'global', reason }] };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  };

const CALLS: Readonly<Record<string, (store: ResultStore) => Promise<unknown>>> = {
  read: (store) => store.read('a'),
  write: (store) => store.write('a', 'x'),
  'write in parts': (store) => store.write('a', 'x'.repeat(6_000_000)),
  'write on condition': (store) => store.writeIf('a', 'x', 'absent'),
  list: (store) => store.list(''),
  remove: (store) => store.remove('a'),
};

const denied = (permission: string) =>
  `perf@p.iam.gserviceaccount.com does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' denied on resource (or it may not exist). Authorization: Bearer ${TOKEN}`;

for (const [title, answer, expected] of [
  [
    'a missing permission',
    refuse(403, denied('storage.objects.create')),
    { code: 'bucket-forbidden', hint: /storage\.objects\.create/ },
  ],
  [
    'a bucket of others',
    refuse(403, 'The billing account for the owning project is disabled'),
    { code: 'bucket-forbidden', hint: /another project/ },
  ],
  [
    'a refused token',
    refuse(401, `Invalid Credentials ${TOKEN}`, 'authError'),
    { code: 'bucket-unauthenticated', hint: /workload-identity/ },
  ],
  [
    'a wrong project',
    refuse(400, 'Unknown project id: nope', 'invalid'),
    { code: 'bucket-failed', hint: /gcp\.project_id/ },
  ],
  [
    'an outage',
    refuse(503, `Backend Error ${TOKEN}`, 'backendError'),
    { code: 'bucket-failed', hint: /status\.cloud\.google\.com/ },
  ],
] as const) {
  test(`${title} is told, without the token`, async (t) => {
    const { store, headers } = await open(t, answer);
    const told = Object.entries(CALLS).map(async ([name, call]) => {
      const error: unknown = await call(store).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof InfrastructureError, `${name}: ${inspect(error)}`);
      assert.equal(error.code, expected.code, name);
      assert.match(error.hint ?? '', expected.hint, name);
      assert.match(error.message, /gs:\/\/bucket\/perf/, name);
      assert.ok(!inspect(error, { depth: 10 }).includes('planted'), `${name}: the token is in the error`);
    });
    await Promise.all(told);
    assert.deepEqual(new Set(headers), new Set([`Bearer ${TOKEN}`]));
  });
}

test('the permissions that an operation needs are named', async (t) => {
  const { store } = await open(t, refuse(403, 'Forbidden'));
  for (const [name, permission] of [
    ['read', 'storage.objects.get'],
    ['write', 'storage.objects.create, storage.objects.delete'],
    ['list', 'storage.objects.list'],
    ['remove', 'storage.objects.delete'],
  ] as const)
    await assert.rejects(CALLS[name]?.(store) ?? assert.fail(), (error: InfrastructureError) =>
      (error.hint ?? '').includes(`grant ${permission} on gs://bucket`),
    );
});

test('what answers now and then is asked again', async (t) => {
  let asked = 0;
  const { store, calls } = await open(t, (request, response, body) => {
    asked += 1;
    if (asked % 2 === 1) refuse(503, 'Backend Error', 'backendError')(request, response, body);
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[{"name":"perf/a"}]}');
  });
  assert.deepEqual(await store.list(''), ['a']);
  await store.write('a', 'x');
  assert.equal(await store.writeIf('a', 'x', 'absent'), true);
  assert.equal(calls.length, 6);
});

for (const [title, isOurs] of [
  ['a write whose answer was lost is known again', true],
  ['a write of another that was faster is none of ours', false],
] as const) {
  test(title, async (t) => {
    let stored = '';
    const { store } = await open(t, (request, response, body) => {
      if (request.method === 'GET') {
        const metadata = { 'cloudrun-perf-write': isOurs ? stored : 'of another' };
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ generation: '7', metadata }));
        return;
      }
      const id = /"cloudrun-perf-write":"([0-9a-f-]{36})"/.exec(body)?.[1] ?? assert.fail(body);
      if (stored === '') {
        stored = id;
        response.destroy();
        return;
      }
      assert.equal(id, stored);
      refuse(412, 'At least one of the pre-conditions you specified did not hold.', 'conditionNotMet')(
        request,
        response,
        body,
      );
    });
    assert.equal(await store.writeIf('a', 'text', '6'), isOurs);
  });
}

test('where nothing listens is unreachable', async () => {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  const store = storeAt(`http://127.0.0.1:${address.port}`);
  await Promise.all(Object.values(CALLS).map((call) => assert.rejects(call(store), { code: 'bucket-unreachable' })));
});

test('what is wrong with the credentials is told as it is', async () => {
  const refused = new InfrastructureError('sts-refused', 'the provider does not know this repository');
  const store = storeAt('http://127.0.0.1:1', async () => {
    throw refused;
  });
  await Promise.all(Object.values(CALLS).map((call) => assert.rejects(call(store), refused)));
});

for (const [url, location] of [
  ['gs://bucket', 'gs://bucket'],
  ['gs://bucket/', 'gs://bucket'],
  ['gs://my.bucket_1/a b/c/', 'gs://my.bucket_1/a b/c'],
  ['gs://bucket/../x', undefined],
  ['gs://bucket//x', undefined],
  ['gs://bucket/a/./b', undefined],
  ['gs://b', undefined],
  ['gs://Bucket', undefined],
  ['gs://user:word@bucket', undefined],
  ['gs://bucket/a\nb', undefined],
  ['s3://bucket', undefined],
] as const) {
  test(`the place ${JSON.stringify(url)} is ${location ?? 'refused'}`, () => {
    if (location === undefined) assert.throws(() => bucketPlace(url), { name: 'UsageError', code: 'bucket-url' });
    else assert.equal(bucketPlace(url).location, location);
  });
}

const OVERRIDE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE';
test('tokens go to Google, or over TLS, and never to an emulator', () => {
  assert.equal(storageEndpoint({}), undefined);
  assert.deepEqual(storageEndpoint({ STORAGE_EMULATOR_HOST: '127.0.0.1:4443' }), {
    url: 'http://127.0.0.1:4443',
    isEmulator: true,
  });
  assert.deepEqual(storageEndpoint({ [OVERRIDE]: 'https://storage-psc.p.googleapis.com/' }), {
    url: 'https://storage-psc.p.googleapis.com',
    isEmulator: false,
  });
  assert.throws(() => storageEndpoint({ [OVERRIDE]: 'http://storage.example' }), { code: 'endpoint-unsafe' });
});
