import type { Condition } from './messages.ts';
import { timestampOf } from './times.ts';

export const ready = (nowMs: number): Condition => ({
  type: 'Ready',
  state: 'CONDITION_SUCCEEDED',
  lastTransitionTime: timestampOf(nowMs),
});

export const reconciling = (nowMs: number): Condition => ({
  type: 'Ready',
  state: 'CONDITION_RECONCILING',
  lastTransitionTime: timestampOf(nowMs),
});

/** A manually scaled service with 0 instances, or a template that disables it, gets no deploy-time health check. */
export const healthCheckSkipped = (nowMs: number, message: string): Condition => ({
  type: 'ContainerHealthy',
  state: 'CONDITION_SUCCEEDED',
  severity: 'INFO',
  message,
  revisionReason: 'HEALTH_CHECK_SKIPPED',
  lastTransitionTime: timestampOf(nowMs),
});

export const healthCheckFailed = (nowMs: number, message: string): Condition => ({
  type: 'Ready',
  state: 'CONDITION_FAILED',
  severity: 'ERROR',
  message,
  revisionReason: 'HEALTH_CHECK_CONTAINER_ERROR',
  lastTransitionTime: timestampOf(nowMs),
});

export const internalFailure = (nowMs: number, message: string): Condition => ({
  type: 'Ready',
  state: 'CONDITION_FAILED',
  severity: 'ERROR',
  message,
  reason: 'INTERNAL',
  lastTransitionTime: timestampOf(nowMs),
});
