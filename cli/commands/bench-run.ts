// adapter: what all measurements of `ottla bench` do around their work: which systems, how long, and what
// becomes of the rows.
import type { Command } from "commander";
import { type Round, type Systems, withSystems } from "../../bench/both-systems.ts";
import type { Bench } from "../../bench/compare.ts";
import type { Row } from "../../bench/measure/row.ts";
import { showBench } from "../output/bench-table.ts";
import { type BenchCommandOptions, benchOf, systemsOf } from "./bench-options.ts";

/** Runs `work` and shows the rows it gives; without any, the command failed. */
export async function runBench(
  options: BenchCommandOptions,
  command: Command,
  work: (bench: Bench, systems: Systems) => Promise<Row[]>,
): Promise<void> {
  // Whoever started a system removes it when this process exits, which a signal by itself does not count as.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const bench = benchOf(options);
  const rows = await work(bench, systemsOf(options));
  const typed = `ottla bench ${command.name()} ${process.argv.slice(4).join(" ")}`.trimEnd();
  showBench({ command: typed, rows, missing: bench.missing }, options.json ?? false);
  if (rows.length === 0) process.exitCode = 1;
}

/** The same on running clusters, for each number of brokers and each flush policy. */
export function runRounds(
  options: BenchCommandOptions,
  command: Command,
  wanted: { brokers: readonly number[]; flush: readonly string[] },
  work: (bench: Bench, round: Round) => Promise<Row[]>,
): Promise<void> {
  return runBench(options, command, async (bench, systems) => {
    const rows: Row[] = [];
    await withSystems(bench, systems, wanted, async (round) => {
      rows.push(...(await work(bench, round)));
    });
    return rows;
  });
}
