import { conforms } from '../domain/conformance.ts';
import { markdownText } from './escape.ts';
import { featureTables } from './features.ts';
import type { CheckedConformance } from './format.ts';
import { failureLines, list } from './markdown-parts.ts';
import { markdownTable } from './markdown-table.ts';
import { count } from './numbers.ts';

export function conformanceMarkdown(checked: readonly CheckedConformance[]): string {
  const failed = checked.filter(({ conformance }) => !conforms(conformance)).length;
  const rows = checked.map(({ implementation, conformance }) => [
    markdownText(implementation, 200),
    conforms(conformance) ? 'conforms' : '🔴 contract failed',
    ...[conformance.passed, conformance.failed, conformance.skipped, conformance.notChecked].map(String),
    markdownText(`${conformance.serviceType} ${conformance.contractVersion}`, 100),
  ]);
  const failures = list(checked.flatMap((one) => failureLines(one.implementation, one)));
  const features = featureTables(checked.map(({ implementation: who, conformance }) => ({ who, conformance })));
  const allRight = checked.length === 0 ? 'none could be checked' : 'all conform';
  const verdict = failed === 0 ? allRight : `${failed} contract failed`;
  const parts = [
    `## Contract: ${count(checked.length, 'service')} checked, ${verdict}`,
    markdownTable(['Service', 'Verdict', 'Passed', 'Failed', 'Skipped', 'Not checked', 'Contract'], rows),
    ...(features === '' ? [] : [`**Contract by feature**\n\n${features}`]),
    ...(failures === '' ? [] : [`**Contract failures**\n\n${failures}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}
