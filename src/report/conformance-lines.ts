import { type Conformance, conforms, EVERY_SERVICE, featuresOf, type VectorResult } from '../domain/conformance.ts';
import { againCommand } from './again.ts';
import { plain } from './escape.ts';
import { featureCounts } from './features.ts';
import type { CheckedConformance, ExportOptions } from './format.ts';
import { failedVectors } from './model.ts';
import { count } from './numbers.ts';
import { type Style, styleOf, wrapped } from './text-table.ts';

/** More vectors with one and the same reason are counted, not listed. */
const MOST_OF_ONE_REASON = 5;

/** `crud 30/30, options skipped`; empty where vectors name no features. */
function featureLines(conformance: Conformance, width: number): readonly string[] {
  const features = featuresOf(conformance);
  if (features.every(({ feature }) => feature === EVERY_SERVICE)) return [];
  const parts = features.map((found) => `${plain(found.feature, 100)} ${featureCounts(found)}`);
  return wrapped(`    ${parts.join(', ')}`, width);
}

/** `php-laravel: 12 of 14 passed, 1 skipped`, then what was expected and what came, of so many vectors at most. */
export function conformanceLines(
  checked: CheckedConformance,
  width: number,
  style: Style,
  mostFailures = Number.POSITIVE_INFINITY,
): readonly string[] {
  const { implementation, conformance } = checked;
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
  const broken = failedVectors(conformance);
  const hidden = Math.max(0, broken.length - mostFailures);
  return [
    paint(`  ${who}: ${ok ? '' : 'contract failed, '}${counts.join(', ')}`),
    ...featureLines(conformance, width),
    ...missingFeatures.map((feature) => style.bad(`    required feature ${plain(feature, 100)} is not declared`)),
    ...broken.slice(0, broken.length - hidden).flatMap((vector) => {
      const title = `    ${plain(vector.id, 100)}: ${plain(vector.title)}`;
      const checks = vector.failures.flatMap(({ step, check, expected, actual }) => [
        `      ${step < 0 ? '' : `step ${step + 1}, `}${plain(check, 200)}`,
        `        expected ${plain(expected)}`,
        `        got      ${plain(actual)}`,
      ]);
      const reason = vector.reason === undefined ? [] : [`      ${plain(vector.reason)}`];
      const again = againCommand(checked, [vector.id]);
      return [style.bad(title), ...reason, ...checks, ...(again === undefined ? [] : [`        again    ${again}`])];
    }),
    ...(hidden > 0 ? [`    and ${count(hidden, 'failed vector')} more; the report as JSON has them all`] : []),
    ...unsettledLines(vectors),
  ];
}

/** What was skipped or not checked: one line a vector, or one for many with the same reason. */
function unsettledLines(vectors: readonly VectorResult[]): readonly string[] {
  const unsettled = vectors.filter(({ state }) => state === 'not-checked' || state === 'skipped');
  const groups = Map.groupBy(
    unsettled,
    ({ state, reason }) => `${state}${reason === undefined ? '' : ` (${plain(reason)})`}`,
  );
  return [...groups].flatMap(([words, members]) =>
    members.length > MOST_OF_ONE_REASON
      ? [`    ${members.length} vectors: ${words}`]
      : members.map(({ id }) => `    ${plain(id, 100)}: ${words}`),
  );
}

export function conformanceTerminal(checked: readonly CheckedConformance[], options: ExportOptions = {}): string {
  const style = styleOf(options.colour ?? false);
  const lines = checked.flatMap((one) => conformanceLines(one, options.width ?? 100, style));
  const failed = checked.filter(({ conformance }) => !conforms(conformance)).length;
  const allRight = checked.length === 0 ? 'none could be checked' : 'all conform';
  const verdict = failed === 0 ? allRight : `${failed} contract failed`;
  return `${['Contract', ...lines, `${count(checked.length, 'service')} checked: ${verdict}`].join('\n')}\n`;
}
