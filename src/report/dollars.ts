/** `12.30`, `0.425`, `0.00130`: whole cents from a dollar on, three significant digits below, at most six decimals. */
export function formatDollars(dollars: number | undefined): string {
  if (dollars === undefined || !(dollars > 0)) return '0';
  if (dollars >= 1) return dollars.toFixed(2);
  return dollars.toFixed(Math.min(6, 2 - Math.floor(Math.log10(dollars))));
}
