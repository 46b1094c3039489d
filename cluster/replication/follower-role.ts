// shell: a replica while it follows one leader in one leader epoch: takes parts of the pull stream, appends,
// cuts where the leader's epochs say so, and says where it stands.
//
// Keeps true: a part counts only in the round it answers and only where the log ends; the log is cut by
// leader epoch or because the leader's log does not reach so far, never by a high watermark; the high
// watermark goes back only with the log itself.
import { batch } from "../../proto/batch/header.ts";
import { BrokerError, ErrorCode, errorName } from "../../proto/errors.ts";
import type { PullPart, PullPosition } from "../../proto/peer/peer-api.ts";
import { DiskFullError } from "../log/disk-full.ts";
import type { ReplicaLog } from "../log/replica-log.ts";
import { cutForDivergence, epochOfLastRecord, repairOutOfRange } from "./epoch-divergence.ts";
import type { RoleHost } from "./replica-context.ts";

/**
 * progress: positions moved, report them. askAgain: the log was cut or is not where the leader thinks, start
 * a new round. pause: the leader could not serve, start a new round later. none: nothing to tell.
 */
export type FollowerReaction = "progress" | "askAgain" | "pause" | "none";

export class FollowerRole {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly log: ReplicaLog;
  readonly #host: RoleHost;
  #round = 0;
  /** Where its log is, until the leader has answered in this round. */
  #untoldDirectory = "";
  #highWatermark: number;
  #leaderCommitted = 0;
  #startedAt: number;
  #caughtUp = false;

  constructor(options: {
    host: RoleHost;
    log: ReplicaLog;
    leaderId: number;
    leaderEpoch: number;
    highWatermark: number;
  }) {
    this.#host = options.host;
    this.log = options.log;
    this.leaderId = options.leaderId;
    this.leaderEpoch = options.leaderEpoch;
    this.#highWatermark = Math.min(options.highWatermark, options.log.end);
    this.#startedAt = options.log.end;
    this.#dropEmptyEpochs();
    // What the log holds may be younger than its last sync; the leader counts what is on disk.
    if (options.log.durableEnd < options.log.end) options.log.requestSync();
  }

