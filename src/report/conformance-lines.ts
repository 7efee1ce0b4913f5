import { conforms } from '../domain/conformance.ts';
import { plain } from './escape.ts';
import type { CheckedConformance, ExportOptions } from './format.ts';
import { failedVectors } from './model.ts';
import { count } from './numbers.ts';
import { type Style, styleOf, wrapped } from './text-table.ts';

/** `php-laravel: 12 of 14 passed, 1 skipped`, then what was expected and what came. */
export function conformanceLines(
  { implementation, conformance }: CheckedConformance,
  width: number,
  style: Style,
): readonly string[] {
  const { passed, failed, skipped, notChecked, unreachable, missingFeatures, vectors } = conformance;
  const who = plain(implementation, 200);
  if (unreachable !== undefined) {
    return wrapped(`  ${who}: contract failed, unreachable: ${plain(unreachable)}`, width).map(style.bad);
  }
  const ok = conforms(conformance);
  const paint = ok ? (notChecked > 0 ? style.unsure : style.good) : style.bad;
  const counts = [
    `${passed} of ${count(passed + failed, 'vector')} passed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(notChecked > 0 ? [`${notChecked} not checked, which is not a pass`] : []),
  ];
  const unsettled = vectors.filter(({ state }) => state === 'not-checked' || state === 'skipped');
  return [
    paint(`  ${who}: ${ok ? '' : 'contract failed, '}${counts.join(', ')}`),
    ...missingFeatures.map((feature) => style.bad(`    required feature ${plain(feature, 100)} is not declared`)),
    ...failedVectors(conformance).flatMap((vector) => {
      const title = `    ${plain(vector.id, 100)}: ${plain(vector.title)}`;
      const checks = vector.failures.flatMap(({ step, check, expected, actual }) => [
        `      ${step < 0 ? '' : `step ${step + 1}, `}${plain(check, 200)}`,
        `        expected ${plain(expected)}`,
        `        got      ${plain(actual)}`,
      ]);
      return [style.bad(title), ...(vector.reason === undefined ? [] : [`      ${plain(vector.reason)}`]), ...checks];
    }),
    ...unsettled.map(
      ({ id, state, reason }) => `    ${plain(id, 100)}: ${state}${reason === undefined ? '' : ` (${plain(reason)})`}`,
    ),
  ];
}

export function conformanceTerminal(checked: readonly CheckedConformance[], options: ExportOptions = {}): string {
  const style = styleOf(options.colour ?? false);
  const lines = checked.flatMap((one) => conformanceLines(one, options.width ?? 100, style));
  const failed = checked.filter(({ conformance }) => !conforms(conformance)).length;
  const allRight = checked.length === 0 ? 'none could be checked' : 'all conform';
  const verdict = failed === 0 ? allRight : `${failed} contract failed`;
  return `${['Contract', ...lines, `${count(checked.length, 'service')} checked: ${verdict}`].join('\n')}\n`;
}
