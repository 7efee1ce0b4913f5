import type { LiveInstance, RevisionRunner } from './data-plane-revision.ts';
import { preciseNowMs } from './instance-log.ts';
import type { InstanceLog } from './model.ts';

/** After an instance has ended, its last bytes may still be on their way through the socket. */
const LAST_BYTES_MS = 100;

/** What to do with an admitted request; `refuse` answers, or cuts an answer that has begun. */
export interface AdmissionHooks {
  forward(instance: LiveInstance): void;
  refuse(status: number, text: string): void;
}

export interface Admission {
  readonly over: boolean;
  /** Gives the slot back and logs the request; false when that was done before. */
  finish(status: number): boolean;
  /** Finishes it with this status, then calls the hook. */
  refuse(status: number, text: string): void;
}

let sequence = 0;

/** Takes a request through its revision: queue, assignment, request time-out, log entry. */
export function admit(runner: RevisionRunner, log: InstanceLog, trace: string, hooks: AdmissionHooks): Admission {
  const { service, name: revision, timeoutMs } = runner.spec;
  const arrivedAtMs = preciseNowMs();
  const number = ++sequence;
  let instance: LiveInstance | undefined;
  let over = false;
  let lastBytes: NodeJS.Timeout | undefined;

  function finish(status: number): boolean {
    if (over) return false;
    over = true;
    clearTimeout(limit);
    clearTimeout(lastBytes);
    const latencyMs = preciseNowMs() - arrivedAtMs;
    const instanceId = instance?.id ?? '';
    log.append({ kind: 'request', atMs: arrivedAtMs, service, revision, instanceId, status, latencyMs, trace });
    runner.release(number);
    return true;
  }
  function refuse(status: number, text: string): void {
    if (finish(status)) hooks.refuse(status, text);
  }

  const limit = setTimeout(() => refuse(504, 'upstream request timeout'), timeoutMs);
  const admission: Admission = {
    get over() {
      return over;
    },
    finish,
    refuse,
  };
  runner.admit({
    number,
    assign(assigned) {
      instance = assigned;
      hooks.forward(assigned);
    },
    reject(status, text) {
      if (instance === undefined) refuse(status, text);
      else lastBytes = setTimeout(() => refuse(status, text), LAST_BYTES_MS);
    },
  });
  return admission;
}
