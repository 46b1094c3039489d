// adapter: `ottla group remove-members`: takes members out of a group, so that others read what they had.
import type { Command } from "commander";
import type { MemberName } from "../../client/index.ts";
import { groupName } from "../groups/places.ts";
import { print, printJson } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, withCluster } from "./options.ts";

interface RemoveOptions extends ClusterOptions {
  instance?: string[];
  member?: string[];
  all?: boolean;
  reason?: string;
}

const repeated = (text: string, before: string[] = []): string[] => [...before, text];

export function addGroupMembersCommand(group: Command): void {
  withCluster(group.command("remove-members"))
    .argument("<group>", "the group", groupName)
    .description("take members out of a group: those that are gone, and hold partitions until they time out")
    .option("--instance <id>", "the static member of this group.instance.id; may be repeated", repeated)
    .option("--member <id>", "the member of this member id; may be repeated", repeated)
    .option("--all", "all members; those that still run join again by themselves")
    .option("--reason <text>", "why, for the broker's log")
    .action(remove);
}

async function remove(group: string, options: RemoveOptions): Promise<void> {
  const { instance = [], member = [], all = false, reason } = options;
  const named: MemberName[] = [
    ...instance.map((instanceId) => ({ instanceId })),
    ...member.map((memberId) => ({ memberId })),
  ];
  if (all === named.length > 0) throw new UsageError("say who: --instance ID, --member ID, or --all");
  await withAdmin(options, async (admin) => {
    const members = all ? "all" : named;
    const removed = await admin.removeGroupMembers(group, {
      members,
      ...(reason === undefined ? {} : { reason }),
    });
    if (options.json) return printJson({ group, removed });
    print(`took ${removed} ${removed === 1 ? "member" : "members"} out of ${group}`);
  });
}
