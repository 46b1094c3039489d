// core: one partition as its leader sees it, in one leader epoch: follower positions, the in-sync set, what
// was proposed to the controller, and the high watermark.
//
// Keeps true: the committed in-sync set changes only by `applyCommitted`; the high watermark waits for the
// maximal set (committed, plus whoever a proposal that may still be carried out would add; a pending removal
// still counts, since it is still committed), stands still while the committed set is smaller than
// min.insync.replicas, and never goes back.
//
//    none --propose--> asked --committed (new partition epoch)--> none
//                        |---accepted or stale: the record is on its way--> settled --committed--> none
//                        |---refused---> none (proposes again after a pause)
//
// Sources: KIP-497 (AlterPartition), KIP-966 (min ISR), Kafka's Partition.maybeIncrementLeaderHW.
import { assert } from "../../base/assert.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { IsrMember } from "../../proto/peer/peer-api.ts";
import { directoryOf } from "../metadata/queries.ts";
import {
  type BrokerStanding,
  FollowerProgress,
  type ReportedPosition,
  unknownOffset,
} from "./follower-progress.ts";

/** The part of a committed partition record that a leader works by. */
export interface CommittedPartition {
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Of the replicas, in their order; the zero uuid where it is not known. */
  readonly directories: readonly Uuid[];
}

export interface LeaderSettings {
  /** min.insync.replicas as configured. */
  minInsyncReplicas: number;
  countsDurable: boolean;
  lagTimeMaxMs: number;
}

export interface LeaderStart {
  nodeId: number;
  committed: CommittedPartition;
  settings: LeaderSettings;
  standingOf(nodeId: number): BrokerStanding;
  /** Where the log stood when this epoch began. */
  epochStart: number;
  end: number;
  durableEnd: number;
  highWatermark: number;
  nowMs: number;
}

export interface IsrProposal {
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly IsrMember[];
}

/**
 * accepted, stale: a record with a newer partition epoch is on its way. refused: it will never be carried
 * out. unknown: the call failed, it may have been or still be carried out.
 */
export type ProposalOutcome = "accepted" | "stale" | "refused" | "unknown";

/** A refused proposal is not made again before this, ms. */
const refusedPauseMs = 500;
/** A settled proposal whose record does not come is made again after this, ms. */
const recordOverdueMs = 10_000;
/** How long a failed call may still be carried out after a later one was refused, ms. */
const unknownFateMs = 10_000;

interface Pending {
  readonly proposal: IsrProposal;
  state: "asked" | "settled";
  settledMs: number;
}

export class LeaderState {
  readonly nodeId: number;
  readonly leaderEpoch: number;
  readonly epochStart: number;
  readonly #standingOf: (nodeId: number) => BrokerStanding;
  #committed: CommittedPartition;
  #settings: LeaderSettings;
  #end: number;
  #durableEnd: number;
  #highWatermark: number;
  readonly #followers = new Map<number, FollowerProgress>();
  #pending: Pending | null = null;
  #mayPropose = 0;
  /** Additions of proposals of unknown fate, since refused: they count until nobody can carry them out. */
  readonly #unknownFate = new Map<number, { brokerEpoch: number; untilMs: number }>();
  #attemptUnknown = false;

  constructor(start: LeaderStart) {
    this.nodeId = start.nodeId;
    this.leaderEpoch = start.committed.leaderEpoch;
    this.epochStart = start.epochStart;
    this.#standingOf = start.standingOf;
    this.#committed = start.committed;
    this.#settings = start.settings;
    this.#end = start.end;
    this.#durableEnd = start.durableEnd;
    this.#highWatermark = Math.min(start.highWatermark, start.end);
    this.#followReplicas(start.nowMs);
  }

  get isr(): readonly number[] {
    return this.#committed.isr;
  }

  get partitionEpoch(): number {
    return this.#committed.partitionEpoch;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get settings(): LeaderSettings {
    return this.#settings;
  }

