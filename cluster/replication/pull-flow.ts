// core: how much of one pull stream is under way, and when the next message leaves. The follower's
// acknowledgements give credit; and while two messages are on their way, what is small waits for the answer
// to the first and gathers more: a message costs both ends the same whether it carries one batch or ten, and
// two are enough to keep both ends busy.
//
// Keeps true: nothing waits longer than `gatherMs`, whatever the follower does.
import { limits } from "../../base/limits.ts";

/** What is worth a message of its own, bytes. */
const gatherBytes = 64 * 1024;
/** How long less than that waits while messages are under way, ms. */
export const gatherMs = 1;

export class PullFlow {
  #sentBytes = 0;
  #receivedBytes = 0;
  /** Where the message before the last one ends: until that is acknowledged, two are under way. */
  #lastButOneEnd = 0;
  #waitingBytes = 0;
  #sentMs = Number.NEGATIVE_INFINITY;

  /** Bytes that may be sent before the follower acknowledges more. */
  get credit(): number {
    return limits.pullCreditBytes - (this.#sentBytes - this.#receivedBytes);
  }

  /** So much more waits to be sent; Infinity: it is not known how much. */
  waits(bytes: number): void {
    this.#waitingBytes += bytes;
  }

  /** A message left; `isAll`: nothing waits any more. */
  sent(bytes: number, options: { isAll: boolean; nowMs: number }): void {
    this.#waitingBytes = options.isAll ? 0 : Number.POSITIVE_INFINITY;
    if (bytes === 0) return;
    this.#lastButOneEnd = this.#sentBytes;
    this.#sentBytes += bytes;
    this.#sentMs = options.nowMs;
  }

  /** All that came on this stream so far. */
  acknowledged(receivedBytes: number): void {
    this.#receivedBytes = receivedBytes;
  }

  /** True: what there is to send gathers more. */
  gathers(nowMs: number): boolean {
    const areTwoUnderWay = this.#lastButOneEnd > this.#receivedBytes;
    return areTwoUnderWay && this.#waitingBytes < gatherBytes && nowMs - this.#sentMs < gatherMs;
  }
}
