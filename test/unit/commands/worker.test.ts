import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLoadTask } from '../../../src/commands/load-task.ts';
import type { Ports } from '../../../src/commands/ports.ts';
import { worker } from '../../../src/commands/worker.ts';
import { PerfError } from '../../../src/domain/errors.ts';
import { PLAN_VARIABLE, STORE_VARIABLE } from '../../../src/measure/load-files.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { contractFiles } from '../../helpers/shipped-contract.ts';

const PLAN = 'runs/run-x/load/t-1/plan.json';
const ENV = {
  [STORE_VARIABLE]: 'gs://bucket/prefix',
  [PLAN_VARIABLE]: PLAN,
  CLOUD_RUN_TASK_INDEX: '2',
  CLOUD_RUN_TASK_COUNT: '4',
};

const codeOf = (wanted: string) => (error: unknown) => error instanceof PerfError && error.code === wanted;

test('a task knows its plan and its share by the environment', () => {
  const place = 'runs/run-x/load/t-1/';
  assert.deepEqual(readLoadTask(ENV), { store: 'gs://bucket/prefix', plan: PLAN, place, task: 2, taskCount: 4 });
});

const REFUSED: [string, Readonly<Record<string, string | undefined>>][] = [
  ['load-plan-unnamed', {}],
  ['load-plan-unnamed', { ...ENV, [STORE_VARIABLE]: '' }],
  ['load-plan-unnamed', { ...ENV, [PLAN_VARIABLE]: 'runs/run-x/metadata.json' }],
  ['load-task-unknown', { ...ENV, CLOUD_RUN_TASK_INDEX: undefined }],
  ['load-task-unknown', { ...ENV, CLOUD_RUN_TASK_INDEX: '4' }],
  ['load-task-unknown', { ...ENV, CLOUD_RUN_TASK_INDEX: '-1' }],
  ['load-task-unknown', { ...ENV, CLOUD_RUN_TASK_COUNT: '1e3' }],
];
for (const [code, env] of REFUSED) {
  test(`${code} for ${JSON.stringify(env)}`, () => assert.throws(() => readLoadTask(env), codeOf(code)));
}

function portsWith(text?: string): Ports {
  const store = createMemoryStore();
  if (text !== undefined) store.texts.set(PLAN, text);
  const logger = { info: () => undefined };
  const contractMajors = async () => [];
  return { store, logger, contractMajors, contractFiles, loadTask: readLoadTask(ENV) } as unknown as Ports;
}

const known = { schemaVersion: 1, runId: 'r', requestTimeoutMs: 1, meetingTimeoutMs: 1, blocks: [] };
const warm = { warmupRequests: 0, requests: 0, connections: 0 };
const PLANS: [string, string | undefined, RegExp][] = [
  ['load-plan-missing', undefined, /found no plan at memory\/runs\/run-x\/load\/t-1\/plan\.json/],
  ['load-plan-damaged', '{"schemaVersion":1', /JSON/],
  ['load-plan-damaged', JSON.stringify({ ...known, warm: {}, serviceType: 'discord-webhook' }), /warmupRequests/],
  ['load-plan-damaged', JSON.stringify({ ...known, warm, serviceType: 'unheard-of' }), /ships no contract unheard-of/],
  [
    'load-plan-damaged',
    JSON.stringify({ ...known, warm, serviceType: 'shop', contract: { 'contract.yaml': 'type: shop' } }),
    /this contract has 3 problems/,
  ],
];
for (const [code, text, message] of PLANS) {
  test(`${code}: ${message.source}`, async () => {
    await assert.rejects(worker(portsWith(text), AbortSignal.any([])), (error: unknown) => {
      assert.ok(codeOf(code)(error));
      assert.match((error as Error).message, message);
      return true;
    });
  });
}
