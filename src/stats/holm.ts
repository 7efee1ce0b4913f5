/**
 * Holm's adjusted p-values, in the order given: an adjusted p below alpha is a rejection that keeps the chance of any
 * false one among all tests at alpha, whatever the tests' dependence.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach((index, step) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - step) * (pValues[index] ?? 1)));
    adjusted[index] = largest;
  });
  return adjusted;
}
