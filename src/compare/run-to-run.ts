import type { MetricId } from '../domain/metric.ts';
import type { PlatformName } from '../domain/plan.ts';

/**
 * Standard deviation, as a logarithm, by which a service's level differs from run to run though nothing changed.
 * Cloud Run: 4.5 %, from the published runs of a fleet. Local: from 90 runs of one server on a shared machine with
 * other load; the largest there are the reason why stored local numbers can only shout.
 */
const CLOUD_RUN = 0.045;
const LOCAL: Readonly<Record<MetricId, number>> = {
  'cold-ttfb': 0.26,
  'cold-startup': 0.26,
  'warm-p50': 0.04,
  'warm-rps': 0.21,
  'warm-p90': 0.33,
  'warm-p99': 0.33,
};

export function runToRunFloor(platform: PlatformName, metric: MetricId): number {
  return platform === 'local' ? LOCAL[metric] : CLOUD_RUN;
}
