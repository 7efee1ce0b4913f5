// How long a run on Google Cloud takes on default quotas, by a discrete simulation: docs/simulation.md has its assumptions
// and what it found. Usage: node bench/cloud-simulation.ts [runs, 100]
import { ASSUMPTIONS } from './cloud/assumptions.ts';
import { type Outcome, type Scenario, simulateRun } from './cloud/model.ts';
import * as scenarios from './cloud/scenarios.ts';

const MINUTE_MS = 60_000;

const ROWS: readonly (readonly [what: string, scenario: Scenario])[] = [
  ['pull request', scenarios.pullRequest()],
  ['pull request, 12 a side', scenarios.pullRequest({ samplesPerRound: 6 })],
  ['pull request, told of 5 jobs', scenarios.pullRequest({}, 5)],
  ['full suite of 19', scenarios.fullSuite()],
  ['full suite of 19, 10 a side', scenarios.fullSuite({ samplesPerRound: 5 })],
  ['full suite of 19, 4 jobs at once', scenarios.fullSuite({}, 4)],
  ['full suite of 19, 8 jobs at once', scenarios.fullSuite({}, 8)],
  ['full suite of 19, idle in each job', scenarios.ownWindows()],
  ['everything by the quick suite', scenarios.fullSuite({}, scenarios.MAX_PARALLEL, 'quick')],
  ['20 x 20 revisions, 1 job', scenarios.writes(1)],
  ['20 x 20 revisions, 20 jobs', scenarios.writes(20)],
];

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const at = (values: readonly number[], share: number) => values[Math.floor(share * (values.length - 1))] ?? Number.NaN;
const most = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number) => Math.max(...outcomes.map(of));

function row(what: string, scenario: Scenario, runs: number): string {
  const outcomes = Array.from({ length: runs }, (_, seed) => simulateRun(scenario, seed));
  const minutes = sorted(outcomes.map(({ wallMs }) => wallMs / MINUTE_MS));
  const active = sorted(outcomes.map(({ activeCpuSeconds }) => activeCpuSeconds));
  const writes = sorted(outcomes.map((outcome) => outcome.writes));
  return [
    what.padEnd(38),
    ...[0, 0.5, 0.95, 1].map((share) => at(minutes, share).toFixed(1).padStart(6)),
    String(at(writes, 0.5)).padStart(6),
    String(most(outcomes, ({ mostWritesAMinute }) => mostWritesAMinute)).padStart(10),
    String(most(outcomes, ({ mostReadsAMinute }) => mostReadsAMinute)).padStart(9),
    String(most(outcomes, ({ mostCpus }) => mostCpus)).padStart(9),
    at(active, 0.5).toFixed(0).padStart(12),
  ].join(' | ');
}

function phases(what: string, scenario: Scenario, runs: number): string {
  const sums: Record<string, number> = {};
  for (let seed = 0; seed < runs; seed += 1) {
    for (const [phase, durationMs] of Object.entries(simulateRun(scenario, seed).phases))
      sums[phase] = (sums[phase] ?? 0) + durationMs / runs / MINUTE_MS / scenario.implementations;
  }
  const parts = Object.entries(sums).toSorted(([, a], [, b]) => b - a);
  return `${what}: ${parts.map(([phase, minutes]) => `${phase} ${minutes.toFixed(1)}`).join(', ')}`;
}

function main(): void {
  const runs = Number(process.argv[2] ?? 100);
  const { cpus, writesPerMinute } = ASSUMPTIONS.quota;
  console.log(`${runs} runs each; quotas: ${cpus} vCPU, ${writesPerMinute} writes a minute`);
  console.log(
    'minutes to the verdict                 |  least | median | 95 % |   most | writes | most a min | readings a min | most vCPU | active vCPU-s',
  );
  for (const [what, scenario] of ROWS) console.log(row(what, scenario, runs));
  console.log('\nminutes for each implementation, by phase; phases of both sides may overlap');
  for (const [what, scenario] of ROWS.slice(0, 5)) console.log(phases(what, scenario, runs));
}

main();
