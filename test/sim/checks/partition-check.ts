// test: what must never happen to the records of a partition: one leader an epoch takes writes, what was
// committed stays with every leader and every in-sync replica, and readers never see the high watermark go
// back. Looks at the replicas of a broker after every event of its own.
import type { Partition } from "../../../cluster/replication/partition.ts";
import type { CommittedLog } from "../committed-log.ts";
import { isCompacted } from "../compacted-topics.ts";
import type { DiskLog } from "../disk-log.ts";
import type { SimNode } from "../sim-node.ts";
import { ProducerCheck } from "./producer-check.ts";
import type { Surroundings } from "./surroundings.ts";

interface Remembered {
  life: number;
  directoryId: string | null;
  highWatermark: number;
  leaderEpoch: number;
  ledEpoch: number;
  logEnd: number;
}

export class PartitionCheck {
  readonly #all: Surroundings;
  readonly #producers: ProducerCheck;
  /** Node that led, by partition and leader epoch. */
  readonly #leaders = new Map<string, string>();
  readonly #remembered = new Map<string, Remembered>();
  truncations = 0;
  /** Replicas that went on in another directory than the one they had lost. */
  begunAnew = 0;

  constructor(all: Surroundings) {
    this.#all = all;
    this.#producers = new ProducerCheck(all);
  }

  look(node: SimNode): void {
    const replicas = node.running?.replicas;
    if (replicas === undefined || replicas === null) return;
    for (const partition of replicas.partitions()) {
      if (partition.role !== "offline") this.#partition(node, partition);
    }
  }

  /** Every member of every in-sync set holds everything committed; after each new image, and at the end. */
  lookAtInSyncSets(): void {
    const { latest } = this.#all;
    for (const topic of latest.topics.values()) {
      for (const { topicId, partition } of topic.partitions) {
        this.#inSyncHold(`${topic.name}-${partition}`, { topicId, partition });
      }
    }
  }

