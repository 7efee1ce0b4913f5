import type { Rates, RegionPrices } from '../domain/cost.ts';

/** One price of `contracts/prices`, as it is written. */
export interface RatesDocument {
  readonly vcpu_second: number;
  readonly gib_second: number;
  readonly million_requests: number;
}

interface TierDocument {
  readonly request_based: RatesDocument;
  readonly instance_based?: RatesDocument;
}

/** `contracts/prices/YYYY-MM.json`: US dollars at one date, by tier of region. */
export interface PriceTable {
  readonly format: 'prices/1';
  readonly asOf: string;
  readonly source: string;
  readonly currency: 'USD';
  readonly tiers: { readonly 1: TierDocument; readonly 2: TierDocument };
  readonly tier_1_regions: readonly string[];
}

/** What a configuration has different, `prices:` in cloudrun-perf.yaml. */
export interface PriceOverrides {
  readonly request_based?: Partial<RatesDocument>;
  readonly instance_based?: Partial<RatesDocument>;
}

/** Prices of one region. An unknown region counts as the dearer tier, so that no estimate is too low. */
export function pricesOf(region: string, table: PriceTable, overrides: PriceOverrides = {}): RegionPrices {
  const tier = table.tier_1_regions.includes(region) ? 1 : 2;
  const { request_based: requestBased, instance_based: instanceBased } = table.tiers[tier];
  const changed = Object.keys({ ...overrides.request_based, ...overrides.instance_based }).length > 0;
  // A tier without known prices by instance has those by request for its seconds: dearer, so no estimate is too low.
  const byInstance = instanceBased ?? { ...requestBased, million_requests: 0 };
  return {
    region,
    tier,
    asOf: table.asOf,
    source: table.source,
    ...(changed ? { overridden: true as const } : {}),
    requestBased: ratesOf({ ...requestBased, ...overrides.request_based }),
    instanceBased: ratesOf({ ...byInstance, ...overrides.instance_based }),
  };
}

function ratesOf({ vcpu_second, gib_second, million_requests }: RatesDocument): Rates {
  return { perVcpuSecond: vcpu_second, perGibSecond: gib_second, perMillionRequests: million_requests };
}

/** `tier 1 prices of 2026-11, cloud.google.com/run/pricing; free tier not deducted` */
export function priceSentence({ tier, asOf, source, overridden }: RegionPrices): string {
  const changed = overridden === true ? ', changed by the configuration' : '';
  return `tier ${tier} prices of ${asOf}, ${source}${changed}; free tier not deducted`;
}
