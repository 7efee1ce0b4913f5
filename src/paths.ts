import { join } from 'node:path';

/** Root of cloudrun-perf itself: this file lies one level deep in src/, lib/ and dist/ alike. */
export const TOOL_ROOT = join(import.meta.dirname, '..');

export const CONTRACTS = join(TOOL_ROOT, 'contracts');
