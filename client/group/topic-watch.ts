// shell: what a member has to know of topics that it may not read itself: which there are, how many
// partitions they have, how they are called. Asks the cluster each time; keeps the names of ids, which never
// change.
import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { compareText } from "./places.ts";
import { matching, type Subscription } from "./subscription.ts";

export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #extras: () => Iterable<string>;
  readonly #names = new Map<Uuid, string>();

  /** `extras`: topics that are subscribed to besides. */
  constructor(cluster: Cluster, options: { timeoutMs: number; extras: () => Iterable<string> }) {
    this.#cluster = cluster;
    this.#timeoutMs = options.timeoutMs;
    this.#extras = options.extras;
  }

  /**
   * The names subscribed to, as of now; a pattern of the broker's is none of ours. Rejects with ClientError.
   */
  async topicsOf(subscription: Subscription): Promise<readonly string[]> {
    const extras = this.#extras();
    if (subscription.kind === "names") return [...new Set([...subscription.topics, ...extras])];
    if (subscription.kind === "brokerPattern") return [...extras];
    const answer = await this.#ask(null);
    const topics = answer.topics.flatMap(({ name, isInternal, errorCode }) =>
      name === null || errorCode !== ErrorCode.NONE ? [] : [{ name, isInternal }],
    );
    return [...new Set([...matching(subscription.pattern, topics), ...extras])].sort(compareText);
  }

  /** Partitions of each topic that is there. Rejects with ClientError. */
  async counts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (topics.length === 0) return new Map();
    const answer = await this.#ask(topics.map((name) => ({ name })));
    const counts = new Map<string, number>();
    for (const { name, errorCode, partitions } of answer.topics) {
      if (name !== null && errorCode === ErrorCode.NONE) counts.set(name, partitions.length);
    }
    return counts;
  }

  /** Asks for names that are not known; brokers may not know a new topic yet. Rejects with ClientError. */
  async learnNames(topicIds: readonly Uuid[]): Promise<void> {
    const unknown = topicIds.filter((topicId) => !this.#names.has(topicId));
    if (unknown.length === 0) return;
    const answer = await this.#ask(
      unknown.map((topicId) => ({ topicId, name: null })),
      12,
    );
    for (const { topicId, name, errorCode } of answer.topics) {
      if (name !== null && errorCode === ErrorCode.NONE) this.#names.set(topicId, name);
    }
  }

  /** The names that are known of these. */
  names(topicIds: readonly Uuid[]): ReadonlyMap<Uuid, string> {
    return new Map(topicIds.flatMap((id) => (this.#names.has(id) ? [[id, this.#names.get(id)!]] : [])));
  }

  /** Keeps only the names of these ids. */
  keep(topicIds: ReadonlySet<Uuid>): void {
    for (const id of this.#names.keys()) if (!topicIds.has(id)) this.#names.delete(id);
  }

  #ask(topics: { name: string | null; topicId?: Uuid }[] | null, minVersion = 4) {
    const body = { topics, allowAutoTopicCreation: false };
    const options = { timeoutMs: this.#timeoutMs, versions: { min: minVersion } };
    return this.#cluster.toAny(apis.Metadata, body, options);
  }
}

export function sameCounts(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([topic, count]) => other.get(topic) === count);
}
