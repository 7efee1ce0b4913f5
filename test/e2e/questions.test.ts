import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import type { Deployment, InstanceEvent, ServiceSpec } from '../../src/domain/deployment.ts';
import { finding, keepFindings, spreadOf } from './findings.ts';
import { clock, openPlace, PATIENT, type Place, PROJECT, REGION, SKIP, specOf, WHERE } from './place.ts';

const LIMIT_MS = 3_600_000;
const HASHES = '400000';
const onlyGoogle = WHERE === 'google' ? false : 'the emulator has no answer of its own';

interface QuotaInfo {
  readonly quotaId?: string;
  readonly metric?: string;
  readonly dimensionsInfos?: readonly {
    readonly applicableLocations?: readonly string[];
    readonly details?: { readonly value?: string };
  }[];
}

/** What nobody has written down: measured and printed, and asserted only as far as the product relies on it. */
describe('open questions about Cloud Run', { skip: SKIP, timeout: LIMIT_MS }, () => {
  let place: Place;
  const deployed: string[] = [];

  before(async () => {
    place = await openPlace();
  });
  after(async () => {
    for (const service of deployed) await place?.platform.remove(service);
    keepFindings();
    await place?.close();
  });

  async function deploy(spec: ServiceSpec): Promise<Deployment> {
    deployed.push(spec.name);
    return await place.platform.deploy(spec);
  }

  async function ask(url: string, headers: Readonly<Record<string, string>> = {}) {
    const fromMs = performance.now();
    const response = await fetch(url, { headers });
    const text = await response.text();
    return { status: response.status, text, tookMs: performance.now() - fromMs };
  }

  async function coldStarts({ revisions }: Deployment): Promise<readonly number[]> {
    const times: number[] = [];
    for (const { url } of revisions) {
      const { status, text, tookMs } = await ask(url);
      assert.equal(status, 200, text);
      times.push(tookMs);
    }
    return times;
  }

  /** The log as soon as `complete`, or when its lag has passed. */
  async function logged(
    service: string,
    complete: (events: readonly InstanceEvent[]) => boolean,
    waitMs = place.logLagMs,
  ) {
    const untilMs = performance.now() + waitMs;
    for (;;) {
      const events = await place.platform.instanceLog({ service, sinceMs: 0 });
      if (complete(events) || performance.now() > untilMs) return events;
      await sleep(WHERE === 'google' ? 2_000 : 50);
    }
  }

  const idsOf = (events: readonly InstanceEvent[], kind: InstanceEvent['kind']) => [
    ...new Set(events.filter((event) => event.kind === kind).map(({ instanceId }) => instanceId)),
  ];

  it('how long manual scaling to 0 and the way back take', async () => {
    const spec = specOf(place, 'zero', 2);
    const deployment = await deploy(spec);
    await coldStarts(deployment);
    const started = idsOf(await logged(spec.name, (events) => idsOf(events, 'start').length >= 2), 'start');
    const askedAtMs = clock.epochMs();
    const proof = await place.platform.scaleToZero(spec.name, started);
    const wholeMs = clock.epochMs() - askedAtMs;
    const events = await logged(spec.name, (found) => idsOf(found, 'stop').length >= started.length);
    const stops = events
      .filter(({ kind, atMs }) => kind === 'stop' && atMs >= askedAtMs)
      .map(({ atMs }) => atMs - askedAtMs);
    finding('MANUAL 0 until the instances stop', spreadOf(stops), stops);
    finding(
      'MANUAL 0, proof and AUTOMATIC',
      `${(wholeMs / 1000).toFixed(2)} s, ${proof.proven ? 'proven' : proof.reason}`,
    );
    const [first] = deployment.revisions;
    assert.ok(first !== undefined);
    const fromMs = performance.now();
    let refused = 0;
    let status = 0;
    while (status !== 200 && performance.now() - fromMs < 120_000) {
      ({ status } = await ask(first.url));
      if (status !== 200) {
        refused += 1;
        await sleep(500);
      }
    }
    assert.equal(status, 200, 'the service never came back');
    finding(
      'first answer after AUTOMATIC',
      `${((performance.now() - fromMs) / 1000).toFixed(2)} s, after ${refused} refusals`,
    );
  });

  it('whether a fresh revision starts as slowly as one after idleness, and how long instances idle', {
    skip: !PATIENT && 'E2E_PATIENT=1 waits for it',
  }, async () => {
    const spec = specOf(place, 'idle', 4);
    const deployment = await deploy(spec);
    const fresh = await coldStarts(deployment);
    const lastAtMs = clock.epochMs();
    finding('cold start of a fresh revision', spreadOf(fresh), fresh);
    const stopped = (events: readonly InstanceEvent[]) => idsOf(events, 'stop').length >= deployment.revisions.length;
    const events = await logged(spec.name, stopped, place.longestIdleMs + place.logLagMs);
    const idle = events.filter(({ kind }) => kind === 'stop').map(({ atMs }) => atMs - lastAtMs);
    finding('idle time of an instance', spreadOf(idle), idle);
    const later = await coldStarts(deployment);
    finding('cold start after idleness', spreadOf(later), later);
  });

  it('what the CPU boost is worth at start-up', async () => {
    const startups: number[][] = [];
    for (const startupCpuBoost of [false, true]) {
      const change = { profile: { startupCpuBoost }, env: { STARTUP_HASHES: HASHES } };
      const deployment = await deploy(specOf(place, startupCpuBoost ? 'boost' : 'plain', 3, change));
      const times: number[] = [];
      for (const { url } of deployment.revisions) {
        const { status, text } = await ask(url);
        assert.equal(status, 200, text);
        times.push((JSON.parse(text) as { startupMs: number }).startupMs);
      }
      finding(`${HASHES} hashes at start-up, boost ${startupCpuBoost ? 'on' : 'off'}`, spreadOf(times), times);
      startups.push(times);
    }
    const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
    finding('factor of the CPU boost', (median(startups[0] ?? []) / median(startups[1] ?? [])).toFixed(2));
  });

  it('how long a request waits for a busy instance', async () => {
    const deployment = await deploy(specOf(place, 'queue', 1, { profile: { concurrency: 1, maxInstances: 1 } }));
    const url = deployment.revisions[0]?.url ?? '';
    assert.equal((await ask(url)).status, 200);
    const holdMs = WHERE === 'google' ? 60_000 : 15_000;
    const holding = ask(`${url}/?sleep=${holdMs}`);
    await sleep(500);
    const waiting = await ask(url);
    finding(
      'a request to a full revision',
      `status ${waiting.status} after ${(waiting.tookMs / 1000).toFixed(1)} s of ${holdMs / 1000}`,
    );
    assert.ok([200, 429, 500, 503].includes(waiting.status), String(waiting.status));
    await holding;
  });

  it('which audiences a private service accepts at the URL of a tag', { skip: onlyGoogle }, async () => {
    const { identity } = place;
    assert.ok(identity !== undefined);
    const audience = 'cloudrun-perf';
    const platform = await createCloudRunPlatform({
      ...{ name: 'cloudrun', project: PROJECT, region: REGION, identity, privateAudience: audience, clock },
      logger: { debug() {}, info() {}, warn: console.warn, error: console.error, progress() {} },
    });
    try {
      const spec = specOf(place, 'private', 1);
      deployed.push(spec.name);
      const deployment = await platform.deploy(spec);
      const url = deployment.revisions[0]?.url ?? '';
      assert.ok([401, 403].includes((await ask(url)).status), 'a request without a token came through');
      for (const [name, aud] of Object.entries({ custom: audience, service: deployment.url, tag: url })) {
        const token = await identity.idToken(aud);
        finding(`audience of the ${name}`, `status ${(await ask(url, { authorization: `Bearer ${token}` })).status}`);
      }
    } finally {
      await platform.close();
    }
  });

  it('what the quotas of the project are', { skip: onlyGoogle }, async () => {
    const { identity } = place;
    assert.ok(identity !== undefined);
    const path = `projects/${PROJECT}/locations/global/services/run.googleapis.com/quotaInfos?pageSize=500`;
    const response = await fetch(`https://cloudquotas.googleapis.com/v1/${path}`, {
      headers: { authorization: `Bearer ${await identity.accessToken()}` },
    });
    assert.equal(response.status, 200, await response.clone().text());
    const { quotaInfos = [] } = (await response.json()) as { quotaInfos?: readonly QuotaInfo[] };
    const wanted = quotaInfos.filter(({ quotaId, metric }) =>
      /Alloc|admin_(?:write|read)|RunJob/.test(`${quotaId} ${metric}`),
    );
    assert.ok(wanted.length > 0, JSON.stringify(quotaInfos.map(({ quotaId }) => quotaId)));
    for (const { quotaId, metric, dimensionsInfos = [] } of wanted) {
      const here = dimensionsInfos.filter(({ applicableLocations = [] }) => applicableLocations.includes(REGION));
      finding(
        `quota ${quotaId} (${metric})`,
        here.map(({ details }) => details?.value ?? 'none').join(', ') || 'not here',
      );
    }
  });
});
