import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTRACT_SCHEMA } from '../../../src/contract/contract-schema.ts';
import { VECTOR_SCHEMA } from '../../../src/contract/vector-schema.ts';

const SCHEMAS = join(import.meta.dirname, '../../../contracts/schemas');

test('the schema files for editors say what the loader checks', () => {
  const cases: [string, object][] = [
    ['test-vectors.schema.json', VECTOR_SCHEMA],
    ['contract.schema.json', CONTRACT_SCHEMA],
  ];
  for (const [file, schema] of cases) {
    const text = readFileSync(join(SCHEMAS, file), 'utf8');
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(schema)), file);
  }
});
