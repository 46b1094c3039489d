// adapter: the measurements of `ottla bench` that start, kill and stop brokers of their own: start, memory,
// failover.
import type { Command } from "commander";
import { type Systems, withSystems } from "../../bench/both-systems.ts";
import { type FailoverCase, failoverCases } from "../../bench/failover/cases.ts";
import { measureFailover } from "../../bench/failover/failover.ts";
import { measureStuck, stopped, stuckDiskEnvironment, withoutDisk } from "../../bench/failover/stuck.ts";
import type { Row } from "../../bench/measure/row.ts";
import { measureMemory } from "../../bench/memory.ts";
import { measureStart } from "../../bench/start.ts";
import { type BenchCommandOptions, chosen, withBench } from "./bench-options.ts";
import { runBench } from "./bench-run.ts";
import { wholeNumber } from "./options.ts";

interface FreshOptions extends BenchCommandOptions {
  flush: string;
}

interface FailoverOptions extends FreshOptions {
  cases?: string;
  rounds?: number;
  kafkaRounds?: number;
  kafkaSession: (number | null)[];
}

export function addFreshCommands(bench: Command): void {
  withOwnFlush(bench.command("start"))
    .description("from the start of the processes to ready and to the first acknowledged write")
    .option("--brokers <n,...>", "1, 3 or both", "1,3")
    .action(benchStart);
  withOwnFlush(bench.command("memory"))
    .description("resident memory of three brokers, idle and under load")
    .option("--settle <n>", "seconds after the start (10; with --quick 2)", wholeNumber(0))
    .action((options: FreshOptions & { settle?: number }, command: Command) =>
      runBench(options, command, (one, systems) => {
        const idleMs = 1_000 * (options.settle ?? (options.quick ? 2 : 10));
        return measureMemory(one, systems, { idleMs, flush: options.flush });
      }),
    );
  withOwnFlush(bench.command("failover"))
    .description("longest gap of a producer when a broker is killed or stopped (rounds, and no pairs)")
    .option("--cases <name,...>", `of ${failoverCases.join(", ")} (all)`)
    .option("--rounds <n>", "rounds of each case (20; with --quick 1)", wholeNumber(1))
    .option("--kafka-rounds <n>", "rounds of each case with Kafka (5; with --quick 1)", wholeNumber(1))
    .option(
      "--kafka-session <ms|default,...>",
      "broker.session.timeout.ms of Kafka, each one comparison",
      sessions,
      [null, 1_500],
    )
    .action(benchFailover);
  withOwnFlush(bench.command("stuck"))
    .description("longest gap of a producer when a follower is there and does nothing")
    .action(benchStuck);
}

/** Of Ottla; Kafka flushes as it does by itself. */
function withOwnFlush(command: Command): Command {
  return withBench(command).option("--flush <policy>", "Ottla's; Kafka has its own way", "durable");
}

function benchStart(options: FreshOptions & { brokers: string }, command: Command): Promise<void> {
  const brokers = chosen(options.brokers, ["1", "3"], "--brokers").map(Number);
  return runBench(options, command, async (bench, systems) => {
    const rows: Row[] = [];
    const { flush, built: isBuilt = false } = options;
    for (const count of brokers) {
      rows.push(...(await measureStart(bench, systems, { brokers: count, isBuilt, flush })));
    }
    return rows;
  });
}

function benchFailover(options: FailoverOptions, command: Command): Promise<void> {
  const { quick = false, flush, rounds = quick ? 1 : 20, kafkaRounds = quick ? 1 : 5 } = options;
  const cases: FailoverCase[] = chosen(options.cases, failoverCases, "--cases");
  const kafkaSessionsMs = options.kafkaSession;
  return runBench(options, command, (bench, systems) =>
    measureFailover(bench, systems, { cases, rounds, kafkaRounds, flush, kafkaSessionsMs }),
  );
}

function benchStuck(options: FreshOptions, command: Command): Promise<void> {
  const wanted = { brokers: [3], flush: [options.flush] };
  return runBench(options, command, async (bench, systems) => {
    const rows: Row[] = [];
    await withSystems(bench, systems, wanted, async ({ clusters, flush }) => {
      rows.push(...(await measureStuck(bench, clusters, stopped, flush)));
    });
    // What a disk does to Kafka is not in our hands.
    const alone: Systems = {
      ...systems,
      startOttla: (more) => systems.startOttla({ ...more, environment: stuckDiskEnvironment }),
      startKafka: null,
    };
    await withSystems(bench, alone, wanted, async ({ clusters, flush }) => {
      rows.push(...(await measureStuck(bench, clusters, withoutDisk, flush)));
    });
    return rows;
  });
}

function sessions(text: string): (number | null)[] {
  return text.split(",").map((one) => (one === "default" ? null : wholeNumber(100)(one)));
}
