// adapter: `ottla group describe`: state, members and offsets of groups; all three, or those asked for.
import type { Command } from "commander";
import type { Admin, GroupDescription, GroupLag } from "../../client/index.ts";
import { groupNames } from "../groups/places.ts";
import { lagTable, memberTable, stateLine } from "../output/group-tables.ts";
import { print, printJson } from "../output/table.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, withCluster } from "./options.ts";

interface DescribeOptions extends ClusterOptions {
  members?: boolean;
  offsets?: boolean;
  state?: boolean;
}

interface Described {
  readonly groupId: string;
  /** Null: only offsets are there. */
  readonly group: GroupDescription | null;
  /** Null: not asked for. */
  readonly lag: GroupLag | null;
}

export function addGroupDescribeCommand(group: Command): void {
  withCluster(group.command("describe"))
    .argument("<group...>", "the groups", groupNames)
    .description("state, members and what they read, and how far behind they are")
    .option("--state", "the state")
    .option("--members", "the members")
    .option("--offsets", "what is committed, and the lag")
    .action(describe);
}

async function describe(groups: string[], options: DescribeOptions): Promise<void> {
  const isAll = !options.state && !options.members && !options.offsets;
  const shows = {
    state: isAll || options.state === true,
    members: isAll || options.members === true,
    offsets: isAll || options.offsets === true,
  };
  await withAdmin(options, async (admin) => {
    const found = await lookUp(admin, groups, shows.offsets);
    if (options.json) return printJson(found.map((one) => toJson(one, shows)));
    for (const one of found) print(toText(one, shows).join("\n"));
  });
}

async function lookUp(admin: Admin, groups: string[], wantsLag: boolean): Promise<Described[]> {
  if (wantsLag)
    return (await admin.groupLags(groups)).map((lag) => ({ groupId: lag.groupId, group: lag.group, lag }));
  return (await admin.describeGroups(groups)).map((group) => ({ groupId: group.groupId, group, lag: null }));
}

interface Shows {
  readonly state: boolean;
  readonly members: boolean;
  readonly offsets: boolean;
}

function toText({ groupId, group, lag }: Described, shows: Shows): string[] {
  const lines: string[] = [];
  const title = group === null ? `group ${groupId}  only offsets, no members` : stateLine(group);
  if (shows.state || shows.members !== shows.offsets) lines.push(title);
  if (shows.members && group !== null && group.members.length > 0) lines.push(memberTable(group));
  if (shows.offsets && lag !== null) {
    lines.push(lag.partitions.length === 0 ? "nothing is committed or subscribed" : lagTable(lag.partitions));
  }
  return lines;
}

function toJson({ groupId, group, lag }: Described, shows: Shows): unknown {
  const { members, ...state } = group ?? { groupId, state: "Dead", members: [] };
  return {
    ...state,
    ...(shows.members ? { members } : {}),
    ...(shows.offsets && lag !== null ? { lag: lag.lag, partitions: lag.partitions } : {}),
  };
}
