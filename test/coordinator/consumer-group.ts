// test: a group of the consumer protocol for tests: decisions are taken on it and replayed, as the shell of a
// shard does, and the invariants of the protocol are checked after each.
import { expect } from "vitest";
import type {
  ConsumerContext,
  ConsumerDecision,
  TimerChange,
} from "../../cluster/coordinator/consumer/consumer-decision.ts";
import { consumerHeartbeat } from "../../cluster/coordinator/consumer/heartbeat.ts";
import type { GroupSettings } from "../../cluster/coordinator/group-settings.ts";
import type { WrittenRecord } from "../../cluster/coordinator/state/group-records.ts";
import type { ConsumerGroupRecord, GroupState } from "../../cluster/coordinator/state/group-state.ts";
import { emptyShard, replayGroupRecords, type ShardState } from "../../cluster/coordinator/state/replay.ts";
import { emptyImage, type MetadataImage, type PartitionImage } from "../../cluster/metadata/image.ts";
import type { BrokerError, ErrorName } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";

export type HeartbeatRequest = RequestOf<"ConsumerGroupHeartbeat">;
export type HeartbeatReply = ResponseOf<"ConsumerGroupHeartbeat">;

export const testSettings: GroupSettings = {
  initialRebalanceDelayMs: 0,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  groupSizeMax: 100,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 5_000,
  consumerGroupSizeMax: 100,
  consumerAssignors: ["uniform", "range"],
  consumerMigrationPolicy: "bidirectional",
  consumerProtocolEnabled: true,
  offsetsCommitTimeoutMs: 5_000,
  offsetMetadataBytesMax: 4_096,
  offsetsRetentionMs: 604_800_000,
  offsetsRetentionCheckIntervalMs: 600_000,
};

/** Topic ids are "id-" and the name, unless given as "name@id". */
export function imageOf(topics: Readonly<Record<string, number>>, end = 1): MetadataImage {
  const entries = Object.entries(topics).map(([key, count]) => {
    const [name = "", topicId = `id-${name}`] = key.split("@");
    const partitions = Array.from({ length: count }, (_, partition) => ({ topicId, partition }));
    return { topicId, name, partitions: partitions as PartitionImage[] };
  });
  return {
    ...emptyImage,
    end,
    topics: new Map(entries.map((topic) => [topic.topicId, topic])),
    topicIdsByName: new Map(entries.map((topic) => [topic.name, topic.topicId])),
  };
}

export class TestGroup {
  readonly groupId = "orders";
  image: MetadataImage;
  settings: GroupSettings = testSettings;
  nowMs = 1_000_000;
  apiVersion = 1;
  /** Timers of the last decision. */
  timers: readonly TimerChange[] = [];
  records: readonly WrittenRecord[] = [];
  #shard: ShardState = emptyShard;
  #newIds = 0;

  constructor(topics: Readonly<Record<string, number>>) {
    this.image = imageOf(topics);
  }

  get state(): GroupState | null {
    return this.#shard.groups.get(this.groupId);
  }

  get consumer(): ConsumerGroupRecord {
    const group = this.state?.consumer;
    if (group == null) throw new Error("there is no such group");
    return group;
  }

  setTopics(topics: Readonly<Record<string, number>>): void {
    this.image = imageOf(topics, this.image.end + 1);
  }

  context(): ConsumerContext {
    return {
      now: { wallMs: this.nowMs, monotonicMs: this.nowMs },
      image: this.image,
      settings: this.settings,
      heartbeatIntervalMs: this.settings.consumerHeartbeatIntervalMs,
      clientId: "client",
      clientHost: "127.0.0.1",
      apiVersion: this.apiVersion,
      newMemberId: `new-${++this.#newIds}`,
    };
  }

  /** Replays what was decided, and checks what must always be so. */
  take<Reply>(decision: ConsumerDecision<Reply>): Reply {
    const before = this.state;
    this.replay(decision.records);
    this.timers = decision.timers;
    this.records = decision.records;
    checkSafety(before, this.state);
    return decision.reply;
  }

  replay(records: readonly WrittenRecord[]): void {
    const entries = records.map((record) => ({ record, envelope: {} as never }));
    const atOnce = replayGroupRecords(this.#shard, entries).state;
    let oneByOne = this.#shard;
    for (const entry of entries) oneByOne = replayGroupRecords(oneByOne, [entry]).state;
    const group = atOnce.groups.get(this.groupId);
    expect(oneByOne.groups.get(this.groupId)).toEqual(group);
    this.#shard = atOnce;
  }

  heartbeat(request: Partial<HeartbeatRequest>): HeartbeatReply {
    return this.take(consumerHeartbeat(this.state, heartbeatOf(request), this.context()));
  }

  join(memberId: string, topics: string[] = ["t"], more: Partial<HeartbeatRequest> = {}): HeartbeatReply {
    return this.heartbeat(joinOf(memberId, topics, more));
  }

  /** By name of the topic. */
  assigned(memberId: string): Record<string, readonly number[]> {
    return named(this.consumer.members.get(memberId)!.assigned);
  }
}

export function heartbeatOf(request: Partial<HeartbeatRequest>): HeartbeatRequest {
  return {
    groupId: "orders",
    memberId: "m1",
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    subscribedTopicNames: null,
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: null,
    ...request,
  };
}

export function joinOf(
  memberId: string,
  topics: string[] = ["t"],
  more: Partial<HeartbeatRequest> = {},
): HeartbeatRequest {
  const full = { rebalanceTimeoutMs: 30_000, subscribedTopicNames: topics, topicPartitions: [] };
  return heartbeatOf({ memberId, ...full, ...more });
}

export function named(partitions: ReadonlyMap<string, readonly number[]>): Record<string, readonly number[]> {
  return Object.fromEntries(
    [...partitions].map(([topicId, numbers]) => [topicId.replace("id-", ""), numbers]),
  );
}

/** As requests carry them, by name of the topic. */
export function owning(
  topics: Readonly<Record<string, number[]>>,
): { topicId: string; partitions: number[] }[] {
  return Object.entries(topics).map(([name, partitions]) => ({ topicId: `id-${name}`, partitions }));
}

export function refusal(run: () => unknown): ErrorName | "nothing" {
  try {
    run();
  } catch (error) {
    return (error as BrokerError).errorName;
  }
  return "nothing";
}

/** No partition is with two members; epochs never fall while the group lives. */
function checkSafety(before: GroupState | null, after: GroupState | null): void {
  const group = after?.consumer;
  if (group == null) return;
  const held = new Map<string, string>();
  for (const { memberId, assigned, pendingRevocation } of group.members.values()) {
    for (const partitions of [assigned, pendingRevocation]) {
      for (const [topicId, numbers] of partitions) {
        for (const number of numbers) {
          const key = `${topicId}/${number}`;
          if (held.has(key)) throw new Error(`${key} is with ${held.get(key)} and with ${memberId}`);
          held.set(key, memberId);
        }
      }
    }
  }
  const old = before?.consumer;
  if (old == null) return;
  expect(group.epoch).toBeGreaterThanOrEqual(old.epoch);
  expect(group.targetEpoch).toBeGreaterThanOrEqual(old.targetEpoch);
  expect(group.targetEpoch).toBeLessThanOrEqual(group.epoch);
  for (const [memberId, { memberEpoch }] of old.members) {
    const now = group.members.get(memberId);
    if (now !== undefined && now.memberEpoch !== -2)
      expect(now.memberEpoch).toBeGreaterThanOrEqual(memberEpoch);
    if (now !== undefined) expect(now.memberEpoch).toBeLessThanOrEqual(group.targetEpoch);
  }
}
