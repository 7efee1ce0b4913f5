import type { MeasuredProtocol } from '../measure/target.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** A protocol as measuring sees it. */
export function measured(protocol: Protocol): MeasuredProtocol {
  return {
    // Measuring itself adds the trace that proves whose request was the first.
    coldRequest: () => protocol.coldRequest(),
    coldFault: (answer) => protocol.coldFault(answer),
    warmCall: (nowMs) => protocol.warmCall(nowMs),
    logsConnections: protocol.logsConnections,
    prepare: (send, nowMs) => protocol.prepare(send, nowMs),
  };
}
