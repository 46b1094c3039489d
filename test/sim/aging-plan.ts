// test: whether a run has a topic whose records are not kept for ever, and what takes them away.
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { takesPart } from "./aim.ts";

/** One of the two limits, as the topic is configured; null: there is no such topic in the run. */
export interface AgingPlan {
  readonly limit: "retention.ms" | "retention.bytes";
  readonly value: number;
}

export function agingOf(seed: string): AgingPlan | null {
  const random = new SeededRandom(seed).fork("aging");
  if (!takesPart(seed, null, random.chance(0.4))) return null;
  return random.chance(0.5)
    ? { limit: "retention.bytes", value: random.pick([0, 20_000, 60_000]) }
    : { limit: "retention.ms", value: random.pick([500, 2_000, 5_000]) };
}
