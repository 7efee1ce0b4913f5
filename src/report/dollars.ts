/** `$12.30`, `$0.425`, `$0.0013`: three significant digits below a dollar, whole cents above, and at most six decimals. */
export function formatDollars(dollars: number): string {
  if (!(dollars > 0)) return '$0';
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  const decimals = Math.min(6, 2 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(decimals)}`;
}
