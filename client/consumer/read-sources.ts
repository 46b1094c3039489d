// core: which broker a partition is read from: its leader, or the replica in the consumer's own rack that
// the leader named (KIP-392). Keeps true: a named replica is left when it fails, when another leader takes
// over and after some time, so that the leader can name a better one.
import type { MetadataCache } from "../cluster/metadata-cache.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** After one has failed, leaders are not asked for another for so long: they may name the same again. */
const leaderOnlyMs = 5_000;

export class ReadSources {
  readonly #rack: string;
  readonly #maxAgeMs: number;
  readonly #cache: Pick<MetadataCache, "partition" | "broker">;
  #leaderOnlyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    settings: Pick<ConsumerSettings, "rack" | "metadataMaxAgeMs">,
    cache: Pick<MetadataCache, "partition" | "broker">,
  ) {
    this.#rack = settings.rack;
    this.#maxAgeMs = settings.metadataMaxAgeMs;
    this.#cache = cache;
  }

  /** What to say in a fetch; empty: the leader is to answer itself. */
  rack(nowMs: number): string {
    return nowMs < this.#leaderOnlyUntilMs ? "" : this.#rack;
  }

  /** The broker to ask; -1: not known. */
  sourceOf(reader: PartitionReader, nowMs: number): number {
    const { leader, leaderEpoch } = this.#leaderOf(reader);
    const { nearby } = reader;
    if (nearby === null) return leader;
    const isOfNow = nowMs < nearby.untilMs && leaderEpoch === nearby.leaderEpoch;
    if (isOfNow && this.#cache.broker(nearby.nodeId) !== null) return nearby.nodeId;
    reader.nearby = null;
    return leader;
  }

  /** The leader said that this replica is nearer. */
  named(reader: PartitionReader, nodeId: number, nowMs: number): void {
    const { leaderEpoch } = this.#leaderOf(reader);
    reader.nearby = { nodeId, leaderEpoch, untilMs: nowMs + this.#maxAgeMs };
  }

  #leaderOf({ topic, partition }: PartitionReader): { leader: number; leaderEpoch: number } {
    return this.#cache.partition(topic, partition) ?? { leader: -1, leaderEpoch: -1 };
  }

  /** `nodeId` did not serve this partition. True: it was not the leader, who is to be asked now. */
  failed(reader: PartitionReader, nodeId: number, nowMs: number): boolean {
    if (reader.nearby?.nodeId !== nodeId) return false;
    reader.nearby = null;
    this.#leaderOnlyUntilMs = nowMs + leaderOnlyMs;
    return true;
  }
}
