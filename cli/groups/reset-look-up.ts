// shell: what is to be known before a group's offsets are reset: whether it has members, what it committed,
// where the logs begin and end, and which offset a time has.
import type { Admin, GroupState } from "../../client/index.ts";
import { ClusterFailure } from "../usage-error.ts";
import type { TopicPlaces } from "./places.ts";
import { planReset, type ResetRow } from "./reset-plan.ts";
import type { ResetTarget } from "./reset-target.ts";
import { allPlaces, type Place } from "./topic-partitions.ts";

type GroupAdmin = Pick<
  Admin,
  "describeGroups" | "listGroupOffsets" | "describeTopics" | "listTopics" | "listOffsets"
>;

/** Which partitions go where. */
export interface ResetWish {
  readonly target: ResetTarget;
  /** Null: all topics in which the group committed. */
  readonly topics: readonly TopicPlaces[] | null;
  /** By place; of a file only. */
  readonly offsets: ReadonlyMap<string, number>;
}

export const placeKey = ({ topic, partition }: Place): string => `${topic} ${partition}`;

/**
 * Members commit themselves, over whatever is set: rejects with ClusterFailure while there are some. Answers
 * whether the group is there.
 */
export async function refuseLive(admin: GroupAdmin, group: string): Promise<boolean> {
  const found = await stateOf(admin, group);
  if (found === null) return false;
  if (found.state === "Empty" || found.state === "Dead") return true;
  const who = found.members === 1 ? "1 member" : `${found.members} members`;
  throw new ClusterFailure(`group ${group} is ${found.state} with ${who}: stop them first, then reset it`);
}

async function stateOf(
  admin: GroupAdmin,
  group: string,
): Promise<{ state: GroupState; members: number } | null> {
  try {
    const [found] = await admin.describeGroups([group]);
    return { state: found!.state, members: found!.members.length };
  } catch (error) {
    if (error instanceof Error && "errorName" in error && error.errorName === "GROUP_ID_NOT_FOUND")
      return null;
    throw error;
  }
}

/** What the reset would do. Rejects with ClusterFailure and ClientError UNKNOWN_TOPIC. */
export async function lookUpReset(admin: GroupAdmin, group: string, wish: ResetWish): Promise<ResetRow[]> {
  const { target, offsets } = wish;
  const all = await admin.listGroupOffsets(group);
  const committed = new Map(all.map((row) => [placeKey(row), row.offset]));
  const { topics, gone } =
    wish.topics === null ? await committedTopics(admin, group, all) : { topics: wish.topics, gone: [] };
  const places = await allPlaces(admin, topics);
  const names = [...new Set(places.map(({ topic }) => topic))];
  const lookUp = async (at: "earliest" | "latest" | { timestamp: number }): Promise<Map<string, number>> => {
    const found = await Promise.all(names.map((topic) => admin.listOffsets({ topic, at })));
    return new Map(found.flat().map((row) => [placeKey(row), row.offset]));
  };
  const [starts, ends, times] = await Promise.all([
    lookUp("earliest"),
    lookUp("latest"),
    target.kind === "time" ? lookUp({ timestamp: target.timestamp }) : offsets,
  ]);
  const facts = places.map((place) => ({
    ...place,
    committed: committed.get(placeKey(place)) ?? -1,
    logStart: starts.get(placeKey(place))!,
    logEnd: ends.get(placeKey(place))!,
    found: times.get(placeKey(place)) ?? -1,
  }));
  return [...planReset(target, facts), ...gone];
}

/** Of topics that are gone the rows say so; what is committed in them stays. */
async function committedTopics(
  admin: GroupAdmin,
  group: string,
  committed: readonly (Place & { readonly offset: number })[],
): Promise<{ topics: TopicPlaces[]; gone: ResetRow[] }> {
  if (committed.length === 0)
    throw new ClusterFailure(`group ${group} has committed nothing; name topics with --topic`);
  const known = new Set((await admin.listTopics({ internal: true })).map(({ name }) => name));
  const topics = [...new Set(committed.map(({ topic }) => topic))].filter((topic) => known.has(topic));
  const gone = committed.filter(({ topic }) => !known.has(topic));
  const left = { new: null, difference: null, note: "the topic is not there any more: left alone" };
  return {
    topics: topics.map((topic) => ({ topic, partitions: null })),
    gone: gone.map(({ topic, partition, offset: now }) => ({ topic, partition, now, ...left })),
  };
}
