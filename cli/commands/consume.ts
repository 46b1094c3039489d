// adapter: `ottla consume`: records of a topic, from a place of one's choice, to standard output.
import { type Command, Option } from "commander";
import type { Consumer, ConsumerRecord, From, RangePlace } from "../../client/index.ts";
import { timeOf } from "../../client/options/times.ts";
import { print } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { contact } from "./connect.ts";
import { checkGroupUse, consumeGroup, type GroupConsumeOptions, groupProtocols } from "./consume-group.ts";
import { wholeNumber, withCluster } from "./options.ts";

interface ConsumeOptions extends GroupConsumeOptions {
  fromOffset?: number;
  fromTime?: string;
  partition?: number;
  toEnd?: boolean;
  toOffset?: number;
  toTime?: string;
  exact?: boolean;
  inOrder?: boolean;
}

export function addConsumeCommand(program: Command): void {
  withCluster(program.command("consume <topic...>"))
    .description("print the records of a topic, or of topics (--group); new ones as they come, until Ctrl-C")
    .option("--group <id>", "as a member of this group: goes on where it has committed, and commits")
    .addOption(new Option("--protocol <name>", "of the group (default: auto)").choices(groupProtocols))
    .option(
      "--from-beginning",
      "start with the oldest record (default: only new ones); with --group: where it has committed none",
    )
    .option("--from-offset <n>", "start at this offset (with --partition)", wholeNumber(0))
    .option("--from-time <time>", "start with the first record at or after this moment (ISO 8601 or unix ms)")
    .option("--partition <n>", "only this partition", wholeNumber(0))
    .option("--max <n>", "stop after so many records", wholeNumber(1))
    .option("--to-end", "stop at what is the end now")
    .option("--to-offset <n>", "stop before this offset, or at the end (with --partition)", wholeNumber(0))
    .option("--to-time <time>", "stop before this moment, or at the end; without a zone: UTC")
    .option("--exact", "with --to-time: look through to the end for records that came late")
    .option("--in-order", "partitions merged by timestamp (with --to-end, --to-offset or --to-time)")
    .option("--rack <name>", "read from a replica in this rack where the brokers allow it (KIP-392)")
    .action(consume);
}

async function consume(topics: string[], options: ConsumeOptions): Promise<void> {
  checkGroupUse(topics, options);
  const [topic] = topics as [string];
  const place = placesOf(options);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read the output has enough, as `| head` has.
    if (error.code !== "EPIPE") throw error;
    stop.abort();
  });
  const shown = (record: ConsumerRecord): string => {
    if (options.json) return JSON.stringify(toJson(record));
    return topics.length > 1 ? `${record.topic}-${text(record)}` : text(record);
  };
  if (options.group !== undefined) {
    return await consumeGroup(topics, options, { text: shown, signal: stop.signal });
  }
  const { Consumer } = await import("../../client/index.ts");
  await contact(options);
  const consumer = new Consumer({ bootstrap: options.bootstrap, rack: options.rack ?? "" });
  try {
    const records = await open(consumer, topic, { place, options, signal: stop.signal });
    let seen = 0;
    for await (const record of records) {
      print(shown(record));
      if (++seen === options.max) break;
    }
  } finally {
    await consumer.close();
  }
}

interface Places {
  /** Null: only new records. */
  readonly from: "earliest" | { readonly offset: number } | { readonly time: number } | null;
  /** Null: never. */
  readonly to: "end" | { readonly offset: number } | { readonly time: number } | null;
}

function placesOf(options: ConsumeOptions): Places {
  const { fromBeginning, fromOffset, fromTime, partition, toEnd, toOffset, toTime } = options;
  const begins = [fromBeginning, fromOffset, fromTime].filter((item) => item !== undefined);
  if (begins.length > 1) throw new UsageError("give one of --from-beginning, --from-offset and --from-time");
  const ends = [toEnd, toOffset, toTime].filter((item) => item !== undefined);
  if (ends.length > 1) throw new UsageError("give one of --to-end, --to-offset and --to-time");
  for (const [name, offset] of [["--from-offset", fromOffset] as const, ["--to-offset", toOffset] as const]) {
    if (offset !== undefined && partition === undefined)
      throw new UsageError(`${name} needs --partition: each has offsets of its own`);
  }
  if (options.exact && toTime === undefined) throw new UsageError("--exact goes with --to-time");
  if (options.inOrder && ends.length === 0)
    throw new UsageError("--in-order needs an end: --to-end, --to-offset or --to-time");
  const hasFrom = begins.length > 0;
  const from = pick("--from-time", fromOffset, fromTime) ?? (fromBeginning ? "earliest" : null);
  const to = pick("--to-time", toOffset, toTime) ?? (toEnd ? "end" : null);
  const isBackward =
    typeof from === "object" &&
    typeof to === "object" &&
    from !== null &&
    to !== null &&
    (("offset" in from && "offset" in to && from.offset > to.offset) ||
      ("time" in from && "time" in to && from.time > to.time));
  if (isBackward) throw new UsageError("it ends before it begins: --from-... is after --to-...");
  // A piece that ends has to begin somewhere.
  const isPiece = to !== null && (to !== "end" || options.inOrder === true);
  return { from: !hasFrom && isPiece ? "earliest" : from, to };
}

function pick(
  name: string,
  offset: number | undefined,
  time: string | undefined,
): { readonly offset: number } | { readonly time: number } | null {
  if (offset !== undefined) return { offset };
  if (time === undefined) return null;
  const ms = timeOf(time);
  if (ms !== null) return { time: ms };
  throw new UsageError(`${name} ${time} is neither unix milliseconds nor an ISO 8601 time`);
}

async function open(
  consumer: Consumer,
  topic: string,
  what: { place: Places; options: ConsumeOptions; signal: AbortSignal },
): Promise<AsyncIterable<ConsumerRecord>> {
  const { place, options, signal } = what;
  const { partition, exact = false, inOrder = false } = options;
  const { from, to } = place;
  if (to === null || (to === "end" && !inOrder)) {
    const where = partition === undefined ? { topic } : { topic, partition };
    await consumer.assign([{ ...where, from: startOf(from) }]);
    return to === null ? consumer.records({ signal }) : consumer.readToEnd({ signal });
  }
  const range = consumer.range({
    topic,
    ...(from === null || from === "earliest" ? {} : { from: rangePlace(from) }),
    ...(to === "end" ? {} : { to: rangePlace(to) }),
    ...(partition === undefined ? {} : { partitions: [partition] }),
    order: inOrder ? "time" : "arrival",
    exact,
  });
  return range.records({ signal });
}

function startOf(from: Places["from"]): From {
  if (from === null) return "latest";
  if (from === "earliest" || "offset" in from) return from;
  return { timestamp: from.time };
}

function rangePlace(place: { readonly offset: number } | { readonly time: number }): RangePlace {
  return "offset" in place ? place : place.time;
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
