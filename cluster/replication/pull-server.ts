// shell: the leader's end of one follower's pull stream, all partitions that follower replicates from here.
// Positions come in; data goes out, gathered into one message a turn, shared fairly between partitions,
// within the credit that the follower's acknowledgements give.
//
// Keeps true: a position counts for an in-sync set only after its log was checked against the leader's epochs
// in this round, and only under the broker epoch of the follower's own registration and for the log directory
// that the metadata names. Knows nothing of disks.
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  PeerStream,
  PullData,
  PullPart,
  PullPosition,
  PullPositions,
} from "../../proto/peer/peer-api.ts";
import type { CatchUpPacer } from "./catch-up-pacer.ts";
import { judgePosition } from "./epoch-divergence.ts";
import type { BrokerStanding } from "./follower-progress.ts";
import type { LeaderRole } from "./leader-role.ts";
import type { Partition } from "./partition.ts";
import { PartitionMap } from "./partition-map.ts";
import { gatherMs, PullFlow } from "./pull-flow.ts";
import { emptyPart, PullOutlet } from "./pull-outlet.ts";
import { pullBeatMs, pullNewsMs, pullSilenceMaxMs } from "./pull-timing.ts";
import type { ReadRoom } from "./read-room.ts";
import type { ReplicationMetrics } from "./replication-metrics.ts";

export interface PullServerHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ReplicationMetrics;
  readonly pacer: CatchUpPacer;
  /** For what is read of logs in one turn; the streams of all followers share it. */
  readonly room: ReadRoom;
  partition(topicId: Uuid, partition: number): Partition | undefined;
  standingOf(nodeId: number): BrokerStanding;
  /** The first message said who it is: an earlier stream of the same broker is over. */
  identified(server: PullServer): void;
  closed(server: PullServer): void;
}

export class PullServer {
  readonly #host: PullServerHost;
  readonly #stream: PeerStream<PullData, PullPositions>;
  #nodeId = -1;
  #brokerEpoch = -1;
  readonly #outlets = new PartitionMap<PullOutlet>();
  /** Positions ahead of what this broker knows (newer epoch, new topic): looked at again after each image. */
  readonly #parked = new PartitionMap<PullPosition>();
  /** Rounds that ended with an error part: what the follower says in them was said before it read that. */
  readonly #endedRounds = new PartitionMap<number>();
  /** In the order in which they take their turns. */
  readonly #ready = new Set<PullOutlet>();
  /** Far behind, and given more a little later. */
  readonly #resting = new Set<PullOutlet>();
  #restTimer: Timer | null = null;
  /** Without records, but with a high watermark or log start to tell a little later. */
  readonly #news = new Set<PullOutlet>();
  #newsTimer: Timer | null = null;
  #tellsNews = false;
  #replies: PullPart[] = [];
  readonly #flow = new PullFlow();
  #gatherTimer: Timer | null = null;
  #scheduled = false;
  #closed = false;
  #lastHeardMs: number;
  #lastSentMs: number;

  constructor(host: PullServerHost, stream: PeerStream<PullData, PullPositions>) {
    this.#host = host;
    this.#stream = stream;
    this.#lastHeardMs = this.#lastSentMs = host.clock.monotonicMs();
    stream.start({
      onMessage: (message) => this.#onMessage(message),
      onClose: () => this.close(),
    });
  }

  get nodeId(): number {
    return this.#nodeId;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const outlet of this.#outlets.values()) {
      outlet.detach();
      outlet.role.followerGone(this.#nodeId);
    }
    this.#outlets.clear();
    this.#parked.clear();
    this.#ready.clear();
    this.#resting.clear();
    this.#restTimer?.cancel();
    this.#news.clear();
    this.#newsTimer?.cancel();
    this.#gatherTimer?.cancel();
    this.#replies = [];
    this.#stream.close();
    this.#host.closed(this);
  }

