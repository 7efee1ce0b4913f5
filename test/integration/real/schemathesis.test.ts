import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { startService } from '../../fixtures/services/rest-crud/broken.ts';
import { FAULTS } from '../../fixtures/services/rest-crud/faults.ts';
import { startProcess } from '../../helpers/webhook-check.ts';

// A fixed version and a fixed seed: what is found today is found tomorrow.
const PACKAGE = 'schemathesis==4.32.5';
const SEED = '20261121';
const ROOT = join(import.meta.dirname, '../../..');
const SERVICES = join(ROOT, 'test/fixtures/services');
const UNREACHABLE = /No matching distribution|NewConnectionError|Name or service not known|ProxyError|timed out/;
const isRequired = process.env.REQUIRE_REAL === '1';

/** A valid request may be refused for what is there, or for a cursor that no page gave: no shape can say that. */
const REST_CONFIG = `[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "404", "409", "412"]

[[operations]]
include-path = "/items"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "409"]

# The methods of an item do not depend on whether it is there.
[[operations]]
include-method = "OPTIONS"
checks.use_after_free.enabled = false
`;

interface Report {
  readonly complete: boolean;
  readonly operations: { readonly total: number; readonly tested: number; readonly errored: number };
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly {
    readonly code: string;
    readonly title: string;
    readonly operations: readonly string[];
  }[];
  readonly errors: readonly unknown[];
}

describe('Schemathesis, by our own documents', () => {
  let directory = '';
  /** Why it could not be installed. */
  let missing: string | undefined;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'schemathesis-'));
    missing = install(directory);
    if (isRequired) assert.equal(missing, undefined);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const isHere = (t: TestContext) => {
    if (missing === undefined) return true;
    t.skip(missing);
    return false;
  };

  async function run(document: string, url: string, config = '') {
    const report = join(directory, 'report.json');
    const configFile = join(directory, 'schemathesis.toml');
    writeFileSync(configFile, config);
    const options = ['--seed', SEED, '--max-examples', '20', '--report', 'json', '--report-json-path', report];
    const args = ['--config-file', configFile, 'run', join(ROOT, document), '--url', url, ...options];
    const child = spawn(join(directory, 'bin/st'), [...args, '--continue-on-failure', '--output-truncate', 'false'], {
      cwd: directory,
      env: { ...process.env, NO_COLOR: '1' },
      timeout: 240_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    const found = JSON.parse(readFileSync(report, 'utf8')) as Report;
    assert.ok(found.complete && found.errors.length === 0, output);
    assert.equal(found.operations.tested, found.operations.total, output);
    return { code, output, found };
  }

  const rest = (origin: string) => run('contracts/v1/rest-crud/openapi.yaml', origin, REST_CONFIG);
  const RIGHT = [
    ['node-http', 'node', () => ['node', 'server.ts']],
    ['go-net-http', 'go', (cwd: string) => [built(cwd)]],
    ['python-stdlib', 'python3', () => ['python3', '-B', 'server.py']],
  ] as const;
  for (const [name, program, start] of RIGHT) {
    const isThere = spawnSync('which', [program]).status === 0;
    const skip = isThere || isRequired ? false : `${program} is not on PATH`;
    test(`finds nothing in ${name} of rest-crud`, { skip, timeout: 300_000 }, async (t) => {
      if (!isHere(t)) return;
      const cwd = join(SERVICES, 'rest-crud/implementations', name);
      const service = await startProcess(start(cwd), cwd, {});
      try {
        const { code, output, found } = await rest(service.origin);
        assert.deepEqual(found.failures, [], output);
        assert.equal(code, 0, output);
        assert.ok(found.test_cases.generated > 300, `${found.test_cases.generated} requests`);
      } finally {
        await service.stop();
      }
    });
  }

  // Not `go run`: ending that would leave the service behind.
  function built(cwd: string): string {
    const program = join(directory, 'go-service');
    const { status, stderr } = spawnSync('go', ['build', '-o', program, '.'], { cwd, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return program;
  }

  for (const name of ['clamps-quantity', 'epoch-times']) {
    test(`finds ${name}`, { timeout: 300_000 }, async (t) => {
      if (!isHere(t)) return;
      const service = await startService(FAULTS.find((fault) => fault.name === name));
      try {
        const { code, output, found } = await rest(service.origin);
        assert.notEqual(found.failures.length, 0, output);
        assert.equal(code, 1, output);
      } finally {
        await service.close();
      }
    });
  }

  // The environment of Schemathesis has the library that the Python implementation needs.
  const GRAPHQL = [
    ['node-graphql-js', () => ['node', 'server.js']],
    ['python-graphql-core', () => [join(directory, 'bin/python3'), '-B', 'server.py']],
  ] as const;
  for (const [name, start] of GRAPHQL) {
    test(`finds no error in ${name} of graphql but those that its contract demands`, {
      timeout: 300_000,
    }, async (t) => {
      if (!isHere(t)) return;
      const service = await startProcess(start(), join(SERVICES, 'graphql/implementations', name), {});
      try {
        const { output, found } = await run('contracts/v1/graphql/schema.graphql', `${service.origin}/graphql`);
        // It calls every error of a result a failure; which of them are right only the contract knows.
        const codes = new Set(found.failures.map((failure) => failure.code));
        for (const code of codes) assert.ok(['ST113', 'ST206'].includes(code), output);
        for (const [, code = ''] of output.matchAll(/"code": ?"([A-Z_]+)"/g)) {
          assert.ok(['BAD_USER_INPUT', 'NOT_FOUND', 'UNAVAILABLE'].includes(code), `${code} in ${output}`);
        }
        assert.ok(found.test_cases.generated > 100, `${found.test_cases.generated} requests`);
      } finally {
        await service.stop();
      }
    });
  }
});

/** Into a virtual environment of its own; why not, where the machine or the package index does not allow it. */
function install(directory: string): string | undefined {
  const made = spawnSync('python3', ['-m', 'venv', directory], { encoding: 'utf8', timeout: 120_000 });
  if (made.status !== 0) return `Python cannot make a virtual environment: ${made.stdout ?? made.error?.message}`;
  const args = ['install', '--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '20', PACKAGE];
  const pip = spawnSync(join(directory, 'bin/pip'), args, { encoding: 'utf8', timeout: 300_000 });
  if (pip.status === 0) return undefined;
  if (UNREACHABLE.test(pip.stderr)) return 'no Python package index can be reached';
  throw new Error(`pip install ${PACKAGE}: ${pip.stderr}`);
}
