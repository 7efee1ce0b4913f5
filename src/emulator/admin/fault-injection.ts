import { type handleUnaryCall, Metadata, status, type UntypedHandleCall } from '@grpc/grpc-js';
import type { Fault, FaultPlan, FaultRule } from './faults.ts';
import type { Operation } from './messages.ts';
import { type Location, operationName, shortName } from './names.ts';
import { retryInfoDetails } from './retry-info.ts';
import { seededRandom, seedOf } from './weighted-route.ts';

type Handler = handleUnaryCall<Named, object>;
export type Api = Readonly<Record<string, UntypedHandleCall>>;

interface Named {
  readonly name?: string;
  readonly serviceId?: string;
  readonly service?: { readonly name?: string };
  readonly jobId?: string;
  readonly job?: { readonly name?: string };
}

const NOT_CARRIED_OUT: Readonly<Partial<Record<Fault, readonly [code: status, details: string]>>> = {
  unavailable: [status.UNAVAILABLE, 'The service is currently unavailable.'],
  internal: [status.INTERNAL, 'Internal error encountered.'],
  aborted: [status.ABORTED, 'Conflict: another change of this resource is under way.'],
  quota: [status.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric 'Write requests' and limit 'per minute'."],
};
/** As the client library tells a connection that breaks. */
const CONNECTION_DROPPED = { code: status.UNAVAILABLE, details: 'Connection dropped' };

/** Puts the faults of a plan between the clients and the methods of all APIs. */
export function faultInjector({ seed, rules }: FaultPlan, location: Location, now: () => number) {
  const counts = new Map<string, number>();
  /** Operations that are not done for their clients until then. */
  const unfinished = new Map<string, number>();
  const dropped = new Map<string, Operation>();

  function faultOf(method: string, request: Named): FaultRule | undefined {
    const { serviceId, jobId, name } = request;
    const service = shortName(serviceId ?? jobId ?? request.service?.name ?? request.job?.name ?? name ?? '');
    const key = `${method}/${method.endsWith('Operation') ? '' : service}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return rules.find(({ methods, calls, service: only, chance = 1 }, index) => {
      if (!methods.includes(method) || (only !== undefined && only !== service)) return false;
      if (calls !== undefined && !calls.includes(count)) return false;
      return seededRandom(seedOf(`${seed}/${index}/${key}/${count}`))() < chance;
    });
  }

  function hide(answer: object | null | undefined, untilMs: number): object | null | undefined {
    if (!isOperation(answer)) return answer;
    unfinished.set(answer.name, untilMs);
    return pending(answer);
  }

  /** Accepts in place of the API, and does nothing. */
  function drop(): Operation {
    const operation = { name: operationName(location, `dropped-${dropped.size + 1}`), done: false };
    dropped.set(operation.name, operation);
    return operation;
  }

  function withFault(rule: FaultRule, handler: Handler, ...[call, callback]: Parameters<Handler>): void {
    const refusal = NOT_CARRIED_OUT[rule.fault];
    if (refusal !== undefined) {
      const [code, details] = refusal;
      const metadata = new Metadata();
      if (rule.retryAfterMs !== undefined)
        metadata.set('grpc-status-details-bin', retryInfoDetails(code, details, rule.retryAfterMs));
      callback({ code, details, metadata });
      return;
    }
    switch (rule.fault) {
      case 'lost-response':
        handler(call, () => callback(CONNECTION_DROPPED));
        break;
      case 'duplicate':
        handler(call, () => handler(call, callback));
        break;
      case 'dropped-operation':
        callback(null, drop());
        break;
      default: {
        const untilMs = rule.fault === 'slow-operation' ? now() + (rule.slowMs ?? 0) : Number.POSITIVE_INFINITY;
        handler(call, (error, answer) => callback(error, hide(answer, untilMs)));
      }
    }
  }

  function observe(handler: Handler, ...[call, callback]: Parameters<Handler>): void {
    const lost = dropped.get(call.request.name ?? '');
    if (lost !== undefined) {
      callback(null, lost);
      return;
    }
    handler(call, (error, answer) => {
      const hidden = isOperation(answer) && (unfinished.get(answer.name) ?? 0) > now();
      callback(error, hidden ? pending(answer) : answer);
    });
  }

  return (api: Api): Api =>
    Object.fromEntries(
      Object.entries(api).map(([method, untyped]) => {
        // All methods of these APIs are unary.
        const handler = untyped as Handler;
        const seen: Handler = method.endsWith('Operation') ? (...given) => observe(handler, ...given) : handler;
        const faulty: Handler = (call, callback) => {
          const rule = faultOf(method, call.request);
          if (rule === undefined) seen(call, callback);
          else withFault(rule, seen, call, callback);
        };
        return [method, faulty] as const;
      }),
    );
}

const pending = ({ name, metadata }: Operation): Operation => ({
  name,
  ...(metadata === undefined ? {} : { metadata }),
  done: false,
});

function isOperation(answer: object | null | undefined): answer is Operation {
  return answer != null && 'name' in answer && String(answer.name).includes('/operations/');
}
