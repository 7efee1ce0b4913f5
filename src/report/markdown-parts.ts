import type { Comparison } from '../domain/comparison.ts';
import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { markdownCode, markdownText } from './escape.ts';
import { baselineSentence, MODE_WORDS, shortCommit } from './headline.ts';
import { failedVectors, type Row } from './model.ts';
import { formatDuration } from './numbers.ts';
import { droppedSentences, metricSentence, provenSentence } from './phrases.ts';

const LISTED_FAILURES = 20;

/** A folded part; empty when there is nothing in it. */
export function details(summary: string, body: string): readonly string[] {
  return body === '' ? [] : [`<details><summary>${summary}</summary>\n\n${body}\n\n</details>`];
}

const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');

/** What was expected and what came, one line a failed check. */
export function contractFailures(rows: readonly Row[]): string {
  return list(
    rows.flatMap(({ name, conformance }) => (conformance === undefined ? [] : failureLines(name, conformance))),
  );
}

function failureLines(name: string, conformance: NonNullable<Row['conformance']>): readonly string[] {
  const who = markdownText(name, 100);
  if (conformance.unreachable !== undefined)
    return [`${who} was unreachable: ${markdownText(conformance.unreachable)}`];
  const missing = conformance.missingFeatures.map(
    (feature) => `${who} does not declare the required feature ${markdownCode(feature, 100)}`,
  );
  const failed = failedVectors(conformance).flatMap((vector) => {
    const id = markdownCode(vector.id, 100);
    if (vector.failures.length === 0) return [`${who} ${id}: ${markdownText(vector.reason ?? vector.title)}`];
    return vector.failures.map(({ step, check, expected, actual }) => {
      const where = step < 0 ? '' : `step ${step + 1}, `;
      return `${who} ${id}, ${where}${markdownText(check, 200)}: expected ${markdownCode(expected)}, got ${markdownCode(actual)}`;
    });
  });
  const lines = [...missing, ...failed];
  const more = lines.length - LISTED_FAILURES;
  return more > 0 ? [...lines.slice(0, LISTED_FAILURES), `${who}: ${more} more failed checks`] : lines;
}

/** Everything that tells how far the verdicts can be trusted. */
export function certainty(rows: readonly Row[], comparison: Comparison | undefined): string {
  const mode =
    comparison === undefined ? [] : [`${MODE_WORDS[comparison.mode]}: ${markdownText(comparison.modeReason)}`];
  const perRow = rows.flatMap((row) => {
    const who = markdownText(row.name, 100);
    const tested = row.comparisons
      .filter((metric) => metric.gate)
      .map((metric) => markdownText(metricSentence(metric)));
    const measurement = row.result?.measurement;
    if (measurement === undefined) return tested.map((line) => `${who} ${line}`);
    const taken = [provenSentence(measurement), ...droppedSentences(measurement), ...measurement.audit];
    return [...tested.map((line) => `${who} ${line}`), ...taken.map((line) => `${who}: ${markdownText(line)}`)];
  });
  return list([...mode, ...perRow]);
}

/** Where and how it was measured; one line for each different environment. */
export function environment(metadata: RunMetadata, results: ServiceTypeResults): string {
  const profiles = new Map<string, string[]>();
  for (const { name, tags } of results.implementations) {
    const { profile } = tags;
    const facts = [
      `profile ${profile.name}`,
      `${profile.cpu} vCPU`,
      profile.memory,
      profile.executionEnvironment,
      `concurrency ${profile.concurrency}`,
      ...(profile.startupCpuBoost ? ['boost'] : []),
      tags.runtime,
    ].join(' · ');
    profiles.set(facts, [...(profiles.get(facts) ?? []), name]);
  }
  const measured = [...profiles].map(([facts, names]) =>
    profiles.size === 1 ? markdownText(facts) : `${markdownText(names.join(', '))}: ${markdownText(facts)}`,
  );
  const digests = results.implementations.flatMap(({ name, sides }) =>
    sides.map(
      ({ side, artifact }) => `${markdownText(name, 100)} ${side} ${markdownCode(artifact.digest.slice(0, 19), 100)}`,
    ),
  );
  const tookMs =
    metadata.finishedAt === undefined ? Number.NaN : Date.parse(metadata.finishedAt) - Date.parse(metadata.startedAt);
  const took = Number.isFinite(tookMs) ? [formatDuration(tookMs)] : [];
  const run = [
    metadata.platform,
    metadata.region,
    metadata.driver,
    `suite ${metadata.suite}`,
    `seed ${metadata.seed}`,
    `cloudrun-perf ${metadata.toolVersion}`,
    `contract ${results.contractVersion}`,
    ...took,
  ];
  return list([markdownText(run.join(' · ')), ...measured, ...digests]);
}

/** A command that measures the same again. Names that a shell could misread are left out. */
export function reproduce(metadata: RunMetadata, rows: readonly Row[]): string {
  const names = rows.map(({ name }) => name).filter((name) => /^[a-z0-9][a-z0-9-]*$/.test(name));
  const safe = names.length === 0 || names.length !== rows.length ? '' : ` --impl ${names.join(',')}`;
  const command = `cloudrun-perf benchmark --platform ${metadata.platform} --suite ${metadata.suite}${safe}`;
  return `\`\`\`sh\n${command}\n\`\`\``;
}

/** What was compared with what, exactly. */
export function footer(metadata: RunMetadata, comparison: Comparison | undefined): string {
  const baseline = comparison?.baseline ?? metadata.baseline;
  const mode = comparison === undefined ? '' : `, ${MODE_WORDS[comparison.mode]}`;
  const parts = [
    `base ${baselineSentence(baseline)}${mode}`,
    `head ${metadata.commit === undefined ? 'without a commit' : shortCommit(metadata.commit)}`,
    `run ${metadata.runId}`,
    metadata.startedAt,
  ];
  return `<sub>${parts.map((part) => markdownText(part)).join(' · ')}</sub>`;
}

/** Failures of single implementations and stages: none of them stopped the others, and none is left out. */
export function runFailures(metadata: RunMetadata): string {
  return list(
    metadata.failures.map(({ stage, implementation, code, message }) => {
      const who = implementation === undefined ? '' : ` ${markdownText(implementation, 100)}`;
      return `${stage}${who}: ${markdownText(message)} (${markdownCode(code, 100)})`;
    }),
  );
}
