import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { createSocketTransport } from '../../src/adapters/transports/websocket-vectors.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';
import { FEATURES, startService } from '../fixtures/services/websocket/broken.ts';
import { FAULTS } from '../fixtures/services/websocket/faults.ts';
import { shippedContract } from '../helpers/shipped-contract.ts';
import { findings, startProcess, systemClock } from '../helpers/webhook-check.ts';

const SERVICES = join(import.meta.dirname, '../fixtures/services/websocket');
const contract = shippedContract('websocket');
const signer = protocolOf(contract);
const BOUNDED = { timeout: 60_000 };
/** What go and pip say when they reach no registry. */
const OFFLINE = /dial tcp|no such host|connection refused|i\/o timeout|No matching distribution|NewConnectionError/;

function check(origin: string, features: readonly string[], onlyVectors: readonly string[] = []) {
  return runConformance(
    { contract, contractVersion: contract.version, features, origin, onlyVectors },
    {
      exchange: createHttpTransport().exchange,
      sockets: createSocketTransport(),
      clock: systemClock,
      signer,
    },
  );
}

test('the service without a mistake passes every vector', BOUNDED, async () => {
  const service = await startService();
  try {
    const { vectors, passed } = await check(service.origin, FEATURES);
    assert.deepEqual(findings(vectors), []);
    assert.equal(passed, contract.vectors.length);
  } finally {
    await service.close();
  }
});

// Together, since what never comes has to be waited for.
describe('a websocket service that is wrong in one way', { concurrency: true }, () => {
  for (const { name, does, caughtBy } of FAULTS) {
    test(`${name}: ${does}`, BOUNDED, async () => {
      const service = await startService(name);
      try {
        const { vectors } = await check(service.origin, FEATURES, caughtBy);
        assert.equal(vectors.length, caughtBy.length);
        for (const vector of vectors) {
          assert.equal(vector.state, 'failed', `${vector.id} misses it`);
          for (const { check: where, expected, actual } of vector.failures) {
            assert.ok(where !== '' && expected !== '' && actual !== '', JSON.stringify(vector.failures));
            assert.notEqual(expected, actual);
          }
        }
      } finally {
        await service.close();
      }
    });
  }
});

describe('reference implementations', () => {
  const work = mkdtempSync(join(tmpdir(), 'websocket-references-'));
  after(() => rmSync(work, { recursive: true, force: true }));
  const { implementations } = parse(readFileSync(join(SERVICES, 'manifest.yaml'), 'utf8')) as {
    implementations: { name: string; path: string; supported_features: string[]; local: { run: string[] } }[];
  };

  async function passes(name: string, directory: string) {
    const implementation = implementations.find((it) => it.name === name);
    assert.ok(implementation);
    const service = await startProcess(implementation.local.run, directory, {});
    let ended: Awaited<ReturnType<typeof service.stop>>;
    try {
      const { vectors, missingFeatures } = await check(service.origin, implementation.supported_features);
      assert.deepEqual(findings(vectors), []);
      assert.deepEqual(missingFeatures, []);
    } finally {
      ended = await service.stop();
    }
    assert.deepEqual(ended, { code: 0, signal: null });
  }

  test('node-ws', BOUNDED, () => passes('node-ws', join(SERVICES, 'implementations/node-ws')));

  /** Builds a copy; the reason why it cannot be measured here when the toolchain or its packages are not there. */
  function built(name: string, program: string, args: readonly string[]): { directory: string } | { skip: string } {
    const directory = join(work, name);
    cpSync(join(SERVICES, 'implementations', name), directory, { recursive: true });
    const { status, error, stderr } = spawnSync(program, args, {
      cwd: directory,
      env: { ...process.env, CGO_ENABLED: '0' },
      encoding: 'utf8',
    });
    if (error !== undefined) return { skip: `${program} is not on this machine` };
    if (status === 0) return { directory };
    assert.match(stderr, OFFLINE, `${name} cannot be built`);
    return { skip: `its packages cannot be fetched here: ${stderr.slice(-200)}` };
  }

  test('go-gorilla', BOUNDED, async (t) => {
    const found = built('go-gorilla', 'go', ['build', '-o', 'server', '.']);
    if ('skip' in found) return t.skip(found.skip);
    return passes('go-gorilla', found.directory);
  });

  test('python-websockets', BOUNDED, async (t) => {
    const quietly = ['install', '--quiet', '--disable-pip-version-check', '--target', 'packages'];
    const found = built('python-websockets', 'python3', ['-m', 'pip', ...quietly, '-r', 'requirements.txt']);
    if ('skip' in found) return t.skip(found.skip);
    return passes('python-websockets', found.directory);
  });
});
