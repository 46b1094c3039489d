// core: how fast replicas that are far behind are given what they lack, while others write. What is measured
// is what counts: how long writers wait until their records are committed, on average: the longest waits
// grow with it and tell less, since one of them may have any cause. While they wait hardly longer than
// without it, copying speeds up; when they wait longer, it slows down. With nobody writing there is no limit.
//
// Keeps true: copying never stops, however long writers wait: a replica that never comes back into the
// in-sync set is worse than a slow write.
import { limits } from "../../base/limits.ts";

/** Over which the average is taken, ms. */
const windowMs = 100;
/** What may be saved up while nothing was sent, as time at the present rate, ms: others wait for a burst. */
const savedMs = 20;
/** With no write for so long nobody is disturbed, ms. */
const quietMs = 250;
/** The wait that copying aims at, as a multiple of that without it. */
const aimedAt = 1.25;
/** Waits are not told apart more finely, ms. */
const graceMs = 2;
/** How much faster it gets in a window in which writers did not notice it at all... */
const gain = 0.1;
/** ...and how many times that slower at most. */
const slowestStep = -2;
/** Weight of a new window in the average of the waits without copying. */
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
  #waitedMs = 0;
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
    this.#waitedMs += waitedMs;
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

  #refill(nowMs: number): void {
    const perMs = this.#bytesPerSecond / 1_000;
    const gained = (nowMs - this.#refilledMs) * perMs;
    this.#refilledMs = nowMs;
    const kept = Math.max(this.#allowance, -windowMs * perMs);
    this.#allowance = Math.min(kept + gained, savedMs * perMs);
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#windowEndsMs) return;
    const tookMs = windowMs + Math.min(nowMs - this.#windowEndsMs, 10 * windowMs);
    this.#writtenPerSecond += weight * ((this.#writtenBytes * 1_000) / tookMs - this.#writtenPerSecond);
    if (this.#waits > 0) this.#judge(this.#waitedMs / this.#waits);
    this.#writtenBytes = 0;
    this.#windowEndsMs = nowMs + windowMs;
    this.#waitedMs = 0;
    this.#waits = 0;
    this.#copied = false;
  }

  #judge(waitMs: number): void {
    if (!this.#copied) {
      this.#usualMs = this.#usualMs === null ? waitMs : this.#usualMs + weight * (waitMs - this.#usualMs);
      return;
    }
    // Copying before anybody wrote without it: there is nothing to compare with.
    const usualMs = Math.max(graceMs, this.#usualMs ?? waitMs);
    const room = (aimedAt - waitMs / usualMs) / (aimedAt - 1);
    const next = this.#bytesPerSecond * (1 + gain * Math.min(1, Math.max(slowestStep, room)));
    this.#bytesPerSecond = Math.min(most, Math.max(least, aheadOfWriters * this.#writtenPerSecond, next));
  }
}
