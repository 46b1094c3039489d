// adapter: the sides of a comparison whose turns start clusters of their own.
import type { Systems } from "./both-systems.ts";
import type { BenchSide } from "./compare.ts";
import type { Measurement } from "./measure/row.ts";
import type { StartBenchCluster } from "./systems/bench-cluster.ts";

/** `settings` are Ottla's; Kafka runs with its own defaults. */
export function sidesOf<Key extends string>(
  { startOttla, startKafka }: Systems,
  settings: Readonly<Record<string, string>>,
  measure: (
    start: StartBenchCluster,
    settings: Readonly<Record<string, string>>,
  ) => Promise<Record<Key, Measurement>>,
): BenchSide<Key>[] {
  const sides: BenchSide<Key>[] = [{ name: "ottla", measure: () => measure(startOttla, settings) }];
  if (startKafka !== null) sides.push({ name: "kafka", measure: () => measure(startKafka, {}) });
  return sides;
}
