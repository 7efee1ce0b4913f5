import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createPrivateServices } from '../../../src/adapters/google/private-services.ts';
import { createHttpTransport } from '../../../src/adapters/transports/http.ts';
import type { ServiceSpec } from '../../../src/domain/deployment.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import type { HttpOutcome, HttpTransport, WireRequest } from '../../../src/ports/transport.ts';
import { type Bench, startBench } from '../../helpers/google-fake/client.ts';
import { ACCOUNT, type GoogleFake, PROVIDER, startGoogleFake } from '../../helpers/google-fake.ts';

const HOUR_MS = 3_600_000;
const REQUEST: WireRequest = { method: 'GET', path: '/', headers: [['x-first', '1']] };
const SPEC = { name: 'svc' } as ServiceSpec;
let bench: Bench;
/** Somebody else's service. */
let stranger: GoogleFake;

beforeEach(async () => {
  bench = await startBench();
  stranger = await startGoogleFake();
});
afterEach(async () => {
  await bench.close();
  await stranger.close();
});

/** A platform whose one service is at the given origin. */
const platformAt = (url: string) =>
  ({
    name: 'cloudrun',
    deploy: async () => ({ service: 'svc', image: 'i', url, revisions: [], deployedAtMs: 0, deployMs: 0 }),
  }) as unknown as Platform;

const status = async (transport: HttpTransport, origin: string) =>
  (await transport.exchange(origin, REQUEST, { timeoutMs: 5000 })).status;

/** The renewal that was asked for last. */
let renewal: Promise<string> | undefined;

function open(account: string | undefined = ACCOUNT, transport = createHttpTransport()) {
  const identity = bench.identity({ provider: PROVIDER, ...(account === '' ? {} : { account }) });
  const watched = {
    idToken(audience: string) {
      renewal = identity.idToken(audience);
      return renewal;
    },
  };
  return createPrivateServices(transport, watched, bench.clock);
}

test('what the run deployed gets a token that its check accepts, and nobody else gets one', async () => {
  const services = open();
  const { origin } = bench.google;
  assert.equal(await status(services.transport, origin), 403, 'not deployed yet');
  await services.platform(platformAt(origin)).deploy(SPEC);
  assert.equal(await status(services.transport, origin), 200);
  assert.equal(await status(services.transport, stranger.origin), 403);
  assert.equal(bench.google.counts.idToken, 1);
});

test('WebSockets of vectors carry the token too, to what was deployed only', async () => {
  const services = open();
  const sent: unknown[] = [];
  const sockets = services.sockets({
    async connect(origin, { headers }) {
      sent.push([origin, headers.map(([name, value]) => `${name} ${value.slice(0, 7)}`)]);
      return { accepted: false, status: 404, headers: [], body: new Uint8Array(0) };
    },
  });
  const { origin } = bench.google;
  await services.platform(platformAt(origin)).deploy(SPEC);
  for (const at of [origin, stranger.origin]) {
    await sockets.connect(at, { path: '/ws', headers: [], subprotocols: [] }, { timeoutMs: 5000 });
  }
  assert.deepEqual(sent, [
    [origin, ['authorization Bearer ']],
    [stranger.origin, []],
  ]);
});

test('one token serves all requests of an hour, over connections too, and is renewed in time', async () => {
  const { google, clock } = bench;
  const services = open();
  await services.platform(platformAt(google.origin)).deploy(SPEC);
  const connection = services.transport.open(google.origin, { timeoutMs: 5000 });
  const send = () => new Promise<HttpOutcome>((resolve) => connection.send(REQUEST, resolve));
  for (let minute = 0; minute < 180; minute += 1) {
    const outcome = await send();
    assert.ok(outcome.ok && outcome.status === 200, `minute ${minute}`);
    assert.equal(await status(services.transport, google.origin), 200);
    clock.pass(60_000);
  }
  await connection.close();
  const { idToken } = google.counts;
  assert.ok(idToken === 3 || idToken === 4, `${idToken} ID tokens in three hours`);
});

test('a connection alone has its token renewed while it is used', async () => {
  const { google, clock } = bench;
  const services = open();
  await services.platform(platformAt(google.origin)).deploy(SPEC);
  const connection = services.transport.open(google.origin, { timeoutMs: 5000 });
  for (let step = 0; step < 2 * 360; step += 1) {
    const outcome = await new Promise<HttpOutcome>((resolve) => connection.send(REQUEST, resolve));
    assert.ok(outcome.ok && outcome.status === 200, `step ${step}`);
    clock.pass(HOUR_MS / 360);
    // It happens meanwhile, and this machine is not as fast as its fake clock.
    await renewal;
  }
  await connection.close();
  assert.ok(google.counts.idToken <= 3);
});

test('the token is there before anything is timed, and the request is the same but for one header', async () => {
  const sent: { request: WireRequest; tokens: number }[] = [];
  const inner = createHttpTransport();
  const services = open(undefined, {
    ...inner,
    exchange(origin, request, options) {
      sent.push({ request, tokens: bench.google.counts.idToken });
      return inner.exchange(origin, request, options);
    },
  });
  await services.platform(platformAt(bench.google.origin)).deploy(SPEC);
  bench.clock.pass(2 * HOUR_MS);
  const own: WireRequest = { ...REQUEST, headers: [['Authorization', 'of the contract']] };
  await services.transport.exchange(bench.google.origin, REQUEST, { timeoutMs: 5000 });
  await services.transport.exchange(bench.google.origin, own, { timeoutMs: 5000 });
  assert.equal(sent[0]?.tokens, 2, 'renewed before the timed exchange');
  const [first, second] = sent.map(({ request }) => request.headers);
  assert.deepEqual(first?.slice(0, -1), REQUEST.headers);
  assert.deepEqual([first?.at(-1)?.[0], second?.[0]?.[1]], ['authorization', 'of the contract']);
  assert.equal(second?.at(-1)?.[0], 'x-serverless-authorization');
});

test('without a service account nothing is deployed', async () => {
  let deployed = 0;
  const platform = { ...platformAt(bench.google.origin), deploy: async () => ++deployed };
  const services = open('');
  await assert.rejects(services.platform(platform as unknown as Platform).deploy(SPEC), {
    code: 'id-token-needs-account',
  });
  assert.equal(deployed, 0);
});
