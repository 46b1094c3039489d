// adapter: groups as tables: their state, their members, what they have read.
import type { GroupDescription, GroupLag, PartitionLag } from "../../client/index.ts";
import { table } from "./table.ts";

/** Of a partition without a commit or a leader: unknown. */
const known = (value: number): number | null => (value < 0 ? null : value);

export function stateLine(group: GroupDescription): string {
  const { groupId, type, state, assignor, epoch, coordinator, members } = group;
  const parts = [
    `group ${groupId}`,
    type,
    state,
    `coordinator ${coordinator.id} (${coordinator.host}:${coordinator.port})`,
    ...(assignor === "" ? [] : [`assignor ${assignor}`]),
    ...(epoch < 0 ? [] : [`epoch ${epoch}`]),
    `${members.length} ${members.length === 1 ? "member" : "members"}`,
  ];
  return parts.join("  ");
}

export function memberTable({ members }: GroupDescription): string {
  const rows = members.map((member) => [
    member.memberId,
    member.clientId,
    member.host,
    member.instanceId,
    member.assignment === null ? null : member.assignment.length,
    member.assignment === null ? null : placesText(member.assignment),
  ]);
  return table(["member", "client", "host", "instance", "partitions", "reads"], rows);
}

export function lagTable(partitions: readonly PartitionLag[]): string {
  const rows = partitions.map((one) => [
    one.topic,
    one.partition,
    known(one.committed),
    known(one.logStartOffset),
    known(one.logEndOffset),
    known(one.lag),
    one.member?.instanceId ?? one.member?.clientId ?? null,
  ]);
  return table(["topic", "partition", "committed", "log start", "log end", "lag", "read by"], rows);
}

/** One line a group. */
export function lagSummary(lags: readonly GroupLag[]): string {
  const rows = lags.map(({ groupId, group, partitions, lag }) => [
    groupId,
    group?.state ?? null,
    group?.members.length ?? 0,
    partitions.length,
    lag,
    Math.max(0, ...partitions.map((one) => one.lag)),
  ]);
  return table(["group", "state", "members", "partitions", "lag", "largest lag"], rows);
}

/** Like `orders:0,1 payments:3`. */
function placesText(places: readonly { topic: string; partition: number }[]): string {
  const byTopic = Map.groupBy(places, ({ topic }) => topic);
  return [...byTopic]
    .map(([topic, rows]) => `${topic}:${rows.map(({ partition }) => partition).join(",")}`)
    .join(" ");
}
