// core: waits counted in buckets that grow by about one percent, so that a run of any length takes the same
// memory and quantiles cost nothing while the clock runs. Knows no clock.

/** Buckets below `linear` microseconds are exact; above it each power of two is cut in `steps`. */
const linear = 128;
const steps = 64;
const powersMax = 30;

export interface WaitSummary {
  count: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

export class Histogram {
  readonly #counts = new Float64Array(linear + steps * powersMax);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  add(waitMs: number): void {
    this.#counts[bucketOf(waitMs * 1_000)]!++;
    this.#count++;
    if (waitMs > this.#maxMs) this.#maxMs = waitMs;
  }

  /** The wait that `share` (0 to 1) of all stay within, in ms; 0 when there is none. */
  quantileMs(share: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return Math.min(this.#maxMs, endOf(bucket) / 1_000);
    }
    return this.#maxMs;
  }

  summary(): WaitSummary {
    return {
      count: this.#count,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
      maxMs: this.#maxMs,
    };
  }
}

function bucketOf(waitUs: number): number {
  const whole = Math.max(0, Math.floor(waitUs));
  if (whole < linear) return whole;
  const power = Math.floor(Math.log2(whole));
  const within = Math.floor((whole / 2 ** power - 1) * steps);
  return Math.min(linear + (power - 7) * steps + within, linear + steps * powersMax - 1);
}

/** Where a bucket ends, in microseconds. */
function endOf(bucket: number): number {
  if (bucket < linear) return bucket + 1;
  const power = Math.floor((bucket - linear) / steps) + 7;
  return 2 ** power * (1 + (((bucket - linear) % steps) + 1) / steps);
}
