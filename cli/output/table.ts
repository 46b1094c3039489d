// adapter: tables for people and JSON for scripts, on standard output.
import Table from "cli-table3";

const borderless = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

export type Cell = string | number | boolean | null;

/** Numbers stand to the right, as do those that are not known among them; everything else to the left. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== null);
    return cells.length > 0 && cells.every((cell) => typeof cell === "number");
  });
  const drawn = new Table({
    head: [...head],
    chars: borderless,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: numeric.map((isNumber) => (isNumber ? "right" : "left")),
  });
  for (const row of rows) drawn.push(row.map((cell) => (cell === null ? "-" : String(cell))));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Resolves once it is written; with false when nobody reads it any more, as behind `| head`. */
export function printed(text: string): Promise<boolean> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, (error) => resolve(!error)));
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Progress goes to stderr, so that standard output stays clean for scripts. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