  #onMessage(message: PullPositions): void {
    if (this.#closed) return;
    this.#lastHeardMs = this.#host.clock.monotonicMs();
    const isFirst = this.#nodeId < 0;
    this.#nodeId = message.nodeId;
    this.#brokerEpoch = message.brokerEpoch;
    this.#flow.acknowledged(message.receivedBytes);
    if (this.#isStale()) {
      this.close();
      return;
    }
    if (isFirst) this.#host.identified(this);
    for (const position of message.positions) {
      this.#onPosition(position);
      if (this.#closed) return;
    }
    this.#schedule();
  }

  /** The follower has been registered anew since: what this stream says is about a process that is gone. */
  #isStale(): boolean {
    const registered = this.#host.standingOf(this.#nodeId).epoch;
    if (this.#nodeId < 0 || this.#brokerEpoch >= registered) return false;
    const fields = { nodeId: this.#nodeId, brokerEpoch: this.#brokerEpoch, registered };
    this.#host.log.info(fields, "closing a pull stream of an older registration");
    return true;
  }

  #onPosition(position: PullPosition): void {
    const { topicId, partition } = position;
    const outlet = this.#outlets.get(topicId, partition);
    if (outlet !== undefined && outlet.round === position.round && !position.stop) {
      this.#report(outlet, position);
      return;
    }
    if (position.round === this.#endedRounds.get(topicId, partition)) return;
    this.#endedRounds.delete(topicId, partition);
    this.#forget(topicId, partition);
    if (!position.stop) this.#begin(position);
  }

  #forget(topicId: Uuid, partition: number): void {
    this.#parked.delete(topicId, partition);
    const outlet = this.#outlets.delete(topicId, partition);
    if (outlet === undefined) return;
    outlet.detach();
    this.#ready.delete(outlet);
    this.#resting.delete(outlet);
    this.#news.delete(outlet);
  }

  #report({ role, directoryId, nextToSend: sent }: PullOutlet, position: PullPosition): void {
    const { readOffset, durableOffset, logStartOffset } = position;
    if (readOffset > sent || durableOffset > readOffset) {
      const fields = { nodeId: this.#nodeId, ...position, sent };
      this.#host.log.error(fields, "a follower reported more than it was sent; closing its pull stream");
      this.close();
      return;
    }
    role.reported(this.#nodeId, {
      brokerEpoch: this.#brokerEpoch,
      directoryId,
      readOffset,
      durableOffset,
      logStartOffset,
    });
  }

  #begin(position: PullPosition): void {
    const { topicId, partition: index, leaderEpoch } = position;
    const partition = this.#host.partition(topicId, index);
    if (partition === undefined || leaderEpoch > partition.leaderEpoch) {
      this.#park(position);
      return;
    }
    const role = partition.leaderRole;
    if (role === null || leaderEpoch < partition.leaderEpoch) {
      const fenced = leaderEpoch < partition.leaderEpoch;
      const refusal = fenced ? ErrorCode.FENCED_LEADER_EPOCH : partition.refusal;
      this.#reply(position, refusal, { highWatermark: -1, logStartOffset: -1 });
      return;
    }
    if (role.state.progressOf(this.#nodeId) === undefined) {
      this.#park(position);
      return;
    }
    const { log } = role;
    const verdict = judgePosition(log, position.readOffset, position.lastEpoch);
    const at = { highWatermark: role.state.highWatermark, logStartOffset: log.startOffset };
    if (verdict.kind === "outOfRange") {
      this.#reply(position, ErrorCode.OFFSET_OUT_OF_RANGE, { ...at, divergingEnd: log.end });
    } else if (verdict.kind === "diverges") {
      const diverging = { divergingEpoch: verdict.epoch, divergingEnd: verdict.end };
      this.#reply(position, ErrorCode.NONE, { ...at, ...diverging });
    } else this.#serve(role, position);
  }

  #park(position: PullPosition): void {
    if (this.#parked.size < limits.partitionsPerBrokerMax)
      this.#parked.set(position.topicId, position.partition, position);
  }

