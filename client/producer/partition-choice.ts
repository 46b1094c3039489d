// core: which partition a record of one topic goes to. Remembers only where the records without a key go now.
import type { Random } from "../../base/ports/random.ts";
import type { TopicInfo } from "../cluster/metadata-cache.ts";
import { ClientError } from "../errors.ts";
import { partitionOfKey } from "./murmur2.ts";
import type { Partitioner } from "./producer-options.ts";
import type { Outgoing } from "./record.ts";

export class PartitionChoice {
  readonly #partitioner: Partitioner;
  readonly #random: Random;
  readonly #switchAfterBytes: number;
  #sticky = -1;
  #stickyBytes = 0;
  #turn: number;

  constructor(settings: { partitioner: Partitioner; batchBytes: number }, random: Random) {
    this.#partitioner = settings.partitioner;
    this.#switchAfterBytes = settings.batchBytes;
    this.#random = random;
    this.#turn = random.uint32();
  }

  /**
   * Throws ClientError INVALID_RECORD when the record or the user's function names no partition of the topic.
   */
  choose(record: Outgoing, topic: TopicInfo): number {
    const count = topic.partitions.length;
    if (record.partition !== null) return checked(record.partition, count, topic.name, "the record");
    if (typeof this.#partitioner === "function") {
      const { key, value } = record;
      const question = { topic: topic.name, key, value, partitionCount: count, available: available(topic) };
      return checked(this.#partitioner(question), count, topic.name, "the partitioner");
    }
    if (record.key !== null) return partitionOfKey(record.key, count);
    return this.#partitioner === "roundRobin"
      ? this.#nextInTurn(topic)
      : this.#stickyPartition(record, topic);
  }

  /** A batch of this partition goes out: records without a key move on. */
  batchLeft(partition: number): void {
    if (partition === this.#sticky) this.#sticky = -1;
  }

  #nextInTurn(topic: TopicInfo): number {
    const choices = available(topic);
    this.#turn = (this.#turn + 1) >>> 0;
    if (choices.length === 0) return this.#turn % topic.partitions.length;
    return choices[this.#turn % choices.length]!;
  }

  #stickyPartition(record: Outgoing, topic: TopicInfo): number {
    const isStale =
      this.#sticky < 0 ||
      this.#sticky >= topic.partitions.length ||
      this.#stickyBytes >= this.#switchAfterBytes ||
      topic.partitions[this.#sticky]!.leader < 0;
    if (isStale) {
      const choices = available(topic);
      const other = choices.length > 1 ? choices.filter((partition) => partition !== this.#sticky) : choices;
      const draw = this.#random.uint32();
      this.#sticky = other.length === 0 ? draw % topic.partitions.length : other[draw % other.length]!;
      this.#stickyBytes = 0;
    }
    this.#stickyBytes += record.bytes;
    return this.#sticky;
  }
}

function available(topic: TopicInfo): number[] {
  return topic.partitions.filter((item) => item.leader >= 0).map((item) => item.partition);
}

function checked(partition: number, count: number, topic: string, who: string): number {
  if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
  const text = `send to ${topic}: ${who} names partition ${partition}; the topic has 0 to ${count - 1}`;
  throw new ClientError("INVALID_RECORD", text);
}
