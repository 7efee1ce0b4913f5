import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SERVICE_TYPES } from '../../../src/domain/service-type.ts';
import { PUBLISHING_TYPES } from '../../../src/plan/gcp-setup.ts';
import { protocolOf } from '../../../src/protocols/contract-protocol.ts';
import { shippedContract } from '../../helpers/shipped-contract.ts';

const V1 = join(import.meta.dirname, '../../../contracts/v1');
const FEWEST_VECTORS: Readonly<Record<string, number>> = { 'discord-webhook': 45 };
const FILES = ['happy-path', 'error-cases', 'edge-cases'];

test('what ships and what is named are the same types', () => {
  assert.deepEqual(readdirSync(V1).sort(), [...SERVICE_TYPES].sort());
});

for (const type of SERVICE_TYPES) {
  test(`${type}: complete, with vectors of each kind, a benchmark and an explanation`, () => {
    const contract = shippedContract(type);
    assert.equal(contract.type, type);
    assert.ok(contract.vectors.length >= (FEWEST_VECTORS[type] ?? 20), `${contract.vectors.length} vectors`);
    for (const kind of FILES)
      assert.ok(
        contract.vectors.some(({ file }) => file.includes(kind)),
        kind,
      );
    assert.ok(existsSync(join(V1, type, 'README.md')));
    assert.equal(protocolOf(contract).serviceType, type);
    const required = Object.entries(contract.features).filter(([, { required }]) => required);
    assert.ok(required.length > 0, 'a contract without a required feature is passed by doing nothing');
    // Vectors of a required feature need not name it: they are never skipped.
    for (const [feature, { required: needed }] of Object.entries(contract.features)) {
      if (needed) continue;
      assert.ok(
        contract.vectors.some(({ requires }) => requires.includes(feature)),
        `no vector checks ${feature}`,
      );
    }
    const publishes = Object.values(contract.channels).some(({ topicVariable }) => topicVariable !== undefined);
    assert.equal(
      PUBLISHING_TYPES.some((one) => one === type),
      publishes,
    );
  });
}
