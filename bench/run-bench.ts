// adapter: the first benchmark: produce with 1 and 3 replicas under both flush policies, start, memory,
// failover.
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { BenchCluster, StartBenchCluster } from "./bench-cluster.ts";
import { measureFailover } from "./failover-gap.ts";
import { measureProduce, type ProduceRate } from "./produce-rate.ts";

export interface BenchResult {
  machine: { cores: number; memoryGiB: number; node: string };
  produce: ({ replicas: number; acks: string; flush: string; batchKiB: number } & ProduceRate)[];
  startMs: { brokers: number; ms: number }[];
  memoryMiB: { brokers: number; idle: number[]; underLoad: number[] }[];
  failoverGapsMs: number[];
}

export interface BenchOptions {
  startCluster: StartBenchCluster;
  secondsPerRow: number;
  failoverRounds: number;
  progress: (text: string) => void;
}

export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const result: BenchResult = {
    machine: { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
    produce: [],
    startMs: [],
    memoryMiB: [],
    failoverGapsMs: [],
  };
  for (const flush of ["durable", "os"]) await benchFlush(flush, options, result);
  return result;
}

async function benchFlush(flush: string, options: BenchOptions, result: BenchResult): Promise<void> {
  const settings = { "ottla.flush.policy": flush };
  for (const brokers of [1, 3]) {
    options.progress(`${brokers} broker(s), ${flush}`);
    const began = performance.now();
    const cluster = await options.startCluster({ brokers, settings });
    try {
      if (flush === "durable") result.startMs.push({ brokers, ms: Math.round(performance.now() - began) });
      const idle = memoryOf(cluster);
      for (const batchKiB of [16, 64]) {
        const acks = brokers === 1 ? 1 : "all";
        const rate = await measureProduce({
          bootstrap: cluster.bootstrap,
          topic: `produce-${batchKiB}`,
          replicas: brokers,
          acks,
          batchBytes: batchKiB * 1_024,
          forMs: options.secondsPerRow * 1_000,
        });
        options.progress(`  batches of ${batchKiB} KiB, acks=${acks}: ${rate.megabytesPerSecond} MB/s`);
        result.produce.push({ replicas: brokers, acks: String(acks), flush, batchKiB, ...rate });
      }
      if (flush === "durable") result.memoryMiB.push({ brokers, idle, underLoad: memoryOf(cluster) });
      if (flush === "durable" && brokers === 3) {
        result.failoverGapsMs = await measureFailover(cluster, options.failoverRounds);
      }
    } finally {
      await cluster.stop();
    }
  }
}

/** Resident memory of each broker process in MiB; empty where /proc does not tell. */
function memoryOf(cluster: BenchCluster): number[] {
  return [...cluster.pids().values()].flatMap((pid) => {
    try {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return kib === undefined ? [] : [Math.round(Number(kib) / 1_024)];
    } catch {
      return [];
    }
  });
}
