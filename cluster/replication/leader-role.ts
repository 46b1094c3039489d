// shell: a replica while it leads, in one leader epoch: takes writes, hands batches to the pull streams of
// its followers, keeps the high watermark by the leader state, and answers those who wait for it.
//
// Keeps true: once stopped it accepts nothing, and everyone who waited has an answer. It never opens a batch
// beyond its header and never changes the in-sync set by itself.
import { assert } from "../../base/assert.ts";
import { batch as header } from "../../proto/batch/header.ts";
import { BrokerError, ErrorCode, errorName } from "../../proto/errors.ts";
import type { ReplicaLog } from "../log/replica-log.ts";
import type { RetentionLimits } from "../log/retention.ts";
import { CommitWaiters } from "./commit-waiters.ts";
import type { ReportedPosition } from "./follower-progress.ts";
import { type CommittedPartition, type IsrProposal, LeaderState } from "./leader-state.ts";
import { checkProduced } from "./produce-check.ts";
import type { RoleHost } from "./replica-context.ts";

export interface AppendOptions {
  /** One batch (or several from a coordinator); patched in place, and free again after the call. */
  batch: Uint8Array;
  /** -1: all in-sync replicas must be able to take it. The caller awaits `awaitCommitted`. */
  acks: -1 | 0 | 1;
  /** client (the default): one batch that is validated. internal: built by this broker, trusted. */
  origin?: "client" | "internal";
  /** Refuses unless this is the leader epoch; -1 or absent: not checked. */
  currentLeaderEpoch?: number;
  /** False for Produce before version 7; true by default. */
  allowsZstd?: boolean;
}

export interface AppendAnswer {
  baseOffset: number;
  /** One past the last offset; what to give to `awaitCommitted`. */
  end: number;
  /** -1, or the append time where the topic stamps it, ms. */
  logAppendTimeMs: number;
  logStartOffset: number;
  leaderEpoch: number;
  /** Written before, by the same producer with the same sequence numbers. */
  duplicate: boolean;
}

/** One follower's stream, as far as this partition goes. */
export interface Outlet {
  /** There may be something to send; so many bytes were appended just now. */
  wake(appendedBytes: number): void;
  leadershipEnded(): void;
}

export class LeaderRole {
  readonly state: LeaderState;
  readonly log: ReplicaLog;
  readonly #host: RoleHost;
  readonly #waiters = new CommitWaiters();
  readonly #outlets = new Set<Outlet>();
  #active = true;
  #committedOwn: boolean;

  constructor(options: {
    host: RoleHost;
    log: ReplicaLog;
    committed: CommittedPartition;
    highWatermark: number;
  }) {
    const { host, log, committed } = options;
    this.#host = host;
    this.log = log;
    const epochStart = startEpoch(log, committed.leaderEpoch);
    this.state = new LeaderState({
      nodeId: host.context.nodeId,
      committed,
      settings: this.#settings(),
      standingOf: host.context.standingOf,
      epochStart,
      end: log.end,
      durableEnd: log.durableEnd,
      highWatermark: options.highWatermark,
      nowMs: this.#now(),
    });
    this.#committedOwn = false;
    log.requestSync();
    host.needsLagCheck();
  }

  get isActive(): boolean {
    return this.#active;
  }

  get leaderEpoch(): number {
    return this.state.leaderEpoch;
  }

  get highWatermark(): number {
    return this.state.highWatermark;
  }

  /** Where the logs of all in-sync replicas start at least, by what they said last. */
  get lowWatermark(): number {
    return Math.min(this.log.startOffset, this.state.followersStart);
  }

