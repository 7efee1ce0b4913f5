import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import { loadContract } from '../../src/contract/contract.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';
import { keyForService } from '../../src/protocols/signing.ts';
import { startReceiver, WEBHOOK_FAULTS, type WebhookFault } from '../fixtures/service-repos/github-webhook/wrong.ts';
import { runActionStep } from '../helpers/action-step.ts';
import { git, newWorkspace, ROOT, readJson, runTool } from '../helpers/cli.ts';
import { filesBelow } from '../helpers/shipped-contract.ts';
import { findings, systemClock } from '../helpers/webhook-check.ts';

const REPOSITORIES = join(ROOT, 'test/fixtures/service-repos');
const contract = loadContract(filesBelow(join(REPOSITORIES, 'github-webhook/contract')));
const SECRET = keyForService(contract.signing['hub-sha256'] ?? assert.fail());

async function checked(fault: WebhookFault | undefined, onlyVectors: readonly string[] = []) {
  const service = await startReceiver(SECRET, fault);
  try {
    const features = Object.keys(contract.features);
    return await runConformance(
      { contract, contractVersion: contract.version, features, origin: service.origin, onlyVectors },
      { exchange: createHttpTransport().exchange, clock: systemClock, signer: protocolOf(contract) },
    );
  } finally {
    service.close();
  }
}

describe('a receiver of signed webhooks', () => {
  test('passes every vector without its mistake', async () => {
    const conformance = await checked(undefined);
    assert.deepEqual(findings(conformance.vectors), []);
    assert.equal(conformance.passed, contract.vectors.length);
  });
  for (const [fault, caughtBy] of Object.entries(WEBHOOK_FAULTS)) {
    test(`${fault} is caught`, async () => {
      const { vectors } = await checked(fault as WebhookFault, caughtBy);
      for (const { id, state } of vectors) assert.equal(state, 'failed', `${id} misses it`);
      assert.equal(vectors.length, caughtBy.length);
    });
  }
});

describe('types that only their repositories know', () => {
  const workspace = newWorkspace();
  after(() => workspace.remove());

  test('are planned, measured in jobs of their own and put together in one report', { timeout: 180_000 }, async () => {
    const types = ['github-webhook', 'plain-json'];
    for (const type of types) cpSync(join(REPOSITORIES, type), join(workspace.directory, type), { recursive: true });
    writeFileSync(
      join(workspace.directory, 'perf.yaml'),
      `version: "1.0"\nservice_repositories: [{ url: github-webhook }, { url: plain-json, type: plain-json }]\n`,
    );
    const inputs = {
      config: 'perf.yaml',
      results: 'results',
      platform: 'local',
      iterations: '1',
      rounds: '1',
      baseline: 'none',
    };
    const options = { entry: join(ROOT, 'src/action.ts') };
    const planned = await runActionStep(workspace, { ...inputs, command: 'discover' }, options);
    assert.equal(planned.ended.code, 0, planned.ended.stdout);
    const { include } = JSON.parse(planned.outputs.get('matrix') ?? '') as { include: Record<string, string>[] };
    assert.deepEqual(
      include.map(({ type, implementation }) => [type, implementation]),
      [
        ['github-webhook', 'receiver-node'],
        ['plain-json', 'json-node'],
      ],
    );
    const runId = planned.outputs.get('run-id') ?? '';
    const plan = readJson(join(workspace.directory, 'results/runs', runId, 'plan.json')) as {
      contractVersions?: object;
    };
    assert.deepEqual(plan.contractVersions, { 'github-webhook': '1.1.0', 'plain-json': '1.0.0' });
    const jobs = include.map(({ shard = '', type = '', implementation = '', profile = '' }) =>
      runActionStep(workspace, { ...inputs, 'run-id': runId, shard, type, implementation, profile }, options),
    );
    for (const { ended } of await Promise.all(jobs)) assert.equal(ended.code, 0, ended.stdout);
    const whole = await runActionStep(
      workspace,
      { command: 'report', results: 'results', 'run-id': runId, 'fail-on': 'contract' },
      options,
    );
    assert.equal(whole.ended.code, 0, whole.ended.stdout);
    for (const [type, version] of [
      ['github-webhook', '1.1.0'],
      ['plain-json', '1.0.0'],
    ]) {
      const results = readJson(join(workspace.directory, 'results/runs', runId, `${type}/results.json`)) as {
        readonly contractVersion: string;
        readonly implementations: readonly { readonly sides: readonly unknown[] }[];
      };
      assert.deepEqual([results.contractVersion, results.implementations.length], [version, 1]);
      assert.match(whole.summary, new RegExp(type ?? ''));
    }
  });

  test('two repositories of a type are of one version of its contract', async () => {
    const other = join(workspace.directory, 'newer');
    cpSync(join(REPOSITORIES, 'plain-json'), other, { recursive: true });
    for (const file of ['manifest.yaml', 'contract/contract.yaml', 'contract/openapi.json']) {
      const text = readFileSync(join(other, file), 'utf8');
      writeFileSync(
        join(other, file),
        text.replace('version: 1.0.0', 'version: 1.1.0').replace('json-node', 'newer-node'),
      );
    }
    writeFileSync(
      join(workspace.directory, 'mixed.yaml'),
      'version: "1.0"\nservice_repositories: [{ url: plain-json }, { url: newer }]\n',
    );
    const { code, stderr } = await runTool(workspace, ['discover', '--config', 'mixed.yaml']);
    assert.equal(code, 2);
    assert.match(stderr, /found plain-json 1\.0\.0 in plain-json and 1\.1\.0 in newer.*\[contract-versions-mixed\]/);
  });

  test('validate refuses a change of a contract whose version says too little', async () => {
    const directory = join(workspace.directory, 'changed');
    cpSync(join(REPOSITORIES, 'plain-json'), directory, { recursive: true });
    git(directory, 'init', '--quiet');
    git(directory, 'add', '--all');
    git(directory, 'commit', '--quiet', '--message', 'First');
    const document = join(directory, 'contract/openapi.json');
    writeFileSync(document, readFileSync(document, 'utf8').replace('"name": "name"', '"name": "who"'));
    const validate = (...more: string[]) =>
      runTool(workspace, ['validate', '--manifest', 'changed', ...more, '--dry-run']);
    const told = await validate('--changed-since', 'HEAD');
    assert.equal(told.code, 3, told.stderr);
    assert.match(told.stderr, /a major bump is needed.*\[contract-bump\]/);
    assert.equal((await validate()).code, 0);
    const unknown = await validate('--changed-since', 'no-such-branch');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /\[changed-since-unknown\]/);
  });

  test('one without a contract anywhere is a finding about the manifest', async () => {
    const directory = join(workspace.directory, 'bare');
    cpSync(join(REPOSITORIES, 'plain-json'), directory, {
      recursive: true,
      filter: (path) => !path.endsWith('/contract'),
    });
    const { code, stderr } = await runTool(workspace, ['discover', '--manifest', 'bare']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /manifest\.yaml:2:\d+: cloudrun-perf ships no contract plain-json, and the service repository has no/,
    );
  });
});
