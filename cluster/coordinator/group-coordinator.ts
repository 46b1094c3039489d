// shell: the groups that this broker coordinates: one shard for each partition of __consumer_offsets that it
// leads. A shard lives as long as one leadership; what leads is read from the committed metadata only.
import type { Clock } from "../../base/ports/clock.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Metrics } from "../../base/ports/metrics.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { MetadataImage, TopicImage } from "../metadata/image.ts";
import { CoordinatorMetrics } from "./coordinator-metrics.ts";
import type { GroupSettings } from "./group-settings.ts";
import { heartbeatIntervalOf } from "./heartbeat-interval.ts";
import { ExpiryRounds } from "./shard/expiry-rounds.ts";
import { GroupShard, type ShardSurroundings } from "./shard/group-shard.ts";
import { listGroups } from "./shard/listing.ts";
import { PacedClock } from "./shard/paced-clock.ts";
import type { LoadFacts, ShardLog } from "./shard/shard-log.ts";
import type { GroupState } from "./state/group-state.ts";
import { shardOf } from "./state/group-table.ts";

export const offsetsTopic = "__consumer_offsets";

export interface CoordinatorPorts {
  readonly nodeId: number;
  readonly clock: Clock;
  readonly codecs: Codecs;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly halt: (reason: string) => never;
  image(): MetadataImage;
  settings(): GroupSettings;
  /** End of what consumers can read of a partition; null: no replica of it is on this broker. */
  endOffset(topic: string, partition: number): number | null;
  /** Null while this broker does not lead the partition. */
  shardLog(topicId: string, partition: number): ShardLog | null;
}

export class GroupCoordinator {
  readonly #ports: CoordinatorPorts;
  readonly #paced: PacedClock;
  readonly #metrics: CoordinatorMetrics;
  readonly #expiry: ExpiryRounds;
  readonly #shards = new Map<number, GroupShard>();
  #topic: TopicImage | null = null;
  #counted = { atMs: Number.NEGATIVE_INFINITY, members: 0 };
  #isStopped = false;