  /** What this partition is held to: min(min.insync.replicas, replication factor). */
  get minInsyncReplicas(): number {
    return Math.min(this.#settings.minInsyncReplicas, this.#committed.replicas.length);
  }

  get isBelowMinIsr(): boolean {
    return this.#committed.isr.length < this.minInsyncReplicas;
  }

  get isUnderReplicated(): boolean {
    return this.#committed.isr.length < this.#committed.replicas.length;
  }

  get hasFollowers(): boolean {
    return this.#followers.size > 0;
  }

  /** The high watermark may lag behind what readers of the leader before have seen (KIP-207). */
  get knowsLatest(): boolean {
    return this.#highWatermark >= this.epochStart;
  }

  progressOf(nodeId: number): FollowerProgress | undefined {
    return this.#followers.get(nodeId);
  }

  setSettings(settings: LeaderSettings): void {
    this.#settings = settings;
  }

  /** A committed record of the same leader epoch. Answers who left and who joined the in-sync set. */
  applyCommitted(committed: CommittedPartition, nowMs: number): { left: number[]; joined: number[] } {
    assert(
      committed.leaderEpoch === this.leaderEpoch,
      `a leader of epoch ${this.leaderEpoch} was given a record of epoch ${committed.leaderEpoch}`,
    );
    const before = this.#committed;
    if (committed.partitionEpoch <= before.partitionEpoch) return { left: [], joined: [] };
    this.#committed = committed;
    this.#pending = null;
    this.#attemptUnknown = false;
    this.#unknownFate.clear();
    this.#followReplicas(nowMs);
    const joined = committed.isr.filter((id) => !before.isr.includes(id));
    for (const id of joined) this.#followers.get(id)?.joined(nowMs);
    return { left: before.isr.filter((id) => !committed.isr.includes(id)), joined };
  }

  #followReplicas(nowMs: number): void {
    const { replicas, isr } = this.#committed;
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id);
    for (const id of replicas) {
      if (id === this.nodeId || this.#followers.has(id)) continue;
      // Who is in the set gets its full time before it may be called behind; who is not has to prove itself.
      const lastCaughtUpMs = isr.includes(id) ? nowMs : Number.NEGATIVE_INFINITY;
      this.#followers.set(id, new FollowerProgress(id, { lastCaughtUpMs, nowMs }));
    }
  }

