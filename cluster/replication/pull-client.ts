// shell: the follower's end of the pull stream to one leader: opens it, opens it again when it is over, tells
// positions (those that moved, once a turn) and hands parts to the partitions they are for.
//
// Keeps true: every partition starts a new round on every new stream, so nothing of an earlier stream or
// request is taken for an answer. Knows nothing of epochs and logs: the follower role does.
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Random } from "../../base/ports/random.ts";
import type { PeerCaller, PeerStream, PullData, PullPositions } from "../../proto/peer/peer-api.ts";
import type { FollowerRole } from "./follower-role.ts";
import { PartitionMap } from "./partition-map.ts";
import { askAgainMs, pullBeatMs, pullSilenceMaxMs, reconnectMaxMs, reconnectMinMs } from "./pull-timing.ts";
import type { ReplicationMetrics } from "./replication-metrics.ts";

type Stream = PeerStream<PullPositions, PullData>;

export interface PullClientHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ReplicationMetrics;
  connect(nodeId: number): PeerCaller;
  /** This broker as the metadata knows it now. */
  identity(): { nodeId: number; brokerEpoch: number };
}

/** Bytes received and not yet acknowledged that are worth a message of their own. */
const acknowledgeBytes = limits.pullCreditBytes / 4;

export class PullClient {
  readonly leaderId: number;
  readonly #host: PullClientHost;
  readonly #roles = new PartitionMap<FollowerRole>();
  /** To be told in this turn's message. */
  readonly #urgent = new Set<FollowerRole>();
  /** Read, but not yet on disk: told with the disk's answer, or at the next beat if that takes long. */
  readonly #unhurried = new Set<FollowerRole>();
  readonly #stopping = new Set<FollowerRole>();
  readonly #paused = new Set<FollowerRole>();
  #pauseTimer: Timer | null = null;
  #stream: Stream | null = null;
  #reconnectTimer: Timer | null = null;
  #reconnectMs = reconnectMinMs;
  #scheduled = false;
  #closed = false;
  #lastRound = 0;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #lastHeardMs = 0;
  #lastSentMs = 0;

  constructor(host: PullClientHost, leaderId: number) {
    this.#host = host;
    this.leaderId = leaderId;
  }