  #now(): number {
    return this.#host.context.clock.monotonicMs();
  }

  #settings() {
    const { config, context } = this.#host;
    return {
      minInsyncReplicas: config.minInsyncReplicas,
      countsDurable: config.flushPolicy === "durable",
      lagTimeMaxMs: context.lagTimeMaxMs,
    };
  }

  append(options: AppendOptions): AppendAnswer {
    const { batch } = options;
    const { config, context } = this.#host;
    if (options.acks === -1 && this.state.isBelowMinIsr) {
      const { isr, minInsyncReplicas } = this.state;
      const text = `the in-sync set [${isr}] is smaller than min.insync.replicas=${minInsyncReplicas}`;
      throw new BrokerError("NOT_ENOUGH_REPLICAS", text);
    }
    if (options.origin !== "internal") {
      const { codecs, clock } = context;
      const { allowsZstd = true } = options;
      checkProduced(batch, { config, codecs, wallMs: clock.wallMs(), allowsZstd });
      const verdict = this.log.checkSequence(batch, 0);
      if (verdict.kind === "refuse") throw new BrokerError(errorName(verdict.errorCode), verdict.message);
      if (verdict.kind === "duplicate")
        return this.#answer(verdict.baseOffset, verdict.lastOffset + 1, this.#stamp(verdict.timestamp), true);
    }
    const range = this.log.appendAsLeader(batch, { leaderEpoch: this.leaderEpoch });
    if (config.flushPolicy === "durable") this.log.requestSync();
    const { topicName } = this.#host.id;
    context.metrics.bytesProduced.add(topicName, batch.length);
    context.metrics.recordsProduced.add(topicName, range.end - range.baseOffset);
    const nowMs = this.#now();
    context.pacer.wrote(batch.length, nowMs);
    this.state.appended(range.end, nowMs);
    this.#wakeOutlets(batch.length);
    this.#host.needsLagCheck();
    this.refresh();
    return this.#answer(range.baseOffset, range.end, this.#stamp(header.maxTimestamp(batch, 0)), false);
  }

  #stamp(timestamp: number): number {
    return this.#host.config.timestampType === "LogAppendTime" ? timestamp : -1;
  }

  #answer(baseOffset: number, end: number, logAppendTimeMs: number, duplicate: boolean): AppendAnswer {
    const { startOffset } = this.log;
    const leaderEpoch = this.leaderEpoch;
    return { baseOffset, end, logAppendTimeMs, logStartOffset: startOffset, leaderEpoch, duplicate };
  }

  awaitCommitted(end: number, timeoutMs: number): Promise<void> {
    const { timeouts, pacer, metrics } = this.#host.context;
    if (!this.#active) return Promise.reject(this.#failure(ErrorCode.NOT_LEADER_OR_FOLLOWER, end));
    const isShort = this.state.isBelowMinIsr;
    if (isShort) return Promise.reject(this.#failure(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, end));
    if (this.state.highWatermark >= end) return Promise.resolve();
    if (timeouts.isFull) return Promise.reject(this.#failure(ErrorCode.REQUEST_TIMED_OUT, end));
    const beganMs = this.#now();
    return new Promise((resolve, reject) => {
      const settle = (errorCode: number): void => {
        timeouts.waiterSettled();
        const nowMs = this.#now();
        pacer.committed(nowMs - beganMs, nowMs);
        if (errorCode === ErrorCode.NONE) metrics.commitMs.observe(nowMs - beganMs);
        if (errorCode === ErrorCode.NONE) resolve();
        else reject(this.#failure(errorCode, end));
      };
      this.#waiters.add({ end, deadlineMs: beganMs + timeoutMs, settle });
      timeouts.waiterAdded(this);
    });
  }

  #failure(errorCode: number, end: number): BrokerError {
    const { topicName, partition } = this.#host.id;
    const { highWatermark, isr } = this.state;
    const text =
      `waiting until ${topicName}-${partition} is committed up to ${end}: the high watermark is ` +
      `${highWatermark}, the in-sync set [${isr}], the leader epoch ${this.leaderEpoch}` +
      (this.#active ? "" : ", which this broker no longer leads");
    return new BrokerError(errorName(errorCode), text);
  }

  expireWaiters(nowMs: number): number {
    this.#waiters.expire(nowMs);
    return this.#waiters.size;
  }

  attach(outlet: Outlet): void {
    this.#outlets.add(outlet);
  }

  detach(outlet: Outlet): void {
    this.#outlets.delete(outlet);
  }

  #wakeOutlets(appendedBytes = 0): void {
    for (const outlet of this.#outlets) outlet.wake(appendedBytes);
  }

  /** A follower's position that agreed with this log. False: it is no replica of this partition. */
  reported(nodeId: number, position: ReportedPosition): boolean {
    const before = this.lowWatermark;
    if (!this.state.reported(nodeId, position, this.#now())) return false;
    if (this.lowWatermark > before) this.#host.changed();
    this.refresh();
    if (!this.state.isr.includes(nodeId)) this.propose();
    return true;
  }

  /**
   * The stream of this follower has ended: what it said counts on, but it joins nothing before it speaks
   * again.
   */
  followerGone(nodeId: number): void {
    this.state.followerGone(nodeId);
  }

  durableMoved(): void {
    this.state.durable(this.log.durableEnd);
    this.refresh();
  }

  /** Moves the high watermark if it may, and tells all who wait for that. */
  refresh(): void {
    if (!this.#active || !this.state.advance(this.#now())) return;
    const { highWatermark, epochStart } = this.state;
    assert(highWatermark <= this.log.end, `high watermark ${highWatermark} beyond log end ${this.log.end}`);
    this.#waiters.reached(highWatermark);
    this.#wakeOutlets();
    this.#host.changed();
    if (!this.#committedOwn && highWatermark > epochStart) {
      this.#committedOwn = true;
      this.#emit({ kind: "firstCommit", highWatermark });
    }
  }

  propose(): void {
    if (!this.#active) return;
    const proposal = this.state.propose(this.#now());
    if (proposal === null) return;
    this.#host.needsLagCheck();
    const { topicId, partition } = this.#host.id;
    const answered = this.#answered.bind(this, proposal);
    this.#host.context.proposals.ask({ topicId, partition, proposal, answered });
  }

  #answered(proposal: IsrProposal, outcome: Parameters<LeaderState["answered"]>[1]): boolean {
    return this.#active && this.state.answered(proposal, outcome, this.#now());
  }

  /**
   * Called now and then while not quiet: laggards, overdue proposals, followers that no longer hold us up.
   */
  checkLag(): void {
    this.refresh();
    this.propose();
  }

  applyCommitted(committed: CommittedPartition): void {
    this.state.setSettings(this.#settings());
    const { left, joined } = this.state.applyCommitted(committed, this.#now());
    const { metrics } = this.#host.context;
    if (left.length > 0) {
      metrics.inSyncShrinks.add(1);
      this.#emit({ kind: "inSyncShrunk", isr: committed.isr, left });
      // The low watermark may have risen.
      this.#host.changed();
    }
    if (joined.length > 0) {
      metrics.inSyncExpands.add(1);
      this.#emit({ kind: "inSyncExpanded", isr: committed.isr, joined });
    }
    this.#standingChanged();
  }

  /** Brokers came, went or were fenced, or settings changed. */
  surroundingsChanged(): void {
    this.state.setSettings(this.#settings());
    this.#standingChanged();
  }

  #standingChanged(): void {
    if (this.state.isBelowMinIsr) this.#waiters.failAll(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    this.refresh();
    this.propose();
    this.#host.needsLagCheck();
  }

  stop(errorCode: number): void {
    this.#active = false;
    this.#waiters.failAll(errorCode);
    for (const outlet of [...this.#outlets]) outlet.leadershipEnded();
    this.#outlets.clear();
  }

  #emit(
    event:
      | { kind: "firstCommit"; highWatermark: number }
      | { kind: "inSyncShrunk"; isr: readonly number[]; left: number[] }
      | { kind: "inSyncExpanded"; isr: readonly number[]; joined: number[] },
  ): void {
    this.#host.context.onEvent({ ...this.#host.id, leaderEpoch: this.leaderEpoch, ...event });
  }

  /** Drops what is committed and older, or more, than is to be kept; followers hear of the new start. */
  enforceRetention(limits: RetentionLimits): void {
    if (!this.#active) return;
    try {
      const start = this.log.startByRetention(limits, this.state.highWatermark);
      if (start > this.log.startOffset) this.raiseStart(start);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#host.storageFailed(error);
    }
  }

  /** -1: all that is committed. Answers where the log starts then; OFFSET_OUT_OF_RANGE. */
  deleteRecordsBefore(asked: number): number {
    const { highWatermark } = this.state;
    const offset = asked === -1 ? highWatermark : asked;
    if (offset < 0 || offset > highWatermark) {
      const text = `delete records before ${offset}: the high watermark is ${highWatermark}`;
      // What was committed under the leader before may be above what this one knows of yet.
      const mayBe = !this.state.knowsLatest && offset > 0 && offset <= this.log.end;
      throw new BrokerError(mayBe ? "OFFSET_NOT_AVAILABLE" : "OFFSET_OUT_OF_RANGE", text);
    }
    if (offset > this.log.startOffset) this.raiseStart(offset);
    return this.log.startOffset;
  }

  raiseStart(offset: number): void {
    this.log.raiseStart(offset);
    this.#wakeOutlets();
  }

  storageFailed(error: unknown): void {
    this.#host.storageFailed(error);
  }
}

/** Notes the epoch in the log; answers where it starts. */
function startEpoch(log: ReplicaLog, leaderEpoch: number): number {
  assert(log.lastEpoch <= leaderEpoch, `leads in epoch ${leaderEpoch}, the log is of ${log.lastEpoch}`);
  if (log.lastEpoch < leaderEpoch) {
    log.assignEpoch(leaderEpoch, log.end);
    return log.end;
  }
  // It led in this epoch before and stopped: the epoch starts where the one before ends.
  const before = log.endOfEpoch(leaderEpoch - 1);
  return before.epoch < 0 ? log.startOffset : before.end;
}
