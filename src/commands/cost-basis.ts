import type { Config } from '../config/config.ts';
import type { CostBasis, RegionPrices } from '../domain/cost.ts';
import { UsageError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { formatDollars } from '../plan/describe.ts';
import { estimatePlan } from '../plan/estimate.ts';
import { priceSentence, pricesOf } from '../plan/prices.ts';
import type { Ports } from './ports.ts';

/**
 * Prices and estimate of a plan. Throws UsageError `cost-over-limit` when the estimate is above the cap; a local plan
 * costs nothing and has no cap.
 */
export function costBasis(
  plan: Plan,
  { maxCost }: { readonly maxCost?: number },
  config: Config,
  { priceTable }: Pick<Ports, 'priceTable'>,
): CostBasis {
  const prices = pricesOf(config.gcp.region, priceTable, config.prices);
  const { dollars, services, requests } = estimatePlan(plan, prices);
  const local = plan.platform === 'local';
  if (!local) refuseAbove(maxCost, dollars, `${services} services and ${requests} requests`, prices);
  return {
    prices,
    ...(local ? { hypothetical: true as const } : {}),
    estimatedDollars: dollars,
    ...billedLoad(plan),
    ...(maxCost === undefined ? {} : { maxDollars: maxCost }),
    ...(config.monthlyRequests === undefined ? {} : { monthlyRequests: config.monthlyRequests }),
  };
}

function billedLoad({ settings: { load } }: Plan): Pick<CostBasis, 'load'> {
  if (load?.from !== 'job') return {};
  const { tasks, cpu, memory } = load;
  return { load: { tasks, cpu, memory } };
}

/** Throws UsageError `cost-over-limit` when what is planned is dearer than the cap. */
export function refuseAbove(maxCost: number | undefined, dollars: number, what: string, prices: RegionPrices): void {
  if (maxCost === undefined || dollars <= maxCost) return;
  const found = `${what} are estimated at ${formatDollars(dollars)}`;
  throw new UsageError('cost-over-limit', `${found}, wanted at most ${formatDollars(maxCost)}: nothing was started`, {
    hint: `select fewer implementations, profiles or iterations, or raise --max-cost (max-cost); ${priceSentence(prices)}`,
  });
}
