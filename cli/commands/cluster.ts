// adapter: `ottla cluster status | quorum | add-voter | remove-voter | elect-leaders | log-dirs`.
import type { Command } from "commander";
import { print, printJson, table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

export function addClusterCommands(program: Command): void {
  const cluster = program
    .command("cluster")
    .description("the state of the brokers and of the controller quorum");
  withCluster(cluster.command("status"))
    .description("brokers, what they lead, what is not in sync")
    .action(status);
  withCluster(cluster.command("quorum"))
    .description("the metadata quorum: leader, term, how far each has the log")
    .action(quorum);
  withCluster(cluster.command("elect-leaders"))
    .description("give leadership back to the preferred replicas")
    .option("--topic <name>", "of this topic only")
    .option("--unclean", "where nobody leads, any replica may, even if records are lost (needs --topic)")
    .action(electLeaders);
  withCluster(cluster.command("add-voter"))
    .description("make a controller that follows the quorum one of its voters")
    .argument("<id>", "its node id", wholeNumber(0))
    .action(addVoter);
  withCluster(cluster.command("remove-voter"))
    .description("take a controller out of the voters, the leader too")
    .argument("<id>", "its node id", wholeNumber(0))
    .action(removeVoter);
  withCluster(cluster.command("log-dirs")).description("the log directories of the brokers").action(logDirs);
}

interface ElectOptions extends ClusterOptions {
  topic?: string;
  unclean?: boolean;
}

async function electLeaders(options: ElectOptions): Promise<void> {
  const { topic, unclean = false } = options;
  if (unclean && topic === undefined)
    throw new UsageError("--unclean may lose records: say for which topic, with --topic NAME");
  await withAdmin(options, async (admin) => {
    const election = unclean ? "unclean" : "preferred";
    const partitions = topic === undefined ? undefined : (await admin.describeTopics([topic]))[0]!.partitions;
    const asked = partitions?.map(({ partition }) => ({ topic: topic!, partition }));
    const all = await admin.electLeaders(
      asked === undefined ? { election } : { election, partitions: asked },
    );
    const done = all.filter(({ error }) => error?.errorName !== "ELECTION_NOT_NEEDED");
    const rows = done.map((one) => ({ ...one, error: one.error?.errorName ?? null }));
    if (options.json) return printJson(rows);
    if (rows.length === 0) return print("every partition is led as it should be");
    print(
      table(
        ["topic", "partition", "outcome"],
        rows.map((one) => [one.topic, one.partition, one.error ?? "elected"]),
      ),
    );
  });
}

async function addVoter(id: number, options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const { voters, observers } = await admin.describeQuorum();
    const found = observers.find((one) => one.id === id);
    if (found === undefined) {
      const isVoter = voters.some((one) => one.id === id);
      const so = isVoter
        ? "it is a voter already"
        : "start it, with controller in its process.roles, and wait";
      throw new Error(`node ${id} does not follow the quorum as an observer: ${so}`);
    }
    await admin.addVoter(found);
    if (options.json) return printJson({ added: id, directoryId: found.directoryId });
    print(`node ${id} votes now, with directory ${found.directoryId}`);
  });
}

async function removeVoter(id: number, options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const { voters } = await admin.describeQuorum();
    const found = voters.find((one) => one.id === id);
    if (found === undefined) {
      const ids = voters.map((one) => one.id).join(", ");
      throw new Error(`node ${id} is no voter; the voters are ${ids}`);
    }
    await admin.removeVoter(found);
    if (options.json) return printJson({ removed: id, directoryId: found.directoryId });
    print(`node ${id} votes no more`);
  });
}

async function logDirs(options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const found = await admin.describeLogDirs();
    if (options.json) return printJson(found.map((one) => ({ ...one, error: one.error?.errorName ?? null })));
    const rows = found.map((one) => [
      one.brokerId,
      one.path,
      one.error?.errorName ?? "works",
      one.replicas.length,
      one.replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      one.usableBytes,
    ]);
    print(table(["broker", "directory", "state", "replicas", "bytes", "free"], rows));
  });
}

async function status(options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const cluster = await admin.describeCluster();
    const topics = await admin.describeTopics((await admin.listTopics()).map((topic) => topic.name));
    const partitions = topics.flatMap((topic) =>
      topic.partitions.map((partition) => ({ topic: topic.name, ...partition })),
    );
    const brokers = cluster.brokers.map((broker) => ({
      id: broker.id,
      address: `${broker.host}:${broker.port}`,
      rack: broker.rack,
      leads: partitions.filter((partition) => partition.leader === broker.id).length,
      replicas: partitions.filter((partition) => partition.replicas.includes(broker.id)).length,
      inSync: partitions.filter((partition) => partition.isr.includes(broker.id)).length,
    }));
    const lagging = partitions.filter((partition) => partition.isr.length < partition.replicas.length);
    const offline = partitions.filter((partition) => partition.leader < 0);
    if (options.json) {
      return printJson({
        clusterId: cluster.clusterId,
        brokers,
        topics: topics.length,
        partitions: partitions.length,
        underReplicated: lagging.length,
        offline: offline.length,
      });
    }
    print(`cluster ${cluster.clusterId}`);
    const rows = brokers.map((b) => [b.id, b.address, b.rack, b.leads, b.replicas, b.inSync]);
    print(table(["broker", "address", "rack", "leads", "replicas", "in sync"], rows));
    print(
      `${topics.length} topics, ${partitions.length} partitions, ` +
        `${lagging.length} under-replicated, ${offline.length} without a leader`,
    );
  });
}

async function quorum(options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const state = await admin.describeQuorum();
    if (options.json) return printJson(state);
    print(`leader ${state.leaderId}, term ${state.leaderEpoch}, committed up to ${state.highWatermark}`);
    const members = [
      ...state.voters.map((member) => ({
        ...member,
        role: member.id === state.leaderId ? "leader" : "voter",
      })),
      ...state.observers.map((member) => ({ ...member, role: "observer" })),
    ];
    const rows = members.map((m) => [
      m.id,
      m.role,
      m.logEndOffset,
      Math.max(0, state.highWatermark - m.logEndOffset),
    ]);
    print(table(["node", "role", "log end", "behind"], rows));
  });
}
