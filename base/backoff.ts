// core: how long to wait before trying again: exponential, capped, with jitter so that many who failed
// together do not come back together (Kafka: retry.backoff.ms and retry.backoff.max.ms, KIP-580). Waits for
// nobody.
import type { Random } from "./ports/random.ts";

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** Growth from one attempt to the next; 2 if not given. */
  factor?: number;
  /** Deviation to both sides, as a part of the whole; 0.2 if not given. */
  jitter?: number;
}

export class Backoff {
  private readonly options: Required<BackoffOptions>;
  private readonly random: Random;
  private attempts = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.options = { factor: 2, jitter: 0.2, ...options };
    this.random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.attempts;
  }

  /** Milliseconds to wait now; each call counts as one more failure. */
  nextMs(): number {
    const { baseMs, maxMs, factor, jitter } = this.options;
    const plain = Math.min(maxMs, baseMs * factor ** Math.min(this.attempts, 64));
    this.attempts++;
    return Math.min(maxMs, plain * (1 + jitter * (2 * this.random.float() - 1)));
  }

  /** It worked: the next failure starts from the base again. */
  reset(): void {
    this.attempts = 0;
  }
}
