// core: OffsetFetch: what a group has committed, of the committed view. No offset is shown that could
// still be lost.
import { ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { CommittedOffset, GroupState } from "../state/group-state.ts";

type AskedTopics = RequestOf<"OffsetFetch">["groups"][number]["topics"];
export type FetchedTopic = ResponseOf<"OffsetFetch">["groups"][number]["topics"][number];

/** `topics` null: all that the group has. What was never committed is -1 without an error. */
export function fetchOffsets(group: GroupState | null, topics: AskedTopics): FetchedTopic[] {
  if (topics === null) {
    return [...(group?.offsets ?? [])].map(([name, partitions]) => ({
      name,
      partitions: [...partitions].map(([partition, committed]) => fetched(partition, committed)),
    }));
  }
  return topics.map(({ name, partitionIndexes }) => {
    const known = group?.offsets.get(name);
    return { name, partitions: partitionIndexes.map((index) => fetched(index, known?.get(index))) };
  });
}

function fetched(partitionIndex: number, committed: CommittedOffset | undefined) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? "",
    errorCode: ErrorCode.NONE,
  };
}
