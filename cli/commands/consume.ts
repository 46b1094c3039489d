// adapter: `ottla consume`: records of a topic, from a place of one's choice, to standard output.
import type { Command } from "commander";
import type { ConsumerRecord } from "../../client/index.ts";
import { print } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { contact } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface ConsumeOptions extends ClusterOptions {
  fromBeginning?: boolean;
  fromOffset?: number;
  fromTime?: string;
  partition?: number;
  max?: number;
  toEnd?: boolean;
  rack?: string;
}

type From = "earliest" | "latest" | { offset: number } | { timestamp: number };

export function addConsumeCommand(program: Command): void {
  withCluster(program.command("consume <topic>"))
    .description("print the records of a topic; new ones as they come, until Ctrl-C")
    .option("--from-beginning", "start with the oldest record (default: only new ones)")
    .option("--from-offset <n>", "start at this offset (with --partition)", wholeNumber(0))
    .option("--from-time <time>", "start with the first record at or after this moment (ISO 8601 or unix ms)")
    .option("--partition <n>", "only this partition", wholeNumber(0))
    .option("--max <n>", "stop after so many records", wholeNumber(1))
    .option("--to-end", "stop at what is the end now")
    .option("--rack <name>", "read from a replica in this rack where the brokers allow it (KIP-392)")
    .action(consume);
}

async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const { Consumer } = await import("../../client/index.ts");
  await contact(options);
  const consumer = new Consumer({ bootstrap: options.bootstrap, rack: options.rack ?? "" });
  try {
    const where = options.partition === undefined ? { topic } : { topic, partition: options.partition };
    await consumer.assign([{ ...where, from: start(options) }]);
    const records = options.toEnd
      ? consumer.readToEnd({ signal: stop.signal })
      : consumer.records({ signal: stop.signal });
    let seen = 0;
    for await (const record of records) {
      print(options.json ? JSON.stringify(toJson(record)) : text(record));
      if (++seen === options.max) break;
    }
  } finally {
    await consumer.close();
  }
}

function start(options: ConsumeOptions): From {
  const given = [options.fromBeginning, options.fromOffset, options.fromTime].filter(
    (item) => item !== undefined,
  );
  if (given.length > 1) throw new UsageError("give one of --from-beginning, --from-offset and --from-time");
  if (options.fromOffset !== undefined) {
    if (options.partition === undefined)
      throw new UsageError("--from-offset needs --partition: each has offsets of its own");
    return { offset: options.fromOffset };
  }
  if (options.fromTime !== undefined) return { timestamp: parseTime(options.fromTime) };
  return options.fromBeginning ? "earliest" : "latest";
}

function parseTime(given: string): number {
  const value = /^\d+$/.test(given) ? Number(given) : Date.parse(given);
  if (Number.isNaN(value))
    throw new UsageError(`--from-time ${given} is neither unix milliseconds nor an ISO 8601 time`);
  return value;
}

const decode = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("utf8");

function text(record: ConsumerRecord): string {
  const time = new Date(record.timestamp).toISOString();
  const key = decode(record.key);
  const value = decode(record.value) ?? "(tombstone)";
  return `${record.partition}:${record.offset}  ${time}  ${key ?? "-"}  ${value}`;
}

function toJson(record: ConsumerRecord): unknown {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: decode(record.key),
    value: decode(record.value),
    headers: record.headers.map((item) => ({ key: item.key, value: decode(item.value) })),
  };
}
