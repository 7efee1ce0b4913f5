import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ownedLabels, RUN_LABEL } from '../../src/plan/naming.ts';
import type { Platform } from '../../src/ports/platform.ts';
import { runActionStep } from '../helpers/action-step.ts';
import { filesBelow, newWorkspace, runTool } from '../helpers/cli.ts';
import type { FakeAdmin } from '../helpers/google-fake/admin.ts';
import { loopbackCertificate } from '../helpers/google-fake/certificate.ts';
import { type Bench, startBench } from '../helpers/google-fake/client.ts';
import { holderOf } from '../helpers/google-fake/state.ts';
import { ACCOUNT, type GoogleFake, PLANTED, PROVIDER, startGoogleFake } from '../helpers/google-fake.ts';

const HOUR_MS = 3_600_000;
const PLACE = { project: 'my-project-1', region: 'us-central1' };
const workspace = newWorkspace();
after(() => workspace.remove());

const CERTIFICATE = loopbackCertificate();
const ROOTS = join(workspace.directory, 'roots.pem');
writeFileSync(ROOTS, CERTIFICATE.certificate);
// grpc-js reads it when it is loaded: what brings it comes after this line.
process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH = ROOTS;
const { startFakeAdmin } = await import('../helpers/google-fake/admin.ts');
const { createCloudRunPlatform } = await import('../../src/adapters/platforms/cloud-run/platform.ts');

describe('a job of many hours', () => {
  let bench: Bench;
  let admin: FakeAdmin;
  let platform: Platform;
  const silent = () => undefined;

  before(async () => {
    bench = await startBench();
    admin = await startFakeAdmin(bench.google.state, CERTIFICATE);
    platform = await createCloudRunPlatform({
      ...PLACE,
      name: 'cloudrun',
      identity: bench.identity({ provider: PROVIDER, account: ACCOUNT }),
      adminUrl: admin.url,
      loggingUrl: bench.google.origin,
      clock: bench.clock,
      logger: { debug: silent, info: silent, warn: silent, error: silent, progress: silent },
      pollMs: 1,
    });
  });
  after(async () => {
    await platform?.close();
    await admin?.close();
    await bench?.close();
  });

  test('calls over gRPC and REST go on when the tokens of before have ended', async () => {
    const { google, clock } = bench;
    for (let hour = 0; hour < 6; hour += 1) {
      admin.services.set(`svc-${hour}`, { 'perf-run-id': 'x' });
      assert.equal((await platform.list({ 'perf-run-id': 'x' })).length, 1);
      await platform.instanceLog({ service: `svc-${hour}`, sinceMs: 0 });
      await platform.remove(`svc-${hour}`);
      clock.pass(HOUR_MS + 1);
      // All that were handed out are dead now.
      const alive = google.state.handedOut.filter((token) => holderOf(google.state, `Bearer ${token}`) !== undefined);
      assert.deepEqual(alive, []);
    }
    assert.deepEqual(new Set(admin.callers), new Set([ACCOUNT]));
    assert.equal(admin.callers.length, 12);
    const { github, sts, accessToken, logging } = google.counts;
    assert.deepEqual([github, sts, accessToken, logging], [6, 6, 6, 6]);
  });

  test('an execution is followed for hours, and its tasks are told of', async () => {
    const { google, clock } = bench;
    const before = google.counts.accessToken;
    const calls = admin.callers.length;
    for (let hour = 0; hour < 6; hour += 1) admin.looks.push(() => clock.pass(HOUR_MS + 1));
    const end = await platform.jobs?.run('load', { taskCount: 1, env: {} });
    assert.deepEqual(end, { execution: 'load-1', tasks: [{ index: 0, succeeded: true }] });
    assert.deepEqual(new Set(admin.callers.slice(calls)), new Set([ACCOUNT]));
    assert.equal(google.counts.accessToken, before + 7);
  });

  test('40 calls at once share one exchange', async () => {
    bench.clock.pass(HOUR_MS);
    const before = bench.google.counts.accessToken;
    await Promise.all(Array.from({ length: 40 }, () => platform.list({})));
    assert.equal(bench.google.counts.accessToken, before + 1);
  });

  test('what is wrong is told in its own words, not as a failure of Cloud Run', async () => {
    bench.clock.pass(HOUR_MS);
    bench.google.state.provider.audiences = ['https://other.example'];
    await assert.rejects(platform.list({}), { code: 'identity-audience' });
    await assert.rejects(platform.remove('svc'), { code: 'identity-audience' });
    await assert.rejects(platform.jobs?.list({}) ?? Promise.resolve(), { code: 'identity-audience' });
    await assert.rejects(platform.instanceLog({ service: 'svc', sinceMs: 0 }), { code: 'identity-audience' });
  });
});

