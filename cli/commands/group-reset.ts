// adapter: `ottla group reset | seek`: puts a group that has no members somewhere else. Says what it would
// do, and does it with --execute only.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parseOffsetsFile, toOffsetsFile } from "../groups/offsets-file.ts";
import { groupName, onePlace, type TopicPlaces, topicPlaces } from "../groups/places.ts";
import { lookUpReset, placeKey, type ResetWish, refuseLive } from "../groups/reset-look-up.ts";
import { type ResetTarget, resetTarget, type TargetOptions } from "../groups/reset-target.ts";
import type { Place } from "../groups/topic-partitions.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface DoneOptions extends ClusterOptions {
  execute?: boolean;
  dryRun?: boolean;
  export?: boolean;
}

interface ResetOptions extends DoneOptions, TargetOptions {
  topic?: TopicPlaces[];
  allTopics?: boolean;
  toDatetime?: string;
}

const offset = wholeNumber(0);

function withExecute(command: Command): Command {
  return withCluster(command)
    .option("--execute", "do it; without, only say what would be done")
    .option("--dry-run", "only say what would be done (as without --execute)");
}

export function addGroupResetCommands(group: Command): void {
  withExecute(group.command("reset").alias("reset-offsets"))
    .argument("<group>", "the group; nobody may be in it", groupName)
    .description("read again, or pass over: put a group that has no members somewhere else")
    .option("--topic <topic[:p,p]>", "in this topic, or these partitions; may be repeated", topicPlaces)
    .option("--all-topics", "in all topics in which it committed")
    .option("--to-earliest", "to the oldest record that is there")
    .option("--to-latest", "to the end")
    .option("--to-current", "to where it is; to the end where nothing is committed")
    .option("--to-offset <n>", "to this offset", offset)
    .option("--shift-by <n>", "so many offsets on, or back", wholeNumber(Number.MIN_SAFE_INTEGER))
    .option("--to-time <time>", "to the first record of this time or later (ISO 8601 or unix ms)")
    .option("--to-datetime <time>", "the same, as Kafka's tool calls it")
    .option("--by-duration <duration>", "to the first record of so long ago or later (1h30m, PT1H30M)")
    .option("--from-file <csv>", "to the offsets in a file of lines topic,partition,offset")
    .option("--export", "print the plan as such a file")
    .action(reset);
  withExecute(group.command("seek"))
    .argument("<group>", "the group; nobody may be in it", groupName)
    .argument("<topic:partition>", "one partition", onePlace)
    .argument("<offset>", "the next record that the group is to read", offset)
    .description("put a group that has no members at one offset of one partition")
    .action(seek);
}

async function reset(group: string, options: ResetOptions): Promise<void> {
  const { toDatetime } = options;
  if (toDatetime !== undefined && options.toTime !== undefined)
    throw new UsageError("--to-time and --to-datetime are the same; give one");
  const given = toDatetime === undefined ? options : { ...options, toTime: toDatetime };
  const target = resetTarget(given, Date.now());
  const wish = await wishOf(group, target, options);
  await change(group, wish, options);
}

async function seek(group: string, place: Place, to: number, options: DoneOptions): Promise<void> {
  const topics = [{ topic: place.topic, partitions: [place.partition] }];
  const target: ResetTarget = { kind: "offset", offset: to };
  await change(group, { target, topics, offsets: new Map() }, options);
}

async function wishOf(group: string, target: ResetTarget, options: ResetOptions): Promise<ResetWish> {
  const { topic: named = [], allTopics = false } = options;
  if (target.kind !== "file") {
    if (named.length > 0 === allTopics)
      throw new UsageError("say where: --topic NAME, --topic NAME:0,1, or --all-topics");
    return { target, topics: allTopics ? null : named, offsets: new Map() };
  }
  if (named.length > 0 || allTopics) throw new UsageError("--from-file names the partitions itself");
  const rows = parseOffsetsFile(await readGiven(target.path), target.path, group);
  const topics = rows.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
  return { target, topics, offsets: new Map(rows.map((row) => [placeKey(row), row.offset])) };
}

async function readGiven(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`--from-file ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function change(group: string, wish: ResetWish, options: DoneOptions): Promise<void> {
  const { execute = false } = options;
  if (execute && options.dryRun) throw new UsageError("--execute and --dry-run: which of the two?");
  await withAdmin(options, async (admin) => {
    const isThere = await refuseLive(admin, group);
    if (!isThere) progress(`there is no group ${group} yet; what is committed makes it`);
    const rows = await lookUpReset(admin, group, wish);
    const changes = rows.filter((row) => row.new !== null).map((row) => ({ ...row, offset: row.new! }));
    if (execute)
      await admin.alterGroupOffsets(
        group,
        changes.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      );
    if (options.export) return print(toOffsetsFile(changes));
    if (options.json) return printJson({ group, executed: execute, partitions: rows });
    const cells = rows.map((row) => [row.topic, row.partition, row.now, row.new, row.difference, row.note]);
    print(table(["topic", "partition", "now", execute ? "reset to" : "new", "difference", ""], cells));
    if (!execute) progress("nothing was changed; --execute does it");
  });
}
