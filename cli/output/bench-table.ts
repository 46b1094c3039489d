// adapter: the rows of a benchmark as a table, one line a system, and the machine they are of.
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { SideName } from "../../bench/measure/row.ts";
import type { Spread } from "../../bench/measure/turns.ts";
import { type BenchReport, type Machine, machineLine } from "./bench-markdown.ts";
import { type Cell, print, table } from "./table.ts";

export function thisMachine(): Machine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "?",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: kernel(),
    node: process.version,
  };
}

export function showBench(report: BenchReport): void {
  print(`${machineLine(report.machine)}\n${report.command}\n`);
  const rows = report.rows.flatMap((row) =>
    Object.entries(row.sides).map(([name, side]) => ({ row, name: name as SideName, side })),
  );
  const extra = [...new Set(rows.flatMap(({ side }) => Object.keys(side.also)))];
  const cells = rows.map(({ row, name, side }, place) => {
    const isFirst = rows[place - 1]?.row !== row;
    return [
      isFirst ? row.name : "",
      isFirst ? row.flush : "",
      name,
      `${side.value.median} (${side.value.min}-${side.value.max}) ${row.unit}`,
      ...extra.map((column): Cell => side.also[column] ?? null),
      shownRatio(row.ratios[name]),
      side.turns,
    ];
  });
  if (cells.length > 0) {
    const head = ["", "flush", "system", "median (min-max)", ...extra, "ottla over it (min-max)", "turns"];
    print(table(head, cells));
  }
  for (const { row, reason } of report.missing) print(`left out: ${row}: ${reason}`);
}

function shownRatio(ratio: Spread | undefined): string {
  if (ratio === undefined) return "";
  const { median, min, max } = ratio;
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`;
}

function kernel(): string {
  try {
    return readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  } catch {
    return "?";
  }
}
