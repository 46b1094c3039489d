// adapter: `ottla bench`: figures of this machine, of Ottla alone or beside Apache Kafka in turns, as
// tables or JSON. Progress goes to stderr.
import type { Command } from "commander";
import { measureCeilings } from "../../bench/ceilings/ceilings.ts";
import type { Row } from "../../bench/measure/row.ts";
import { type BatchName, measureLatency, measureThroughput } from "../../bench/produce.ts";
import { addAllCommand } from "./bench-all.ts";
import { addCatchUpCommand } from "./bench-catch-up.ts";
import { addCleaningCommand } from "./bench-cleaning.ts";
import { addFreshCommands } from "./bench-fresh.ts";
import { addGroupsCommand } from "./bench-groups.ts";
import { type BenchCommandOptions, chosen, policies, withBench } from "./bench-options.ts";
import { runRounds } from "./bench-run.ts";
import { addSteadyCommands } from "./bench-steady.ts";
import { wholeNumber } from "./options.ts";

interface ProduceOptions extends BenchCommandOptions {
  replicas?: string;
  flush?: string;
  batch?: string;
  partitions: number;
  rate?: number;
}

const batchNames: readonly BatchName[] = ["16", "64", "single"];

export function addBenchCommand(program: Command): void {
  const bench = program
    .command("bench")
    .description("measure Ottla on this machine, alone or beside Apache Kafka in turns");
  withShapes(bench.command("produce"))
    .description("throughput of producing, in a closed loop")
    .action((options: ProduceOptions, command: Command) =>
      runShapes(options, command, "1,3", measureThroughput),
    );
  withShapes(bench.command("latency"))
    .description(
      "waits of producing at a fixed rate (half of the weaker system's most), from the intended send",
    )
    .option("--rate <n>", "requests a second, and not half of the most", wholeNumber(1))
    .action((options: ProduceOptions, command: Command) =>
      runShapes(options, command, "3", (one, clusters, shape) =>
        measureLatency(one, clusters, shape, options.rate ?? null),
      ),
    );
  withShapes(bench.command("ceilings"))
    .description("shares of what bare programs get out of this machine: over TCP and over gRPC (flush os)")
    .action(({ kafka: _, against: __, ...options }: ProduceOptions, command: Command) =>
      runShapes({ ...options, flush: "os" }, command, "1,3", (one, [ottla], shape) =>
        measureCeilings(one, ottla!, shape, options.data),
      ),
    );
  addSteadyCommands(bench);
  addFreshCommands(bench);
  addGroupsCommand(bench);
  addCatchUpCommand(bench);
  addCleaningCommand(bench);
  addAllCommand(bench);
  for (const command of bench.commands) command.exitOverride();
}

function withShapes(command: Command): Command {
  return withBench(command)
    .option("--replicas <n,...>", "1 (acks=1), 3 (acks=all) or both")
    .option("--flush <policy,...>", "os, durable or both (Kafka: flush.messages=1 for durable)")
    .option("--batch <size,...>", "16, 64 (KiB of 1 KiB records) or single (one 1 KiB record a request)")
    .option("--partitions <n>", "partitions of the topic", wholeNumber(1), 6);
}

async function runShapes(
  options: ProduceOptions,
  command: Command,
  replicasDefault: string,
  measure: typeof measureThroughput,
): Promise<void> {
  const brokers = chosen(options.replicas ?? replicasDefault, ["1", "3"], "--replicas").map(Number);
  const batch = chosen(options.batch, batchNames, "--batch");
  await runRounds(
    options,
    command,
    { brokers, flush: chosen(options.flush, policies, "--flush") },
    async (bench, round) => {
      const rows: Row[] = [];
      for (const one of batch) {
        const { flush, clusters, brokers: replicas } = round;
        const shape = { batch: one, replicas, partitions: options.partitions, flush };
        rows.push(...(await measure(bench, clusters, shape)));
      }
      return rows;
    },
  );
}
