// test: what retention may remove: committed records only, and only those that the topic's limit lets go; and
// a follower's log starts where a leader's did. Looks at the topic that is aging, after every event.

import type { Partition } from "../../../cluster/replication/partition.ts";
import { batch } from "../../../proto/batch/header.ts";
import { walkBatches } from "../../../proto/batch/walk.ts";
import { agingTopic } from "../aging.ts";
import type { AgingPlan } from "../aging-plan.ts";
import type { SimNode } from "../sim-node.ts";
import type { Surroundings } from "./surroundings.ts";

export class RetentionCheck {
  readonly #all: Surroundings;
  readonly #aging: AgingPlan | null;
  readonly #starts = new Map<string, { life: number; start: number }>();
  /** The highest start that a leader had, by partition. */
  readonly #led = new Map<number, number>();
  removals = 0;

  constructor(all: Surroundings) {
    this.#all = all;
    this.#aging = all.plan.aging;
  }

  /** What is older was not to be kept. */
  startOf(partition: number): number {
    return this.#led.get(partition) ?? 0;
  }

  look(node: SimNode): void {
    if (this.#aging === null) return;
    const topicId = this.#all.latest.topicIdsByName.get(agingTopic);
    if (topicId === undefined) return;
    for (const index of [0, 1]) {
      const partition = node.running?.replicas?.partition(topicId, index);
      if (partition !== undefined && partition.role !== "offline")
        this.#partition(node, partition, this.#aging);
    }
  }

  #partition(node: SimNode, partition: Partition, aging: AgingPlan): void {
    const { partition: index } = partition.id;
    const start = partition.logStartOffset;
    const key = `${node.id}/${index}`;
    const before = this.#starts.get(key);
    if (before?.life === node.lives && before.start === start) return;
    this.#starts.set(key, { life: node.lives, start });
    const isRaised = before?.life === node.lives && start > before.start;
    if (partition.isLeader) {
      this.#led.set(index, Math.max(start, this.#led.get(index) ?? 0));
      if (isRaised) this.#raised(node, partition, aging);
    }
    this.#all.checks.hold(
      "retention: a follower's log starts where a leader's did",
      start <= (this.#led.get(index) ?? 0),
      () => `${agingTopic}-${index} on ${node.name} starts at ${start}, leaders at ${this.#led.get(index)}`,
    );
  }

  #raised(node: SimNode, partition: Partition, { limit, value }: AgingPlan): void {
    const { logStartOffset: start, highWatermark } = partition;
    const folder = `${agingTopic}-${partition.id.partition}`;
    this.removals++;
    this.#all.checks.hold(
      "retention: only what is committed goes",
      start <= highWatermark,
      () => `${folder} on ${node.name} starts at ${start}, ${highWatermark} is committed`,
    );
    const isRight = limit === "retention.bytes" ? this.#bytesLeft(node, folder, start) >= value : true;
    const youngest = limit === "retention.ms" ? this.#youngestGone(node, folder, start) : 0;
    this.#all.checks.hold(
      "retention: what is younger, or not yet too much, stays",
      isRight && (limit === "retention.bytes" || youngest < node.machine.wallMs - value),
      () =>
        `${folder} on ${node.name} starts at ${start} now, against ${limit}=${value}; youngest ${youngest}`,
    );
  }

  #bytesLeft(node: SimNode, folder: string, start: number): number {
    let sum = 0;
    for (const one of this.#all.logOf(node, folder).batches(start)) sum += one.endPosition - one.position;
    return sum;
  }

  /** Its files are set aside in the same turn. */
  #youngestGone(node: SimNode, folder: string, start: number): number {
    const suffix = `.${String(start).padStart(20, "0")}.deleted`;
    let youngest = -1;
    for (const { name, file } of node.machine.disk.filesIn(this.#all.folderOf(node, folder))) {
      if (!name.endsWith(suffix)) continue;
      const bytes = file.current.view();
      for (const { at } of walkBatches(bytes)) youngest = Math.max(youngest, batch.maxTimestamp(bytes, at));
    }
    return youngest;
  }
}
