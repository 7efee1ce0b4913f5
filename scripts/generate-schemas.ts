// Writes the schema files that editors read from what the loader checks: contract.yaml and test vectors.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTRACT_SCHEMA } from '../src/contract/contract-schema.ts';
import { VECTOR_SCHEMA } from '../src/contract/vector-schema.ts';

const SCHEMAS = join(import.meta.dirname, '../contracts/schemas');

for (const [file, schema] of [
  ['contract.schema.json', CONTRACT_SCHEMA],
  ['test-vectors.schema.json', VECTOR_SCHEMA],
] as const) {
  await writeFile(join(SCHEMAS, file), `${JSON.stringify(schema, undefined, 2)}\n`);
}
