// shell: all replicas of one broker. Follows the committed metadata: makes and deletes logs, starts and stops
// roles, keeps one pull stream to each leader and serves those of followers, checks lag and keeps high
// watermarks across restarts.
//
// Keeps true: nothing is led or followed until the image holds the registration of this very process (an
// older record may still name this broker leader of an epoch in which a process that is gone has written).
// Idle partitions cost nothing: one timer, and sets of those that have something to do.
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Uuid } from "../../base/uuid.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { PeerStream, PullData, PullPositions } from "../../proto/peer/peer-api.ts";
import { DiskFullError } from "../log/disk-full.ts";
import type { MetadataDelta, MetadataImage, PartitionImage, TopicImage } from "../metadata/image.ts";
import { directoryOf, mayBeginAnew } from "../metadata/queries.ts";
import { CatchUpPacer } from "./catch-up-pacer.ts";
import { CommitTimeouts } from "./commit-timeouts.ts";
import type { BrokerStanding } from "./follower-progress.ts";
import type { FollowerRole } from "./follower-role.ts";
import { HighWatermarkKeeper } from "./high-watermark-keeper.ts";
import { IsrProposals } from "./isr-proposals.ts";
import { Partition, type PartitionOwner } from "./partition.ts";
import { PartitionMap } from "./partition-map.ts";
import { PullStreams } from "./pull-streams.ts";
import type { ReplicaContext } from "./replica-context.ts";
import { replicationMetrics } from "./replication-metrics.ts";
import type { OpenedLog, PartitionId, ReplicationWiring } from "./replication-ports.ts";
import { TurnWakes } from "./turn-wakes.ts";

export type ReplicationEnv = Pick<Env, "clock" | "random" | "codecs" | "log" | "metrics">;

export class ReplicaSet implements PartitionOwner {
  readonly context: ReplicaContext;
  readonly #env: ReplicationEnv;
  readonly #wiring: ReplicationWiring;
  readonly #partitions = new PartitionMap<Partition>();
  readonly #streams: PullStreams;
  readonly #keeper: HighWatermarkKeeper;
  /** Partitions led here that the passing of time may change. */
  readonly #behind = new Set<Partition>();
  /** Replicas whose logs could not be made on a full disk; tried again with every tick. */
  readonly #unmade = new PartitionMap<PartitionId>();
  readonly #failedDirectories = new Set<Uuid>();
  /** Replicas in them that have not begun anew in another. */
  readonly #stranded = new Set<Partition>();
  #image: MetadataImage | null = null;
  /** -1 until the image holds the registration of this process. */
  #brokerEpoch = -1;
  #timer: Timer | null = null;
  #straysDeleted = false;
  /** The gauges are counted anew at the next tick. */
  #rolesChanged = true;
  #stopped = false;

  constructor(env: ReplicationEnv, wiring: ReplicationWiring) {
    this.#env = env;
    this.#wiring = wiring;
    const { clock, random, codecs } = env;
    const { nodeId } = wiring;
    const log = env.log.child({ component: "replication" });
    const identity = () => ({ nodeId, brokerEpoch: this.#brokerEpoch });
    const metrics = replicationMetrics(env.metrics);
    const standingOf = (id: number): BrokerStanding => this.#standingOf(id);
    const send = wiring.alterPartition.bind(wiring);
    this.context = {
      nodeId,
      lagTimeMaxMs: wiring.lagTimeMaxMs,
      clock,
      codecs,
      log,
      metrics,
      proposals: new IsrProposals({ clock, random, log, identity, send }),
      wakes: new TurnWakes(clock),
      timeouts: new CommitTimeouts(clock),
      pacer: new CatchUpPacer(),
      standingOf,
      onEvent: wiring.onEvent.bind(wiring),
    };
    this.#keeper = new HighWatermarkKeeper(clock, log, wiring.highWatermarks);
    this.#streams = new PullStreams({
      clock,
      random,
      log,
      metrics,
      pacer: this.context.pacer,
      connect: wiring.connect.bind(wiring),
      identity,
      standingOf,
      partition: (topicId, partition) => this.#partitions.get(topicId, partition),
    });
    this.#timer = clock.after(this.#tickMs, () => this.#tick());
  }

