// adapter: `ottla bench`: figures of this machine, as tables or JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { BenchCluster, StartBenchCluster } from "../../bench/bench-cluster.ts";
import type { BenchResult } from "../../bench/run-bench.ts";
import { DevCluster } from "../launch/dev-cluster.ts";
import { freeFirstPort } from "../launch/ports.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { wholeNumber } from "./options.ts";

interface BenchCommandOptions {
  seconds: number;
  rounds: number;
  json?: boolean;
}

export function addBenchCommand(program: Command): void {
  program
    .command("bench")
    .description("measure produce, start, memory and failover on this machine")
    .option("--seconds <n>", "seconds for each produce row", wholeNumber(1), 8)
    .option("--rounds <n>", "leaders killed for the failover row", wholeNumber(1), 5)
    .option("--json", "print JSON instead of tables")
    .action(bench);
}

async function bench(options: BenchCommandOptions): Promise<void> {
  const { runBench } = await import("../../bench/run-bench.ts");
  const result = await runBench({
    startCluster,
    secondsPerRow: options.seconds,
    failoverRounds: options.rounds,
    progress,
  });
  if (options.json) printJson(result);
  else show(result);
}

const startCluster: StartBenchCluster = async ({ brokers, settings }) => {
  const path = mkdtempSync(join(tmpdir(), "ottla-bench-"));
  const firstPort = await freeFirstPort("127.0.0.1", brokers);
  const cluster = await DevCluster.start({ path, brokers, firstPort, settings });
  await cluster.ready({ timeoutMs: 60_000 });
  const handle: BenchCluster = {
    bootstrap: cluster.bootstrap,
    pids: () => new Map(cluster.brokers.map(({ id, pid }) => [id, pid])),
    kill: (id) => cluster.kill(id),
    async revive(id) {
      cluster.startBroker(id);
      await cluster.ready({ timeoutMs: 60_000, only: id });
    },
    async stop() {
      await cluster.stop();
      rmSync(path, { recursive: true, force: true });
    },
  };
  return handle;
};

function show(result: BenchResult): void {
  const { cores, memoryGiB, node } = result.machine;
  print(`${cores} cores, ${memoryGiB} GiB, Node ${node}; brokers and client on one machine\n`);
  const produce = result.produce.map((row) => [
    row.replicas,
    row.acks,
    row.flush,
    row.batchKiB,
    row.megabytesPerSecond,
    row.recordsPerSecond,
    row.p50Ms,
    row.p99Ms,
    row.failed,
  ]);
  const head = ["replicas", "acks", "flush", "batch KiB", "MB/s", "records/s", "p50 ms", "p99 ms", "failed"];
  print(`${table(head, produce)}\n`);
  const starts = result.startMs.map(({ brokers, ms }) => [brokers, ms]);
  print(`${table(["brokers", "start to ready, ms"], starts)}\n`);
  const memory = result.memoryMiB.map((row) => [row.brokers, row.idle.join(" "), row.underLoad.join(" ")]);
  print(`${table(["brokers", "idle, MiB each", "under load, MiB each"], memory)}\n`);
  const gaps = [...result.failoverGapsMs].sort((a, b) => a - b);
  print(`longest gap at kill -9 of a leader, ms: median ${gaps[gaps.length >> 1]}, all ${gaps.join(" ")}`);
}
