// adapter: `ottla bench`: figures of this machine, as tables or JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { BenchCluster, StartBenchCluster } from "../../bench/bench-cluster.ts";
import type { CatchUpResult } from "../../bench/catch-up.ts";
import type { BenchResult } from "../../bench/run-bench.ts";
import { DevCluster } from "../launch/dev-cluster.ts";
import { freeFirstPort } from "../launch/ports.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { wholeNumber } from "./options.ts";

interface BenchCommandOptions {
  seconds: number;
  rounds: number;
  catchUp?: number;
  rate: number;
  json?: boolean;
}

export function addBenchCommand(program: Command): void {
  program
    .command("bench")
    .description("measure produce, start, memory and failover on this machine")
    .option("--seconds <n>", "seconds for each produce row", wholeNumber(1), 8)
    .option("--rounds <n>", "leaders killed for the failover row", wholeNumber(1), 5)
    .option(
      "--catch-up <mib>",
      "measure only a replica that is so far behind, 1024 or more, under load",
      wholeNumber(1),
    )
    .option("--rate <mb>", "with --catch-up: load in MB/s", wholeNumber(1), 4)
    .option("--json", "print JSON instead of tables")
    .action(bench);
}

async function bench(options: BenchCommandOptions): Promise<void> {
  if (options.catchUp !== undefined) {
    await benchCatchUp(options.catchUp, options);
    return;
  }
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

async function benchCatchUp(behindMiB: number, options: BenchCommandOptions): Promise<void> {
  const { measureCatchUp } = await import("../../bench/catch-up.ts");
  const cluster = await startCluster({ brokers: 3, settings: {} });
  try {
    const result = await measureCatchUp(cluster, { behindMiB, megabytesPerSecond: options.rate, progress });
    if (options.json) printJson(result);
    else showCatchUp(result);
  } finally {
    await cluster.stop();
  }
}

function showCatchUp(result: CatchUpResult): void {
  const { behindMiB, megabytesPerSecond, before, away, during, underLoadMs, plainCopyMs } = result;
  print(`a replica ${behindMiB} MiB behind; acks=all, ${megabytesPerSecond} MB/s in an open loop\n`);
  const rows = Object.entries({ "all in sync": before, "one away": away, "one catching up": during });
  const cells = rows.map(([name, row]) => [name, row.records, row.failed, row.p50Ms, row.p99Ms, row.maxMs]);
  print(`${table(["", "records", "failed", "p50 ms", "p99 ms", "max ms"], cells)}\n`);
  print(`in sync again after ${underLoadMs} ms; a plain copy takes ${plainCopyMs} ms`);
  const [wait, time] = [ratio(during.p99Ms, before.p99Ms), ratio(underLoadMs, plainCopyMs)];
  print(`p99 ${wait} of before; time ${time} of a plain copy`);
}

function ratio(one: number, other: number): string {
  return other === 0 ? "?" : `${Math.round((one / other) * 100) / 100}x`;
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