  #serve(role: LeaderRole, position: PullPosition): void {
    const { topicId, partition, round, directoryId, readOffset } = position;
    const outlet = new PullOutlet({
      topicId,
      partition,
      round,
      directoryId,
      role,
      readOffset,
      wake: (woken, bytes) => {
        this.#flow.waits(bytes);
        this.#markReady(woken);
      },
      ended: (ended) => this.#forget(ended.topicId, ended.partition),
    });
    this.#outlets.set(topicId, partition, outlet);
    this.#flow.waits(Number.POSITIVE_INFINITY);
    this.#markReady(outlet);
    this.#report(outlet, position);
  }

  #reply(
    position: PullPosition,
    errorCode: number,
    fields: Pick<PullPart, "highWatermark" | "logStartOffset"> & Partial<PullPart>,
  ): void {
    const { topicId, partition, leaderEpoch, round, readOffset } = position;
    const key = { topicId, partition, leaderEpoch, round };
    this.#replies.push({ ...emptyPart({ ...key, errorCode, readOffset, ...fields }), ...fields });
    this.#schedule();
  }

  /**
   * After an image: parked positions may have their leader now, and the stream may be of an old registration.
   */
  lookAgain(): void {
    if (this.#closed) return;
    if (this.#isStale()) {
      this.close();
      return;
    }
    for (const position of [...this.#parked.values()]) {
      const partition = this.#host.partition(position.topicId, position.partition);
      if (partition === undefined || partition.leaderEpoch < position.leaderEpoch) continue;
      this.#parked.delete(position.topicId, position.partition);
      this.#begin(position);
    }
  }

  #markReady(outlet: PullOutlet): void {
    this.#ready.add(outlet);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    if (this.#replies.length === 0 && (this.#ready.size === 0 || this.#flow.credit <= 0)) return;
    if (this.#gathers()) return;
    this.#scheduled = true;
    this.#host.clock.endOfTurn(() => this.#send());
  }

  #gathers(): boolean {
    const { clock } = this.#host;
    if (this.#replies.length > 0 || !this.#flow.gathers(clock.monotonicMs())) return false;
    this.#gatherTimer ??= clock.after(gatherMs, () => {
      this.#gatherTimer = null;
      this.#schedule();
    });
    return true;
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    // The stream has encoded what it was given when `send` returns.
    this.#host.room.clear();
    const parts = this.#replies.splice(0, limits.pullPartsPerMessageMax);
    this.#takeTurns(parts);
    if (parts.length > 0) {
      this.#stream.send({ parts });
      this.#lastSentMs = this.#host.clock.monotonicMs();
    }
    this.#schedule();
  }

  /**
   * Each ready partition in its turn, until the message or the credit is full; who has more goes to the back.
   */
  #takeTurns(parts: PullPart[]): void {
    let room = Math.min(limits.pullMessageBytesTarget, this.#flow.credit);
    let bytes = 0;
    let turns = this.#ready.size;
    const isAlone = turns === 1;
    while (turns-- > 0 && room > 0 && parts.length < limits.pullPartsPerMessageMax) {
      const outlet = this.#ready.values().next().value;
      // A log directory that failed under a read takes the outlets of its other partitions with it.
      if (outlet === undefined) break;
      if (this.#keepNews(outlet)) continue;
      const isBehind = outlet.isBehind(this.#nodeId);
      if (isBehind && this.#rest(outlet)) continue;
      const most = isBehind ? limits.catchUpMessageBytes : isAlone ? room : limits.pullPartBytesShare;
      const share = Math.min(room, most);
      const part = outlet.next(share, bytes === 0, this.#host.room);
      if (this.#closed) return;
      if (part !== null) {
        parts.push(part);
        bytes += part.records.length;
        room -= part.records.length;
        if (isBehind) this.#host.pacer.sent(part.records.length);
      }
      if (part !== null && part.errorCode !== 0) {
        this.#forget(outlet.topicId, outlet.partition);
        this.#endedRounds.set(outlet.topicId, outlet.partition, outlet.round);
        continue;
      }
      const isTooLarge = outlet.hasRecords && (part === null || part.records.length === 0);
      // Its next batch does not fit any more: it stays in front, and comes first (and whole) in the next
      // message.
      if (isTooLarge) break;
      this.#ready.delete(outlet);
      if (outlet.hasRecords) this.#ready.add(outlet);
    }
    this.#tellsNews = false;
    this.#flow.sent(bytes, { isAll: this.#ready.size === 0, nowMs: this.#host.clock.monotonicMs() });
    if (bytes > 0) this.#host.metrics.bytesSentToFollowers.add(bytes);
  }

  /** True: it has no records, and what else it may have to tell can wait. */
  #keepNews(outlet: PullOutlet): boolean {
    if (outlet.hasRecords || this.#tellsNews) {
      this.#news.delete(outlet);
      return false;
    }
    this.#ready.delete(outlet);
    this.#news.add(outlet);
    this.#newsTimer ??= this.#host.clock.after(pullNewsMs, () => {
      this.#newsTimer = null;
      this.#tellsNews = this.#news.size > 0;
      for (const kept of this.#news) this.#ready.add(kept);
      this.#schedule();
    });
    return true;
  }

  /** False: it may be given more now. */
  #rest(outlet: PullOutlet): boolean {
    const { clock, pacer } = this.#host;
    const delayMs = pacer.delayMs(clock.monotonicMs());
    if (delayMs <= 0) return false;
    this.#ready.delete(outlet);
    this.#resting.add(outlet);
    this.#restTimer ??= clock.after(delayMs, () => {
      this.#restTimer = null;
      for (const rested of this.#resting) this.#ready.add(rested);
      this.#resting.clear();
      this.#schedule();
    });
    return true;
  }

  /** Now and then: says that it lives, and gives up a stream on which nothing came for long. */
  beat(nowMs: number): void {
    if (this.#closed) return;
    if (nowMs - this.#lastHeardMs > pullSilenceMaxMs) {
      this.close();
      return;
    }
    if (nowMs - this.#lastSentMs < pullBeatMs) return;
    this.#lastSentMs = nowMs;
    this.#stream.send({ parts: [] });
  }
}