  /**
   * It may have led, in an epoch in which it wrote nothing. That epoch is no part of the log: the leader may
   * send records of older epochs that belong before it.
   */
  #dropEmptyEpochs(): void {
    const { log } = this;
    if (log.lastEpoch > epochOfLastRecord(log)) log.truncateTo(log.end);
  }

  get id() {
    return this.#host.id;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** durable: positions are worth telling when they are on disk; os: at once. */
  get flushPolicy(): "durable" | "os" {
    return this.#host.config.flushPolicy;
  }

  /** Committed records that are not here yet, as far as the leader has told. */
  get lag(): number {
    return Math.max(0, this.#leaderCommitted - this.log.end);
  }

  startRound(round: number): void {
    this.#round = round;
    this.#untoldDirectory = this.#host.directoryId ?? "";
  }

  position(): PullPosition {
    const { topicId, partition } = this.#host.id;
    const { log } = this;
    return {
      topicId,
      partition,
      leaderEpoch: this.leaderEpoch,
      readOffset: log.end,
      lastEpoch: epochOfLastRecord(log),
      durableOffset: log.durableEnd,
      logStartOffset: log.startOffset,
      round: this.#round,
      stop: false,
      directoryId: this.#untoldDirectory,
    };
  }

  /** Says that this role is over. Does not touch the log, which may be gone by then. */
  stopPosition(): PullPosition {
    const { topicId, partition } = this.#host.id;
    return {
      topicId,
      partition,
      leaderEpoch: this.leaderEpoch,
      readOffset: 0,
      lastEpoch: -1,
      durableOffset: 0,
      logStartOffset: 0,
      round: this.#round,
      stop: true,
      directoryId: "",
    };
  }

  receive(part: PullPart): FollowerReaction {
    if (part.round !== this.#round) return "none";
    this.#untoldDirectory = "";
    try {
      return this.#receive(part);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#host.storageFailed(error);
      // The log directory tells of that, for all its partitions at once.
      if (error instanceof DiskFullError) return "pause";
      this.#warn(
        { error: error.message, readOffset: part.readOffset },
        "could not take a part from the leader",
      );
      return "pause";
    }
  }

  #receive(part: PullPart): FollowerReaction {
    if (part.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#repair(part);
    if (part.errorCode !== ErrorCode.NONE) {
      const error = errorName(part.errorCode);
      this.#host.context.log.debug({ ...this.#host.id, error }, "the leader could not serve this partition");
      return "pause";
    }
    const { log } = this;
    if (part.divergingEpoch >= 0) {
      this.#cutTo(cutForDivergence(log, part.divergingEpoch, part.divergingEnd));
      return "askAgain";
    }
    if (part.readOffset !== log.end) {
      this.#warn({ readOffset: part.readOffset, end: log.end }, "the leader sent what was not asked for");
      return "askAgain";
    }
    if (log.end === part.logStartOffset && log.startOffset < log.end) {
      // All that is here the leader has removed, with the epochs by which it could be compared: it may be of
      // a leader that was deposed. Nobody is to read it, should this replica lead before its start is raised.
      this.#startAnewAt(part.logStartOffset);
      return "askAgain";
    }
    const grew = part.records.length > 0;
    if (grew) {
      this.#append(part.records);
      if (this.flushPolicy === "durable") log.requestSync();
    }
    const before = log.startOffset;
    this.#learn(part);
    // Whoever deletes records waits to hear that they are gone here too.
    return grew || log.startOffset > before ? "progress" : "none";
  }

  #append(records: Uint8Array): void {
    const { log } = this;
    const { end } = log;
    const first = batch.baseOffset(records, 0);
    if (first >= end || log.startOffset < end) return void log.appendAsFollower(records);
    // Records were deleted up to the middle of this batch, and this log, which begins there, takes all of it:
    // batches are never taken apart.
    log.truncateFullyAndStartAt(first);
    log.appendAsFollower(records);
    log.raiseStart(end);
  }

  #learn(part: PullPart): void {
    const { log } = this;
    this.#leaderCommitted = part.highWatermark;
    const known = Math.min(part.highWatermark, log.end);
    if (known > this.#highWatermark) {
      this.#highWatermark = known;
      this.#host.changed();
    }
    const start = Math.min(part.logStartOffset, this.#highWatermark);
    if (start > log.startOffset) log.raiseStart(start);
    if (this.#caughtUp || log.end < part.highWatermark) return;
    this.#caughtUp = true;
    const records = log.end - this.#startedAt;
    if (records <= 0) return;
    const { id, context } = this.#host;
    context.onEvent({ kind: "caughtUp", ...id, leaderEpoch: this.leaderEpoch, end: log.end, records });
  }

  #repair(part: PullPart): FollowerReaction {
    const repair = repairOutOfRange(this.log, part.logStartOffset, part.divergingEnd);
    if (repair.kind === "cutTo") {
      this.#cutTo(repair.offset);
      return "askAgain";
    }
    this.#startAnewAt(repair.offset);
    return "askAgain";
  }

  #startAnewAt(offset: number): void {
    const { log } = this;
    const from = log.end;
    log.truncateFullyAndStartAt(offset);
    log.requestSync();
    // Below the leader's start there is nothing to lose; records above it that go are a loss to report.
    this.#cut(from, Math.min(from, offset), from > offset && this.#highWatermark > offset);
    this.#highWatermark = Math.min(Math.max(this.#highWatermark, log.startOffset), log.end);
    this.#host.changed();
  }

  #cutTo(offset: number): void {
    const { log } = this;
    const from = log.end;
    log.truncateTo(offset);
    // The cut must last before anything appended after it counts as durable.
    log.requestSync();
    this.#cut(from, log.end, log.end < this.#highWatermark);
    this.#highWatermark = Math.min(this.#highWatermark, log.end);
    this.#host.changed();
  }

  #cut(from: number, to: number, belowHighWatermark: boolean): void {
    const { id, context } = this.#host;
    this.#startedAt = Math.min(this.#startedAt, to);
    if (from === to) return;
    context.metrics.truncations.add(1);
    context.metrics.truncatedRecords.add(from - to);
    const { leaderEpoch } = this;
    context.onEvent({ kind: "truncated", ...id, leaderEpoch, from, to, belowHighWatermark });
    if (!belowHighWatermark) return;
    // Right only after an unclean election; otherwise a committed record is being lost.
    const fields = { ...id, from, to, highWatermark: this.#highWatermark, leaderEpoch };
    context.log.error(
      fields,
      "the leader does not have records that were committed: cut below the high watermark",
    );
  }

  #warn(fields: Readonly<Record<string, unknown>>, text: string): void {
    const { id, context } = this.#host;
    context.log.warn({ ...id, leaderId: this.leaderId, leaderEpoch: this.leaderEpoch, ...fields }, text);
  }
}
