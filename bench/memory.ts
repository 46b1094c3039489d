// adapter: resident memory of a broker, of three: some time after the start with nothing to do, and at the
// end of a time of load. Every turn is a new cluster.
import { setTimeout as sleep } from "node:timers/promises";
import type { Systems } from "./both-systems.ts";
import { type Bench, compareSides } from "./compare.ts";
import { residentMiBOf } from "./measure/process-stats.ts";
import type { Measurement, Row } from "./measure/row.ts";
import { costs, produceOnce } from "./produce.ts";
import { sidesOf } from "./sides.ts";

const brokers = 3;
const shape = { batch: "16", replicas: brokers, partitions: 6, flush: "os" } as const;

export function measureMemory(
  bench: Bench,
  systems: Systems,
  { idleMs, flush }: { idleMs: number; flush: string },
): Promise<Row[]> {
  const head = { unit: "MiB", flush, isLowerBetter: true };
  const heads = {
    idle: {
      ...head,
      name: `memory of the largest of ${brokers} brokers, ${idleMs / 1_000} s after the start`,
    },
    load: { ...head, name: `memory of the largest of ${brokers} brokers, under load (16 KiB, acks=all)` },
  };
  const settings = { "ottla.flush.policy": flush };
  const sides = sidesOf(systems, settings, async (start, own) => {
    const cluster = await start({ brokers, settings: own });
    try {
      await sleep(idleMs);
      const idle = largest([...cluster.pids().values()].map(residentMiBOf));
      const result = await produceOnce(bench, cluster, { ...shape, flush });
      const load = largest(result.serverMiB);
      const { "MiB a broker": _, ...also } = costs(result);
      const megabytes = result.bytes / result.seconds / 1e6;
      return { idle, load: { ...load, also: { ...load.also, "MB/s": megabytes, ...also } } };
    } finally {
      await cluster.stop();
    }
  });
  return compareSides(bench, heads, sides);
}

function largest(mebibytes: readonly number[]): Measurement {
  return { value: Math.max(...mebibytes), also: { "smallest MiB": Math.min(...mebibytes) } };
}