  get #tickMs(): number {
    return Math.min(500, Math.max(20, this.#wiring.lagTimeMaxMs / 4));
  }

  /** Undefined: no replica of it here (as far as the image applied says). */
  partition(topicId: Uuid, partition: number): Partition | undefined {
    return this.#partitions.get(topicId, partition);
  }

  partitions(): IterableIterator<Partition> {
    return this.#partitions.values();
  }

  /** PeerApi.pull. */
  pull(stream: PeerStream<PullData, PullPositions>): void {
    this.#streams.serve(stream);
  }

  // ---- The committed metadata ----

  /**
   * The next committed image, and how it differs from the one before; null: everything may differ. The logs
   * must have been recovered before the first call.
   */
  applyImage(image: MetadataImage, delta: MetadataDelta | null): void {
    if (this.#stopped) return;
    const before = this.#image;
    const epochBefore = this.#brokerEpoch;
    this.#image = image;
    this.#brokerEpoch = this.#registeredEpoch(image);
    const isNewRegistration = this.#brokerEpoch !== epochBefore;
    if (delta === null || before === null || isNewRegistration) this.#applyAll(image);
    else this.#applyDelta(image, delta);
    if (isNewRegistration) this.#streams.reopenAll();
    else if (before !== null) this.#reopenRestarted(before, image, delta);
    this.#moveStranded(image);
    this.#streams.lookAgain();
    this.#rolesChanged = true;
  }

  /** Out of directories that have failed, as soon as nobody counts on what is there. */
  #moveStranded(image: MetadataImage): void {
    for (const partition of [...this.#stranded]) {
      const { topicId, partition: index } = partition.id;
      const topic = image.topics.get(topicId);
      const placed = topic?.partitions[index];
      if (topic === undefined || placed === undefined || partition.directoryId === null) continue;
      if (this.#brokerEpoch < 0 || !mayBeginAnew(image, placed, this.#wiring.nodeId)) continue;
      this.#env.log.info({ ...partition.id }, "a replica of a lost log directory begins anew in another");
      this.#drop(partition);
      this.#wiring.logs.leave(partition.id, partition.directoryId);
      this.#applyPartition(topic, placed);
    }
  }

  #registeredEpoch(image: MetadataImage): number {
    const registered = image.brokers.get(this.#wiring.nodeId);
    return registered?.incarnationId === this.#wiring.incarnationId ? registered.epoch : -1;
  }

  #standingOf(nodeId: number): BrokerStanding {
    const broker = this.#image?.brokers.get(nodeId);
    if (broker === undefined) return { epoch: -1, eligible: false };
    return { epoch: broker.epoch, eligible: !broker.fenced && !broker.inControlledShutdown };
  }

  #applyAll(image: MetadataImage): void {
    for (const partition of [...this.#partitions.values()]) {
      const { topicId, partition: index } = partition.id;
      const now = image.topics.get(topicId)?.partitions[index];
      if (now === undefined || !this.#isReplica(now)) this.#remove(partition);
      else partition.setConfig(this.#wiring.configOf(partition.id.topicName));
    }
    for (const topic of image.topics.values())
      for (const partition of topic.partitions) this.#applyPartition(topic, partition);
    for (const partition of this.#partitions.values()) partition.surroundingsChanged();
    if (this.#brokerEpoch >= 0 && !this.#straysDeleted) this.#deleteStrays(image);
  }

  /**
   * Logs of topics that were deleted, or replicas that moved away, while this broker was down. The image
   * holds this process's registration, so it is younger than anything that made these logs.
   */
  #deleteStrays(image: MetadataImage): void {
    this.#straysDeleted = true;
    for (const id of this.#wiring.logs.list()) {
      const placed = image.topics.get(id.topicId)?.partitions[id.partition];
      if (placed !== undefined && this.#isReplica(placed)) continue;
      this.#env.log.info({ ...id }, "deleting a log that the metadata no longer places on this broker");
      this.#wiring.logs.delete(id);
    }
  }

  #applyDelta(image: MetadataImage, delta: MetadataDelta): void {
    for (const topicId of delta.removedTopics.keys())
      for (const partition of [...this.#partitions.topic(topicId).values()]) this.#remove(partition);
    const reconfigured = this.#applyConfigs(image, delta);
    for (const [topicId, indexes] of delta.partitions) {
      const topic = image.topics.get(topicId);
      if (topic === undefined) continue;
      for (const index of indexes) {
        const partition = topic.partitions[index];
        if (partition !== undefined) this.#applyPartition(topic, partition);
      }
    }
    const concerned = delta.brokers.size > 0 ? this.#partitions.values() : reconfigured;
    for (const partition of concerned) partition.surroundingsChanged();
  }

  /** Answers whom the changed settings concern; they have effect with what follows. */
  #applyConfigs(image: MetadataImage, delta: MetadataDelta): Partition[] {
    const concerned: Partition[] = [];
    if (delta.configs.size === 0) return concerned;
    const isForAll = [...delta.configs].some((key) => !key.startsWith("topic:"));
    const named = [...delta.configs].filter((key) => key.startsWith("topic:")).map((key) => key.slice(6));
    const topicIds = isForAll ? image.topics.keys() : named.map((name) => image.topicIdsByName.get(name));
    for (const topicId of topicIds) {
      if (topicId === undefined) continue;
      for (const partition of this.#partitions.topic(topicId).values()) {
        partition.setConfig(this.#wiring.configOf(partition.id.topicName));
        concerned.push(partition);
      }
    }
    return concerned;
  }

  #isReplica(image: PartitionImage): boolean {
    return image.replicas.includes(this.#wiring.nodeId);
  }

  #applyPartition(topic: TopicImage, image: PartitionImage): void {
    const known = this.#partitions.get(topic.topicId, image.partition);
    if (!this.#isReplica(image)) {
      if (known !== undefined) this.#remove(known);
      return;
    }
    // Nothing is made for a picture that may be older than this process's place in the cluster.
    if (known === undefined && this.#brokerEpoch < 0) return;
    const partition = known ?? this.#make(topic, image);
    partition?.applyImage(image, this.#brokerEpoch >= 0);
  }

  #make(topic: TopicImage, image: PartitionImage): Partition | undefined {
    const { partition: index } = image;
    if (this.#partitions.size >= limits.partitionsPerBrokerMax) {
      const fields = { topic: topic.name, partition: index, most: limits.partitionsPerBrokerMax };
      this.#env.log.error(fields, "this broker holds as many replicas as it may; one more is not made");
      return undefined;
    }
    const id: PartitionId = { topicId: topic.topicId, topicName: topic.name, partition: index };
    const opened = this.#open(id, directoryOf(image, this.#wiring.nodeId));
    if (opened === "full") {
      this.#unmade.set(topic.topicId, index, id);
      return undefined;
    }
    this.#unmade.delete(topic.topicId, index);
    const partition = new Partition({
      id,
      owner: this,
      config: this.#wiring.configOf(topic.name),
      opened,
      highWatermark: this.#wiring.highWatermarks.load(topic.topicId, index),
    });
    this.#partitions.set(topic.topicId, index, partition);
    const directory = partition.directoryId;
    if (directory !== null && this.#failedDirectories.has(directory))
      partition.goOffline(`log directory ${directory} has failed`);
    return partition;
  }

  #open(id: PartitionId, assigned: Uuid): OpenedLog | { failed: string } | "full" {
    try {
      return this.#wiring.logs.openOrCreate(id, assigned);
    } catch (error) {
      if (error instanceof DiskFullError) return "full";
      if (!(error instanceof BrokerError)) throw error;
      this.#env.log.error({ ...id, error: error.message }, "could not open the log of a partition");
      return { failed: error.message };
    }
  }

  #remove(partition: Partition): void {
    this.#drop(partition);
    this.#wiring.logs.delete(partition.id);
  }

  #drop(partition: Partition): void {
    partition.stop(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    this.#partitions.delete(partition.id.topicId, partition.id.partition);
    this.#behind.delete(partition);
    this.#stranded.delete(partition);
    this.#keeper.remove(partition);
  }

  /**
   * Leaders that were registered anew are reached again at once, not when the pause between attempts is over.
   */
  #reopenRestarted(before: MetadataImage, image: MetadataImage, delta: MetadataDelta | null): void {
    for (const id of delta?.brokers ?? image.brokers.keys())
      if (before.brokers.get(id)?.epoch !== image.brokers.get(id)?.epoch) this.#streams.reopen(id);
  }

  // ---- What partitions ask for ----

  follow(role: FollowerRole): void {
    this.#streams.follow(role);
  }

  unfollow(role: FollowerRole): void {
    this.#streams.unfollow(role);
  }

  followerDurable(role: FollowerRole): void {
    this.#streams.durableMoved(role);
  }

  needsLagCheck(partition: Partition): void {
    this.#behind.add(partition);
  }

  highWatermarkMoved(partition: Partition): void {
    this.#keeper.moved(partition);
  }

  wentOffline(partition: Partition): void {
    this.#rolesChanged = true;
    this.#behind.delete(partition);
    if (partition.directoryId === null) return;
    this.#stranded.add(partition);
    this.failDirectory(partition.directoryId);
  }

  /** A log directory has failed: all its partitions are offline until they begin anew in another. */
  failDirectory(directoryId: Uuid): void {
    if (this.#failedDirectories.has(directoryId)) return;
    this.#failedDirectories.add(directoryId);
    this.#wiring.onDirectoryFailed(directoryId);
    for (const partition of [...this.#partitions.values()])
      if (partition.directoryId === directoryId)
        partition.goOffline(`log directory ${directoryId} has failed`);
  }

  // ---- Time ----

  #tick(): void {
    const nowMs = this.#env.clock.monotonicMs();
    for (const partition of [...this.#behind]) if (!partition.checkLag()) this.#behind.delete(partition);
    this.#streams.beat(nowMs);
    this.#keeper.tick(nowMs);
    this.#makeUnmade();
    if (this.#rolesChanged) this.#countRoles();
    this.context.metrics.lagMax.set(this.#streams.lagMax());
    this.#timer = this.#env.clock.after(this.#tickMs, () => this.#tick());
  }

  #makeUnmade(): void {
    for (const { topicId, partition: index } of [...this.#unmade.values()]) {
      const topic = this.#image?.topics.get(topicId);
      const image = topic?.partitions[index];
      if (topic === undefined || image === undefined || !this.#isReplica(image))
        this.#unmade.delete(topicId, index);
      else this.#applyPartition(topic, image);
    }
  }

  #countRoles(): void {
    this.#rolesChanged = false;
    const { metrics } = this.context;
    let leaders = 0;
    let offline = 0;
    let underReplicated = 0;
    let underMinIsr = 0;
    for (const partition of this.#partitions.values()) {
      const state = partition.leaderRole?.state;
      if (partition.role === "offline") offline++;
      if (state === undefined) continue;
      leaders++;
      if (state.isUnderReplicated) underReplicated++;
      if (state.isBelowMinIsr) underMinIsr++;
    }
    metrics.partitions.set(this.#partitions.size);
    metrics.leaders.set(leaders);
    metrics.offline.set(offline);
    metrics.underReplicated.set(underReplicated);
    metrics.underMinIsr.set(underMinIsr);
  }

  /** Ends all roles and streams and writes the high watermarks down. Closing the logs is their owner's. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.context.proposals.stop();
    for (const partition of this.#partitions.values()) partition.stop();
    this.context.timeouts.stop();
    this.#streams.close();
    await this.#keeper.flush();
  }
}