describe('the action with everything logged', () => {
  let google: GoogleFake;
  let admin: FakeAdmin;
  const inputs = {
    command: 'cleanup',
    platform: 'cloudrun',
    'project-id': PLACE.project,
    'run-id': 'run-20261121-120000-abcdef',
    verbose: 'true',
    'workload-identity-provider': PROVIDER,
    'service-account': ACCOUNT,
  };
  const LABELS = { ...ownedLabels('someone/services'), [RUN_LABEL]: inputs['run-id'] };
  const env = () => ({
    ...google.env,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: admin.url,
    NODE_EXTRA_CA_CERTS: ROOTS,
    RUNNER_DEBUG: '1',
  });

  before(async () => {
    google = await startGoogleFake();
    admin = await startFakeAdmin(google.state, CERTIFICATE);
  });
  after(async () => {
    await admin?.close();
    await google?.close();
  });
  beforeEach(() => {
    google.state.provider.audiences = [`https://iam.googleapis.com/${PROVIDER}`];
  });

  /** Lines that the runner shows: all but the command by which it learns a secret, which comes before any use. */
  function shown(text: string): string {
    const masked: string[] = [];
    const lines = text.split('\n').filter((line) => {
      const secret = /^::add-mask::(.*)$/.exec(line)?.[1];
      if (secret === undefined) return true;
      masked.push(secret);
      return false;
    });
    assert.deepEqual(
      google.state.handedOut.filter((token) => !masked.includes(token)),
      [],
      'the runner was told every token',
    );
    return lines.join('\n');
  }

  /** Whole tokens, the parts of signed ones, and the mark that the others carry. */
  function tokensIn(text: string): readonly string[] {
    const parts = google.state.handedOut.flatMap((token) => (token.startsWith('eyJ') ? token.split('.').slice(1) : []));
    return [PLANTED, ...google.state.handedOut, ...parts].filter((secret) => text.includes(secret));
  }

  function assertNothingKept(): void {
    for (const path of filesBelow(workspace.directory))
      assert.deepEqual(tokensIn(readFileSync(join(workspace.directory, path), 'latin1')), [], path);
  }

  test('it works by inputs alone, and no token is in any output, state or file', async () => {
    admin.services.set('svc', LABELS);
    google.state.handedOut.length = 0;
    const step = await runActionStep(workspace, inputs, { env: env() });
    const text = `${step.ended.stdout}\n${step.ended.stderr}`;
    assert.equal(step.ended.code, 0, text);
    assert.match(text, /removed service svc/);
    assert.equal(admin.services.size, 0);
    assert.match(text, /Google credentials by Workload Identity/);
    assert.ok(google.state.handedOut.length >= 2);
    assert.deepEqual(tokensIn(shown(text)), [], text);
    assert.deepEqual(tokensIn([...step.outputs, ...step.state].join('\n')), []);
    assertNothingKept();
    assert.deepEqual([google.counts.github, google.counts.sts, google.counts.accessToken], [1, 1, 1]);
  });

  test('a refusal is told with its code and hint, and without the token that was refused', async () => {
    google.state.provider.audiences = ['https://other.example'];
    google.state.handedOut.length = 0;
    google.script('sts', {
      status: 400,
      body: { error: 'invalid_grant', error_description: `bad audience in ya29.${PLANTED}${'x'.repeat(9)}` },
    });
    const step = await runActionStep(workspace, inputs, { env: env() });
    const text = `${step.ended.stdout}\n${step.ended.stderr}`;
    assert.equal(step.ended.code, 1);
    assert.match(text, /\[identity-audience\]/);
    assert.match(text, /hint: leave the allowed audiences/);
    assert.deepEqual(tokensIn(shown(text)), [], text);
  });

  test('without id-token: write it is a mistake of the workflow: exit code 2', async () => {
    const { CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN, NODE_EXTRA_CA_CERTS } = env();
    const step = await runActionStep(workspace, inputs, {
      env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN, NODE_EXTRA_CA_CERTS },
    });
    assert.equal(step.ended.code, 2);
    assert.match(step.ended.stdout, /\[id-token-permission\].*%0A.*id-token: write/);
  });

  test('a malformed provider is refused before anything starts', async () => {
    const wrong = { ...inputs, 'workload-identity-provider': PROVIDER.replace('123456789', 'my-project') };
    const step = await runActionStep(workspace, wrong, { env: env() });
    assert.equal(step.ended.code, 2);
    assert.match(step.ended.stdout, /\[identity-provider-malformed\]/);
  });

  for (const format of ['terminal', 'json']) {
    test(`the command line with log format ${format} shows no token either`, async () => {
      google.state.handedOut.length = 0;
      const args = ['cleanup', '--run', inputs['run-id'], '--platform', 'cloudrun', '--project', PLACE.project];
      const named = ['--workload-identity-provider', PROVIDER, '--service-account', ACCOUNT];
      const ended = await runTool(workspace, [...args, ...named, '--verbose', '--log-format', format], { env: env() });
      const text = `${ended.stdout}\n${ended.stderr}`;
      assert.equal(ended.code, 0, text);
      assert.match(text, /Google credentials by Workload Identity/);
      assert.ok(google.state.handedOut.length >= 2);
      assert.deepEqual(tokensIn(text), [], text);
      assertNothingKept();
    });
  }
});