  #partition(node: SimNode, partition: Partition): void {
    const { topicId, topicName, partition: index } = partition.id;
    const folder = `${topicName}-${index}`;
    const remembered = this.#of(node, partition);
    const committed = this.#all.committedOf(topicId, index);
    const { leaderEpoch, highWatermark } = partition;
    if (partition.isLeader && remembered.ledEpoch !== leaderEpoch) {
      remembered.ledEpoch = leaderEpoch;
      this.#newLeader(node, partition, committed);
      this.#producers.look(node, partition);
    }
    const { logEndOffset } = partition;
    if (logEndOffset < remembered.logEnd) {
      this.truncations++;
      this.#producers.look(node, partition);
    }
    remembered.logEnd = logEndOffset;
    if (remembered.highWatermark === highWatermark) return;
    const { checks } = this.#all;
    if (remembered.leaderEpoch === leaderEpoch) {
      checks.hold(
        "partition: the high watermark never goes back",
        highWatermark > remembered.highWatermark,
        () => `${folder} on ${node.name}: from ${remembered.highWatermark} to ${highWatermark}`,
      );
    }
    const log = this.#all.logOf(node, folder);
    this.#highWatermark({ node, partition, committed, log, from: remembered.highWatermark });
    remembered.highWatermark = highWatermark;
    remembered.leaderEpoch = leaderEpoch;
  }

  /** In another life, or in another directory, it begins anew. */
  #of(node: SimNode, { id, directoryId }: Partition): Remembered {
    const key = `${node.id}/${id.topicId}/${id.partition}`;
    const known = this.#remembered.get(key);
    if (known?.life === node.lives && known.directoryId === directoryId) return known;
    if (known?.life === node.lives) this.begunAnew++;
    const fresh = {
      ...{ life: node.lives, directoryId },
      ...{ highWatermark: 0, leaderEpoch: -1, ledEpoch: -1, logEnd: 0 },
    };
    this.#remembered.set(key, fresh);
    return fresh;
  }

  #newLeader(node: SimNode, partition: Partition, committed: CommittedLog): void {
    const { checks } = this.#all;
    const { topicId, topicName, partition: index } = partition.id;
    const folder = `${topicName}-${index}`;
    const key = `${topicId}/${index}/${partition.leaderEpoch}`;
    const who = `${node.name}, life ${node.lives}`;
    const other = this.#leaders.get(key);
    checks.hold(
      "partition: one leader per leader epoch",
      other === undefined || other === who,
      () => `${folder} in epoch ${partition.leaderEpoch}: ${other} and ${who}`,
    );
    this.#leaders.set(key, who);
    // Who hears late that it led, when others lead already, commits nothing.
    const now = this.#all.latest.topics.get(topicId)?.partitions[index];
    if (now === undefined || now.leaderEpoch > partition.leaderEpoch) return;
    if (isCompacted(topicName)) return;
    const differs = committed.differs(this.#all.logOf(node, folder), { from: 0, end: committed.end });
    checks.hold(
      "partition: a leader holds all that is committed",
      differs === null,
      () => `${folder} on ${node.name}, epoch ${partition.leaderEpoch}: ${differs}`,
    );
  }

  #highWatermark(at: {
    node: SimNode;
    partition: Partition;
    committed: CommittedLog;
    log: DiskLog;
    from: number;
  }): void {
    const { node, partition, committed, log } = at;
    const { checks } = this.#all;
    const { topicName, topicId, partition: index } = partition.id;
    const { highWatermark } = partition;
    const where = `${topicName}-${index} on ${node.name}`;
    checks.hold(
      "partition: the high watermark is within the log",
      highWatermark <= log.end,
      () => `${where}: high watermark ${highWatermark}, log end ${log.end}`,
    );
    // Replicas compact by themselves, and are compared elsewhere.
    if (isCompacted(topicName)) return;
    const from = Math.min(at.from, highWatermark);
    const differs = committed.differs(log, { from, end: highWatermark });
    checks.hold(
      "partition: a committed record is the same on every replica",
      differs === null,
      () => `${where}: ${differs}`,
    );
    if (highWatermark <= committed.end) return;
    checks.hold(
      "partition: only a leader commits",
      partition.isLeader,
      () => `${where} is ${partition.role} with ${highWatermark}; ${committed.end} is committed`,
    );
    checks.hold(
      "partition: nothing is committed below min.insync.replicas",
      partition.leaderRole?.state.isBelowMinIsr !== true,
      () => `${where}: ${highWatermark} is committed by the in-sync set ${partition.leaderRole?.state.isr}`,
    );
    committed.extend(log, highWatermark);
    this.#inSyncHold(`${topicName}-${index}`, { topicId, partition: index });
  }

  #inSyncHold(folder: string, { topicId, partition }: { topicId: string; partition: number }): void {
    const { cluster, latest, plan, checks } = this.#all;
    const committed = this.#all.committedOf(topicId, partition);
    const image = latest.topics.get(topicId)?.partitions[partition];
    if (image === undefined || committed.end === 0) return;
    const should = committed.batches.at(-1)!;
    for (const id of image.isr) {
      if (this.#all.isForgetful(id)) continue;
      const node = cluster.node(id);
      const log = this.#all.logOf(node, folder);
      const open = node.running?.replicas?.partition(topicId, partition);
      const isOpen = open !== undefined && open.role !== "offline";
      // Retention has been there: where it may start is looked at by itself.
      if (should.end <= (isOpen ? log.start : log.startBehindHoles)) continue;
      const found = log.find(should.base);
      const holds = found?.crc === should.crc && found.epoch === should.epoch;
      checks.hold(
        "partition: every in-sync replica holds all that is committed",
        holds && (plan.flushPolicy === "os" || log.wouldLast(found)),
        () =>
          `${folder}: broker ${id} of the in-sync set ${image.isr} ` +
          `${holds ? "has not synced" : "lacks"} the batch ${should.base} to ${should.end} of epoch ` +
          `${should.epoch}; its log ends at ${log.end}`,
      );
    }
  }
}
