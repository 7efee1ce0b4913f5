import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostBasis } from '../../../src/domain/cost.ts';
import type { Sample } from '../../../src/domain/measurement.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import { costSentence, costTable, runCost } from '../../../src/report/cost.ts';
import { formatDollars } from '../../../src/report/dollars.ts';
import { EXPORTERS } from '../../../src/report/registry.ts';
import { exampleImplementation, exampleResults, exampleRun } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';

const BASIS: CostBasis = { prices: pricesOf('us-central1', PRICE_TABLE), estimatedDollars: 0.02 };

/** One implementation that answers `rps` requests per second on 1 vCPU and half a GiB. */
function runAt(rps: number, cost: CostBasis | undefined, cpuIdle = true) {
  const one = exampleImplementation('go-gin', { head: { coldMs: 1000, warmMs: 4000 / rps } });
  const tags = { ...one.tags, profile: { ...one.tags.profile, cpuIdle } };
  const sides = one.sides.map((side) => {
    const known = side.summaries['warm-rps'];
    return { ...side, summaries: known === undefined ? {} : { 'warm-rps': { ...known, p50: rps } } };
  });
  const { measurement } = one;
  assert.ok(measurement?.samples[0]);
  const same = { ...measurement, samples: measurement.samples.map(() => measurement.samples[0] as Sample) };
  const exact = { ...one, tags, sides, measurement: same };
  return exampleRun([exampleResults([exact])], cost === undefined ? {} : { cost });
}
const close = (found: number | undefined, wanted: number) =>
  assert.ok(found !== undefined && Math.abs(found - wanted) < 1e-6 * Math.max(1, wanted), `${found} ${wanted}`);

test('dollars per million requests: the formula and the two figures of the price list', () => {
  const at = (rps: number) => runCost(runAt(rps, BASIS))?.implementations[0];
  // 1 vCPU and 0.5 GiB at 1000/s: 0.40 + 0.0253; at about 63/s compute is as much as the fee.
  close(at(1000)?.perMillionRequests?.compute, 0.02525);
  close(at(1000)?.perMillionRequests?.requests, 0.4);
  close(at(63.125)?.perMillionRequests?.compute, 0.4);
});

test('what was measured is billed by instance, in tenths of a second, with its SIGTERM second', () => {
  const run = runAt(1000, BASIS);
  const cost = runCost(run)?.implementations[0];
  const measurement = run.results[0]?.implementations[0]?.measurement;
  const [sample] = measurement?.samples ?? [];
  assert.ok(sample?.warm);
  const { warm, cold } = sample;
  const spanMs = cold.totalMs + (warm.warmupRequests * warm.meanMs) / warm.connections + warm.durationMs + 1000;
  const kept = measurement?.samples.length ?? 0;
  const lost = measurement?.dropped.length ?? 0;
  const sides = run.results[0]?.implementations[0]?.sides.length ?? 0;
  const seconds = ((Math.ceil(spanMs / 100) * 100) / 1000) * (kept + lost) + 15 * sides;
  close(cost?.billedSeconds, seconds);
  close(cost?.requests, (1 + warm.warmupRequests + warm.requests) * (kept + lost));
  close(cost?.dollars.compute, seconds * (0.000024 + 0.5 * 0.0000025));
  close(cost?.dollars.requests, ((cost?.requests ?? 0) / 1e6) * 0.4);
});

test('a dropped sample costs what a kept one does', () => {
  const run = runAt(100, BASIS);
  const [group] = run.results;
  const [one] = group?.implementations ?? [];
  assert.ok(group && one?.measurement);
  const kept = one.measurement.samples.length;
  const dropped = one.measurement.samples.map(({ side, round, tag }) => ({ side, round, tag, reason: 'not cold' }));
  const twice = { ...one, measurement: { ...one.measurement, dropped } };
  const lost = { ...run, results: [{ ...group, implementations: [twice] }] };
  const none = { ...one, measurement: { ...one.measurement, dropped: [] } };
  const whole = { ...run, results: [{ ...group, implementations: [none] }] };
  const seconds = [whole, lost].map((each) => runCost(each)?.implementations[0]?.billedSeconds ?? 0);
  const check = one.sides.length * 15;
  close((seconds[1] ?? 0) - check, 2 * ((seconds[0] ?? 0) - check));
  assert.ok(kept > 0);
});