  appended(end: number, nowMs: number): void {
    for (const follower of this.#followers.values()) follower.leaderAppends(this.#end, nowMs);
    this.#end = end;
  }

  durable(durableEnd: number): void {
    this.#durableEnd = durableEnd;
  }

  /** The stream on which it spoke has ended: it joins no in-sync set before it speaks again. */
  followerGone(nodeId: number): void {
    this.#followers.get(nodeId)?.gone();
  }

  /** A position that was checked against this leader's epochs. False: not a replica of this partition. */
  reported(nodeId: number, position: ReportedPosition, nowMs: number): boolean {
    const follower = this.#followers.get(nodeId);
    if (follower === undefined) return false;
    if (position.brokerEpoch < follower.brokerEpoch) return false;
    follower.report(position, this.#end, nowMs);
    return true;
  }

  /**
   * The least log start of in-sync followers; -1 while one has said none in its present life. Infinity
   * without followers.
   */
  get followersStart(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const follower of this.#followers.values()) {
      if (!this.isr.includes(follower.nodeId)) continue;
      least = Math.min(least, this.#isOfNow(follower) ? follower.logStartOffset : -1);
    }
    return least;
  }

  inSyncFollowers(): { nodeId: number; logStartOffset: number; logEndOffset: number }[] {
    const found = [];
    for (const follower of this.#followers.values()) {
      const { nodeId, logStartOffset, readOffset } = follower;
      if (!this.isr.includes(nodeId) || !this.#isOfNow(follower)) continue;
      found.push({ nodeId, logStartOffset, logEndOffset: readOffset });
    }
    return found;
  }

  /** Moves the high watermark as far as the maximal in-sync set allows. True: it moved. */
  advance(nowMs: number): boolean {
    if (this.isBelowMinIsr) return false;
    let least = this.#settings.countsDurable ? this.#durableEnd : this.#end;
    for (const follower of this.#followers.values()) {
      if (!this.#holdsUp(follower, nowMs)) continue;
      const counted = this.#counted(follower);
      if (counted < least) least = counted;
    }
    if (least <= this.#highWatermark) return false;
    this.#highWatermark = least;
    return true;
  }

  /**
   * Members of the maximal set, and eligible followers that keep up: without the latter a follower that is
   * always one round trip behind could never reach the high watermark, which joining asks for.
   */
  #holdsUp(follower: FollowerProgress, nowMs: number): boolean {
    const id = follower.nodeId;
    if (this.#committed.isr.includes(id)) return true;
    if (this.#pending?.proposal.isr.some((member) => member.nodeId === id) === true) return true;
    if (this.#mayStillJoin(id, nowMs)) return true;
    return this.#mayJoin(follower) && this.#isCaughtUp(follower, nowMs);
  }

  #mayStillJoin(id: number, nowMs: number): boolean {
    const fate = this.#unknownFate.get(id);
    if (fate === undefined) return false;
    // The controller refuses a member of another broker epoch, or a fenced one.
    const standing = this.#standingOf(id);
    return standing.epoch === fate.brokerEpoch && standing.eligible && nowMs < fate.untilMs;
  }

  #mayJoin(follower: FollowerProgress): boolean {
    return this.#standingOf(follower.nodeId).eligible && this.#isOfNow(follower);
  }

  #isOfNow(follower: FollowerProgress): boolean {
    const { nodeId } = follower;
    return follower.isOfNow(this.#standingOf(nodeId), directoryOf(this.#committed, nodeId));
  }

  #counted(follower: FollowerProgress): number {
    return this.#isOfNow(follower) ? follower.counted(this.#settings.countsDurable) : unknownOffset;
  }

  #isCaughtUp(follower: FollowerProgress, nowMs: number): boolean {
    const { lagTimeMaxMs, countsDurable } = this.#settings;
    return follower.isCaughtUp({ leaderEnd: this.#end, nowMs, lagTimeMaxMs, countsDurable });
  }

  /**
   * The in-sync set this leader would have: the committed one without laggards, with those that caught up.
   */
  #wanted(nowMs: number): number[] {
    const wanted = this.#committed.isr.filter((id) => {
      const follower = this.#followers.get(id);
      return follower === undefined || this.#isCaughtUp(follower, nowMs);
    });
    for (const follower of this.#followers.values()) {
      if (this.#committed.isr.includes(follower.nodeId) || !this.#mayJoin(follower)) continue;
      // A position said on a stream that has ended may be of a process that is dead but not yet fenced.
      if (!follower.isConnected) continue;
      const holds = this.#counted(follower);
      const reaches = holds >= this.#highWatermark && holds >= this.epochStart;
      if (reaches && this.#isDiskMoving(follower, nowMs)) wanted.push(follower.nodeId);
    }
    return wanted;
  }

  /**
   * Joining asks not for the end of the log (Kafka neither), but a follower about to be thrown out again
   * waits.
   */
  #isDiskMoving(follower: FollowerProgress, nowMs: number): boolean {
    const { lagTimeMaxMs, countsDurable } = this.#settings;
    return follower.isCaughtUp({ leaderEnd: follower.readOffset, nowMs, lagTimeMaxMs, countsDurable });
  }

  /**
   * The change to ask the controller for now, if any; from here on its additions hold up the high watermark.
   */
  propose(nowMs: number): IsrProposal | null {
    if (this.#pending !== null) {
      const { state, settledMs, proposal } = this.#pending;
      if (state === "asked" || nowMs - settledMs < recordOverdueMs) return null;
      this.#pending.state = "asked";
      return proposal;
    }
    if (nowMs < this.#mayPropose) return null;
    const wanted = this.#wanted(nowMs);
    const { isr } = this.#committed;
    if (wanted.length === isr.length && wanted.every((id) => isr.includes(id))) return null;
    const proposal: IsrProposal = {
      leaderEpoch: this.leaderEpoch,
      partitionEpoch: this.partitionEpoch,
      isr: wanted.map((nodeId) => ({ nodeId, brokerEpoch: this.#standingOf(nodeId).epoch })),
    };
    this.#pending = { proposal, state: "asked", settledMs: 0 };
    this.#attemptUnknown = false;
    return proposal;
  }

  /**
   * False: no longer of interest (a newer record came first). `unknown`: the same proposal is to be sent
   * again.
   */
  answered(proposal: IsrProposal, outcome: ProposalOutcome, nowMs: number): boolean {
    if (this.#pending?.proposal !== proposal) return false;
    if (outcome === "unknown") {
      this.#attemptUnknown = true;
      return true;
    }
    if (outcome === "refused") {
      this.#pending = null;
      this.#mayPropose = nowMs + refusedPauseMs;
      if (this.#attemptUnknown) this.#keepUnknownFate(proposal, nowMs);
      return true;
    }
    this.#pending.state = "settled";
    this.#pending.settledMs = nowMs;
    return true;
  }

  #keepUnknownFate(proposal: IsrProposal, nowMs: number): void {
    for (const { nodeId, brokerEpoch } of proposal.isr) {
      if (this.#committed.isr.includes(nodeId)) continue;
      this.#unknownFate.set(nodeId, { brokerEpoch, untilMs: nowMs + unknownFateMs });
    }
  }

  /**
   * Nothing here can change by the passing of time alone: every follower stands at the end and is in the set.
   */
  get isQuiet(): boolean {
    if (this.#pending !== null || this.#unknownFate.size > 0) return false;
    for (const follower of this.#followers.values()) {
      if (!this.#committed.isr.includes(follower.nodeId)) return false;
      const counted = this.#counted(follower);
      if (counted === unknownOffset || counted < this.#end || follower.readOffset < this.#end) return false;
    }
    return true;
  }
}
