import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Report {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

/** Which places of a service's files were run, by what V8 wrote into `reports` when the process ended. */
export function readCoverage(reports: string, directory: string): (file: string, at: number) => boolean {
  const ranges = new Map<string, Range[]>();
  for (const name of readdirSync(reports)) {
    const { result } = JSON.parse(readFileSync(join(reports, name), 'utf8')) as Report;
    for (const { url, functions } of result) {
      ranges.set(url, [...(ranges.get(url) ?? []), ...functions.flatMap((one) => one.ranges)]);
    }
  }
  return (file, at) => {
    const around = (ranges.get(pathToFileURL(join(directory, file)).href) ?? []).filter(
      ({ startOffset, endOffset }) => startOffset <= at && at < endOffset,
    );
    const innermost = around.toSorted((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))[0];
    return (innermost?.count ?? 0) > 0;
  };
}
