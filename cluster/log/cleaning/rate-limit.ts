// core: how long work has to wait so that it goes at no more than a given rate. What was not used is saved up
// for a tenth of a second at most.
const savedMs = 100;

export class RateLimit {
  /** Bytes a second; 0: no limit. */
  bytesPerSecond: number;
  /** When all that was done so far would be paid for, ms. */
  #paidMs = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** So many bytes were moved just now; answers for how many ms nothing more should be. */
  delayMs(bytes: number, nowMs: number): number {
    if (this.bytesPerSecond <= 0) return 0;
    const costMs = (bytes * 1_000) / this.bytesPerSecond;
    this.#paidMs = Math.max(this.#paidMs, nowMs - savedMs) + costMs;
    return Math.max(0, this.#paidMs - nowMs);
  }
}
