import type { BaselineReference, Comparison } from '../domain/comparison.ts';
import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { againCommand } from './again.ts';
import { costSentence } from './cost.ts';
import { costMarkdown } from './cost-markdown.ts';
import { markdownCode, markdownCommit, markdownDigest, markdownRunId, markdownText } from './escape.ts';
import { failsContract } from './findings.ts';
import type { CheckedConformance } from './format.ts';
import { baselineSentence, MODE_WORDS } from './headline.ts';
import { failedVectors, type Row, whoOf } from './model.ts';
import { formatDuration } from './numbers.ts';
import {
  contractSentence,
  droppedSentences,
  listed,
  metricSentence,
  provenSentence,
  strataSentences,
} from './phrases.ts';
import { resourcesSentence } from './resources.ts';

const LISTED_FAILURES = 20;
const LONGEST_SENTENCE = 2000;

/** A folded part; empty when there is nothing in it. */
export function details(summary: string, body: string): readonly string[] {
  return body === '' ? [] : [`<details><summary>${summary}</summary>\n\n${body}\n\n</details>`];
}

export const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');

/** What was expected and what came, one line a failed check, so many of an implementation at most. */
export function contractFailures(rows: readonly Row[], most = LISTED_FAILURES): string {
  return list(
    rows.flatMap((row) => {
      const { name: implementation, conformance } = row;
      return conformance === undefined ? [] : failureLines(whoOf(row), { implementation, conformance }, most);
    }),
  );
}

/** One line an implementation that failed its contract: which vectors, no details. */
export function contractSentences(rows: readonly Row[]): string {
  const failed = rows.filter(failsContract);
  return list(failed.map((row) => `${who(row)}: ${markdownText(contractSentence(row.conformance, row.reason))}`));
}

const who = (row: Pick<Row, 'name' | 'profile'>) => markdownText(whoOf(row), 100);

/** What failed of one service, so many checks at most, and the command that checks it again. */
export function failureLines(name: string, checked: CheckedConformance, most = LISTED_FAILURES): readonly string[] {
  const { conformance } = checked;
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
  const more = lines.length - most;
  const shown = more > 0 ? [...lines.slice(0, most), `${who}: ${more} more failed checks`] : lines;
  const command = againCommand(
    checked,
    failedVectors(conformance).map(({ id }) => id),
  );
  // For copying: characters of no width, as other texts get them, would be copied too. Its letters are safe ones.
  return command === undefined ? shown : [...shown, `${who} again: \`${command}\``];
}

/** Everything that tells how far the verdicts can be trusted. */
export function certainty(rows: readonly Row[], comparison: Comparison | undefined): string {
  const mode =
    comparison === undefined ? [] : [`${MODE_WORDS[comparison.mode]}: ${markdownText(comparison.modeReason)}`];
  const perRow = rows.flatMap((row) => {
    const measurement = row.result?.measurement;
    const facts = [
      ...row.comparisons.filter((metric) => metric.gate).map(metricSentence),
      ...(measurement === undefined
        ? []
        : [provenSentence(measurement), ...strataSentences(measurement), ...droppedSentences(measurement)]),
      ...(measurement?.audit ?? []),
    ];
    return facts.length === 0 ? [] : [`${who(row)}: ${facts.map((fact) => markdownText(fact)).join(' · ')}`];
  });
  return list([...mode, ...perRow]);
}

/** Title of `environment`. */
export function environmentTitle({ cost }: Pick<RunMetadata, 'cost'>): string {
  return cost === undefined ? 'Environment' : 'Environment and cost';
}

