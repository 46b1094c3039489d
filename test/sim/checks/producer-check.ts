// test: a replica knows of each producer what its log says: a batch that is there would be told from a new
// one, and the one after it would be taken. Looked at where it can go wrong: when a log was cut, and when a
// replica begins to lead.
import type { Partition } from "../../../cluster/replication/partition.ts";
import { batch } from "../../../proto/batch/header.ts";
import type { DiskBatch, DiskLog } from "../disk-log.ts";
import type { SimNode } from "../sim-node.ts";
import type { Surroundings } from "./surroundings.ts";

const baseSequenceAt = 53;
const sequences = 0x8000_0000;

export class ProducerCheck {
  readonly #all: Surroundings;

  constructor(all: Surroundings) {
    this.#all = all;
  }

  look(node: SimNode, partition: Partition): void {
    const { topicName, partition: index } = partition.id;
    const log = this.#all.logOf(node, `${topicName}-${index}`);
    // What was read of the disk is of a moment; what the replica says of another, if its log goes on.
    if (log.end !== partition.logEndOffset) return;
    for (const last of lastOfEach(log)) {
      const bytes = log.bytesOf(last).slice();
      const what = `producer ${batch.producerId(bytes, 0)} wrote the batch up to ${last.end}`;
      const where = `${topicName}-${index} on ${node.name} (${partition.role})`;
      const again = partition.log.checkSequence(bytes, 0);
      this.#all.checks.hold(
        "partition: a replica knows of each producer what its log says",
        again.kind === "duplicate" && again.lastOffset === last.end - 1,
        () => `${where}: ${what}; the same again: ${JSON.stringify(again)}`,
      );
      const next = partition.log.checkSequence(followedBy(bytes), 0);
      this.#all.checks.hold(
        "partition: a replica knows of each producer what its log says",
        next.kind === "append",
        () => `${where}: ${what}; the one after it: ${JSON.stringify(next)}`,
      );
    }
  }
}

function lastOfEach(log: DiskLog): Iterable<DiskBatch> {
  const last = new Map<number, DiskBatch>();
  for (const one of log.batches()) {
    const id = batch.producerId(log.bytesOf(one), 0);
    if (id >= 0) last.set(id, one);
  }
  return last.values();
}

/** Only what sequences are judged by is as it would be. */
function followedBy(bytes: Uint8Array): Uint8Array {
  const next = bytes.slice();
  const sequence = (batch.baseSequence(bytes, 0) + batch.lastOffsetDelta(bytes, 0) + 1) % sequences;
  new DataView(next.buffer, next.byteOffset).setInt32(baseSequenceAt, sequence);
  return next;
}
