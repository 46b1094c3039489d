// test: what was committed, learned from the high watermarks that nodes expose, and the checks against it:
// nothing below a high watermark is lost or changes, high watermarks do not go back, leaders hold it all.
import type { TopicImage } from "../../cluster/metadata/image.ts";
import type { Partition } from "../../cluster/replication/partition.ts";
import { batch } from "../../proto/batch/header.ts";
import type { MemoryLog } from "./memory-log.ts";
import { batchId } from "./named-batch.ts";

interface CheckedNode {
  readonly nodeId: number;
  partition(index: number): Partition | undefined;
}

export interface Acknowledged {
  partition: number;
  offset: number;
  id: number;
}

export class CommittedTruth {
  readonly #nodes: readonly CheckedNode[];
  /** What a committed base offset holds, by partition. */
  readonly #committed: Map<number, number>[];
  readonly #checked = new WeakMap<Partition, number>();

  constructor(nodes: readonly CheckedNode[], partitions: number) {
    this.#nodes = nodes;
    this.#committed = Array.from({ length: partitions }, () => new Map());
  }

  get partitions(): number {
    return this.#committed.length;
  }

  check(): void {
    for (const node of this.#nodes)
      for (let index = 0; index < this.partitions; index++) {
        const partition = node.partition(index);
        if (partition !== undefined && partition.role !== "offline")
          this.#checkReplica(node, index, partition);
      }
  }

  #checkReplica(node: CheckedNode, index: number, partition: Partition): void {
    const log = partition.log as MemoryLog;
    const { highWatermark } = partition;
    if (highWatermark > log.end) throw new Error(`node ${node.nodeId}: ${highWatermark} > ${log.end}`);
    const checked = this.#checked.get(partition) ?? 0;
    if (highWatermark === checked) return;
    if (highWatermark < checked)
      throw new Error(
        `node ${node.nodeId}: the high watermark went back to ${highWatermark} from ${checked}`,
      );
    this.#compare(node, index, { log, from: checked, upTo: highWatermark, learns: true });
    this.#checked.set(partition, highWatermark);
  }

  /** Every election is from the in-sync set, so whatever was committed must be there. */
  checkLeader(node: CheckedNode, index: number, log: MemoryLog): void {
    const held = this.#compare(node, index, { log, from: 0, upTo: log.end, learns: false });
    for (const offset of this.#committed[index]!.keys())
      if (offset >= log.startOffset && !held.has(offset))
        throw new Error(`node ${node.nodeId} leads partition ${index} without committed offset ${offset}`);
  }

  #compare(
    node: CheckedNode,
    index: number,
    range: { log: MemoryLog; from: number; upTo: number; learns: boolean },
  ): Set<number> {
    const { log, upTo, learns } = range;
    const committed = this.#committed[index]!;
    const from = Math.max(range.from, log.startOffset);
    const bytes = log.read({ from, upTo, maxBytes: 1e9, minOneBatch: true });
    const held = new Set<number>();
    for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at)) {
      const base = batch.baseOffset(bytes, at);
      const id = batchId(bytes, at);
      const known = committed.get(base);
      held.add(base);
      if (known === undefined && learns) committed.set(base, id);
      else if (known !== undefined && known !== id)
        throw new Error(`node ${node.nodeId} partition ${index}: offset ${base} holds ${id}, was ${known}`);
    }
    return held;
  }

  /** After healing: all in sync, logs equal byte for byte, all committed, every acknowledged record there. */
  checkConverged(topic: TopicImage, acknowledged: readonly Acknowledged[]): void {
    for (let index = 0; index < this.partitions; index++) {
      const image = topic.partitions[index]!;
      const replicas = this.#nodes.map((node) => node.partition(index)!);
      const states = replicas.map((one) => `${one.role} ${one.highWatermark}/${one.logEndOffset}`);
      const text = `partition ${index} isr [${image.isr}] leader ${image.leader}: ${states.join(", ")}`;
      if (image.isr.length !== this.#nodes.length) throw new Error(`not all in sync: ${text}`);
      const contents = replicas.map(({ log }) => {
        const range = { from: log.startOffset, upTo: log.end, maxBytes: 1e9, minOneBatch: true };
        return Buffer.from(log.read(range)).toString("hex");
      });
      if (new Set(contents).size !== 1) throw new Error(`logs differ: ${text}`);
      const end = replicas[0]!.logEndOffset;
      if (replicas.some((one) => one.highWatermark !== end)) throw new Error(`not all committed: ${text}`);
    }
    for (const { partition, offset, id } of acknowledged)
      if (this.#committed[partition]!.get(offset) !== id)
        throw new Error(`acknowledged record ${id} at ${offset} of partition ${partition} is gone`);
  }
}