test('billing by instance has no request fee and its own seconds', () => {
  const cost = runCost(runAt(1000, BASIS, false))?.implementations[0];
  assert.equal(cost?.billing, 'instance-based');
  close(cost?.perMillionRequests?.compute, 1000 * (0.000018 + 0.5 * 0.000002));
  assert.equal(cost?.perMillionRequests?.requests, 0);
});

test('the capacity for a monthly load', () => {
  const cost = runCost(runAt(1000, { ...BASIS, monthlyRequests: 50_000_000 }))?.implementations[0];
  close(cost?.capacity?.instanceHours, 50_000_000 / 1000 / 3600);
  close(cost?.capacity?.dollars.compute, 50 * 0.02525);
  close(cost?.capacity?.dollars.requests, 20);
  assert.equal(runCost(runAt(1000, BASIS))?.implementations[0]?.capacity, undefined);
});

test('what was not measured in this run costs nothing, and a run without prices has no cost', () => {
  const run = runAt(1000, BASIS);
  const [group] = run.results;
  const [one] = group?.implementations ?? [];
  assert.ok(group && one);
  const carried = { ...run, results: [{ ...group, implementations: [{ ...one, state: 'carried' as const }] }] };
  assert.deepEqual(runCost(carried)?.implementations, []);
  assert.equal(runCost(carried)?.dollars.compute, 0);
  assert.equal(runCost(runAt(1000, undefined)), undefined);
  assert.equal(costSentence(runAt(1000, undefined)), undefined);
  assert.equal(costTable(runAt(1000, undefined)), undefined);
  assert.equal(costTable(carried), undefined);
});

test('the reports show it, apart and with its source; on this machine it is hypothetical', () => {
  const billed = runAt(1000, { ...BASIS, monthlyRequests: 50_000_000 });
  const local = runAt(1000, { ...BASIS, hypothetical: true });
  const terminal = EXPORTERS.terminal(billed, { width: 1000 });
  assert.match(
    terminal,
    /^Cost: about 0\.\d+ US dollars, 0\.\d+ compute of \d+ active vCPU-seconds and 0\.\d+ request fee; estimated before: at most 0\.0200 \(tier 1 prices of 2026-11; free tier not deducted/m,
  );
  assert.match(terminal, /^go-gin \(default\) +0\.0253 +0\.400 +1000 +14 +1\.26 +20\.00$/m);
  assert.match(terminal, /requests per second of one instance; a month has 50000000 requests/);
  assert.match(
    EXPORTERS.terminal(local, { width: 1000 }),
    /nothing was billed; on Cloud Run in us-central1 .* would have/,
  );
  const markdown = EXPORTERS.markdown(billed);
  assert.match(markdown, /<summary>Environment and cost<\/summary>/);
  assert.match(markdown, /^\| go-gin \(default\) \| 0\.0253 \| 0\.400 \| 1000 \| 14 \| 1\.26 \| 20\.00 \|$/m);
  assert.match(EXPORTERS.markdown(local), /hypothetical: measured on this machine/);
  assert.match(EXPORTERS.markdown(runAt(1000, undefined)), /<summary>Environment<\/summary>/);
  const json = JSON.parse(EXPORTERS.json(local));
  assert.equal(json.cost.hypothetical, true);
  const [own] = json.cost.implementations;
  assert.ok(own.billedSeconds > 30);
  close(json.cost.vcpuSeconds, own.billedSeconds * Number(local.results[0]?.implementations[0]?.tags.profile.cpu));
  close(json.cost.implementations[0].perMillionRequests.compute, 0.02525);
});

test('dollars as they are written', () => {
  const cases: [number | undefined, string][] = [
    [undefined, '0'],
    [0, '0'],
    [Number.NaN, '0'],
    [0.00000004, '0.000000'],
    [0.0013, '0.00130'],
    [0.0253, '0.0253'],
    [0.425, '0.425'],
    [12.3, '12.30'],
  ];
  for (const [dollars, text] of cases) assert.equal(formatDollars(dollars), text);
});
