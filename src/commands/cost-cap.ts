import { InfrastructureError } from '../domain/errors.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import type { Run } from '../domain/run.ts';
import { mostDollars } from '../plan/ceiling.ts';
import { formatDollars } from '../plan/describe.ts';
import { runCost } from '../report/cost.ts';

/**
 * InfrastructureError `cost-cap-reached` when measuring this implementation, too, might take the run above its cap: what was
 * measured before it was slower than the estimate allows for. Undefined: there is room, or no cap.
 */
export function costCapReached(planned: PlannedImplementation, plan: Plan, run: Run): InfrastructureError | undefined {
  const { cost } = run.metadata;
  if (cost?.maxDollars === undefined || cost.hypothetical === true) return undefined;
  const { compute, requests } = runCost(run)?.dollars ?? { compute: 0, requests: 0 };
  const spent = compute + requests;
  const next = mostDollars({ ...plan, implementations: [planned] }, cost.prices);
  // The sum of what was estimated for all may be the cap itself.
  if (spent + next <= cost.maxDollars * (1 + 1e-9)) return undefined;
  const found = `about ${formatDollars(spent)} are spent and this one may cost ${formatDollars(next)}`;
  return new InfrastructureError('cost-cap-reached', `${found}, wanted at most ${formatDollars(cost.maxDollars)}`, {
    hint: 'services that start or answer slower than the estimate allows for: raise --max-cost, or measure fewer',
  });
}
