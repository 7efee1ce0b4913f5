import { type handleUnaryCall, type ServerErrorResponse, status } from '@grpc/grpc-js';
import { AdminError } from './admin-error.ts';

/** A gRPC method of an ordinary function: what it throws becomes the status of the call. */
export function unary<Request, Response>(
  answer: (request: Request, deadline: Date | number) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await answer(call.request, call.getDeadline()));
    } catch (error) {
      callback(statusOf(error));
    }
  };
}

function statusOf(error: unknown): Partial<ServerErrorResponse> {
  if (error instanceof AdminError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
