import hdr from 'hdr-histogram-js';

// HDR's own limit of exact whole numbers; no latency comes near it.
const LARGEST_MICROSECONDS = 2 ** 52;

/** Latencies in whole microseconds with 3 significant digits: at most 0.1 % from the truth, of fixed size, mergeable. */
export interface LatencyHistogram {
  /** Milliseconds with fractions; rounded to the next whole microsecond. Throws RangeError for negative or no numbers. */
  record(latencyMs: number): void;
  /** Milliseconds at quantile `q` (0..1), by HDR's definition: the smallest recorded step that holds the share. */
  quantileMs(q: number): number;
  readonly count: number;
  readonly maxMs: number;
  /** Adds another histogram's counts: exact, nothing is re-binned. */
  merge(other: LatencyHistogram): void;
  /** HDR V2, compressed, base64. */
  encode(): string;
}

// One hour. A fixed range makes equal counts equal texts, however they came about; larger values still grow it.
const RANGE_MICROSECONDS = 3_600_000_000;

type Hdr = ReturnType<typeof hdr.build>;

class HdrLatencies implements LatencyHistogram {
  readonly #counts: Hdr;

  constructor(counts: Hdr) {
    this.#counts = counts;
  }

  record(latencyMs: number): void {
    const microseconds = Math.round(latencyMs * 1000);
    if (!(microseconds >= 0 && microseconds <= LARGEST_MICROSECONDS)) {
      throw new RangeError(`${latencyMs} ms is not a latency`);
    }
    this.#counts.recordValue(microseconds);
  }

  quantileMs(q: number): number {
    return this.#counts.getValueAtPercentile(q * 100) / 1000;
  }

  get count(): number {
    return this.#counts.totalCount;
  }

  get maxMs(): number {
    return this.#counts.totalCount === 0 ? 0 : this.#counts.maxValue / 1000;
  }

  merge(other: LatencyHistogram): void {
    if (!(other instanceof HdrLatencies)) throw new TypeError('only histograms of this kind merge exactly');
    this.#counts.add(other.#counts);
  }

  encode(): string {
    return hdr.encodeIntoCompressedBase64(this.#counts);
  }
}

export function latencyHistogram(): LatencyHistogram {
  return new HdrLatencies(
    hdr.build({
      bitBucketSize: 32,
      autoResize: true,
      highestTrackableValue: RANGE_MICROSECONDS,
      numberOfSignificantValueDigits: 3,
    }),
  );
}

/** Reads what `encode` wrote. Throws on anything else. */
export function decodeHistogram(text: string): LatencyHistogram {
  return new HdrLatencies(hdr.decodeFromCompressedBase64(text));
}
