import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Deployment, InstanceEvent, ServiceSpec } from '../../src/domain/deployment.ts';
import { InfrastructureError } from '../../src/domain/errors.ts';
import type { Platform } from '../../src/ports/platform.ts';

/** A platform under test and an image that answers JSON {process, revision, nonce, greeting}. */
export interface PlatformUnderTest {
  readonly platform: Platform;
  readonly image: string;
  /** Makes names unique where runs share a project; at most 8 characters. */
  readonly suffix: string;
  /** How long the platform's log may lag behind. */
  readonly logLagMs: number;
  close(): Promise<void>;
}

interface Answer {
  readonly process: string;
  readonly revision: string;
  readonly nonce: string;
  readonly greeting: string;
}

/** What every platform must do, seen only through the port and over HTTP. */
export function platformSuite(name: string, open: () => Promise<PlatformUnderTest>): void {
  describe(`platform: ${name}`, () => {
    let under: PlatformUnderTest;
    let spec: ServiceSpec;
    let deployment: Deployment;

    before(async () => {
      under = await open();
      spec = specOf(under, `suite-${under.suffix}`);
      deployment = await under.platform.deploy(spec);
    });
    after(async () => {
      await under?.platform.remove(spec.name);
      await under?.close();
    });

    it('deploys one revision with a URL of its own per tag', () => {
      assert.equal(deployment.service, spec.name);
      assert.equal(deployment.image, under.image);
      assert.deepEqual(
        deployment.revisions.map(({ tag }) => tag),
        spec.tags,
      );
      const urls = [deployment.url, ...deployment.revisions.map(({ url }) => url)];
      assert.equal(new Set(urls).size, urls.length, urls.join(' '));
      assert.ok(
        urls.every((url) => /^https?:\/\/[^/]+$/.test(url)),
        urls.join(' '),
      );
      assert.equal(new Set(deployment.revisions.map(({ revision }) => revision)).size, spec.tags.length);
      assert.ok(deployment.deployMs > 0);
    });

    it('starts nothing at deploy time', async () => {
      assert.deepEqual(await events(under, spec.name), []);
    });

    it('answers each tag from a fresh instance of its own revision, started for that request', async () => {
      const seen = new Set<string>();
      for (const { url, revision } of deployment.revisions) {
        const trace = traceId();
        const answer = await get(url, trace);
        assert.equal(answer.revision, revision);
        assert.equal(answer.greeting, 'hello');
        assert.ok(!seen.has(answer.process), 'a process answered for two revisions');
        seen.add(answer.process);
        const log = await logged(under, spec.name, revision, (found) => found.some((event) => event.trace === trace));
        const request = log.find((event) => event.trace === trace);
        const starts = log.filter(({ kind }) => kind === 'start');
        assert.equal(starts.length, 1, JSON.stringify(log));
        assert.equal(starts[0]?.reason, 'AUTOSCALING');
        assert.equal(request?.status, 200);
        assert.equal(request.instanceId, starts[0]?.instanceId);
        assert.notEqual(request.instanceId, '');
        const answeredAtMs = request.atMs + (request.latencyMs ?? Number.NaN);
        assert.ok((starts[0]?.atMs ?? Number.NaN) >= request.atMs - 1000, JSON.stringify(log));
        assert.ok((starts[0]?.atMs ?? Number.NaN) <= answeredAtMs, JSON.stringify(log));
        const ready = log.find(({ kind }) => kind === 'ready');
        assert.ok(ready !== undefined && ready.atMs <= answeredAtMs, JSON.stringify(log));
      }
    });

    it('sends the service URL to the revision of the first tag', async () => {
      const answer = await get(deployment.url, traceId());
      assert.equal(answer.revision, deployment.revisions[0]?.revision);
    });

    it('tells only of the time that was asked for', async () => {
      const all = await events(under, spec.name);
      const from = all[2];
      assert.ok(from !== undefined);
      const later = await under.platform.instanceLog({ service: spec.name, sinceMs: from.atMs });
      assert.ok(later.length < all.length);
      assert.ok(later.every(({ atMs }) => atMs >= from.atMs - 0.002));
      assert.deepEqual(
        all.map(({ atMs }) => atMs),
        all.map(({ atMs }) => atMs).sort((a, b) => a - b),
      );
    });

    it('scales to zero, after which the next request meets a new instance', async () => {
      const [first] = deployment.revisions;
      assert.ok(first !== undefined);
      const before = await get(first.url, traceId());
      const instances = new Set(
        (await events(under, spec.name)).filter(({ kind }) => kind === 'start').map(({ instanceId }) => instanceId),
      );
      assert.deepEqual(await under.platform.scaleToZero(spec.name, [...instances]), { proven: true });
      const stopped = await logged(
        under,
        spec.name,
        undefined,
        (found) => found.filter(({ kind }) => kind === 'stop').length >= instances.size,
      );
      assert.deepEqual(
        new Set(stopped.filter(({ kind }) => kind === 'stop').map(({ instanceId }) => instanceId)),
        instances,
      );
      const trace = traceId();
      const after = await get(first.url, trace);
      assert.equal(after.revision, first.revision);
      assert.notEqual(after.process, before.process);
      const log = await logged(under, spec.name, first.revision, (found) =>
        found.some((event) => event.trace === trace),
      );
      const request = log.find((event) => event.trace === trace);
      assert.ok(!instances.has(request?.instanceId ?? ''), 'the instance had been seen before');
      const start = log.find(({ kind, instanceId }) => kind === 'start' && instanceId === request?.instanceId);
      assert.equal(start?.reason, 'AUTOSCALING');
    });

    it('lists services by all of the given labels', async () => {
      const mine = await under.platform.list(spec.labels);
      assert.deepEqual(
        mine.map((service) => service.name),
        [spec.name],
      );
      assert.deepEqual(mine[0]?.labels, spec.labels);
      assert.ok(Math.abs((mine[0]?.createdAtMs ?? 0) - deployment.deployedAtMs) < 600_000);
      assert.deepEqual(await under.platform.list({ ...spec.labels, 'perf-side': 'other' }), []);
    });

    it('refuses to deploy a name that exists', async () => {
      await assert.rejects(under.platform.deploy(spec), (error) => {
        assert.ok(error instanceof InfrastructureError);
        assert.match(error.message, /already exists/);
        assert.ok(error.hint);
        return true;
      });
    });

    it('refuses an impossible name and leaves nothing', async () => {
      const labels = { 'perf-run-id': `bad-${under.suffix}` };
      for (const impossible of [`Suite-${under.suffix}`, `suite-${under.suffix}-${'x'.repeat(34)}`]) {
        await assert.rejects(under.platform.deploy({ ...spec, name: impossible, labels }), (error) => {
          assert.ok(error instanceof InfrastructureError, String(error));
          assert.equal(error.code, 'platform-refused');
          assert.ok(error.hint);
          return true;
        });
      }
      assert.deepEqual(await under.platform.list(labels), []);
    });

    it('stops at an abort', async () => {
      const reason = new Error('enough');
      const name = `aborted-${under.suffix}`;
      const deploying = under.platform.deploy({ ...spec, name }, AbortSignal.abort(reason));
      await assert.rejects(deploying, (error) => error === reason);
      await under.platform.remove(name);
    });

    it('removes a service with all that belongs to it, and succeeds when there is none', async () => {
      await under.platform.remove(spec.name);
      assert.deepEqual(await under.platform.list(spec.labels), []);
      const urls = [deployment.url, ...deployment.revisions.map(({ url }) => url)];
      const answers = await Promise.all(
        urls.map((url) =>
          fetch(url).then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
      assert.ok(
        answers.every((status) => status === 0 || status === 404),
        answers.join(' '),
      );
      await under.platform.remove(spec.name);
      await under.platform.remove(`never-there-${under.suffix}`);
    });
  });
}

function specOf({ image, suffix }: PlatformUnderTest, name: string): ServiceSpec {
  return {
    name,
    image,
    profile: {
      name: 'suite',
      cpu: '1',
      memory: '512Mi',
      concurrency: 10,
      minInstances: 0,
      maxInstances: 2,
      executionEnvironment: 'gen2',
      startupCpuBoost: false,
      cpuIdle: true,
      timeoutMs: 30_000,
    },
    env: { GREETING: 'hello' },
    labels: { 'perf-run-id': `suite-${suffix}`, 'perf-side': 'head' },
    tags: ['c01', 'c02', 'c03'],
  };
}

const events = ({ platform }: PlatformUnderTest, service: string) => platform.instanceLog({ service, sinceMs: 0 });

/** The log as soon as it shows what is waited for, or as it is when the platform's lag has passed. */
async function logged(
  { platform, logLagMs }: PlatformUnderTest,
  service: string,
  revision: string | undefined,
  complete: (events: readonly InstanceEvent[]) => boolean,
): Promise<readonly InstanceEvent[]> {
  const deadline = Date.now() + logLagMs;
  for (;;) {
    const found = await platform.instanceLog({ service, sinceMs: 0, ...(revision === undefined ? {} : { revision }) });
    if (complete(found) || Date.now() >= deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const traceId = () => crypto.randomUUID().replaceAll('-', '');

async function get(url: string, trace: string): Promise<Answer> {
  const response = await fetch(url, { headers: { traceparent: `00-${trace}-0123456789abcdef-01` } });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Answer;
}
