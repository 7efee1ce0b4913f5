import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { FAULTS, FEATURES, startService } from '../fixtures/services/graphql/broken.ts';
import { shippedContract } from '../helpers/shipped-contract.ts';
import { checkType, failuresOf, startReference } from '../helpers/type-check.ts';

const contract = shippedContract('graphql');
const REFERENCES = join(import.meta.dirname, '../fixtures/services/graphql/implementations');

test('the service without a mistake passes every vector of its features', async () => {
  const service = await startService();
  try {
    const { vectors, failed, passed, skipped } = await checkType({
      contract,
      origin: service.origin,
      features: FEATURES,
    });
    assert.deepEqual(failuresOf(vectors), []);
    assert.deepEqual([failed, skipped], [0, 1]);
    assert.ok(passed >= 60, String(passed));
  } finally {
    await service.close();
  }
});

describe('a graphql service that is wrong in one way', () => {
  for (const { name, does, caughtBy } of FAULTS) {
    test(`${name}: ${does}`, async () => {
      const service = await startService(name);
      try {
        const onlyVectors = [...caughtBy];
        const { vectors } = await checkType({ contract, origin: service.origin, features: FEATURES, onlyVectors });
        assert.equal(vectors.length, caughtBy.length);
        for (const vector of vectors) {
          assert.equal(vector.state, 'failed', `${vector.id} misses it`);
          for (const { check, expected, actual } of vector.failures) {
            assert.ok(check !== '' && expected !== '' && actual !== '', JSON.stringify(vector.failures));
          }
        }
      } finally {
        await service.close();
      }
    });
  }
});

describe('reference implementations', () => {
  const work = mkdtempSync(join(tmpdir(), 'graphql-references-'));
  after(() => rmSync(work, { recursive: true, force: true }));

  /** The audits of GraphQL over HTTP that say MUST; the others are decided by our contract. */
  async function audited(origin: string, t: TestContext): Promise<void> {
    const audits = serverAudits({ url: `${origin}/graphql`, fetchFn: fetch });
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    const broken = results.flatMap((result) => (result.status === 'error' ? [`${result.name}: ${result.reason}`] : []));
    assert.deepEqual(broken, []);
    assert.ok(audits.length >= 60, String(audits.length));
    for (const { name, status } of results) if (status !== 'ok') t.diagnostic(`${status}: ${name}`);
  }

  async function passes(
    run: readonly [string, ...string[]],
    directory: string,
    features: readonly string[],
    t: TestContext,
  ) {
    const service = await startReference(run, directory);
    try {
      const { vectors, failed, notChecked } = await checkType({ contract, origin: service.origin, features });
      assert.deepEqual(failuresOf(vectors), []);
      assert.deepEqual([failed, notChecked], [0, 0]);
      await audited(service.origin, t);
    } finally {
      await service.stop();
    }
  }

  test('node-graphql-js passes all of its features, and every MUST of GraphQL over HTTP', { timeout: 60_000 }, (t) =>
    // Its package resolves to the project's own of the same version.
    passes(['node', 'server.js'], join(REFERENCES, 'node-graphql-js'), FEATURES, t),
  );

  test('python-graphql-core passes all of its features, and every MUST of GraphQL over HTTP', {
    timeout: 120_000,
  }, async (t) => {
    if (spawnSync('python3', ['--version']).status !== 0) return t.skip('python3 is not on this machine');
    const directory = join(work, 'python');
    cpSync(join(REFERENCES, 'python-graphql-core'), directory, { recursive: true });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', 'packages'];
    try {
      execFileSync('python3', [...install, '-r', 'requirements.txt'], { cwd: directory, stdio: 'pipe' });
    } catch {
      return t.skip('its packages cannot be installed here');
    }
    const features = ['queries', 'mutations', 'depth-limit', 'introspection', 'batching'];
    await passes(['python3', 'server.py'], directory, features, t);
  });
});
