// adapter: the measurements of `ottla bench` on clusters that run undisturbed: fetch, idle CPU, many
// partitions.
import type { Command } from "commander";
import { measureEndToEnd } from "../../bench/end-to-end.ts";
import { measureFetch } from "../../bench/fetch.ts";
import { measureIdle } from "../../bench/idle.ts";
import { measureMany } from "../../bench/many.ts";
import type { Row } from "../../bench/measure/row.ts";
import { measurePartitions } from "../../bench/partitions.ts";
import { type BenchCommandOptions, chosen, policies, withBench } from "./bench-options.ts";
import { runRounds } from "./bench-run.ts";
import { wholeNumber } from "./options.ts";

interface FlushOptions extends BenchCommandOptions {
  flush?: string;
}

interface FetchOptions extends FlushOptions {
  fill: number;
}

export function addSteadyCommands(bench: Command): void {
  withFlush(bench.command("fetch"), "os")
    .description("throughput of one consumer that reads what is in the page cache")
    .option("--fill <mib>", "what the partition holds, in MiB", wholeNumber(1), 256)
    .action(benchFetch);
  withFlush(bench.command("end-to-end"), "os,durable")
    .description("from the intended send of a record until a consumer has it, in an open loop")
    .option("--replicas <n,...>", "1 (acks=1), 3 (acks=all) or both", "1,3")
    .option("--partitions <n>", "partitions of the topic", wholeNumber(1), 6)
    .option("--rate <n>", "records a second, which both systems should keep up with", wholeNumber(1), 250)
    .action(benchEndToEnd);
  withFlush(bench.command("partitions"), "os,durable")
    .description("throughput of three replicas, 16 KiB batches, with more and more partitions")
    .option("--partitions <n,...>", "how many; the others are put over the first", numbers, [10, 100, 1_000])
    .action((options: FlushOptions & { partitions: number[] }, command: Command) => {
      const wanted = { brokers: [3], flush: chosen(options.flush, policies, "--flush") };
      const { partitions } = options;
      return runRounds(options, command, wanted, (one, { flush, clusters }) =>
        measurePartitions(one, clusters, { partitions, flush }),
      );
    });
  withFlush(bench.command("many"), "os,durable")
    .description("many partitions at once: created and led, and one record to each")
    .option("--partitions <n>", "how many", wholeNumber(1), 1_000)
    .action((options: FlushOptions & { partitions: number }, command: Command) => {
      const wanted = { brokers: [3], flush: chosen(options.flush, policies, "--flush") };
      const { partitions } = options;
      return runRounds(options, command, wanted, (one, { flush, clusters }) =>
        measureMany(one, clusters, { partitions, replicas: 3, flush }),
      );
    });
  withFlush(bench.command("idle"), "durable")
    .description("CPU of three brokers that have nothing to do (--seconds is 20 here)")
    .option("--partitions <n,...>", "how many partitions they hold", numbers, [0, 100, 1_000])
    .option("--settle <n>", "seconds of rest before the clock starts (10; with --quick 2)", wholeNumber(0))
    .action(benchIdle);
}

interface EndToEndOptions extends FlushOptions {
  replicas: string;
  partitions: number;
  rate: number;
}

function benchEndToEnd(options: EndToEndOptions, command: Command): Promise<void> {
  const { partitions, rate } = options;
  const brokers = chosen(options.replicas, ["1", "3"], "--replicas").map(Number);
  const wanted = { brokers, flush: chosen(options.flush, policies, "--flush") };
  return runRounds(options, command, wanted, (one, { flush, clusters, brokers: replicas }) =>
    measureEndToEnd(one, clusters, { partitions, replicas, flush }, rate),
  );
}

interface IdleOptions extends FlushOptions {
  partitions: number[];
  settle?: number;
}

function benchIdle(options: IdleOptions, command: Command): Promise<void> {
  const { quick = false, partitions, settle = quick ? 2 : 10 } = options;
  const seconds = options.seconds ?? (quick ? 2 : 20);
  const wanted = { brokers: [3], flush: chosen(options.flush, policies, "--flush") };
  return runRounds({ ...options, seconds }, command, wanted, (one, { flush, clusters }) =>
    measureIdle(one, clusters, { partitions, settleMs: settle * 1_000, flush }),
  );
}

function numbers(text: string): number[] {
  return text.split(",").map(wholeNumber(0));
}

export function withFlush(command: Command, preset: string): Command {
  const text = "os, durable or both (Kafka: flush.messages=1 for durable)";
  return withBench(command).option("--flush <policy,...>", text, preset);
}

function benchFetch(options: FetchOptions, command: Command): Promise<void> {
  const wanted = { brokers: [1], flush: chosen(options.flush, policies, "--flush") };
  return runRounds(options, command, wanted, async (bench, { flush, clusters }) => {
    const rows: Row[] = [];
    for (const bytesMax of [2 ** 20, 65_536]) {
      rows.push(...(await measureFetch(bench, clusters, { bytesMax, mebibytes: options.fill, flush })));
    }
    return rows;
  });
}
