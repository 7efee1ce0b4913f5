import type { RatioEstimate } from '../domain/comparison.ts';
import type { Metric } from '../domain/metric.ts';

/** What stands where there is no number. */
export const NOTHING = '–';

/** Three significant digits: more would pretend. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** `0.42 ms`, `12.3 ms`, `118 ms`, `6.69 s`. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return NOTHING;
  return Math.abs(ms) >= 999.5 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`;
}

/** `850 ms`, `41.0 s`, `4 min 10 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? formatMs(ms) : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function formatValue(value: number | undefined, unit: Metric['unit']): string {
  if (unit === 'ms') return formatMs(value);
  return value === undefined || !Number.isFinite(value) ? NOTHING : `${digits(value)}/s`;
}

/** Two values side by side: `['6.69', '8.77 s']`, with both units where they differ. */
export function formatPair(
  before: number | undefined,
  after: number | undefined,
  unit: Metric['unit'],
): readonly [string, string] {
  const [first, second] = [formatValue(before, unit), formatValue(after, unit)];
  const unitOf = (text: string) => /(?: m?s|\/s)$/.exec(text)?.[0];
  const shared = unitOf(first);
  return [shared !== undefined && shared === unitOf(second) ? first.slice(0, -shared.length) : first, second];
}

/** `18 %`, below one percent `0.4 %`. */
export function formatPercent(part: number): string {
  const percent = Math.abs(part * 100);
  return `${percent >= 0.95 || percent < 0.05 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** The change that a ratio is: 1.18 is `+18 %`, 0.99 is `-1 %`. */
export function formatChange(ratio: number): string {
  const text = formatPercent(ratio - 1);
  if (text === '0 %') return text;
  return ratio < 1 ? `-${text}` : `+${text}`;
}

/** `[+11 %, +26 %]` */
export function formatInterval({ low, high }: RatioEstimate): string {
  return `[${formatChange(low)}, ${formatChange(high)}]`;
}

/** `1 vector`, `3 vectors`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
