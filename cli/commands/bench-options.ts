// adapter: the options that all measurements share, and what they mean to a bench.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Systems } from "../../bench/both-systems.ts";
import type { Bench } from "../../bench/compare.ts";
import { kafkaAt, kafkaFrom } from "../../bench/systems/kafka.ts";
import { progress } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { ottlaFrom } from "./bench-ottla.ts";
import { wholeNumber } from "./options.ts";

/** Of flushing; `os` is Kafka's own way, and `durable` is flush.messages=1 there. */
export const policies = ["os", "durable"] as const;

export interface BenchCommandOptions {
  pairs?: number;
  seconds?: number;
  warmup?: number;
  connections: number;
  depth: number;
  kafka?: string;
  kafkaWarmup?: number;
  ottlaWarmup?: number;
  touchMemory?: boolean;
  against?: string;
  data: string;
  built?: boolean;
  quick?: boolean;
  report?: string;
  save?: string;
  json?: boolean;
}

export function withBench(command: Command): Command {
  return command
    .option("--pairs <n>", "turns of each system (5; with --quick 1)", wholeNumber(1))
    .option("--seconds <n>", "measured time of each turn (8; with --quick 2)", wholeNumber(1))
    .option(
      "--warmup <n>",
      "seconds of load before each turn's clock starts (3; with --quick 1)",
      wholeNumber(0),
    )
    .option("--connections <n>", "connections of the load generator", wholeNumber(1), 12)
    .option("--depth <n>", "requests under way on each connection in a closed loop", wholeNumber(1), 1)
    .option(
      "--kafka <folder>",
      "compare with Apache Kafka, started by up.sh, node.sh and down.sh of this folder",
    )
    .option("--kafka-warmup <n>", "seconds of load before anything is measured (40; quick 4)", wholeNumber(0))
    .option("--ottla-warmup <n>", "the same for Ottla (40; quick 2)", wholeNumber(0))
    .option("--touch-memory", "use all free memory once before: a virtual machine gets it at first use")
    .addOption(
      new Option("--against <host:port,...>", "compare with a Kafka cluster that runs already").conflicts(
        "kafka",
      ),
    )
    .option("--data <folder>", "where data of both systems go, and are removed again", tmpdir())
    .option("--built", "run the built package (npm run build) and not the sources")
    .option("--quick", "a short run: one turn, short times")
    .option("--report <file>", "write the tables as markdown there")
    .option("--save <file>", "write the JSON there")
    .option("--json", "print JSON instead of tables");
}

export function benchOf(options: BenchCommandOptions): Bench {
  const { quick = false, connections, depth } = options;
  return {
    pairs: options.pairs ?? (quick ? 1 : 5),
    measureMs: 1_000 * (options.seconds ?? (quick ? 2 : 8)),
    warmupMs: 1_000 * (options.warmup ?? (quick ? 1 : 3)),
    connections,
    depth,
    isQuick: quick,
    progress,
    missing: [],
  };
}

export function systemsOf(options: BenchCommandOptions): Systems {
  const { against, kafka, data, quick = false } = options;
  if (kafka !== undefined && !existsSync(join(kafka, "up.sh"))) {
    throw new UsageError(`--kafka ${kafka}: there is no up.sh in it; it should be a folder of scripts`);
  }
  const startKafka = against !== undefined ? () => kafkaAt(against) : kafka ? kafkaFrom(kafka, data) : null;
  return {
    startOttla: ottlaFrom({ data, isBuilt: options.built ?? false }),
    startKafka,
    warmupMs: {
      kafka: 1_000 * (options.kafkaWarmup ?? (quick ? 4 : 40)),
      ottla: 1_000 * (options.ottlaWarmup ?? (quick ? 2 : 40)),
    },
  };
}

/** A choice of `all`, or all of them. */
export function chosen<Value extends string>(
  text: string | undefined,
  all: readonly Value[],
  option: string,
): Value[] {
  if (text === undefined) return [...all];
  const names = text.split(",");
  for (const name of names) {
    if (!all.some((one) => one === name)) {
      throw new UsageError(`${option} "${name}" is not known; it should be one of ${all.join(", ")}`);
    }
  }
  return all.filter((one) => names.includes(one));
}
