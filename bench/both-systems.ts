// adapter: the systems of a comparison: Ottla, started anew for each number of brokers and flush policy, and
// Apache Kafka beside it, started once for each number of brokers; both warm before anything is measured.
import type { Bench } from "./compare.ts";
import { type ProduceShape, produceOnce } from "./produce.ts";
import type { BenchCluster, StartBenchCluster } from "./systems/bench-cluster.ts";

export interface Systems {
  startOttla: StartBenchCluster;
  /** Null when Ottla is measured alone. */
  startKafka: StartBenchCluster | null;
  /** Both run slow until their virtual machines have compiled what is hot. */
  warmupMs: Readonly<Record<"ottla" | "kafka", number>>;
}

export interface Round {
  brokers: number;
  flush: string;
  clusters: readonly BenchCluster[];
}

export async function withSystems(
  bench: Bench,
  systems: Systems,
  wanted: { brokers: readonly number[]; flush: readonly string[] },
  work: (round: Round) => Promise<void>,
): Promise<void> {
  for (const brokers of wanted.brokers) {
    const startKafka = systems.startKafka?.bind(null, { brokers, settings: {} });
    const kafka = startKafka ? await startWarm(bench, systems.warmupMs.kafka, brokers, startKafka) : null;
    try {
      for (const flush of wanted.flush) {
        bench.progress(`${brokers} broker(s), flush ${flush}`);
        const settings = { "ottla.flush.policy": flush };
        const startOttla = systems.startOttla.bind(null, { brokers, settings });
        const ottla = await startWarm(bench, systems.warmupMs.ottla, brokers, startOttla);
        try {
          await work({ brokers, flush, clusters: kafka === null ? [ottla] : [ottla, kafka] });
        } finally {
          await ottla.stop();
        }
      }
    } finally {
      await kafka?.stop();
    }
  }
}

async function startWarm(
  bench: Bench,
  warmupMs: number,
  brokers: number,
  start: () => Promise<BenchCluster>,
): Promise<BenchCluster> {
  const cluster = await start();
  if (warmupMs === 0) return cluster;
  bench.progress(`${cluster.system}, ${brokers} broker(s): ${warmupMs} ms of load`);
  try {
    const times = { ...bench, warmupMs: 0, measureMs: warmupMs / 2 };
    for (const batch of ["16", "single"] as const) {
      const shape: ProduceShape = { batch, replicas: brokers, partitions: 6, flush: "os" };
      await produceOnce(times, cluster, shape);
    }
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
