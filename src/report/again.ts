import type { CheckedConformance } from './format.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;
const ORIGIN = /^https?:\/\/[\w.-]+(:\d+)?$/;
const VERSION = /^\d+\.\d+\.\d+$/;
const MOST_VECTORS = 20;

/**
 * The command that checks these vectors again. Undefined where a shell could misread a name, or where there are too
 * many vectors for a line.
 */
export function againCommand(
  { implementation, conformance: { serviceType, contractVersion }, url }: CheckedConformance,
  vectors: readonly string[],
): string | undefined {
  const names = [serviceType, ...vectors, ...(url === undefined ? [implementation] : [])];
  if (vectors.length === 0 || vectors.length > MOST_VECTORS || !names.every((name) => NAME.test(name)))
    return undefined;
  if (url !== undefined && !(ORIGIN.test(url) && VERSION.test(contractVersion))) return undefined;
  const service =
    url === undefined
      ? `--type ${serviceType} --impl ${implementation}`
      : `--url ${url} --type ${serviceType} --contract-version ${contractVersion}`;
  return `cloudrun-perf validate ${service} --vector ${vectors.join(',')}`;
}
