// core: a map keyed by (topic id, partition), without building key texts on the data path.
import type { Uuid } from "../../base/uuid.ts";

export class PartitionMap<T> {
  readonly #topics = new Map<Uuid, Map<number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(topicId: Uuid, partition: number): T | undefined {
    return this.#topics.get(topicId)?.get(partition);
  }

  set(topicId: Uuid, partition: number, value: T): void {
    let topic = this.#topics.get(topicId);
    if (topic === undefined) this.#topics.set(topicId, (topic = new Map()));
    if (!topic.has(partition)) this.#size++;
    topic.set(partition, value);
  }

  delete(topicId: Uuid, partition: number): T | undefined {
    const topic = this.#topics.get(topicId);
    const value = topic?.get(partition);
    if (topic === undefined || !topic.delete(partition)) return undefined;
    this.#size--;
    if (topic.size === 0) this.#topics.delete(topicId);
    return value;
  }

  clear(): void {
    this.#topics.clear();
    this.#size = 0;
  }

  *values(): IterableIterator<T> {
    for (const topic of this.#topics.values()) yield* topic.values();
  }

  topic(topicId: Uuid): ReadonlyMap<number, T> {
    return this.#topics.get(topicId) ?? new Map<number, T>();
  }
}
