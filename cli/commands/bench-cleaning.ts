// adapter: `ottla bench cleaning`: what compaction costs those who write meanwhile.
import { tmpdir } from "node:os";
import type { Command } from "commander";
import type { CleaningResult } from "../../bench/cleaning.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { ottlaFrom } from "./bench-ottla.ts";
import { wholeNumber } from "./options.ts";

interface CleaningCommandOptions {
  dirty: number;
  keys: number;
  rate: number;
  turns: number;
  seconds: number;
  quick?: boolean;
  json?: boolean;
}

export function addCleaningCommand(bench: Command): void {
  bench
    .command("cleaning")
    .description("waits of those who write while logs are compacted, and while they are not")
    .option("--dirty <mib>", "what there is to clean in each turn, in MiB a replica", wholeNumber(1), 512)
    .option("--keys <n>", "different keys in it", wholeNumber(1), 50_000)
    .option("--rate <mb>", "load in MB/s", wholeNumber(1), 4)
    .option("--turns <n>", "turns of both", wholeNumber(1), 5)
    .option("--seconds <n>", "length of the quiet part of a turn", wholeNumber(1), 20)
    .option("--quick", "one short turn")
    .option("--json", "print JSON instead of tables")
    .action(benchCleaning);
}

async function benchCleaning(options: CleaningCommandOptions): Promise<void> {
  const { quick = false, keys, rate: megabytesPerSecond, json } = options;
  const { measureCleaning } = await import("../../bench/cleaning.ts");
  const settings = { "log.cleaner.backoff.ms": "500" };
  const cluster = await ottlaFrom({ data: tmpdir(), isBuilt: false })({ brokers: 3, settings });
  try {
    const result = await measureCleaning(cluster, {
      ...{ keys, megabytesPerSecond, progress },
      dirtyMiB: quick ? 40 : options.dirty,
      turns: quick ? 1 : options.turns,
      warmupMs: quick ? 2_000 : 20_000,
      measureMs: 1_000 * (quick ? 2 : options.seconds),
    });
    if (json) printJson(result);
    else showCleaning(result);
  } finally {
    await cluster.stop();
  }
}

function showCleaning({ dirtyMiB, keys, megabytesPerSecond, turns, p99Ratio }: CleaningResult): void {
  print(`${dirtyMiB} MiB to clean, ${keys} keys; acks=all, ${megabytesPerSecond} MB/s in an open loop\n`);
  const cells = turns.map(({ quiet, cleaning, cleanedMs, beforeMiB, afterMiB }) => {
    const waits = [quiet.p50Ms, quiet.p99Ms, cleaning.p50Ms, cleaning.p99Ms];
    return [...waits, quiet.failed + cleaning.failed, cleanedMs, beforeMiB, afterMiB];
  });
  const heads = ["quiet p50 ms", "quiet p99 ms", "cleaning p50 ms", "cleaning p99 ms", "failed"];
  print(`${table([...heads, "cleaned in ms", "MiB before", "MiB after"], cells)}\n`);
  print(`p99 while cleaning ${p99Ratio}x of quiet (the middle of ${turns.length} turns)`);
}
