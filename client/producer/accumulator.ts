// core: all records of a producer that have a partition, in their queues; which queues have something to do.
import type { Random } from "../../base/ports/random.ts";
import type { TopicInfo } from "../cluster/metadata-cache.ts";
import type { Batch } from "./batch.ts";
import { PartitionChoice } from "./partition-choice.ts";
import { PartitionQueue, type QueueSettings } from "./partition-queue.ts";
import type { Partitioner } from "./producer-options.ts";
import type { Outgoing } from "./record.ts";

interface TopicState {
  readonly choice: PartitionChoice;
  readonly queues: Map<number, PartitionQueue>;
}

export class Accumulator {
  /** Queues that are not empty. */
  readonly active = new Set<PartitionQueue>();
  readonly #settings: QueueSettings & { readonly partitioner: Partitioner };
  readonly #random: Random;
  readonly #topics = new Map<string, TopicState>();

  constructor(settings: QueueSettings & { readonly partitioner: Partitioner }, random: Random) {
    this.#settings = settings;
    this.#random = random;
  }

  /** Throws ClientError INVALID_RECORD when the partition is not there. */
  append(record: Outgoing, topic: TopicInfo, nowMs: number): void {
    const state = this.#topicState(topic.name);
    const partition = state.choice.choose(record, topic);
    let queue = state.queues.get(partition);
    if (queue === undefined) {
      queue = new PartitionQueue({ topic: topic.name, partition }, this.#settings);
      state.queues.set(partition, queue);
    }
    queue.append(record, nowMs);
    this.active.add(queue);
  }

  /** A batch goes out for the first time. */
  batchLeft(batch: Batch): void {
    this.#topics.get(batch.topic)?.choice.batchLeft(batch.partition);
  }

  #topicState(topic: string): TopicState {
    let state = this.#topics.get(topic);
    if (state === undefined) {
      state = { choice: new PartitionChoice(this.#settings, this.#random), queues: new Map() };
      this.#topics.set(topic, state);
    }
    return state;
  }
}
