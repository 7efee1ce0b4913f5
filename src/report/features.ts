import { type Conformance, EVERY_SERVICE, type FeatureConformance, featuresOf } from '../domain/conformance.ts';
import { markdownText } from './escape.ts';
import { markdownTable } from './markdown-table.ts';
import { NOTHING } from './numbers.ts';

/** `30/30`, `29/30, 1 not checked`, `skipped`. */
export function featureCounts({ passed, failed, skipped, notChecked }: FeatureConformance): string {
  if (passed + failed === 0) return notChecked > 0 ? 'not checked' : 'skipped';
  const notes = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(notChecked > 0 ? [`${notChecked} not checked`] : []),
  ];
  return [`${passed}/${passed + failed}`, ...notes].join(', ');
}

interface Checked {
  readonly who: string;
  readonly conformance: Conformance;
}

/** One table for each contract, a line a service, a column a feature; empty where vectors name no features. */
export function featureTables(checked: readonly Checked[]): string {
  const contracts = Map.groupBy(
    checked.filter(({ conformance }) => conformance.unreachable === undefined),
    ({ conformance: { serviceType, contractVersion } }) => `${serviceType} ${contractVersion}`,
  );
  return [...contracts].flatMap(([contract, members]) => table(contract, members)).join('\n\n');
}

function table(contract: string, checked: readonly Checked[]): readonly string[] {
  const found = checked.map(({ who, conformance }) => ({ who, features: featuresOf(conformance) }));
  const names = [...new Set(found.flatMap(({ features }) => features.map(({ feature }) => feature)))];
  if (names.every((name) => name === EVERY_SERVICE)) return [];
  const rows = found.map(({ who, features }) => [
    markdownText(who, 200),
    ...names.map((name) => cell(features.find(({ feature }) => feature === name))),
  ]);
  const header = [markdownText(contract, 100), ...names.map((name) => markdownText(name, 100))];
  return [markdownTable(header, rows, new Set(names.map((_, index) => index + 1)))];
}

function cell(found: FeatureConformance | undefined): string {
  if (found === undefined) return NOTHING;
  return found.failed > 0 ? `**${featureCounts(found)}**` : featureCounts(found);
}
