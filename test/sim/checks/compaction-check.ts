// test: what compaction may do to a log: nothing that stays is changed or moved, the last value of each key
// stays, and what was deleted does not come back. Looks at the topic that is compacted: at what leaders
// commit, and at every replica when its files have changed, when it was opened, and when it begins to lead.

import { realCodecs } from "../../../base/real/codecs.ts";
import type { Partition } from "../../../cluster/replication/partition.ts";
import { batch } from "../../../proto/batch/header.ts";
import { readRecords } from "../../../proto/batch/read.ts";
import { compactedPartitions, compactedTopic } from "../compacting.ts";
import type { CompactingPlan } from "../compacting-plan.ts";
import type { DiskBatch, DiskLog } from "../disk-log.ts";
import type { SimNode } from "../sim-node.ts";
import type { Surroundings } from "./surroundings.ts";

/** Clocks of nodes drift apart a little. */
const slackMs = 100;

interface Record {
  readonly key: string;
  readonly value: string | null;
  /** Virtual time. */
  readonly committedMs: number;
}

/** All that was ever committed, by offset. */
interface Truth {
  readonly records: (Record | undefined)[];
  end: number;
  /** The highest start that a leader had. */
  start: number;
}

/** When a replica's log came to reach so far, over its lives, the latest last; a cut takes them back. */
type Reached = { readonly end: number; readonly atMs: number }[];

interface Remembered {
  readonly life: number;
  readonly directoryId: string | null;
  readonly sizeBytes: number;
  readonly ledEpoch: number;
}

export class CompactionCheck {
  readonly #all: Surroundings;
  readonly #compacting: CompactingPlan | null;
  readonly #truths: readonly Truth[] = compactedPartitions.map(() => ({ records: [], end: 0, start: 0 }));
  readonly #remembered = new Map<string, Remembered>();
  readonly #reached = new Map<string, Reached>();
  /** Batches that were opened already. */
  readonly #opened = new WeakMap<DiskBatch, { offset: number; key: string; value: string | null }[]>();
  /** Of looks at a replica: records committed below its high watermark that it did not have. */
  removedMax = 0;
  /** Tombstones that were found to be gone, at most. */
  tombstonesGoneMax = 0;

  constructor(all: Surroundings) {
    this.#all = all;
    this.#compacting = all.plan.compacting;
  }

  startOf(partition: number): number {
    return this.#truths[partition]!.start;
  }

  look(node: SimNode): void {
    if (this.#compacting === null) return;
    for (const partition of this.#partitionsOf(node)) this.#partition(node, partition);
  }

  *#partitionsOf(node: SimNode): Generator<Partition> {
    const topicId = this.#all.latest.topicIdsByName.get(compactedTopic);
    if (topicId === undefined) return;
    for (const index of compactedPartitions) {
      const partition = node.running?.replicas?.partition(topicId, index);
      if (partition !== undefined && partition.role !== "offline") yield partition;
    }
  }

  #partition(node: SimNode, partition: Partition): void {
    const { partition: index } = partition.id;
    const truth = this.#truths[index]!;
    if (partition.isLeader) {
      truth.start = Math.max(truth.start, partition.logStartOffset);
      if (partition.highWatermark > truth.end)
        this.#extend(truth, this.#all.logOf(node, `${compactedTopic}-${index}`), partition.highWatermark);
    }
    const key = `${node.id}/${index}`;
    const reached = this.#note(`${key}/${partition.directoryId}`, partition.logEndOffset);
    const before = this.#remembered.get(key);
    const { leaderEpoch, directoryId } = partition;
    const { sizeBytes } = partition.log;
    const isSame = before?.life === node.lives && before.directoryId === directoryId;
    const leads = partition.isLeader && before?.ledEpoch !== leaderEpoch;
    // A log that only grew was looked at.
    const hasOnlyGrown = isSame && sizeBytes >= before.sizeBytes && !leads;
    const ledEpoch = partition.isLeader ? leaderEpoch : (before?.ledEpoch ?? -1);
    if (!isSame || leads || sizeBytes !== before.sizeBytes)
      this.#remembered.set(key, { life: node.lives, directoryId, sizeBytes, ledEpoch });
    if (hasOnlyGrown) return;
    const log = this.#all.logOf(node, `${compactedTopic}-${index}`);
    const now = this.#all.latest.topics.get(partition.id.topicId)?.partitions[index];
    const holdsAll = leads && now !== undefined && now.leaderEpoch <= leaderEpoch;
    const upTo = holdsAll ? truth.end : Math.min(partition.highWatermark, truth.end);
    const where = `n${node.id}, ${index}`;
    this.#compare(truth, log, { upTo, start: partition.logStartOffset, where, reached });
  }

