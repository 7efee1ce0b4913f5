import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readActionInputs } from '../../../src/config/action-inputs.ts';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { UsageError } from '../../../src/domain/errors.ts';

const parse = (line: string) => parseCliArgs(line.split(' ')) as unknown as Record<string, unknown>;
const SCHEMA = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/config.schema.json'), 'utf8'),
) as object;
const load = (text: string) =>
  loadConfig({ text: `version: "1.0"\n${text}\n`, env: {}, flags: {} }, { config: SCHEMA });

test('a cap of the cost, for whatever deploys', () => {
  for (const command of ['benchmark', 'deploy', 'discover']) {
    assert.equal(parse(`${command} --max-cost 0.50`).maxCost, 0.5);
    assert.equal(parse(`${command} --max-cost 0`).maxCost, 0);
    assert.ok(!('maxCost' in parse(command)));
  }
  for (const wrong of ['$1', '1,5', '-1', '1e3', '.5', '1.', 'NaN', '0x10'])
    assert.throws(
      () => parse(`benchmark --max-cost=${wrong}`),
      /--max-cost .*wanted is US dollars such as 0\.50/,
      wrong,
    );
});

test('one scope of cleanup at a time', () => {
  assert.equal(parse('cleanup --older-than 24h').olderThanMs, 86_400_000);
  assert.equal(parse('cleanup --older-than 1h30m').olderThanMs, 5_400_000);
  const cases: [string, RegExp][] = [
    ['--older-than 24', /wanted is a duration such as 24h/],
    ['--older-than -1h', /--older-than/],
    ['--older-than 1h --all', /--all and older-than exclude each other/],
    ['--older-than 1h --run run-x', /exclude each other/],
    ['--run run-x --all', /exclude each other/],
    ['--all-owners', /all-owners/],
  ];
  for (const [line, message] of cases)
    assert.throws(
      () => parse(`cleanup ${line}`),
      (error) => error instanceof UsageError && message.test(error.message),
      line,
    );
});

test('the inputs of the action', () => {
  const inputs = (values: Readonly<Record<string, string>>) =>
    readActionInputs((name) => values[name] ?? '') as unknown as Record<string, unknown>;
  assert.equal(inputs({ command: 'cleanup', 'older-than': '24h' }).olderThanMs, 86_400_000);
  assert.equal(inputs({ 'max-cost': '1.25' }).maxCost, 1.25);
  assert.throws(() => inputs({ 'max-cost': 'a lot' }), /input max-cost/);
  assert.throws(() => inputs({ command: 'cleanup', 'older-than': '1d', 'run-id': 'run-x' }), /exclude each other/);
});

test('prices and the monthly load of the configuration', () => {
  const { prices, monthlyRequests } = load(
    'prices: { request_based: { million_requests: 0.3 } }\ncost: { monthly_requests: 50000000 }',
  );
  assert.deepEqual([prices, monthlyRequests], [{ request_based: { million_requests: 0.3 } }, 50_000_000]);
  assert.deepEqual([load('').prices, load('').monthlyRequests], [{}, undefined]);
  for (const wrong of [
    'prices: { request_based: { vcpu_second: 0 } }',
    'prices: { request_based: { vcpu_seconds: 0.1 } }',
    'prices: { requests: 1 }',
    'cost: { monthly_requests: 0 }',
    'cost: { monthly_requests: 1.5 }',
    'cost: { monthly: 1 }',
  ])
    assert.throws(() => load(wrong), UsageError, wrong);
});