/** Where and how it was measured, what it made and cost; one line for each different environment, then the images of each side. */
export function environment(metadata: RunMetadata, groups: readonly ServiceTypeResults[]): string {
  const profiles = new Map<string, string[]>();
  const digests: string[] = [];
  for (const { profile: group, implementations } of groups) {
    for (const { name, tags, sides } of implementations) {
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
      const owner = who({ name, ...(group !== undefined && { profile: group }) });
      const images = sides.map(({ side, artifact }) => `${side} ${markdownDigest(artifact.digest)}`);
      if (images.length > 0) digests.push(`${owner}: ${images.join(', ')}`);
    }
  }
  const measured = [...profiles].map(([facts, names]) =>
    profiles.size === 1 ? markdownText(facts) : `${markdownText(listed(names, 20))}: ${markdownText(facts)}`,
  );
  const resources = resourcesSentence(metadata);
  const cost = costSentence({ metadata, results: groups });
  const made = [
    ...(resources === undefined ? [] : [`Resources: ${resources}`]),
    ...(cost === undefined ? [] : [cost]),
  ].map((sentence) => markdownText(sentence, LONGEST_SENTENCE));
  const facts = list([markdownText(runFacts(metadata, groups).join(' · ')), ...measured, ...made, ...digests]);
  return [facts, ...costMarkdown({ metadata, results: groups })].join('\n\n');
}

function runFacts(metadata: RunMetadata, groups: readonly ServiceTypeResults[]): readonly string[] {
  const { startedAt, finishedAt, platform, region, driver, suite, seed, toolVersion } = metadata;
  const tookMs = finishedAt === undefined ? Number.NaN : Date.parse(finishedAt) - Date.parse(startedAt);
  const contracts = [...new Set(groups.map(({ contractVersion }) => contractVersion))];
  return [
    platform,
    region,
    driver,
    `suite ${suite}`,
    `seed ${seed}`,
    `cloudrun-perf ${toolVersion}`,
    `contract ${listed(contracts)}`,
    ...(Number.isFinite(tookMs) ? [formatDuration(tookMs)] : []),
  ];
}

const LISTED_NAMES = 20;

/** A command that measures the same again. Names that a shell could misread are left out. */
export function reproduce(metadata: RunMetadata, rows: readonly Row[]): string {
  const option = (flag: string, values: readonly (string | undefined)[]) => {
    const names = [...new Set(values)].filter((name) => name !== undefined);
    const safe = names.length > 0 && names.length <= LISTED_NAMES && names.every((name) => NAME.test(name));
    return safe ? ` --${flag} ${names.join(',')}` : '';
  };
  const options = [
    option('platform', [metadata.platform]),
    option('suite', [metadata.suite]),
    option(
      'impl',
      rows.map(({ name }) => name),
    ),
    option(
      'profile',
      rows.map(({ profile }) => profile),
    ),
  ];
  return `\`\`\`sh\ncloudrun-perf benchmark${options.join('')}\n\`\`\``;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** What was compared with what, exactly. */
export function footer(metadata: RunMetadata, comparison: Comparison | undefined): string {
  const baseline = comparison?.baseline ?? metadata.baseline;
  const mode = comparison === undefined ? '' : `, ${MODE_WORDS[comparison.mode]}`;
  const parts = [
    `base ${baselineMarkdown(baseline)}${mode}`,
    `head ${metadata.commit === undefined ? 'without a commit' : markdownCommit(metadata.commit)}`,
    `run ${markdownRunId(metadata.runId)}`,
    markdownText(metadata.startedAt, 40),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}

/** `baselineSentence` with a commit that is a link on GitHub. */
function baselineMarkdown(baseline: BaselineReference | undefined): string {
  if (baseline?.commit === undefined) return markdownText(baselineSentence(baseline));
  const { commit, ...rest } = baseline;
  return [markdownCommit(commit), markdownText(baselineSentence(rest))].filter((part) => part !== 'unnamed').join(' ');
}

/** Failures of single implementations and stages, one line each: none of them stopped the others. */
export function failureItems({ failures }: Pick<RunMetadata, 'failures'>): readonly string[] {
  return failures.map(({ stage, implementation, code, message }) => {
    const name = implementation === undefined ? '' : ` ${markdownText(implementation, 100)}`;
    return `- ${stage}${name}: ${markdownText(message)} (${markdownCode(code, 100)})`;
  });
}
