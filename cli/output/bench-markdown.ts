// core: reports of benchmarks as markdown for people: one table a report, one line a row, sides beside each
// other.
import type { Row, Side, SideName } from "../../bench/measure/row.ts";
import type { Spread } from "../../bench/measure/turns.ts";

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  kernel: string;
  node: string;
}

export interface BenchReport {
  machine: Machine;
  command: string;
  rows: readonly Row[];
  missing: readonly { row: string; reason: string }[];
}

/** Told of every side where a report has them, one after the other in one cell. */
const figures = ["p50 ms", "p99 ms", "server CPU s/GB", "load CPU s/GB", "server CPU s"];

export function machineLine({ cores, cpu, memoryGiB, kernel, node }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; all on one machine`;
}

export function benchMarkdown(reports: readonly BenchReport[]): string {
  return reports.map(reportMarkdown).join("\n");
}

function reportMarkdown(report: BenchReport): string {
  const lines = [`    ${report.command}`, "", `${machineLine(report.machine)}.`, ""];
  if (report.rows.length > 0) lines.push(...tableOf(report.rows), "");
  for (const { row, reason } of report.missing) lines.push(`Left out: ${row}: ${reason}`, "");
  return lines.join("\n");
}

function tableOf(rows: readonly Row[]): string[] {
  const sides = [...new Set(rows.flatMap(sideNames))];
  const others = sides.filter((name) => rows.some(({ ratios }) => ratios[name] !== undefined));
  const told = figures.filter((figure) =>
    rows.some((row) => sidesOf(row).some(({ also }) => figure in also)),
  );
  const head = ["", "flush", "", ...sides, ...others.map((name) => `over ${name}`), ...told, "turns"];
  const cells = rows.map((row) => [
    row.name,
    row.flush,
    row.unit,
    ...sides.map((name) => shown(row.sides[name]?.value)),
    ...others.map((name) => shownRatio(row.ratios[name])),
    ...told.map((figure) => each(row, ({ also }) => also[figure])),
    each(row, ({ turns }) => turns),
  ]);
  return [head, head.map(() => "---"), ...cells].map((line) => `| ${line.join(" | ")} |`);
}

function sideNames({ sides }: Row): SideName[] {
  return Object.keys(sides) as SideName[];
}

function sidesOf({ sides }: Row): Side[] {
  return Object.values(sides);
}

function each(row: Row, figure: (side: Side) => number | undefined): string {
  const values = sidesOf(row).map((side) => figure(side) ?? "-");
  return values.every((value) => value === "-") ? "" : values.join(" / ");
}

function shown(value: Spread | undefined): string {
  return value === undefined ? "" : `${value.median} (${value.min}-${value.max})`;
}

function shownRatio(ratio: Spread | undefined): string {
  if (ratio === undefined) return "";
  const { median, min, max } = ratio;
  return `**${median.toFixed(2)}** (${min.toFixed(2)}-${max.toFixed(2)})`;
}
