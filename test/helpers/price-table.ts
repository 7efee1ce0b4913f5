import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PriceTable } from '../../src/plan/prices.ts';

/** The shipped prices that tests reckon with; a newer table does not change them. */
export const PRICE_TABLE: PriceTable = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../contracts/prices/2026-11.json'), 'utf8'),
);
