import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseManifest } from '../../src/manifest/parse.ts';
import { startService } from '../fixtures/services/rest-crud/broken.ts';
import { FAULTS } from '../fixtures/services/rest-crud/faults.ts';
import { checkService } from '../helpers/check-service.ts';
import { shippedContract } from '../helpers/shipped-contract.ts';
import { findings, startProcess } from '../helpers/webhook-check.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVICES = join(ROOT, 'test/fixtures/services/rest-crud');

const contract = shippedContract('rest-crud');
const manifest = parseManifest(
  { text: readFileSync(join(SERVICES, 'manifest.yaml'), 'utf8'), file: 'manifest.yaml' },
  { manifest: JSON.parse(readFileSync(join(ROOT, 'contracts/schemas/manifest.schema.json'), 'utf8')) },
);

test('every vector needs a feature, and every feature has vectors', () => {
  assert.ok(contract.vectors.length >= 100, `${contract.vectors.length} vectors`);
  const plain = contract.vectors.filter(({ requires }) => requires.length === 0).map(({ id }) => id);
  assert.deepEqual(plain, ['health', 'benchmark-ready']);
  for (const feature of Object.keys(contract.features)) {
    assert.ok(
      contract.vectors.some(({ requires }) => requires.includes(feature)),
      feature,
    );
  }
});

describe('reference implementations of rest-crud', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'rest-crud-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const { name, path, local, supportedFeatures } of manifest.implementations) {
    const missing = local?.requires.find((program) => spawnSync('which', [program]).status !== 0);
    const skip = missing === undefined ? false : `${missing} is not on PATH`;

    test(`${name} passes every vector`, { skip, timeout: 180_000 }, async () => {
      assert.ok(local, 'it says how it runs locally');
      const cwd = join(directory, name);
      cpSync(join(SERVICES, path), cwd, { recursive: true });
      if (local.build !== undefined) {
        const { status, stderr } = spawnSync(local.build, { cwd, shell: true, encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      }
      const service = await startProcess(local.run, cwd, {});
      try {
        const conformance = await checkService(contract, service.origin, { features: supportedFeatures });
        assert.deepEqual(findings(conformance.vectors), []);
        assert.deepEqual(conformance.missingFeatures, []);
        assert.equal(conformance.passed, contract.vectors.length);
      } finally {
        const { code } = await service.stop();
        assert.equal(code, 0, 'it ends by itself on SIGTERM');
      }
    });
  }
});

describe('a rest-crud service that is wrong in one way', () => {
  test('passes without its mistake', async () => {
    const service = await startService(undefined);
    try {
      const { vectors } = await checkService(contract, service.origin);
      assert.deepEqual(findings(vectors), []);
    } finally {
      await service.close();
    }
  });

  for (const fault of FAULTS) {
    test(`${fault.name}: ${fault.does}`, async () => {
      const service = await startService(fault);
      try {
        const { vectors } = await checkService(contract, service.origin, { onlyVectors: fault.caughtBy });
        const missed = vectors.filter(({ state }) => state !== 'failed').map(({ id }) => id);
        assert.deepEqual(missed, []);
        assert.equal(vectors.length, fault.caughtBy.length);
      } finally {
        await service.close();
      }
    });
  }
});
