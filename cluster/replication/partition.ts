// shell: one replica of one partition on this broker: leader, follower or neither, as the committed metadata
// says, over one log. What clients do goes through here.
//
// Keeps true: only the leader of the current leader epoch takes writes and answers reads; the role changes
// only by `applyImage`; the high watermark outlives changes of role; once its log directory has failed it is
// offline for good (another takes its place when the replica begins anew in another directory).
import { assert } from "../../base/assert.ts";
import type { Uuid } from "../../base/uuid.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { DiskFullError } from "../log/disk-full.ts";
import type { EpochEnd, ReplicaLog } from "../log/replica-log.ts";
import type { PartitionImage } from "../metadata/image.ts";
import { FollowerRole } from "./follower-role.ts";
import * as reads from "./leader-reads.ts";
import { type AppendAnswer, type AppendOptions, LeaderRole } from "./leader-role.ts";
import { notLeader, storageError, wrongEpoch } from "./refusals.ts";
import type { ReplicaContext, RoleHost } from "./replica-context.ts";
import type { OpenedLog, PartitionConfig, PartitionId } from "./replication-ports.ts";

/** What the set of replicas does for one of them. */
export interface PartitionOwner {
  readonly context: ReplicaContext;
  follow(role: FollowerRole): void;
  unfollow(role: FollowerRole): void;
  followerDurable(role: FollowerRole): void;
  needsLagCheck(partition: Partition): void;
  highWatermarkMoved(partition: Partition): void;
  wentOffline(partition: Partition): void;
}

export type PartitionRole = "leader" | "follower" | "none" | "offline";

export class Partition implements RoleHost {
  readonly id: PartitionId;
  readonly directoryId: Uuid | null;
  readonly #owner: PartitionOwner;
  #config: PartitionConfig;
  readonly #log: ReplicaLog | null;
  #leader: LeaderRole | null = null;
  #follower: FollowerRole | null = null;
  #leaderId = -1;
  #leaderEpoch = -1;
  #highWatermark: number;
  #offlineReason: string | null = null;
  readonly #watchers = new Set<() => void>();

