// adapter: `ottla bench catch-up`: what a replica that comes back far behind costs those who write meanwhile.
import { tmpdir } from "node:os";
import type { Command } from "commander";
import type { CatchUpResult } from "../../bench/catch-up.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { ottlaFrom } from "./bench-ottla.ts";
import { wholeNumber } from "./options.ts";

interface CatchUpOptions {
  behind: number;
  rate: number;
  json?: boolean;
}

export function addCatchUpCommand(bench: Command): void {
  bench
    .command("catch-up")
    .description("a replica that is far behind, under load and alone")
    .option("--behind <mib>", "how far behind, in MiB", wholeNumber(1), 1_024)
    .option("--rate <mb>", "load in MB/s", wholeNumber(1), 4)
    .option("--json", "print JSON instead of tables")
    .action(benchCatchUp);
}

async function benchCatchUp({ behind: behindMiB, rate, json }: CatchUpOptions): Promise<void> {
  const { measureCatchUp } = await import("../../bench/catch-up.ts");
  const cluster = await ottlaFrom({ data: tmpdir(), isBuilt: false })({ brokers: 3, settings: {} });
  try {
    const result = await measureCatchUp(cluster, { behindMiB, megabytesPerSecond: rate, progress });
    if (json) printJson(result);
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
