// core: what the producer was told, record by record, and the longest time it was told nothing while it
// waited for something.

export class Deliveries {
  readonly acknowledged = new Set<number>();
  readonly failed = new Map<number, string>();
  sent = 0;
  #lastMs: number | null = null;
  #longest = { ms: 0, endedMs: 0 };

  inFlight(): number {
    return this.sent - this.acknowledged.size - this.failed.size;
  }

  noteSent(nowMs: number): void {
    // A gap is counted only while the producer waits for an answer.
    if (this.inFlight() === 0) this.#lastMs = nowMs;
    this.sent++;
  }

  noteAcknowledged(number: number, nowMs: number): void {
    this.acknowledged.add(number);
    this.#close(nowMs);
  }

  noteFailed(number: number, reason: string, nowMs: number): void {
    this.failed.set(number, reason);
    this.#close(nowMs);
  }

  /** The longest wait between two answers, ms, and when it ended. */
  longestGap(): { ms: number; endedMs: number } {
    return this.#longest;
  }

  #close(nowMs: number): void {
    if (this.#lastMs !== null && nowMs - this.#lastMs > this.#longest.ms) {
      this.#longest = { ms: nowMs - this.#lastMs, endedMs: nowMs };
    }
    this.#lastMs = nowMs;
  }
}