  constructor(options: {
    id: PartitionId;
    owner: PartitionOwner;
    config: PartitionConfig;
    /** Null, with a reason: the log could not be opened. */
    opened: OpenedLog | { failed: string };
    highWatermark: number;
  }) {
    this.id = options.id;
    this.#owner = options.owner;
    this.#config = options.config;
    if ("failed" in options.opened) {
      this.#log = null;
      this.directoryId = null;
      this.#highWatermark = 0;
      this.#offlineReason = options.opened.failed;
      return;
    }
    const { log, directoryId } = options.opened;
    this.#log = log;
    this.directoryId = directoryId;
    this.#highWatermark = Math.min(Math.max(options.highWatermark, log.startOffset), log.end);
    log.setDurableListener(() => this.#durableMoved());
  }

  // ---- What it is now ----

  get role(): PartitionRole {
    if (this.#offlineReason !== null) return "offline";
    if (this.#leader !== null) return "leader";
    return this.#follower === null ? "none" : "follower";
  }

  get isLeader(): boolean {
    return this.#leader !== null;
  }

  /** Node id of the leader; -1: nobody. */
  get leaderId(): number {
    return this.#leaderId;
  }

  /** The newest this broker has heard of. */
  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  get highWatermark(): number {
    const role = this.#leader?.state ?? this.#follower;
    return role?.highWatermark ?? this.#highWatermark;
  }

  /**
   * What may be claimed after a power cut: a cut or an append that is not on disk yet may be undone by it.
   */
  get lastingHighWatermark(): number {
    if (this.#log === null || this.#config.flushPolicy === "os") return this.highWatermark;
    return Math.min(this.highWatermark, this.#log.durableEnd);
  }

  get logStartOffset(): number {
    return this.#openLog().startOffset;
  }

  get logEndOffset(): number {
    return this.#openLog().end;
  }

  get durableEndOffset(): number {
    return this.#openLog().durableEnd;
  }

  /** Throws KAFKA_STORAGE_ERROR when offline. For retention and for comparing logs, not for writing. */
  get log(): ReplicaLog {
    return this.#openLog();
  }

  get config(): PartitionConfig {
    return this.#config;
  }

  get context(): ReplicaContext {
    return this.#owner.context;
  }

  get leaderRole(): LeaderRole | null {
    return this.#leader;
  }

  /** What to say to someone who asks for the leader and is right about the epoch. */
  get refusal(): number {
    return this.#offlineReason === null ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.KAFKA_STORAGE_ERROR;
  }

  // ---- What clients do. All throw BrokerError; only `awaitCommitted` waits. ----

  /**
   * Appends to the page cache. For acks=-1 await `awaitCommitted(answer.end, ...)` afterwards, for a
   * duplicate too. NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_ENOUGH_REPLICAS,
   * KAFKA_STORAGE_ERROR (a full disk too: it can be tried again), what validation and sequence numbers say.
   */
  append(options: AppendOptions): AppendAnswer {
    const leader = this.#led(options.currentLeaderEpoch);
    return this.#guarded(() => leader.append(options));
  }

  /**
   * Resolves once the high watermark is at least `end`. Rejects with NOT_ENOUGH_REPLICAS_AFTER_APPEND when
   * the in-sync set falls below min.insync.replicas, NOT_LEADER_OR_FOLLOWER when the leadership under which
   * it was appended (`leaderEpoch` of the answer) is over, REQUEST_TIMED_OUT; the records may be committed
   * later.
   */
  async awaitCommitted(options: { end: number; leaderEpoch: number; timeoutMs: number }): Promise<void> {
    const { end, leaderEpoch, timeoutMs } = options;
    const leader = this.#leader;
    if (leader === null || leader.leaderEpoch !== leaderEpoch) throw this.#notLeader();
    return leader.awaitCommitted(end, timeoutMs);
  }

  /**
   * Committed records, of the leader, or of a follower if the reader may read from one. OFFSET_OUT_OF_RANGE
   * outside the log; empty between the high watermark and the end.
   */
  read(options: reads.ReadOptions): reads.ReadAnswer {
    const replica = this.#readable(options);
    const answer = this.#guarded(() => reads.readRecords(replica, options));
    if (answer.records.length > 0)
      this.context.metrics.bytesFetched.add(this.id.topicName, answer.records.length);
    return answer;
  }

  /**
   * Calls `listener` at the end of each turn in which the high watermark moved, or who leads; until the
   * function it answers is called.
   */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  /** The high watermark, or OFFSET_NOT_AVAILABLE while a new leader does not know it. */
  latestOffset(options: { isolation: reads.Isolation; currentLeaderEpoch?: number }): reads.OffsetAnswer {
    return reads.latestOffset(this.#led(options.currentLeaderEpoch));
  }

  earliestOffset(options: { currentLeaderEpoch?: number }): reads.OffsetAnswer {
    const leader = this.#led(options.currentLeaderEpoch);
    return this.#guarded(() => reads.earliestOffset(leader));
  }

  offsetForTimestamp(options: {
    timestamp: number;
    isolation: reads.Isolation;
    currentLeaderEpoch?: number;
  }): reads.OffsetAnswer {
    const leader = this.#led(options.currentLeaderEpoch);
    return this.#guarded(() => reads.offsetForTimestamp(leader, options.timestamp));
  }

  maxTimestamp(options: { currentLeaderEpoch?: number }): reads.OffsetAnswer {
    const leader = this.#led(options.currentLeaderEpoch);
    return this.#guarded(() => reads.maxTimestamp(leader));
  }

  /**
   * OffsetForLeaderEpoch: the largest epoch <= `leaderEpoch` and where it ends; -1, -1 when there is none.
   */
  endOfEpoch(options: { leaderEpoch: number; currentLeaderEpoch?: number }): EpochEnd {
    const leader = this.#led(options.currentLeaderEpoch);
    return this.#guarded(() => leader.log.endOfEpoch(options.leaderEpoch));
  }

  /** Raises the log start (DeleteRecords); -1: to the high watermark. Answers the new start. */
  deleteRecordsBefore({ offset }: { offset: number }): number {
    const leader = this.#led();
    return this.#guarded(() => leader.deleteRecordsBefore(offset));
  }

  /** Where the logs of all in-sync replicas start at least. */
  lowWatermark(): number {
    return this.#led().lowWatermark;
  }

  /** In-sync followers by what they said last, for readers that had better read from one of them. */
  inSyncFollowers(): { nodeId: number; logStartOffset: number; logEndOffset: number }[] {
    return this.#leader?.state.inSyncFollowers() ?? [];
  }

  #readable({ currentLeaderEpoch, mayReadFollower = false }: reads.ReadOptions): LeaderRole | FollowerRole {
    if (!mayReadFollower || this.#follower === null) return this.#led(currentLeaderEpoch);
    this.#checkEpoch(currentLeaderEpoch);
    return this.#follower;
  }

  #led(currentLeaderEpoch = -1): LeaderRole {
    this.#checkEpoch(currentLeaderEpoch);
    if (this.#leader === null) throw this.#notLeader();
    return this.#leader;
  }

  #checkEpoch(currentLeaderEpoch = -1): void {
    if (this.#offlineReason !== null) throw storageError(this.id, this.#offlineReason);
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch !== this.#leaderEpoch)
      throw wrongEpoch(this.id, currentLeaderEpoch, this.#leaderEpoch);
  }

  #notLeader(): BrokerError {
    if (this.#offlineReason !== null) return storageError(this.id, this.#offlineReason);
    return notLeader(this.id, this, this.context.nodeId);
  }

  #openLog(): ReplicaLog {
    if (this.#log === null) throw storageError(this.id, this.#offlineReason);
    return this.#log;
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      this.storageFailed(error);
      throw error;
    }
  }

  // ---- What the metadata does ----

  /**
   * The committed state of this partition. `active` false: this process is not the registered one (yet), so
   * it plays no role, whatever the record says.
   */
  applyImage(image: PartitionImage, active: boolean): void {
    assert(
      image.leaderEpoch >= this.#leaderEpoch,
      `a committed record of leader epoch ${image.leaderEpoch} came after one of ${this.#leaderEpoch}`,
    );
    this.#leaderId = image.leader;
    this.#leaderEpoch = image.leaderEpoch;
    if (this.#offlineReason !== null) return;
    const { nodeId } = this.context;
    const plays = active && image.replicas.includes(nodeId) && image.leader >= 0;
    this.#guardedRole(() => {
      if (!plays) this.#endRole();
      else if (image.leader === nodeId) this.#lead(image);
      else this.#follow(image);
    });
  }

  #guardedRole(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!this.storageFailed(error)) throw error;
    }
  }

  #lead(image: PartitionImage): void {
    if (this.#leader?.leaderEpoch === image.leaderEpoch) {
      this.#leader.applyCommitted(image);
      return;
    }
    this.#endRole();
    const log = this.#openLog();
    this.#leader = new LeaderRole({ host: this, log, committed: image, highWatermark: this.#highWatermark });
    const { highWatermark } = this.#leader.state;
    const event = { ...this.id, leaderEpoch: image.leaderEpoch, end: log.end, highWatermark };
    this.context.onEvent({ kind: "becameLeader", ...event });
    this.#leader.refresh();
    this.changed();
  }

  #follow(image: PartitionImage): void {
    const { leader: leaderId, leaderEpoch } = image;
    if (this.#follower?.leaderEpoch === leaderEpoch && this.#follower.leaderId === leaderId) return;
    this.#endRole();
    const log = this.#openLog();
    const highWatermark = this.#highWatermark;
    this.#follower = new FollowerRole({ host: this, log, leaderId, leaderEpoch, highWatermark });
    this.#owner.follow(this.#follower);
    this.changed();
  }

  #endRole(errorCode: number = ErrorCode.NOT_LEADER_OR_FOLLOWER): void {
    if (this.#leader === null && this.#follower === null) return;
    this.#highWatermark = this.highWatermark;
    const leader = this.#leader;
    const follower = this.#follower;
    this.#leader = null;
    this.#follower = null;
    if (follower !== null) this.#owner.unfollow(follower);
    leader?.stop(errorCode);
    this.changed();
  }

  /** Has effect with what is applied next: one image is one state, of settings, replicas and brokers. */
  setConfig(config: PartitionConfig): void {
    this.#config = config;
  }

  /** Settings changed, or brokers were registered, fenced or unfenced. */
  surroundingsChanged(): void {
    this.#leader?.surroundingsChanged();
  }

  /** Ends its role for good: the topic is gone, the replica moved away, or the broker stops. */
  stop(errorCode: number = ErrorCode.NOT_LEADER_OR_FOLLOWER): void {
    this.#endRole(errorCode);
  }

  // ---- What its roles and its log say ----

  changed(): void {
    this.#log?.noteCommitted?.(this.highWatermark);
    this.#owner.highWatermarkMoved(this);
    if (this.#watchers.size > 0) this.context.wakes.add(this);
  }

  callWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  needsLagCheck(): void {
    this.#owner.needsLagCheck(this);
  }

  /** True: there may be more to do by the passing of time. */
  checkLag(): boolean {
    if (this.#leader === null) return false;
    this.#leader.checkLag();
    return !this.#leader.state.isQuiet;
  }

  storageFailed(error: unknown): boolean {
    if (!(error instanceof BrokerError) || error.code !== ErrorCode.KAFKA_STORAGE_ERROR) return false;
    if (error instanceof DiskFullError) return false;
    this.goOffline(error.message);
    return true;
  }

  goOffline(reason: string): void {
    if (this.#offlineReason !== null) return;
    this.#offlineReason = reason;
    this.#endRole(ErrorCode.KAFKA_STORAGE_ERROR);
    this.context.log.error({ ...this.id, reason }, "a partition is offline: its log directory failed");
    this.context.onEvent({ kind: "offline", ...this.id, leaderEpoch: this.#leaderEpoch, reason });
    this.#owner.wentOffline(this);
    this.changed();
  }

  #durableMoved(): void {
    if (this.#leader !== null) this.#leader.durableMoved();
    else if (this.#follower !== null) this.#owner.followerDurable(this.#follower);
  }
}
