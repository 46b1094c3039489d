// adapter: the demo's input as a list of records: any CSV with a header, JSON lines, or plain text.
//
// A column or field named like a moment (date, time, timestamp) becomes the event time, one named origin, key
// or id the key; text lines are keyed by their first word.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { parse } from "csv-parse/sync";
import { UsageError } from "../usage-error.ts";

export interface SourceRecord {
  /** Its place in the input, from 0: the identity by which the demo verifies. */
  number: number;
  key: string;
  value: string;
  /** Event time, unix ms. */
  timestamp: number;
}

const keyNames = ["origin", "key", "id"];
const timeNames = ["date", "time", "timestamp", "ts"];

export function readSource(path: string, nowMs: number): SourceRecord[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `cannot read --input ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const rows = rowsOf(path, text);
  if (rows.length < 11_000) {
    throw new UsageError(
      `${path} has ${rows.length} records; the demo needs at least 11,000, so that 5,000 are ` +
        `acknowledged and 5,000 ` +
        "not yet sent when the leader dies",
    );
  }
  return rows.map((row, number) => ({ number, ...toRecord(row, nowMs + number) }));
}

type Row = { fields: Readonly<Record<string, unknown>>; text: string };

function rowsOf(path: string, text: string): Row[] {
  const extension = extname(path).toLowerCase();
  if (extension === ".csv") {
    const parsed: Record<string, string>[] = parse(text, {
      columns: true,
      skip_empty_lines: true,
      relax_column_count: true,
    });
    return parsed.map((fields) => ({ fields, text: JSON.stringify(fields) }));
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (![".json", ".jsonl", ".ndjson"].includes(extension)) {
    return lines.map((line) => ({ fields: { key: line.trim().split(/\s+/)[0] ?? "" }, text: line }));
  }
  return lines.map((line, index) => {
    try {
      return { fields: JSON.parse(line) as Record<string, unknown>, text: line };
    } catch {
      throw new UsageError(`${path} line ${index + 1} is not JSON: ${line.slice(0, 80)}`);
    }
  });
}

function toRecord(row: Row, fallbackMs: number): Omit<SourceRecord, "number"> {
  const named = (names: readonly string[]): unknown =>
    names.map((name) => row.fields[name]).find((item) => item !== undefined);
  const key = named(keyNames) ?? Object.values(row.fields)[0] ?? "";
  return { key: String(key), value: row.text, timestamp: toMs(named(timeNames)) ?? fallbackMs };
}

/** Unix ms of a number or of a text like "2001-01-01 00:47" (taken as UTC); null when it is neither. */
function toMs(value: unknown): number | null {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return Math.floor(value);
  if (typeof value !== "string") return null;
  const parsed = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value.replace(" ", "T")}Z`);
  return Number.isNaN(parsed) || parsed < 0 ? null : parsed;
}
