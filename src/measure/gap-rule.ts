/** All in milliseconds. The probe is a request on a fresh connection right after the sample, to an instance surely warm. */
export interface GapRuleInput {
  readonly coldMs: number;
  readonly pooledMedianMs: number;
  readonly warmProbeMs: number;
}

const FAR_BELOW_COLD = 3;
const NEAR_WARM = 3;

/**
 * Whether a supposed cold start looks like a warm answer: under a third of the pooled median of cold starts, and
 * within three times of what a warm answer takes. Both, because a fast start mode alone is no proof of warmth.
 */
export function looksWarm({ coldMs, pooledMedianMs, warmProbeMs }: GapRuleInput): boolean {
  return coldMs < pooledMedianMs / FAR_BELOW_COLD && coldMs <= warmProbeMs * NEAR_WARM;
}
