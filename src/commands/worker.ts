import { InfrastructureError } from '../domain/errors.ts';
import { EXIT } from '../domain/exit-codes.ts';
import type { LoadPlan } from '../domain/load.ts';
import { SERVICE_TYPES } from '../domain/service-type.ts';
import { parseLoadPlan, taskPath } from '../measure/load-files.ts';
import { runTask } from '../measure/task-load.ts';
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
  const { plan, serviceType } = await readPlan(at.plan, ports);
  const protocol = measured(await protocolFor({ serviceType }, ports));
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

async function readPlan(path: string, { store }: Pick<Ports, 'store'>) {
  const text = await store.read(path);
  const place = `${store.location.replace(/\/$/, '')}/${path}`;
  if (text === undefined) {
    throw new InfrastructureError('load-plan-missing', `found no plan at ${place}`, {
      hint: 'it is removed when its execution has ended; see whether the account of the job may read the store',
    });
  }
  try {
    const plan = parseLoadPlan(text);
    const serviceType = SERVICE_TYPES.find((known) => known === plan.serviceType);
    if (serviceType === undefined) throw new TypeError(`the service type ${plan.serviceType} is unknown`);
    return { plan, serviceType };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InfrastructureError('load-plan-damaged', `the plan at ${place} cannot be used: ${reason}`, {
      cause: error,
      hint: 'let load.image be of the same version as the cloudrun-perf that makes the job, or leave it out',
    });
  }
}

/** ID tokens are there before anything is timed. */
async function transportFor({ audience, blocks }: LoadPlan, ports: Ports) {
  if (audience === undefined) return ports.transport;
  return ports.callPrivate(
    audience,
    blocks.map(({ url }) => url),
  );
}
