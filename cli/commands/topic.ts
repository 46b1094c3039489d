// adapter: `ottla topic create | list | describe | delete`; what changes topics stands in topic-changes.ts.
import type { Command } from "commander";
import { print, printJson, table } from "../output/table.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, setting, wholeNumber, withCluster } from "./options.ts";
import { addTopicChangeCommands } from "./topic-changes.ts";

interface CreateOptions extends ClusterOptions {
  partitions?: number;
  replication?: number;
  config?: Record<string, string>;
}

export function addTopicCommands(program: Command): void {
  const topic = program.command("topic").description("create, list, describe, change and delete topics");
  withCluster(topic.command("create <name>"))
    .description("create a topic")
    .option("--partitions <n>", "how many partitions (default: the cluster's num.partitions)", wholeNumber(1))
    .option("--replication <n>", "replicas of each (default: 3, or the number of brokers)", wholeNumber(1))
    .option("--config <name=value>", "a topic setting; may be repeated", setting)
    .action(create);
  withCluster(topic.command("list")).description("list all topics").action(list);
  withCluster(topic.command("describe <name...>"))
    .description("partitions, leaders and in-sync replicas")
    .action(describe);
  withCluster(topic.command("delete <name...>"))
    .description("delete topics with all their records")
    .action(remove);
  addTopicChangeCommands(topic);
}

async function create(name: string, options: CreateOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const [made] = await admin.createTopics([
      {
        name,
        ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
        ...(options.replication === undefined ? {} : { replicationFactor: options.replication }),
        ...(options.config === undefined ? {} : { configs: options.config }),
      },
    ]);
    await admin.waitForTopic(name);
    if (options.json) printJson(made);
    else print(`created ${name} with ${made!.partitions} partitions and ${made!.replicationFactor} replicas`);
  });
}

async function list(options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const topics = await admin.listTopics();
    if (options.json) return printJson(topics);
    const rows = topics.map((topic) => [topic.name, topic.partitions, topic.replicationFactor]);
    print(table(["topic", "partitions", "replicas"], rows));
  });
}

async function describe(names: string[], options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const topics = await admin.describeTopics(names);
    if (options.json) return printJson(topics);
    for (const topic of topics) {
      print(`${topic.name}  id ${topic.topicId}`);
      const rows = topic.partitions.map((partition) => [
        partition.partition,
        partition.leader < 0 ? "none" : partition.leader,
        partition.leaderEpoch,
        partition.replicas.join(" "),
        partition.isr.join(" "),
        partition.isr.length < partition.replicas.length ? "under-replicated" : "",
      ]);
      print(table(["partition", "leader", "epoch", "replicas", "in sync", ""], rows));
    }
  });
}

async function remove(names: string[], options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    await admin.deleteTopics(names);
    if (options.json) printJson(names);
    else print(`deleted ${names.join(", ")}`);
  });
}