  /** Most records that one of its partitions lacks. */
  get lagMax(): number {
    let most = 0;
    for (const role of this.#roles.values()) most = Math.max(most, role.lag);
    return most;
  }

  get isEmpty(): boolean {
    return this.#roles.size === 0;
  }

  add(role: FollowerRole): void {
    const { topicId, partition } = role.id;
    const earlier = this.#roles.get(topicId, partition);
    if (earlier !== undefined) this.#drop(earlier);
    this.#roles.set(topicId, partition, role);
    if (this.#stream === null) this.#open();
    else this.#startRound(role);
  }

  remove(role: FollowerRole): void {
    const { topicId, partition } = role.id;
    if (this.#roles.get(topicId, partition) !== role) return;
    this.#roles.delete(topicId, partition);
    this.#drop(role);
    if (this.#stream === null) return;
    this.#stopping.add(role);
    this.#schedule();
  }

  #drop(role: FollowerRole): void {
    this.#urgent.delete(role);
    this.#unhurried.delete(role);
    this.#paused.delete(role);
  }

  /** More of this partition is on disk than before. */
  durableMoved(role: FollowerRole): void {
    const { topicId, partition } = role.id;
    if (this.#stream === null || this.#roles.get(topicId, partition) !== role) return;
    if (this.#paused.has(role)) return;
    this.#urgent.add(role);
    this.#schedule();
  }

  #open(): void {
    if (this.#closed || this.#stream !== null || this.#reconnectTimer !== null) return;
    let stream: Stream;
    try {
      stream = this.#host.connect(this.leaderId).openPull();
    } catch (error) {
      this.#host.log.debug({ leaderId: this.leaderId, error: String(error) }, "could not open a pull stream");
      this.#openLater();
      return;
    }
    this.#stream = stream;
    this.#receivedBytes = this.#acknowledgedBytes = 0;
    this.#lastHeardMs = this.#lastSentMs = this.#host.clock.monotonicMs();
    stream.start({
      onMessage: (data) => {
        if (this.#stream === stream) this.#onData(data);
      },
      onClose: (error) => {
        if (this.#stream === stream) this.#onClose(error);
      },
    });
    if (this.#stream !== stream) return;
    for (const role of this.#roles.values()) this.#startRound(role);
  }

  #onClose(error: Error | null): void {
    this.#host.log.debug({ leaderId: this.leaderId, error: error?.message ?? null }, "a pull stream is over");
    this.#stream = null;
    for (const set of [this.#urgent, this.#unhurried, this.#stopping, this.#paused]) set.clear();
    this.#openLater();
  }

  #openLater(): void {
    if (this.#closed || this.#reconnectTimer !== null) return;
    const delayMs = this.#reconnectMs * (0.5 + this.#host.random.float());
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, reconnectMaxMs);
    this.#reconnectTimer = this.#host.clock.after(delayMs, () => {
      this.#reconnectTimer = null;
      this.#open();
    });
  }

  /**
   * Either end was registered anew: the leader may be reachable now, the stream may be to a process that is
   * gone, and what was said under the old broker epoch no longer counts.
   */
  reopen(): void {
    this.#reconnectMs = reconnectMinMs;
    this.#reconnectTimer?.cancel();
    this.#reconnectTimer = null;
    this.#abandon();
    this.#open();
  }

  #abandon(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    for (const set of [this.#urgent, this.#unhurried, this.#stopping, this.#paused]) set.clear();
    stream.close();
  }

  #startRound(role: FollowerRole): void {
    role.startRound(++this.#lastRound);
    this.#paused.delete(role);
    this.#unhurried.delete(role);
    this.#urgent.add(role);
    this.#schedule();
  }

  #onData(data: PullData): void {
    this.#lastHeardMs = this.#host.clock.monotonicMs();
    this.#reconnectMs = reconnectMinMs;
    let bytes = 0;
    for (const part of data.parts) {
      bytes += part.records.length;
      const role = this.#roles.get(part.topicId, part.partition);
      if (role !== undefined) this.#react(role, role.receive(part));
    }
    this.#receivedBytes += bytes;
    if (bytes > 0) this.#host.metrics.bytesFromLeaders.add(bytes);
    if (this.#receivedBytes - this.#acknowledgedBytes >= acknowledgeBytes) this.#schedule();
  }

  #react(role: FollowerRole, reaction: ReturnType<FollowerRole["receive"]>): void {
    if (reaction === "askAgain") this.#startRound(role);
    else if (reaction === "pause") this.#pause(role);
    else if (reaction === "progress") {
      const isTold = role.flushPolicy === "os" || role.log.durableEnd === role.log.end;
      if (!isTold) this.#unhurried.add(role);
      else {
        this.#urgent.add(role);
        this.#schedule();
      }
    }
  }

  #pause(role: FollowerRole): void {
    this.#drop(role);
    if (this.#roles.get(role.id.topicId, role.id.partition) !== role) return;
    // Parts that are still on their way belong to a round that is over.
    role.startRound(++this.#lastRound);
    this.#paused.add(role);
    const delayMs = askAgainMs * (0.5 + this.#host.random.float());
    this.#pauseTimer ??= this.#host.clock.after(delayMs, () => {
      this.#pauseTimer = null;
      for (const paused of [...this.#paused]) this.#startRound(paused);
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#stream === null) return;
    this.#scheduled = true;
    this.#host.clock.endOfTurn(() => {
      this.#scheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#stream === null) return;
    const positions: PullPositions["positions"] = [];
    // Stops first: a partition may have been taken up anew, in another epoch, in the same turn.
    for (const role of this.#stopping) positions.push(role.stopPosition());
    for (const role of this.#urgent) {
      this.#unhurried.delete(role);
      positions.push(role.position());
    }
    this.#stopping.clear();
    this.#urgent.clear();
    const most = limits.pullPositionsPerMessageMax;
    for (let at = 0; at === 0 || at < positions.length; at += most) {
      this.#send(positions.slice(at, at + most));
    }
  }

  #send(positions: PullPositions["positions"]): void {
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#lastSentMs = this.#host.clock.monotonicMs();
    this.#stream?.send({ ...this.#host.identity(), receivedBytes: this.#receivedBytes, positions });
  }

  /** Now and then: late positions, a sign of life, and an end to a stream on which nothing came for long. */
  beat(nowMs: number): void {
    if (this.#stream === null) return;
    if (nowMs - this.#lastHeardMs > pullSilenceMaxMs) {
      this.#host.log.info(
        { leaderId: this.leaderId },
        "nothing came on a pull stream for long: opening it anew",
      );
      this.#abandon();
      this.#openLater();
      return;
    }
    for (const role of this.#unhurried) this.#urgent.add(role);
    this.#unhurried.clear();
    if (this.#urgent.size > 0 || nowMs - this.#lastSentMs >= pullBeatMs) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#reconnectTimer?.cancel();
    this.#pauseTimer?.cancel();
    this.#abandon();
    this.#roles.clear();
  }
}