  #note(key: string, end: number): Reached {
    const reached = this.#reached.get(key) ?? [];
    this.#reached.set(key, reached);
    while (reached.length > 0 && reached.at(-1)!.end > end) reached.pop();
    if ((reached.at(-1)?.end ?? 0) < end)
      reached.push({ end, atMs: this.#all.cluster.world.scheduler.nowMs });
    return reached;
  }

  /** At rest, on every replica. */
  final(): void {
    if (this.#compacting === null) return;
    for (const node of this.#all.cluster.nodes) {
      for (const partition of this.#partitionsOf(node)) {
        const { partition: index } = partition.id;
        const log = this.#all.logOf(node, `${compactedTopic}-${index}`);
        const truth = this.#truths[index]!;
        const where = `n${node.id}, ${index}, at rest`;
        const reached = this.#note(`${node.id}/${index}/${partition.directoryId}`, partition.logEndOffset);
        this.#compare(truth, log, { upTo: truth.end, start: partition.logStartOffset, where, reached });
      }
    }
  }

  #extend(truth: Truth, log: DiskLog, upTo: number): void {
    const committedMs = this.#all.cluster.world.scheduler.nowMs;
    for (const one of log.batches(truth.end)) {
      if (one.end > upTo) break;
      if (one.base < truth.end) continue;
      for (const { offset, key, value } of this.#open(log, one))
        truth.records[offset] = { key, value, committedMs };
      truth.end = one.end;
    }
  }

  #open(log: DiskLog, one: DiskBatch) {
    const known = this.#opened.get(one);
    if (known !== undefined) return known;
    const bytes = log.bytesOf(one).slice();
    const isData = !batch.isControl(bytes, 0);
    const records = isData ? readRecords(bytes, 0, realCodecs) : [];
    const opened = records.map(({ offset, key, value }) => ({
      offset,
      key: Buffer.from(key!).toString(),
      value: value === null ? null : Buffer.from(value).toString(),
    }));
    this.#opened.set(one, opened);
    return opened;
  }

  #compare(
    truth: Truth,
    log: DiskLog,
    at: { upTo: number; start: number; where: string; reached: Reached },
  ): void {
    const { upTo, start, where, reached } = at;
    const there = this.#there(truth, log, at);
    const last = new Map<string, number>();
    let committed = 0;
    for (let offset = start; offset < truth.end; offset++) {
      const one = truth.records[offset];
      if (one === undefined) continue;
      if (offset < upTo) committed++;
      last.set(one.key, offset);
    }
    this.removedMax = Math.max(this.removedMax, committed - there.size);
    let tombstonesGone = 0;
    for (const [key, offset] of last) {
      // Whom it copies from may have left out what came before.
      if (offset >= upTo) continue;
      const isThere = there.has(offset);
      const { value, committedMs } = truth.records[offset]!;
      this.#all.checks.hold(
        "compaction: the last value of every key stays",
        isThere || value === null,
        () => `${where}: ${key} at ${offset} is gone; ${upTo} is committed`,
      );
      if (isThere) continue;
      tombstonesGone++;
      const reachedMs = reached.find(({ end }) => end > offset)?.atMs ?? Number.POSITIVE_INFINITY;
      this.#gone(key, { offset, committedMs, reachedMs, where, there, truth });
    }
    this.tombstonesGoneMax = Math.max(this.tombstonesGoneMax, tombstonesGone);
  }

  #gone(
    key: string,
    at: {
      offset: number;
      committedMs: number;
      reachedMs: number;
      where: string;
      there: ReadonlySet<number>;
      truth: Truth;
    },
  ): void {
    const { offset, committedMs, reachedMs, where, there, truth } = at;
    const { checks, plan, cluster } = this.#all;
    const isTimed = !plan.faults.some(({ kind }) => kind === "clockJump");
    const dueMs = committedMs + this.#compacting!.deleteRetentionMs - slackMs;
    checks.hold(
      "compaction: a tombstone stays for its time",
      !isTimed || cluster.world.scheduler.nowMs >= dueMs,
      () => `${where}: the tombstone of ${key} at ${offset} went before ${dueMs}`,
    );
    // Who was away for longer than tombstones stay may never have seen this one.
    if (reachedMs >= dueMs) return;
    const older = [...there].find((one) => one < offset && truth.records[one]!.key === key);
    checks.hold(
      "compaction: what was deleted does not come back",
      older === undefined,
      () => `${where}: ${key} was deleted at ${offset}, which is gone, and ${older} is there`,
    );
  }

  /** Offsets that the replica has, each as it was committed. */
  #there(truth: Truth, log: DiskLog, { upTo, start, where }: { upTo: number; start: number; where: string }) {
    const there = new Set<number>();
    let next = 0;
    for (const one of log.batches()) {
      // A segment that has been made one with those before it, and is about to go.
      if (one.base < next) continue;
      next = one.end;
      if (one.end > upTo) break;
      for (const { offset, key, value } of this.#open(log, one)) {
        if (offset < start) continue;
        const should = truth.records[offset];
        this.#all.checks.hold(
          "compaction: what stays is as it was, at its offset",
          should?.key === key && should.value === value,
          () => `${where}: ${offset} holds ${key} ${value}, not ${should?.key} ${should?.value}`,
        );
        there.add(offset);
      }
    }
    return there;
  }
}
