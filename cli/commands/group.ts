// adapter: `ottla group list | delete | delete-offsets`; the rest of `ottla group` stands in group-*.ts.
import { type Command, InvalidArgumentError } from "commander";
import type { GroupState, GroupType } from "../../client/index.ts";
import { groupName, groupNames, type TopicPlaces, topicPlaces } from "../groups/places.ts";
import { allPlaces } from "../groups/topic-partitions.ts";
import { print, printJson, progress, table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { addGroupDescribeCommand } from "./group-describe.ts";
import { addGroupLagCommand } from "./group-lag.ts";
import { addGroupMembersCommand } from "./group-members.ts";
import { addGroupResetCommands } from "./group-reset.ts";
import { type ClusterOptions, withCluster } from "./options.ts";

interface ListOptions extends ClusterOptions {
  state?: GroupState[];
  type?: GroupType[];
}

interface DeleteOffsetsOptions extends ClusterOptions {
  topic?: TopicPlaces[];
}

const states: readonly GroupState[] = [
  "PreparingRebalance",
  "CompletingRebalance",
  "Assigning",
  "Reconciling",
  "Stable",
  "Empty",
  "Dead",
  "NotReady",
];
const types: readonly GroupType[] = ["classic", "consumer", "share", "streams"];

/** One of the names, in any spelling of upper and lower case; may be repeated, and be a list. */
function oneOf<Name extends string>(names: readonly Name[]): (text: string, before?: Name[]) => Name[] {
  return (text, before = []) => [
    ...before,
    ...text.split(",").map((one) => {
      const found = names.find((name) => name.toLowerCase() === one.trim().toLowerCase());
      if (found === undefined) throw new InvalidArgumentError(`it should be one of ${names.join(", ")}.`);
      return found;
    }),
  ];
}

export function addGroupCommands(program: Command): void {
  const group = program
    .command("group")
    .description("consumer groups: what they read, how far behind they are");
  withCluster(group.command("list"))
    .description("list all groups")
    .option("--state <state>", "those in this state only; may be repeated", oneOf(states))
    .option("--type <type>", "those of this type only: classic, consumer, share or streams", oneOf(types))
    .action(list);
  addGroupDescribeCommand(group);
  addGroupLagCommand(group);
  addGroupResetCommands(group);
  addGroupMembersCommand(group);
  withCluster(group.command("delete"))
    .argument("<group...>", "groups without members", groupNames)
    .description("delete groups with all that they committed")
    .action(remove);
  withCluster(group.command("delete-offsets"))
    .argument("<group>", "the group", groupName)
    .description("forget what a group committed, in topics that it does not read now")
    .option("--topic <topic[:p,p]>", "of this topic, or of these partitions; may be repeated", topicPlaces)
    .action(deleteOffsets);
}

async function list(options: ListOptions): Promise<void> {
  const { state, type } = options;
  await withAdmin(options, async (admin) => {
    const groups = await admin.listGroups({
      ...(state === undefined ? {} : { states: state }),
      ...(type === undefined ? {} : { types: type }),
    });
    if (options.json) return printJson(groups);
    if (groups.length === 0) progress("there are no such groups");
    const rows = groups.map((one) => [one.groupId, one.type, one.state, one.protocolType, one.coordinatorId]);
    print(table(["group", "type", "state", "protocol", "coordinator"], rows));
  });
}

async function remove(groups: string[], options: ClusterOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    await admin.deleteGroups(groups);
    if (options.json) printJson(groups);
    else print(`deleted ${groups.join(", ")}`);
  });
}

async function deleteOffsets(group: string, options: DeleteOffsetsOptions): Promise<void> {
  const { topic: topics = [] } = options;
  if (topics.length === 0) throw new UsageError("say of which topic: --topic NAME, or --topic NAME:0,1");
  await withAdmin(options, async (admin) => {
    const committed = await admin.listGroupOffsets(group);
    // A topic that is gone may still have commits.
    const whole = topics.filter(({ partitions }) => partitions === null).map(({ topic }) => topic);
    const ofWhole = committed.filter(({ topic }) => whole.includes(topic));
    const named = await allPlaces(
      admin,
      topics.filter(({ partitions }) => partitions !== null),
    );
    const places = [...ofWhole, ...named].map(({ topic, partition }) => ({ topic, partition }));
    if (places.length === 0) {
      const names = whole.join(", ");
      throw new Error(`group ${group} has committed nothing in ${names}`);
    }
    await admin.deleteGroupOffsets(group, places);
    if (options.json) return printJson({ group, partitions: places });
    print(
      table(
        ["topic", "partition", "committed"],
        places.map(({ topic, partition }) => [topic, partition, "deleted"]),
      ),
    );
  });
}
