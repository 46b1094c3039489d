// core: one fetch session: its partitions in the order in which they are read, what was asked for each, and
// what its client was last told of each. Partitions that gave records go to the end, so that those behind
// them get their share of the next answer.
import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";

type AskedTopic = RequestOf<"Fetch">["topics"][number];
type AskedPartition = AskedTopic["partitions"][number];
type ForgottenTopic = RequestOf<"Fetch">["forgottenTopicsData"][number];
type ToldTopic = ResponseOf<"Fetch">["responses"][number];
type ToldPartition = ToldTopic["partitions"][number];

interface Entry {
  readonly topic: string;
  readonly topicId: Uuid;
  asked: AskedPartition;
  /** -1: the next answer names this partition whatever it is. */
  highWatermark: number;
  logStartOffset: number;
}

export class FetchSession {
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  usedMs: number;
  /** That of the next request. */
  epoch = 1;
  readonly #entries = new Map<string, Entry>();

  constructor(usesTopicIds: boolean, nowMs: number) {
    this.usesTopicIds = usesTopicIds;
    this.createdMs = nowMs;
    this.usedMs = nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adds what is new, changes what is known, then drops what is forgotten. */
  update(topics: readonly AskedTopic[], forgotten: readonly ForgottenTopic[]): void {
    for (const { topic, topicId, partitions } of topics) {
      for (const asked of partitions) {
        const key = this.#key(topic, topicId, asked.partition);
        const entry = this.#entries.get(key);
        if (entry !== undefined) entry.asked = asked;
        else this.#entries.set(key, { topic, topicId, asked, highWatermark: -1, logStartOffset: -1 });
      }
    }
    for (const { topic, topicId, partitions } of forgotten)
      for (const partition of partitions) this.#entries.delete(this.#key(topic, topicId, partition));
  }

  /** Everything the session asks for; neighbours of one topic together. */
  topics(): AskedTopic[] {
    const topics: AskedTopic[] = [];
    for (const { topic, topicId, asked } of this.#entries.values()) {
      const last = topics.at(-1);
      if (last?.topic === topic && last.topicId === topicId) last.partitions.push(asked);
      else topics.push({ topic, topicId, partitions: [asked] });
    }
    return topics;
  }

  /** Of an answer for all, what the client does not know yet; it knows it from now on. */
  changed(told: readonly ToldTopic[]): ToldTopic[] {
    const changed: ToldTopic[] = [];
    for (const topic of told) {
      const partitions = topic.partitions.filter((partition) => this.#isNews(topic, partition));
      if (partitions.length > 0) changed.push({ ...topic, partitions });
    }
    return changed;
  }

  #isNews({ topic, topicId }: ToldTopic, told: ToldPartition): boolean {
    const key = this.#key(topic, topicId, told.partitionIndex);
    const entry = this.#entries.get(key);
    if (entry === undefined) return true;
    const isError = told.errorCode !== ErrorCode.NONE;
    const hasRecords = told.records !== null && told.records.length > 0;
    const isNews =
      isError ||
      hasRecords ||
      told.highWatermark !== entry.highWatermark ||
      told.logStartOffset !== entry.logStartOffset ||
      told.preferredReadReplica !== -1 ||
      told.divergingEpoch.epoch !== -1;
    // After an error the partition is told once more, so that the client learns that it is well again.
    entry.highWatermark = isError ? -1 : told.highWatermark;
    entry.logStartOffset = told.logStartOffset;
    if (hasRecords) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return isNews;
  }

  #key(topic: string, topicId: Uuid, partition: number): string {
    return `${this.usesTopicIds ? topicId : topic}/${partition}`;
  }
}
