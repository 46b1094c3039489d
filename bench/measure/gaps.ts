// core: the longest time in which a writer, that sends one record after the other, got no acknowledgement.

export class Gaps {
  #lastMs: number;
  #longestMs = 0;
  #acknowledged = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** So many acknowledgements so far. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Between two acknowledgements since `begin`; one that lasts still does not count. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Forgets what was; the gap that is under way counts from its acknowledgement on. */
  begin(): void {
    this.#longestMs = 0;
  }

  acknowledge(nowMs: number): void {
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#acknowledged++;
  }
}
