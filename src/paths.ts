import { basename, join } from 'node:path';

/** Root of cloudrun-perf itself: this file lies one level deep in src/, lib/ and dist/ alike. */
export const TOOL_ROOT = join(import.meta.dirname, '..');

const COMMAND_LINES: Readonly<Record<string, string>> = { dist: 'dist/index.js', lib: 'lib/cli.js' };

/** The command line that this file is a part of: the bundle's, the package's, or the sources'. */
export const COMMAND_LINE = join(TOOL_ROOT, COMMAND_LINES[basename(import.meta.dirname)] ?? 'src/cli.ts');

export const CONTRACTS = join(TOOL_ROOT, 'contracts');
