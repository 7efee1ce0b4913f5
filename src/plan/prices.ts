/** Request-based billing of Cloud Run in US dollars, without the free tier. */
export interface Prices {
  readonly perVcpuSecond: number;
  readonly perGibSecond: number;
  readonly perMillionRequests: number;
}

export interface PriceTable extends Prices {
  /** When the figures were read, and where. */
  readonly asOf: string;
  readonly source: string;
  readonly tier: 1 | 2;
}

const SOURCE = 'cloud.google.com/run/pricing, as quoted by firebase-tools 15.34.2 pricing.js';
const AS_OF = '2026-11';

const TIER_1: PriceTable = {
  tier: 1,
  perVcpuSecond: 0.000024,
  perGibSecond: 0.0000025,
  perMillionRequests: 0.4,
  asOf: AS_OF,
  source: SOURCE,
};
const TIER_2: PriceTable = { ...TIER_1, tier: 2, perVcpuSecond: 0.0000336, perGibSecond: 0.0000035 };

// The regions that the source lists; an unknown region counts as the dearer tier, so that no estimate is too low.
const TIER_1_REGIONS = new Set([
  'asia-east1',
  'asia-northeast1',
  'asia-northeast2',
  'europe-north1',
  'europe-west1',
  'europe-west4',
  'us-central1',
  'us-east1',
  'us-east4',
  'us-west1',
]);

export function pricesOf(region: string): PriceTable {
  return TIER_1_REGIONS.has(region) ? TIER_1 : TIER_2;
}
