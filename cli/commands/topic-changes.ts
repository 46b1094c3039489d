// adapter: `ottla topic alter | delete-records`.
import { type Command, InvalidArgumentError } from "commander";
import { print, printJson, table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface AlterOptions extends ClusterOptions {
  partitions?: number;
  validateOnly?: boolean;
}

interface DeleteRecordsOptions extends ClusterOptions {
  before?: number | "all";
  partition?: number;
}

export function addTopicChangeCommands(topic: Command): void {
  withCluster(topic.command("alter <name>"))
    .description("add partitions (settings are changed by `ottla config`)")
    .option("--partitions <n>", "how many there are to be, in all", wholeNumber(1))
    .option("--validate-only", "only say whether the cluster would do it")
    .action(alter);
  withCluster(topic.command("delete-records <name>"))
    .description("delete the records before an offset, for good")
    .option("--before <offset>", 'the first offset that stays, or "all"', offsetOrAll)
    .option("--partition <n>", "of this partition only (needed with an offset)", wholeNumber(0))
    .action(deleteRecords);
}

function offsetOrAll(text: string): number | "all" {
  if (text === "all") return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it should be an offset, or "all".');
}

async function alter(name: string, options: AlterOptions): Promise<void> {
  const { partitions, validateOnly = false } = options;
  if (partitions === undefined) throw new UsageError("say how many partitions: --partitions N");
  await withAdmin(options, async (admin) => {
    await admin.createPartitions([{ topic: name, partitions }], { validateOnly });
    if (!validateOnly) await admin.waitForTopic(name);
    if (options.json) printJson({ name, partitions, validateOnly });
    else print(validateOnly ? "the cluster would do it" : `${name} has ${partitions} partitions now`);
  });
}

async function deleteRecords(name: string, options: DeleteRecordsOptions): Promise<void> {
  const { before, partition } = options;
  if (before === undefined) throw new UsageError("say what goes: --before OFFSET, or --before all");
  if (before !== "all" && partition === undefined)
    throw new UsageError("an offset is one of a partition: add --partition N");
  await withAdmin(options, async (admin) => {
    const [topic] = await admin.describeTopics([name]);
    const all = topic!.partitions.map((one) => one.partition);
    const asked = partition === undefined ? all : [partition];
    const done = await admin.deleteRecords(asked.map((index) => ({ topic: name, partition: index, before })));
    if (options.json) return printJson(done);
    print(
      table(
        ["partition", "starts at"],
        done.map((one) => [one.partition, one.lowWatermark]),
      ),
    );
  });
}
