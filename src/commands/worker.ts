import { loadContract } from '../contract/contract.ts';
import { InfrastructureError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { LoadPlan } from '../domain/load.ts';
import { parseLoadPlan, taskPath } from '../measure/load-files.ts';
import { runTask } from '../measure/task-load.ts';
import { protocolOf } from '../protocols/contract-protocol.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { protocolFor } from './contracts.ts';
import { readLoadTask } from './load-task.ts';
import { measured } from './measured-protocol.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/**
 * One task of a load job: its share of every block of the plan, recorded in the store. Exit code 1 when a block could
 * not be recorded; the recording says why. Throws PerfError for a plan that is not there or not one.
 */
export async function worker(ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const { store, logger } = ports;
  const at = ports.loadTask ?? readLoadTask({});
  const { task, taskCount, place } = at;
  const { plan, protocol } = await readPlan(at.plan, ports);
  logger.info(`task ${task} of ${taskCount}: ${plan.blocks.length} blocks of run ${plan.runId}`);
  const transport = await transportFor(plan, ports).catch(async (error: unknown) => {
    // Whoever started the task sees its exit code only.
    const problem = error instanceof Error ? error.message : String(error);
    await store.write(
      taskPath(place, task),
      JSON.stringify({ schemaVersion: 1, task, taskCount, blocks: [], problem }),
    );
    throw error;
  });
  const { problem } = await runTask({ plan, place, task, taskCount, protocol }, { ...ports, transport }, signal);
  if (problem === undefined) return NOTHING;
  logger.error(`task ${task} could not record all blocks: ${problem}`);
  return { exitCodes: [EXIT.infrastructure], outputs: {} };
}

async function readPlan(path: string, ports: Ports) {
  const { store } = ports;
  const text = await store.read(path);
  const place = `${store.location.replace(/\/$/, '')}/${path}`;
  if (text === undefined) {
    throw new InfrastructureError('load-plan-missing', `found no plan at ${place}`, {
      hint: 'it is removed when its execution has ended; see whether the account of the job may read the store',
    });
  }
  try {
    const plan = parseLoadPlan(text);
    return { plan, protocol: measured(await protocolOfPlan(plan, ports)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InfrastructureError('load-plan-damaged', `the plan at ${place} cannot be used: ${reason}`, {
      cause: error,
      hint: 'let load.image be of the same version as the cloudrun-perf that makes the job, or leave it out',
    });
  }
}

/** By the contract that came along, else by the one that ships. */
async function protocolOfPlan(plan: LoadPlan, ports: Ports): Promise<Protocol> {
  if (plan.contract === undefined) return protocolFor(plan, ports);
  return protocolOf(loadContract(new Map(Object.entries(plan.contract))));
}

/** ID tokens are there before anything is timed. */
async function transportFor({ audience, blocks }: LoadPlan, ports: Ports) {
  if (audience === undefined) return ports.transport;
  return ports.callPrivate(
    audience,
    blocks.map(({ url }) => url),
  );
}
