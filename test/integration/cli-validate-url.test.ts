import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Conformance } from '../../src/domain/conformance.ts';
import { isOpen, newWorkspace, ROOT, runTool, TEMPLATE, until } from '../helpers/cli.ts';

const workspace = newWorkspace();
const services: ChildProcess[] = [];
const TYPE = ['--type', 'discord-webhook'];
let environment: Record<string, string> = {};
let pubsub = '';
let right = '';
let broken = '';

/** A port that nobody uses now; where a service, or the tool's own Pub/Sub, will listen. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts a service as its owner would: with the lines of `env`, and a port. */
async function start(directory: string): Promise<string> {
  const port = await freePort();
  const env = { PATH: process.env.PATH ?? '', ...environment, PORT: String(port) };
  services.push(spawn(process.execPath, ['server.js'], { cwd: directory, env, stdio: 'ignore' }));
  await until(() => isOpen(port), 'the service listens');
  return `http://127.0.0.1:${port}`;
}

before(async () => {
  pubsub = `127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await runTool(workspace, ['env', ...TYPE, '--pubsub-emulator', pubsub]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^[A-Z][A-Z0-9_]*=\S+$/);
  environment = Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
  right = await start(join(TEMPLATE, 'implementations/node-http'));
  broken = await start(join(ROOT, 'test/fixtures/service-repos/pipeline/implementations/broken'));
});
after(() => {
  for (const service of services) service.kill('SIGKILL');
  workspace.remove();
});

interface Checked {
  readonly code: number | null;
  readonly conformance: Conformance;
  readonly stderr: string;
}

async function validate(url: string, ...args: string[]): Promise<Checked> {
  const { code, stdout, stderr } = await runTool(workspace, [
    'validate',
    '--url',
    url,
    ...TYPE,
    '--format',
    'json',
    ...args,
  ]);
  const parsed = JSON.parse(stdout) as (Conformance & { readonly implementation: string })[];
  const [checked] = parsed;
  assert.equal(checked?.implementation, url);
  return { code, stderr, conformance: checked };
}

const stateOf = ({ vectors }: Conformance, id: string) => vectors.find((vector) => vector.id === id)?.state;

test('a right service passes, its messages being seen by a Pub/Sub of the tool', async () => {
  const features = ['signature-validation', 'pubsub-publish', 'root-alias', 'reject-future-timestamps'];
  const { code, conformance, stderr } = await validate(
    right,
    '--pubsub-emulator',
    pubsub,
    '--features',
    features.join(),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /nothing listened at .*: running a Pub\/Sub emulator there/);
  assert.deepEqual([conformance.failed, conformance.notChecked], [0, 0]);
  assert.equal(stateOf(conformance, 'slash-publishes'), 'passed');
  assert.equal(stateOf(conformance, 'slash-unknown-fields-published'), 'skipped');
  assert.equal(await isOpen(Number(pubsub.split(':')[1])), false, 'its Pub/Sub ends with it');
});

test('without a Pub/Sub emulator, effects are not checked, which is told and is no pass', async () => {
  const { conformance, stderr } = await validate(right, '--vector', 'ping,slash-publishes');
  assert.equal(conformance.vectors.length, 2);
  assert.equal(stateOf(conformance, 'ping'), 'passed');
  assert.equal(stateOf(conformance, 'slash-publishes'), 'not-checked');
  assert.deepEqual([conformance.passed, conformance.notChecked], [1, 1]);
  assert.match(stderr, /1 vectors? w(as|ere) not checked, which is not a pass/);
});

test('a feature that is required and left out fails', async () => {
  const { code, conformance } = await validate(right, '--vector', 'ping', '--features', 'pubsub-publish');
  assert.equal(code, 3);
  assert.deepEqual(conformance.missingFeatures, ['signature-validation']);
});

test('a wrong service fails with what was expected and what came', async () => {
  const { code, conformance } = await validate(broken, '--vector', 'signature-missing');
  assert.equal(code, 3);
  const [vector] = conformance.vectors;
  assert.equal(vector?.state, 'failed');
  assert.deepEqual(vector.failures[0], { step: 0, check: 'status', expected: '401', actual: '200, body {"type":1}' });
  const people = await runTool(workspace, ['validate', '--url', broken, ...TYPE, '--vector', 'signature-missing']);
  assert.equal(people.code, 3);
  assert.match(people.stdout, /signature-missing: [\s\S]*expected 401\n\s+got {6}200, body \{"type":1\}/);
});

test('a service that is not there is one error', async () => {
  const { code, conformance, stderr } = await validate(`http://127.0.0.1:${await freePort()}`);
  assert.equal(code, 1);
  assert.match(conformance.unreachable ?? '', /ECONNREFUSED/);
  assert.deepEqual([conformance.passed, conformance.failed], [0, 0]);
  assert.doesNotMatch(stderr, /\n\s+at /);
});
