// core: how much of one pull stream is under way, and when the next message leaves. The follower's
// acknowledgements give credit; and while a message is on its way, what is small waits for its answer and
// gathers more (Nagle's rule): a message costs both ends the same whether it carries one batch or ten.
//
// Keeps true: nothing waits longer than `gatherMs`, whatever the follower does.
import { limits } from "../../base/limits.ts";

/** What is worth a message of its own, bytes. */
const gatherBytes = 64 * 1024;
/** How long less than that waits while a message is under way, ms. */
export const gatherMs = 1;

export class PullFlow {
  #sentBytes = 0;
  #receivedBytes = 0;
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
    this.#sentBytes += bytes;
    this.#waitingBytes = options.isAll ? 0 : Number.POSITIVE_INFINITY;
    if (bytes > 0) this.#sentMs = options.nowMs;
  }

  /** All that came on this stream so far. */
  acknowledged(receivedBytes: number): void {
    this.#receivedBytes = receivedBytes;
  }

  /** True: what there is to send gathers more. */
  gathers(nowMs: number): boolean {
    const isUnderWay = this.#sentBytes > this.#receivedBytes;
    return isUnderWay && this.#waitingBytes < gatherBytes && nowMs - this.#sentMs < gatherMs;
  }
}
