import type { protos } from '@google-cloud/run';

type IService = protos.google.cloud.run.v2.IService;

/** What the platform tells of services and of jobs alike. */
export type Reconciled = Pick<
  IService,
  'reconciling' | 'deleteTime' | 'terminalCondition' | 'generation' | 'observedGeneration'
>;

/** What a service or a job says of a change: carried out, refused, still open, or not even begun; `text` tells what was read. */
export interface Truth {
  readonly state: 'done' | 'failed' | 'pending' | 'absent';
  readonly text: string;
}

/** Reads the outcome of an accepted change from what was changed: `reconciling`, `terminal_condition`, `observed_generation`. */
export function truthOf(found: Reconciled | undefined, accepted: boolean, noun = 'service'): Truth {
  if (!accepted) {
    const busy = found?.reconciling === true || found?.deleteTime != null;
    return { state: busy ? 'pending' : 'absent', text: `the ${noun} does not have the change${busy ? ' yet' : ''}` };
  }
  if (found === undefined) return { state: 'done', text: `the ${noun} is gone` };
  const { reconciling, terminalCondition, generation, observedGeneration } = found;
  const condition = String(terminalCondition?.state ?? 'no condition');
  const message = terminalCondition?.message ?? '';
  if (reconciling !== true && condition === 'CONDITION_FAILED') return { state: 'failed', text: message || condition };
  const observed = String(observedGeneration ?? 0) === String(generation ?? 0);
  if (reconciling !== true && observed && condition === 'CONDITION_SUCCEEDED')
    return { state: 'done', text: condition };
  const generations = `generation ${observedGeneration ?? 0} of ${generation ?? 0} observed`;
  const state = reconciling === true ? 'reconciling' : 'not reconciling';
  return {
    state: 'pending',
    text: `${state}, ${generations}, ${condition}${message === '' ? '' : `: ${message.slice(0, 300)}`}`,
  };
}
