import type { ShiftInterval } from '../stats/hodges-lehmann.ts';

/** `+18 %`, `-4.2 %`: one digit after the point below 10 %. */
export function signedPercent(change: number): string {
  const percent = change * 100;
  const text = Math.abs(percent) < 9.95 ? percent.toFixed(1).replace(/\.0$/, '') : percent.toFixed(0);
  return `${percent > 0 && Number(text) !== 0 ? '+' : ''}${Number(text) === 0 ? '0' : text} %`;
}

/** `15 %`. */
export function plainPercent(share: number): string {
  return signedPercent(share).replace('+', '');
}

/** `-14 %..+31 %`, from an interval of logarithms. */
export function intervalText(interval: ShiftInterval): string {
  return `${signedPercent(Math.exp(interval.low) - 1)}..${signedPercent(Math.exp(interval.high) - 1)}`;
}
