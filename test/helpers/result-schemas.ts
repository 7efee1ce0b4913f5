import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultSchemas } from '../../src/results/codec.ts';

const read = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../contracts/schemas/${name}.schema.json`), 'utf8'));

/** The shipped schemas of stored results. */
export const RESULT_SCHEMAS: ResultSchemas = {
  results: read('results'),
  run: read('run'),
  baseline: read('baseline'),
  plan: read('plan'),
};
