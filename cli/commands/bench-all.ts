// adapter: `ottla bench all`: every measurement after the other, each in a process of its own, so that one
// that fails takes no other with it.
import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { BenchReport } from "../output/bench-markdown.ts";
import { thisMachine } from "../output/bench-table.ts";
import { progress } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { deliver } from "./bench-run.ts";

/** Those that give rows, in this order. */
const names = [
  "produce",
  "latency",
  "ceilings",
  "fetch",
  "end-to-end",
  "partitions",
  "many",
  "idle",
  "memory",
  "start",
  "stuck",
  "failover",
  "groups",
];

interface AllOptions {
  only?: string;
  skip?: string;
  report?: string;
  save?: string;
  json?: boolean;
}

export function addAllCommand(bench: Command): void {
  bench
    .command("all", { isDefault: true })
    .description("all of them that give rows, one after the other; further options go to each of them")
    .option("--only <name,...>", `of ${names.join(", ")}`)
    .option("--skip <name,...>", "all but these")
    .option("--report <file>", "write the tables as markdown there")
    .option("--save <file>", "write the JSON there")
    .option("--json", "print JSON instead of tables")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(benchAll);
}

async function benchAll(options: AllOptions, command: Command): Promise<void> {
  const [only, skip] = [listed(options.only, "--only"), listed(options.skip, "--skip")];
  const wanted = names.filter((name) => (only?.includes(name) ?? true) && !skip?.includes(name));
  const reports: BenchReport[] = [];
  for (const name of wanted) {
    progress(`== ${name}`);
    reports.push(await runOne(name, command.args));
  }
  deliver(reports, { reports }, options);
  if (reports.some(({ rows }) => rows.length === 0)) process.exitCode = 1;
}

function listed(text: string | undefined, option: string): string[] | null {
  const list = text?.split(",") ?? null;
  const unknown = list?.find((name) => !names.includes(name));
  if (unknown === undefined) return list;
  throw new UsageError(`${option} "${unknown}" is not known; it should be one of ${names.join(", ")}`);
}

async function runOne(name: string, further: readonly string[]): Promise<BenchReport> {
  const args = [process.argv[1]!, "bench", name, ...further];
  const child = spawn(process.execPath, [...args, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const stop = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, stop);
  try {
    const report = JSON.parse(text) as BenchReport;
    return { ...report, command: ["ottla bench", name, ...further].join(" ") };
  } catch {
    const missing = [{ row: name, reason: `the measurement ended with ${code} and told nothing` }];
    return { machine: thisMachine(), command: `ottla bench ${name}`, rows: [], missing };
  }
}
