import type { MeasuredProtocol } from '../measure/target.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** A protocol as measuring sees it: its cold request carries the trace that proves whose request was the first. */
export function measured(protocol: Protocol): MeasuredProtocol {
  return {
    coldRequest(traceparent) {
      const request = protocol.coldRequest();
      return { ...request, headers: [...request.headers, ['traceparent', traceparent]] };
    },
    warmRequest: (nowMs) => protocol.warmRequest(nowMs),
    isCorrectAnswer: ({ status, contentType, body }) => protocol.isCorrectAnswer(status, contentType, body),
  };
}
