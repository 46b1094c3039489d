// core: the options of a consumer that belongs to a group.
import { ClientError } from "../errors.ts";
import { flag, type OptionRule, type OptionRules, oneOf, whole } from "../options/read-options.ts";
import type { Assignor } from "./assignors/assignor.ts";
import {
  type AssignorName,
  isAssignor,
  isAssignorName,
  knownAssignors,
} from "./assignors/known-assignors.ts";
import type { TopicPartition } from "./places.ts";

/** Told of partitions; what it returns is awaited, at most for the rebalance timeout. */
export type OnPartitions = (places: readonly TopicPartition[]) => void | Promise<void>;

export interface GroupSettings {
  /** The group that this consumer belongs to, or commits offsets for (group.id). Null: none. */
  readonly groupId: string | null;
  /**
   * Makes the member a static one: started again within the session timeout it gets its partitions back
   * without a rebalance (group.instance.id, KIP-345).
   */
  readonly groupInstanceId: string | null;
  /**
   * "consumer": the broker divides the partitions (KIP-848). "classic": a member of the group does, with
   * `assignors`. "auto": "consumer" where the cluster offers it and the group takes it; "classic" otherwise,
   * and when `assignors` are given (group.protocol).
   */
  readonly groupProtocol: "auto" | "classic" | "consumer";
  /**
   * Classic: how partitions may be divided, the preferred first; all members need one in common. Null: range
   * and cooperativeSticky, as Kafka's own clients (partition.assignment.strategy).
   */
  readonly assignors: readonly (AssignorName | Assignor)[] | null;
  /**
   * Consumer protocol: the broker's assignor, "uniform" or "range"; null: its default
   * (group.remote.assignor).
   */
  readonly remoteAssignor: string | null;
  /** Classic: a member not heard of for so long is out (session.timeout.ms). Otherwise the broker decides. */
  readonly sessionTimeoutMs: number;
  /**
   * How long a rebalance may wait for this member: for the record in hand, for commits and for listeners.
   * Null: as long as `maxPollIntervalMs`.
   */
  readonly rebalanceTimeoutMs: number | null;
  /**
   * Classic: time between two signs of life (heartbeat.interval.ms). Null: 3 s, or less where sessions are
   * short, or what an Ottla broker asks for. In the consumer protocol the broker decides.
   */
  readonly heartbeatIntervalMs: number | null;
  /**
   * A program that asks for no record for so long leaves the group, and loses its partitions; it joins again
   * when it asks again (max.poll.interval.ms).
   */
  readonly maxPollIntervalMs: number;
  /** Commit by itself what is processed: in intervals, before partitions are given up, at the end. */
  readonly autoCommit: boolean;
  /** auto.commit.interval.ms. */
  readonly autoCommitIntervalMs: number;
  /** Partitions came; none of their records is handed out before this is done. Null: nobody is told. */
  readonly onAssigned: OnPartitions | null;
  /** Partitions are about to be given up; they are still this member's until this is done. */
  readonly onRevoked: OnPartitions | null;
  /** Partitions are gone already: others may have them. */
  readonly onLost: OnPartitions | null;
}

function nullOr<T>(problem: (value: unknown) => string | null): OptionRule<T | null> {
  return { defaultValue: null, problem: (value) => (value === null ? null : problem(value)) };
}

const name = nullOr<string>((value) =>
  typeof value === "string" && value !== "" ? null : "a text that is not empty, or null",
);

const listener = nullOr<OnPartitions>((value) =>
  typeof value === "function" ? null : "a function, or null",
);

const assignorNames = Object.keys(knownAssignors).join(", ");

export const groupRules: OptionRules<GroupSettings> = {
  groupId: name,
  groupInstanceId: name,
  groupProtocol: oneOf(["auto", "classic", "consumer"], "auto"),
  assignors: nullOr((value) => {
    const isList = Array.isArray(value) && value.length > 0;
    if (isList && value.every((item) => isAssignorName(item) || isAssignor(item))) return null;
    return `a list of names (${assignorNames}) or assignors, not empty, or null`;
  }),
  remoteAssignor: name,
  sessionTimeoutMs: whole(10, 86_400_000, 45_000),
  rebalanceTimeoutMs: nullOr((value) => whole(10, 2_147_483_647, 1).problem(value)),
  heartbeatIntervalMs: nullOr((value) => whole(1, 3_600_000, 1).problem(value)),
  maxPollIntervalMs: whole(10, 2_147_483_647, 300_000),
  autoCommit: flag(true),
  autoCommitIntervalMs: whole(1, 86_400_000, 5_000),
  onAssigned: listener,
  onRevoked: listener,
  onLost: listener,
};

/** What fits no other option. Throws ClientError INVALID_OPTION. */
export function checkGroupOptions(settings: GroupSettings): void {
  const refuse = (text: string): never => {
    throw new ClientError("INVALID_OPTION", `new Consumer: ${text}`);
  };
  const { groupProtocol, assignors, remoteAssignor, heartbeatIntervalMs, sessionTimeoutMs } = settings;
  if (settings.groupId === null && settings.groupInstanceId !== null)
    refuse("groupInstanceId needs a groupId");
  if (groupProtocol === "consumer" && assignors !== null) {
    refuse("assignors are for the classic protocol; with groupProtocol consumer give remoteAssignor");
  }
  if (groupProtocol === "classic" && remoteAssignor !== null) {
    refuse("remoteAssignor is for the consumer protocol; with groupProtocol classic give assignors");
  }
  if (assignors !== null && remoteAssignor !== null) {
    refuse("assignors (classic protocol) and remoteAssignor (consumer protocol) exclude each other");
  }
  if (heartbeatIntervalMs !== null && heartbeatIntervalMs >= sessionTimeoutMs) {
    const pair = `heartbeatIntervalMs is ${heartbeatIntervalMs}, sessionTimeoutMs ${sessionTimeoutMs}`;
    refuse(`${pair}; the first should be less, best at most a third`);
  }
}

/** Of a member of the classic protocol, until a broker asks for something else. */
export function heartbeatIntervalOf({ heartbeatIntervalMs, sessionTimeoutMs }: GroupSettings): number {
  return heartbeatIntervalMs ?? Math.min(3_000, Math.ceil(sessionTimeoutMs / 3));
}

/** How long the member may take over giving up partitions. */
export function rebalanceTimeoutOf(settings: GroupSettings): number {
  return settings.rebalanceTimeoutMs ?? settings.maxPollIntervalMs;
}
