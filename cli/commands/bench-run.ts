// adapter: what all measurements of `ottla bench` do around their work: which systems, how long, and what
// becomes of the rows.
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type Round, type Systems, withSystems } from "../../bench/both-systems.ts";
import type { Bench } from "../../bench/compare.ts";
import type { Row } from "../../bench/measure/row.ts";
import { touchMemory } from "../../bench/touch-memory.ts";
import { type BenchReport, benchMarkdown } from "../output/bench-markdown.ts";
import { showBench, thisMachine } from "../output/bench-table.ts";
import { printJson } from "../output/table.ts";
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
  if (options.touchMemory) await touchMemory();
  const rows = await work(bench, systemsOf(options));
  const typed = `ottla bench ${command.name()} ${process.argv.slice(4).join(" ")}`.trimEnd();
  const report = { machine: thisMachine(), command: typed, rows, missing: bench.missing };
  deliver([report], report, options);
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

/** To the files that were asked for, and as tables or JSON. */
export function deliver(
  reports: readonly BenchReport[],
  json: unknown,
  options: { json?: boolean; report?: string; save?: string },
): void {
  if (options.report !== undefined) writeFileSync(options.report, benchMarkdown(reports));
  if (options.save !== undefined) writeFileSync(options.save, `${JSON.stringify(json, null, 2)}\n`);
  if (options.json) printJson(json);
  else for (const report of reports) showBench(report);
}
