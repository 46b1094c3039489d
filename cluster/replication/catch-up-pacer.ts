// core: how fast replicas that are far behind are given what they lack, while others write. What is measured
// is what counts: how long writers wait until their records are committed. While they wait no longer than
// without it, copying speeds up; when they wait longer, it slows down. With nobody writing there is no limit.
//
// Keeps true: copying never stops, however long writers wait: a replica that never comes back into the
// in-sync set is worse than a slow write.
import { limits } from "../../base/limits.ts";

/** Over which the longest wait is taken, ms. */
const windowMs = 100;
/** With no write for so long nobody is disturbed, ms. */
const quietMs = 250;
/** Longest waits during copying, as a multiple of those without, above which it slows down. */
const worseBy = 1.3;
/** Waits are not told apart more finely, ms. */
const graceMs = 2;
const faster = 1.25;
const slower = 0.7;
/** Weight of a new window in the average of the longest waits without copying. */
const weight = 0.1;

/** How much more than what is written is copied at least, lest a replica never comes nearer. */
const aheadOfWriters = 2;

const { catchUpBytesPerSecondMin: least, catchUpBytesPerSecondStart: start } = limits;
const most = 2 ** 31;

export class CatchUpPacer {
  #bytesPerSecond: number = start;
  /** May be below zero: what was sent last was larger than what was left. */
  #allowance = 0;
  #refilledMs = 0;
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;
  #writtenPerSecond = 0;
  #windowEndsMs = 0;
  #longestMs = 0;
  #waits = 0;
  #copied = false;
  #usualMs: number | null = null;

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** What a writer wrote is in the log, and waits for the in-sync set. */
  wrote(bytes: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#lastWriteMs = nowMs;
    this.#writtenBytes += bytes;
  }

  /** A writer's record was committed, after so long. */
  committed(waitedMs: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#longestMs = Math.max(this.#longestMs, waitedMs);
    this.#waits++;
  }

  /** How long to wait before more is sent to a replica that is behind; 0: not at all. */
  delayMs(nowMs: number): number {
    this.#turn(nowMs);
    if (nowMs - this.#lastWriteMs > quietMs) return 0;
    this.#refill(nowMs);
    return this.#allowance > 0 ? 0 : Math.max(1, (-this.#allowance / this.#bytesPerSecond) * 1_000);
  }

  sent(bytes: number): void {
    this.#copied = true;
    this.#allowance -= bytes;
  }

  /** No more than a window's worth is saved up. */
  #refill(nowMs: number): void {
    const perMs = this.#bytesPerSecond / 1_000;
    const gained = (nowMs - this.#refilledMs) * perMs;
    this.#refilledMs = nowMs;
    const kept = Math.max(this.#allowance, -windowMs * perMs);
    this.#allowance = Math.min(kept + gained, windowMs * perMs);
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#windowEndsMs) return;
    const tookMs = windowMs + Math.min(nowMs - this.#windowEndsMs, 10 * windowMs);
    this.#writtenPerSecond += weight * ((this.#writtenBytes * 1_000) / tookMs - this.#writtenPerSecond);
    if (this.#waits > 0) this.#judge(this.#longestMs);
    this.#writtenBytes = 0;
    this.#windowEndsMs = nowMs + windowMs;
    this.#longestMs = 0;
    this.#waits = 0;
    this.#copied = false;
  }

  #judge(longestMs: number): void {
    if (!this.#copied) {
      this.#usualMs =
        this.#usualMs === null ? longestMs : this.#usualMs + weight * (longestMs - this.#usualMs);
      return;
    }
    // Copying before anybody wrote without it: there is nothing to compare with.
    const usualMs = this.#usualMs ?? longestMs;
    const isWorse = longestMs > usualMs * worseBy + graceMs;
    const next = this.#bytesPerSecond * (isWorse ? slower : faster);
    this.#bytesPerSecond = Math.min(most, Math.max(least, aheadOfWriters * this.#writtenPerSecond, next));
  }
}
