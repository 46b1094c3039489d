// core: what brokers say in their logs of loading a partition of __consumer_offsets: Ottla's lines and Apache
// Kafka's.
import type { SystemName } from "../systems/bench-cluster.ts";

export interface LoadTold {
  partition: number;
  records: number;
  tookMs: number;
}

const kafkaLine =
  /loading of metadata from __consumer_offsets-(\d+) .*? in (\d+) ?ms\b.*? Loaded (\d+) records/;

/** Every load that these lines tell of, in order; what is something else is passed over. */
export function loadsIn(system: SystemName, lines: readonly string[]): LoadTold[] {
  return lines.flatMap((line) => (system === "ottla" ? ottlaLoad(line) : kafkaLoad(line)) ?? []);
}

function kafkaLoad(line: string): LoadTold | null {
  const found = kafkaLine.exec(line);
  if (found === null) return null;
  const [partition, tookMs, records] = found.slice(1).map(Number);
  return { partition: partition!, records: records!, tookMs: tookMs! };
}

function ottlaLoad(line: string): LoadTold | null {
  if (!line.includes("groups were loaded")) return null;
  try {
    const { partition, records, ms } = JSON.parse(line) as Record<string, unknown>;
    const isWhole = [partition, records, ms].every((value) => typeof value === "number");
    return isWhole
      ? { partition: partition as number, records: records as number, tookMs: ms as number }
      : null;
  } catch {
    // The end of a line that is being written, or a line for people.
    return null;
  }
}
