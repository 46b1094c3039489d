// core: which broker a partition is read from: its leader, or the replica in the consumer's own rack that
// the leader named (KIP-392). Keeps true: a named replica is left when it fails, when another leader takes
// over and after some time, so that the leader can name a better one.
import type { PartitionReader } from "./partition-reader.ts";

/** After one has failed, leaders are not asked for another for so long: they may name the same again. */
const leaderOnlyMs = 5_000;

export class ReadSources {
  readonly #rack: string;
  readonly #maxAgeMs: number;
  #leaderOnlyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: { rack: string; maxAgeMs: number }) {
    this.#rack = options.rack;
    this.#maxAgeMs = options.maxAgeMs;
  }

  /** What to say in a fetch; empty: the leader is to answer itself. */
  rack(nowMs: number): string {
    return nowMs < this.#leaderOnlyUntilMs ? "" : this.#rack;
  }

  sourceOf(
    reader: PartitionReader,
    at: { leader: number; leaderEpoch: number; nowMs: number; isKnown(nodeId: number): boolean },
  ): number {
    const { nearby } = reader;
    if (nearby === null) return at.leader;
    const isGood =
      at.nowMs < nearby.untilMs && at.leaderEpoch === nearby.leaderEpoch && at.isKnown(nearby.nodeId);
    if (!isGood) reader.nearby = null;
    return isGood ? nearby.nodeId : at.leader;
  }

  /** The leader said that this replica is nearer. */
  named(reader: PartitionReader, nodeId: number, at: { leaderEpoch: number; nowMs: number }): void {
    reader.nearby = { nodeId, leaderEpoch: at.leaderEpoch, untilMs: at.nowMs + this.#maxAgeMs };
  }

  /** `nodeId` did not serve this partition. True: it was not the leader, who is to be asked now. */
  failed(reader: PartitionReader, nodeId: number, nowMs: number): boolean {
    if (reader.nearby?.nodeId !== nodeId) return false;
    reader.nearby = null;
    this.#leaderOnlyUntilMs = nowMs + leaderOnlyMs;
    return true;
  }
}
