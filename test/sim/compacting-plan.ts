// test: whether a run has a topic that is compacted, and how.
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { aimOf, takesPart } from "./aim.ts";

export interface CompactingPlan {
  readonly topicSettings: Readonly<Record<string, string>>;
  readonly deleteRetentionMs: number;
  readonly keys: number;
  /** Settings of the brokers. */
  readonly settings: Readonly<Record<string, string>>;
}

export function compactingOf(seed: string): CompactingPlan | null {
  const random = new SeededRandom(seed).fork("compacting");
  if (!takesPart(seed, "compaction", random.chance(0.4))) return null;
  const isAimed = aimOf(seed) !== null;
  const deleteRetentionMs = random.pick([0, 300, 2_000, 60_000]);
  const withDelete = random.chance(0.25);
  return {
    deleteRetentionMs,
    keys: random.pick(isAimed ? [3, 10, 40, 120] : [3, 10, 40]),
    topicSettings: {
      "cleanup.policy": withDelete ? "compact,delete" : "compact",
      "retention.ms": "-1",
      "retention.bytes": withDelete ? "40000" : "-1",
      "min.insync.replicas": "2",
      "segment.bytes": String(random.pick([1_000, 4_000, 8_192])),
      "file.delete.delay.ms": "300",
      "min.cleanable.dirty.ratio": String(random.pick([0.01, 0.3, 0.5])),
      "delete.retention.ms": String(deleteRetentionMs),
      "min.compaction.lag.ms": String(random.pick([0, 0, 0, 1_000])),
      "max.compaction.lag.ms": String(random.pick([1_000, 9e15])),
    },
    settings: {
      "log.cleaner.backoff.ms": String(random.pick([50, 300, 1_000])),
      // A few keys a pass, or all of them.
      "log.cleaner.dedupe.buffer.size": String(random.pick([1_024, 1_024, 100_000])),
      "log.cleaner.io.max.bytes.per.second": String(random.pick([200_000, 5_000_000, 1e9])),
    },
  };
}
