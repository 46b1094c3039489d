// adapter: the systems of a comparison: Ottla, started anew for each number of brokers and flush policy, and
// Apache Kafka beside it, started once for each number of brokers and warm before anything is measured.
import type { Bench } from "./compare.ts";
import { type ProduceShape, produceOnce } from "./produce.ts";
import type { BenchCluster, StartBenchCluster } from "./systems/bench-cluster.ts";

export interface Systems {
  startOttla: StartBenchCluster;
  /** Null when Ottla is measured alone. */
  startKafka: StartBenchCluster | null;
  /** A virtual machine runs slow until it has compiled what is hot. */
  kafkaWarmupMs: number;
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
    const kafka = systems.startKafka === null ? null : await startWarm(bench, systems, brokers);
    try {
      for (const flush of wanted.flush) {
        bench.progress(`${brokers} broker(s), flush ${flush}`);
        const ottla = await systems.startOttla({ brokers, settings: { "ottla.flush.policy": flush } });
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

async function startWarm(bench: Bench, systems: Systems, brokers: number): Promise<BenchCluster> {
  bench.progress(`Apache Kafka, ${brokers} node(s): start, then ${systems.kafkaWarmupMs} ms of load`);
  const kafka = await systems.startKafka!({ brokers, settings: {} });
  try {
    const times = { ...bench, warmupMs: 0, measureMs: systems.kafkaWarmupMs / 2 };
    for (const batch of ["16", "single"] as const) {
      const shape: ProduceShape = { batch, replicas: brokers, partitions: 6, flush: "os" };
      await produceOnce(times, kafka, shape);
    }
    return kafka;
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}
