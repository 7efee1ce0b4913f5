import jstat from 'jstat';

const { jStat } = jstat;

// Above this the t distribution is the normal one to nine digits, and the incomplete beta function slows down.
const NORMAL_FROM = 1e6;

/** Probability of a standard normal value at least as far from 0 as `z`. */
export function normalTwoSidedP(z: number): number {
  return Math.min(1, jStat.erfc(Math.abs(z) / Math.SQRT2));
}

/** The standard normal quantile. */
export function normalQuantile(p: number): number {
  return jStat.normal.inv(p, 0, 1);
}

/** Two-sided p of Student's t; infinite degrees of freedom mean the normal distribution. */
export function tTwoSidedP(t: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom >= NORMAL_FROM) return normalTwoSidedP(t);
  return Math.min(1, 2 * jStat.studentt.cdf(-Math.abs(t), degreesOfFreedom));
}

/** The quantile of Student's t; infinite degrees of freedom mean the normal distribution. */
export function tQuantile(p: number, degreesOfFreedom: number): number {
  return degreesOfFreedom >= NORMAL_FROM ? normalQuantile(p) : jStat.studentt.inv(p, degreesOfFreedom);
}