  constructor(ports: CoordinatorPorts) {
    this.#ports = ports;
    this.#metrics = new CoordinatorMetrics(ports.metrics, {
      groups: () => this.#committedGroups(),
      states: () => this.#states(),
      endOffset: (topic, partition) => ports.endOffset(topic, partition),
    });
    this.#paced = new PacedClock(ports.clock, () => this.#tick());
    this.#expiry = new ExpiryRounds({
      clock: ports.clock,
      everyMs: () => ports.settings().offsetsRetentionCheckIntervalMs,
      shards: () => this.shards(),
    });
  }

  /** Replicas are as the image says already. `deleted`: names of topics that are no more. */
  imageChanged(deleted: readonly string[] = []): void {
    if (this.#isStopped) return;
    this.#lookAtTopic();
    if (deleted.length === 0) return;
    for (const { offsets } of [...this.#shards.values()]) void offsets.topicsGone(deleted);
  }

  #lookAtTopic(): void {
    const image = this.#ports.image();
    const topicId = image.topicIdsByName.get(offsetsTopic);
    const topic = topicId === undefined ? null : (image.topics.get(topicId) ?? null);
    if (topic === this.#topic) return;
    if (topic?.topicId !== this.#topic?.topicId) this.#dropAll();
    this.#topic = topic;
    for (const { partition } of topic?.partitions ?? []) this.#look(partition);
  }

  #look(partition: number): void {
    const facts = this.#topic?.partitions[partition];
    // The topic was made anew, with fewer.
    if (facts === undefined) return;
    const { leader, leaderEpoch } = facts;
    const leads = leader === this.#ports.nodeId;
    const shard = this.#shards.get(partition);
    if (shard !== undefined && leads && shard.leaderEpoch === leaderEpoch) return;
    if (shard !== undefined) this.#drop(shard);
    if (leads) this.#open(partition);
  }

  #open(partition: number): void {
    const { topicId } = this.#topic!;
    const log = this.#ports.shardLog(topicId, partition);
    // Its log directory has failed, or its leadership is over again: another image will say so.
    if (log === null) return;
    const shard = new GroupShard(partition, log, this.#surroundings());
    this.#shards.set(partition, shard);
    shard.start();
  }

  #surroundings(): ShardSurroundings {
    const { clock, codecs, log, halt, image } = this.#ports;
    return {
      ...{ clock, codecs, halt, image, paced: this.#paced },
      settings: () => this.#ports.settings(),
      heartbeatIntervalMs: () => this.#heartbeatIntervalMs(),
      log: log.child({ component: "groups" }),
      onLoaded: (shard, facts) => this.#loaded(shard, facts),
      onEnded: (shard, reason) => this.#ended(shard, reason),
      onDeadlines: () => this.#paced.run(),
      onRebalanced: () => this.#metrics.rebalanced(),
      onExpired: (offsets) => this.#metrics.expired(offsets),
    };
  }

  #heartbeatIntervalMs(): number {
    let members = 0;
    for (const { consumer } of this.#shards.values()) members += consumer.members;
    return heartbeatIntervalOf(this.#ports.settings(), members);
  }

  /**
   * For members of the classic protocol that ask: as those of the consumer protocol are told, for the members
   * of both.
   */
  classicHeartbeatIntervalMs(): number {
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#counted.atMs >= countEveryMs) {
      let members = 0;
      for (const { classic, consumer } of this.#shards.values())
        members += classic.members + consumer.members;
      this.#counted = { atMs: nowMs, members };
    }
    return heartbeatIntervalOf(this.#ports.settings(), this.#counted.members);
  }

  #loaded({ index }: GroupShard, facts: LoadFacts): void {
    this.#metrics.loaded(facts);
    if (facts.records === 0) return;
    const { records, bytes, tookMs } = facts;
    const told = { partition: index, records, bytes, ms: Math.round(tookMs) };
    this.#ports.log.info(told, "groups were loaded");
  }

  #ended(shard: GroupShard, reason: string): void {
    this.#ports.log.info({ partition: shard.index, reason }, "groups are coordinated here no more");
    if (this.#shards.get(shard.index) !== shard) return;
    this.#shards.delete(shard.index);
    // Where it still leads, it begins anew from the log.
    if (this.#isStopped || this.#topic === null) return;
    this.#ports.clock.after(reopenAfterMs, () => {
      if (!this.#isStopped && !this.#shards.has(shard.index)) this.#look(shard.index);
    });
  }

  #drop(shard: GroupShard): void {
    this.#shards.delete(shard.index);
    shard.stop();
  }

  #dropAll(): void {
    for (const shard of [...this.#shards.values()]) this.#drop(shard);
  }

  #tick(): void {
    let isNeeded = false;
    for (const shard of this.#shards.values()) {
      shard.tick();
      if (shard.hasDeadlines) isNeeded = true;
    }
    if (!isNeeded) this.#paced.stop();
  }

  /** Those that are loaded. */
  *shards(): Generator<GroupShard> {
    for (const shard of this.#shards.values()) if (shard.isLoaded) yield shard;
  }

  *#committedGroups(): Generator<GroupState> {
    for (const shard of this.shards()) yield* shard.committedGroups();
  }

  *#states(): Generator<string> {
    for (const shard of this.shards())
      for (const { groupState } of listGroups(shard, shard.classic)) yield groupState;
  }

  /** Those that are not loaded yet. */
  get isLoading(): boolean {
    return [...this.#shards.values()].some(({ isLoaded }) => !isLoaded);
  }

  /** Throws NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS. */
  shardFor(groupId: string): GroupShard {
    const topic = this.#topic;
    if (topic === null)
      throw new BrokerError("NOT_COORDINATOR", "no group was ever here: its topic is not made");
    const index = shardOf(groupId, topic.partitions.length);
    const shard = this.#shards.get(index);
    if (shard === undefined) {
      const { leader } = topic.partitions[index]!;
      const { nodeId } = this.#ports;
      const text = `group "${groupId}" is coordinated by broker ${leader}, not by broker ${nodeId}`;
      throw new BrokerError("NOT_COORDINATOR", text);
    }
    shard.needLoaded();
    return shard;
  }

  stop(): void {
    this.#isStopped = true;
    this.#expiry.stop();
    this.#paced.stop();
    this.#dropAll();
  }
}

/** Members of the classic protocol are counted so often. */
const countEveryMs = 1_000;
/** A log that could not be read is looked at again after so long. */
const reopenAfterMs = 1_000;
