import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PROJECT, REGION, REGISTRY, RUNTIME_ACCOUNT, SKIP, WHERE } from './place.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 1_800_000;
const CONFIG = `version: "1.0"
gcp:
  project_id: ${PROJECT}
  region: ${REGION}
  artifact_registry: ${REGISTRY}
deployment_profiles:
  default: { service_account: ${RUNTIME_ACCOUNT} }
`;

interface Results {
  readonly implementations: readonly {
    readonly name: string;
    readonly state?: string;
    readonly reason?: string;
    readonly measurement?: {
      readonly samples: readonly { readonly cold: { readonly proof: { readonly proven: boolean } } }[];
    };
  }[];
}

describe('a whole benchmark of node-http', { skip: SKIP, timeout: LIMIT_MS }, () => {
  let directory: string;
  let runId: string;

  const tool = (...args: readonly string[]) => {
    const place =
      WHERE === 'google' ? ['--platform', 'cloudrun', '--config', 'cloudrun-perf.yaml'] : ['--platform', 'local'];
    const ran = spawnSync(process.execPath, [join(ROOT, 'src/cli.ts'), ...args, ...place, '--results', 'results'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: { ...process.env, XDG_STATE_HOME: join(directory, 'state'), XDG_CACHE_HOME: join(directory, 'cache') },
    });
    return { code: ran.status, said: `${ran.stdout}\n${ran.stderr}` };
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'cloudrun-perf-e2e-run-'));
    if (WHERE === 'google') writeFileSync(join(directory, 'cloudrun-perf.yaml'), CONFIG);
  });
  after(() => {
    if (runId !== undefined) tool('cleanup', '--run', runId);
    rmSync(directory, { recursive: true, force: true });
  });

  it('builds, deploys, validates, measures with proof, and reports', () => {
    const manifest = join(ROOT, 'template-service-repo');
    const amount = ['--iterations', '2', '--rounds', '1', '--baseline', 'none'];
    const { code, said } = tool('benchmark', '--manifest', manifest, '--impl', 'node-http', ...amount);
    assert.equal(code, 0, said);
    const runs = readdirSync(join(directory, 'results', 'runs'));
    assert.equal(runs.length, 1);
    runId = runs[0] ?? '';
    const path = join(directory, 'results', 'runs', runId, 'discord-webhook', 'results.json');
    const { implementations } = JSON.parse(readFileSync(path, 'utf8')) as Results;
    assert.deepEqual(
      implementations.map(({ name, state, reason }) => ({ name, state, reason })),
      [{ name: 'node-http', state: undefined, reason: undefined }],
    );
    const samples = implementations[0]?.measurement?.samples ?? [];
    assert.ok(samples.length >= 2 && samples.every(({ cold }) => cold.proof.proven), JSON.stringify(samples));
  });

  it('has left no service', () => {
    const { code, said } = tool('cleanup', '--run', runId, '--dry-run');
    assert.equal(code, 0, said);
    assert.doesNotMatch(said, /would remove service/);
  });
});
