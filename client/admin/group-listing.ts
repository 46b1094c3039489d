// shell: listing groups: each broker knows those that it coordinates, so all are asked.
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { brokerError, ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import type { AdminCalls } from "./admin-calls.ts";

/** "classic": members agree among themselves (JoinGroup). "consumer": the broker assigns (KIP-848). */
export type GroupType = "classic" | "consumer" | "share" | "streams" | "unknown";

/**
 * "PreparingRebalance" and "CompletingRebalance" of classic groups, "Assigning" and "Reconciling" of others.
 */
export type GroupState =
  | "Unknown"
  | "PreparingRebalance"
  | "CompletingRebalance"
  | "Stable"
  | "Dead"
  | "Empty"
  | "Assigning"
  | "Reconciling"
  | "NotReady";

export interface GroupListing {
  readonly groupId: string;
  readonly type: GroupType;
  /** "Unknown" from brokers that do not say (before ListGroups 4). */
  readonly state: GroupState;
  /** "consumer" for consumers; empty for a group of which only offsets were committed. */
  readonly protocolType: string;
  /** The broker that said so. */
  readonly coordinatorId: number;
}

export interface GroupFilter {
  /** In these states only. Needs ListGroups 4 (Kafka 2.6). */
  readonly states?: readonly GroupState[];
  /** Of these types only. Needs ListGroups 5 (Kafka 3.8). */
  readonly types?: readonly GroupType[];
}

export const groupStates: readonly GroupState[] = [
  "Unknown",
  "PreparingRebalance",
  "CompletingRebalance",
  "Stable",
  "Dead",
  "Empty",
  "Assigning",
  "Reconciling",
  "NotReady",
];
export const groupTypes: readonly GroupType[] = ["classic", "consumer", "share", "streams", "unknown"];

/** By a name in any spelling of upper and lower case. */
export function groupStateOf(name: string): GroupState {
  return groupStates.find((state) => state.toLowerCase() === name.toLowerCase()) ?? "Unknown";
}

function groupTypeOf(name: string): GroupType {
  // Brokers that do not say have no other.
  if (name === "") return "classic";
  return groupTypes.find((type) => type === name.toLowerCase()) ?? "unknown";
}

function check(filter: GroupFilter): void {
  const wrongState = filter.states?.find((state) => !groupStates.includes(state));
  const wrongType = filter.types?.find((type) => !groupTypes.includes(type));
  if (wrongState !== undefined) throw wrong("states", wrongState, groupStates);
  if (wrongType !== undefined) throw wrong("types", wrongType, groupTypes);
}

function wrong(name: string, value: string, known: readonly string[]): ClientError {
  const text = `list groups: ${quote(value)} in ${name} should be one of ${known.join(", ")}`;
  return new ClientError("INVALID_OPTION", text);
}

/** By id. */
export async function listGroups(calls: AdminCalls, filter: GroupFilter): Promise<GroupListing[]> {
  check(filter);
  const statesFilter = filter.states ?? [];
  const typesFilter = filter.types ?? [];
  const min = typesFilter.length > 0 ? 5 : statesFilter.length > 0 ? 4 : 0;
  const body = (version: number) => ({
    ...(version >= 4 ? { statesFilter } : {}),
    ...(version >= 5 ? { typesFilter } : {}),
  });
  const found = await calls.retrying("list groups", async () => {
    if (calls.cluster.cache.brokers.length === 0) {
      await calls.cluster.refreshed();
      if (calls.cluster.lastProblem !== null) throw calls.cluster.lastProblem;
    }
    const ids = calls.cluster.cache.brokers.map(({ id }) => id);
    if (ids.length === 0) throw new ClientError("CLUSTER_UNREACHABLE", "list groups: no broker is known");
    const asked = ids.map(async (id) => {
      const versions = { min };
      const answer = await calls.cluster.toBroker(id, "control", apis.ListGroups, body, { versions });
      if (answer.errorCode === ErrorCode.NONE) return answer.groups.map((row) => toListing(row, id));
      throw brokerError(`list the groups of broker ${id}`, answer.errorCode);
    });
    return (await Promise.all(asked)).flat();
  });
  const wanted = found.filter(({ state, type }) => {
    const isOfState = statesFilter.length === 0 || statesFilter.includes(state);
    return isOfState && (typesFilter.length === 0 || typesFilter.includes(type));
  });
  // While a coordinator moves two brokers may name its groups.
  const byId = new Map(wanted.map((group) => [group.groupId, group]));
  return [...byId.values()].sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
}

function toListing(
  row: { groupId: string; protocolType: string; groupState: string; groupType: string },
  coordinatorId: number,
): GroupListing {
  const { groupId, protocolType } = row;
  const [type, state] = [groupTypeOf(row.groupType), groupStateOf(row.groupState)];
  return { groupId, type, state, protocolType, coordinatorId };
}
