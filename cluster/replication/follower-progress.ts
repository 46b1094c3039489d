// core: what a leader knows about one follower: its positions, and since when it has not been caught up.
//
// Keeps true: a follower that stands at the leader's end is caught up, however long ago it said so, and the
// clock of its lag starts with the append that left it behind (an idle partition sends nothing). Positions
// said under another broker epoch than the one registered do not count, nor of a log in another directory
// than the metadata names: a replica that lost its directory begins anew in another.
//
// Source of the lag rule: Kafka, Replica.updateFetchStateOrThrow.

import { type Uuid, zeroUuid } from "../../base/uuid.ts";

/** The follower has said nothing yet, or nothing that counts. */
export const unknownOffset = -1;

export interface ReportedPosition {
  brokerEpoch: number;
  /** Where the log is of which it speaks. */
  directoryId: Uuid;
  readOffset: number;
  durableOffset: number;
  logStartOffset: number;
}

/** What the metadata says about a broker. */
export interface BrokerStanding {
  /** Its registration; -1 when it is not registered. */
  epoch: number;
  /** Neither fenced nor on its way out: may join in-sync sets. */
  eligible: boolean;
}

export class FollowerProgress {
  readonly nodeId: number;
  #brokerEpoch = -1;
  #directoryId: Uuid = zeroUuid;
  #readOffset = unknownOffset;
  #durableOffset = unknownOffset;
  #logStartOffset = unknownOffset;
  #lastCaughtUpMs: number;
  #lastReportMs: number;
  #leaderEndAtReport = 0;
  /** When its durable offset last moved, or fell behind what it had read. */
  #durableMovedMs: number;

  /** Its stream is open: what it reported last may be the present. */
  #isConnected = false;

  constructor(nodeId: number, options: { lastCaughtUpMs: number; nowMs: number }) {
    this.nodeId = nodeId;
    this.#lastCaughtUpMs = options.lastCaughtUpMs;
    this.#lastReportMs = options.nowMs;
    this.#durableMovedMs = options.nowMs;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  gone(): void {
    this.#isConnected = false;
  }

  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  get readOffset(): number {
    return this.#readOffset;
  }

  get durableOffset(): number {
    return this.#durableOffset;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /**
   * What it said is of its present life (the registered broker epoch) and of its present log. `placed`: the
   * directory that the metadata names, the zero uuid while it names none.
   */
  isOfNow(standing: BrokerStanding, placed: Uuid): boolean {
    if (this.#brokerEpoch !== standing.epoch) return false;
    return placed === zeroUuid || placed === this.#directoryId;
  }

  /** The offset that counts for the high watermark, if what it said does. */
  counted(countsDurable: boolean): number {
    return countsDurable ? this.#durableOffset : this.#readOffset;
  }

  report(position: ReportedPosition, leaderEnd: number, nowMs: number): void {
    if (position.readOffset >= leaderEnd) this.#lastCaughtUpMs = nowMs;
    else if (position.readOffset >= this.#leaderEndAtReport)
      this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, this.#lastReportMs);
    const owedNothing = this.#durableOffset >= this.#readOffset;
    if (owedNothing || position.durableOffset !== this.#durableOffset) this.#durableMovedMs = nowMs;
    this.#isConnected = true;
    this.#brokerEpoch = position.brokerEpoch;
    this.#directoryId = position.directoryId;
    this.#readOffset = position.readOffset;
    this.#durableOffset = position.durableOffset;
    this.#logStartOffset = position.logStartOffset;
    this.#lastReportMs = nowMs;
    this.#leaderEndAtReport = leaderEnd;
  }

  /** It has just joined the in-sync set, for which it need not be at the end: its full time starts now. */
  joined(nowMs: number): void {
    this.#lastCaughtUpMs = nowMs;
  }

  /** The leader is about to append at `oldEnd`: whoever stood there was caught up until now. */
  leaderAppends(oldEnd: number, nowMs: number): void {
    if (this.#readOffset >= oldEnd) this.#lastCaughtUpMs = nowMs;
  }

  /**
   * Was at the leader's end within the last `lagTimeMaxMs`; and, where the durable offset counts, its disk
   * has not stood still that long (it would hold up the high watermark for ever while it reads on).
   */
  isCaughtUp(options: {
    leaderEnd: number;
    nowMs: number;
    lagTimeMaxMs: number;
    countsDurable: boolean;
  }): boolean {
    const { leaderEnd, nowMs, lagTimeMaxMs } = options;
    const diskOwes = options.countsDurable && this.#durableOffset < this.#readOffset;
    if (diskOwes && nowMs - this.#durableMovedMs > lagTimeMaxMs) return false;
    return this.#readOffset >= leaderEnd || nowMs - this.#lastCaughtUpMs <= lagTimeMaxMs;
  }
}
