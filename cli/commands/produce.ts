// adapter: `ottla produce`: lines of a file or of standard input into a topic.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parse } from "csv-parse";
import { print, printJson, progress } from "../output/table.ts";
import { ClusterFailure, UsageError } from "../usage-error.ts";
import { contact } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface ProduceOptions extends ClusterOptions {
  input?: string;
  key?: string;
  keySeparator?: string;
  header?: Record<string, string>;
  partition?: number;
  acks: "all" | "1" | "0";
  compression: "none" | "gzip" | "snappy" | "lz4" | "zstd";
}

interface Line {
  key: string | null;
  value: string;
}

export function addProduceCommand(program: Command): void {
  withCluster(program.command("produce <topic>"))
    .description("write the lines of a file, or of standard input, as records")
    .option("--input <file>", "a text file, JSON lines, or a CSV with a header (default: standard input)")
    .option("--key <column>", "column or JSON field that is the key")
    .option("--key-separator <text>", "each line is KEY, this text, VALUE")
    .option("--header <name=value>", "a header on every record; may be repeated", header)
    .option("--partition <n>", "write to this partition", wholeNumber(0))
    .addOption(
      new Option("--acks <acks>", "which acknowledgement to wait for")
        .choices(["all", "1", "0"])
        .default("all"),
    )
    .addOption(
      new Option("--compression <codec>", "how batches are compressed")
        .choices(["none", "gzip", "snappy", "lz4", "zstd"])
        .default("none"),
    )
    .action(produce);
}

function header(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("it should be name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

async function produce(topic: string, options: ProduceOptions): Promise<void> {
  const { Producer } = await import("../../client/index.ts");
  await contact(options);
  const producer = new Producer({
    bootstrap: options.bootstrap,
    acks: options.acks === "all" ? "all" : options.acks === "1" ? 1 : 0,
    compression: options.compression,
    lingerMs: 5,
    ...(options.acks === "all" ? {} : { idempotent: false }),
  });
  const started = performance.now();
  let written = 0;
  let failed = 0;
  let firstError: Error | null = null;
  const headers = Object.entries(options.header ?? {}).map(([key, value]) => ({
    key,
    value: Buffer.from(value),
  }));
  const report = setInterval(() => progress(`${written} records written`), 2_000);
  try {
    for await (const line of readLines(options)) {
      const record = {
        topic,
        key: line.key,
        value: line.value,
        headers,
        ...(options.partition === undefined ? {} : { partition: options.partition }),
      };
      await producer.enqueue(record, (error) => {
        if (!error) written++;
        else {
          failed++;
          firstError ??= error;
        }
      });
    }
    await producer.flush();
  } finally {
    clearInterval(report);
    await producer.close();
  }
  const seconds = (performance.now() - started) / 1_000;
  if (options.json) printJson({ topic, written, failed, seconds });
  else print(`${written} records written to ${topic} in ${seconds.toFixed(2)} s`);
  if (firstError)
    throw new ClusterFailure(
      `${failed} records were not written; the first: ${(firstError as Error).message}`,
    );
}

async function* readLines(options: ProduceOptions): AsyncGenerator<Line> {
  const source = options.input === undefined ? process.stdin : createReadStream(options.input);
  if (options.input?.toLowerCase().endsWith(".csv")) {
    const rows = source.pipe(parse({ columns: true, skip_empty_lines: true, relax_column_count: true }));
    source.on("error", (error: Error) => rows.destroy(error));
    for await (const row of rows) yield { key: field(row, options.key), value: JSON.stringify(row) };
    return;
  }
  for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== "") yield split(line, options);
  }
}

function split(line: string, options: ProduceOptions): Line {
  if (options.keySeparator !== undefined) {
    const at = line.indexOf(options.keySeparator);
    if (at < 0)
      throw new UsageError(`no separator "${options.keySeparator}" in the line: ${line.slice(0, 80)}`);
    return { key: line.slice(0, at), value: line.slice(at + options.keySeparator.length) };
  }
  if (options.key === undefined) return { key: null, value: line };
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new UsageError(
      `--key ${options.key} needs CSV or JSON lines, and this line is not JSON: ${line.slice(0, 80)}`,
    );
  }
  return { key: field(row as Record<string, unknown>, options.key), value: line };
}

function field(row: Readonly<Record<string, unknown>>, name: string | undefined): string | null {
  if (name === undefined) return null;
  const value = row[name];
  if (value === undefined) {
    throw new UsageError(`no column or field "${name}"; there is ${Object.keys(row).join(", ")}`);
  }
  return value === null ? null : String(value);
}
