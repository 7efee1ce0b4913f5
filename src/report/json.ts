import { conforms, featuresOf, type VectorResult } from '../domain/conformance.ts';
import type { Run, ServiceTypeResults } from '../domain/run.ts';
import { againCommand } from './again.ts';
import { runCost } from './cost.ts';
import type { CheckedConformance } from './format.ts';
import { failedVectors, type Row, rowsOf, STANDINGS } from './model.ts';

/** Members in the order written here, lists in report order: the same run gives the same bytes. */
export function runJson({ metadata, results }: Run): string {
  const cost = runCost({ metadata, results });
  return text({ format: 'report/1', run: metadata, cost, serviceTypes: results.map(serviceType) });
}

export function conformanceJson(checked: readonly CheckedConformance[]): string {
  return text(
    checked.map((one) => {
      const { implementation, conformance } = one;
      return {
        implementation,
        conforms: conforms(conformance),
        ...conformance,
        features: featuresOf(conformance),
        vectors: conformance.vectors.map((vector) => ({ ...vector, ...again(one, vector) })),
      };
    }),
  );
}

export const comparisonsJson = (comparisons: readonly unknown[]): string => text(comparisons);

/** What a terminal or a runner's log would obey or hide, in the letters that JSON has for it: the value is the same. */
const UNPRINTED = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|#(?=#\[)/g;

function text(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.replace(UNPRINTED, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

function serviceType(results: ServiceTypeResults) {
  const rows = rowsOf(results);
  const { comparison } = results;
  const counts = STANDINGS.map(
    (standing) => [standing, rows.filter((row) => row.standing === standing).length] as const,
  );
  return {
    serviceType: results.serviceType,
    profile: results.profile,
    contractVersion: results.contractVersion,
    verdict: comparison?.verdict ?? 'none',
    mode: comparison?.mode ?? 'none',
    modeReason: comparison?.modeReason,
    baseline: comparison?.baseline,
    counts: Object.fromEntries(counts.filter(([, number]) => number > 0)),
    implementations: rows.map(implementation),
  };
}

/** Of a vector that failed: the command that checks it again. */
function again(checked: CheckedConformance, { id, state }: VectorResult): { readonly again?: string } {
  const command = state === 'failed' ? againCommand(checked, [id]) : undefined;
  return command === undefined ? {} : { again: command };
}

function implementation(row: Row) {
  const { result, conformance } = row;
  return {
    name: row.name,
    standing: row.standing,
    reason: row.reason,
    rank: row.rank,
    contract: conformance && {
      conforms: conforms(conformance),
      passed: conformance.passed,
      failed: conformance.failed,
      skipped: conformance.skipped,
      notChecked: conformance.notChecked,
      missingFeatures: conformance.missingFeatures,
      unreachable: conformance.unreachable,
      features: featuresOf(conformance),
      failures: failedVectors(conformance).map((vector) => {
        const { id, title, file, failures } = vector;
        return { id, title, file, failures, ...again({ implementation: row.name, conformance }, vector) };
      }),
    },
    base: row.base,
    head: row.head,
    metrics: row.comparisons,
    samples: result?.measurement?.samples.length ?? 0,
    dropped: result?.measurement?.dropped ?? [],
    audit: result?.measurement?.audit ?? [],
    tags: result?.tags,
    artifacts: result?.sides.map(({ side, artifact }) => ({ side, ...artifact })),
  };
}
