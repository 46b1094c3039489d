// test: a group coordinator over one partition in memory, with a clock that is moved by hand, and members
// that ask as clients do.

import type { Log } from "../../base/ports/log.ts";
import { realCodecs } from "../../base/real/codecs.ts";
import type { JoinReply, SyncReply } from "../../cluster/coordinator/classic/classic-group.ts";
import { GroupCoordinator, offsetsTopic } from "../../cluster/coordinator/group-coordinator.ts";
import type { GroupSettings } from "../../cluster/coordinator/group-settings.ts";
import type { GroupShard } from "../../cluster/coordinator/shard/group-shard.ts";
import { tickMs } from "../../cluster/coordinator/shard/paced-clock.ts";
import type { ShardLog } from "../../cluster/coordinator/shard/shard-log.ts";
import type { MetadataImage, TopicImage } from "../../cluster/metadata/image.ts";
import { BrokerError, type ErrorName, errorName } from "../../proto/errors.ts";
import { encodeMessage } from "../../proto/kafka/codec.ts";
import { recordSchemas } from "../../proto/kafka/record-schemas.ts";
import { ManualClock } from "../controller/manual-clock.ts";
import { noMetrics } from "../replication/named-batch.ts";
import { MemoryPartition } from "./memory-partition.ts";

export const groupSettings: GroupSettings = {
  initialRebalanceDelayMs: 500,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  groupSizeMax: 2_147_483_647,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 1_000,
  consumerGroupSizeMax: 2_147_483_647,
  consumerAssignors: ["uniform", "range"],
  consumerMigrationPolicy: "bidirectional",
  consumerProtocolEnabled: true,
  offsetsCommitTimeoutMs: 5_000,
  offsetMetadataBytesMax: 4_096,
  offsetsRetentionMs: 604_800_000,
  offsetsRetentionCheckIntervalMs: 600_000,
};

export class TurnClock extends ManualClock {
  /** How far the wall clock is off. */
  wallSkewMs = 0;
  override wallMs = (): number => 1_000_000_000_000 + this.now + this.wallSkewMs;
  override endOfTurn = (run: () => void): void => void setImmediate(run);
}

/** Lets all that is on its way arrive, without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export interface MemberOptions {
  readonly group?: string;
  readonly memberId?: string;
  readonly instance?: string | null;
  readonly version?: number;
  /** Assignors in the order of preference, each with what the member says of itself. */
  readonly protocols?: Readonly<Record<string, string | Uint8Array>>;
  readonly protocolType?: string;
  readonly sessionMs?: number;
  readonly rebalanceMs?: number;
}

export interface Member {
  readonly memberId: string;
  readonly generation: number;
  readonly joined: JoinReply;
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export function subscription(...topics: string[]): Uint8Array {
  const { ConsumerProtocolSubscription: schema } = recordSchemas;
  const body = encodeMessage(schema, 1, { topics });
  return new Uint8Array(Buffer.concat([Buffer.from([0, 1]), body]));
}

/** Name of the error that a call ended with; "NONE": with none. */
export async function outcome(call: () => unknown): Promise<ErrorName | "NONE"> {
  try {
    const answer = (await call()) as { errorCode?: number } | number | undefined;
    const code = typeof answer === "number" ? answer : (answer?.errorCode ?? 0);
    return errorName(code);
  } catch (error) {
    if (error instanceof BrokerError) return error.errorName;
    throw error;
  }
}

/** Whether a promise has settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  void promise.then(
    () => (is = true),
    () => (is = true),
  );
  await settle();
  return is;
}

const nodeId = 1;

export class GroupStage {
  readonly clock = new TurnClock();
  readonly partition = new MemoryPartition();
  readonly halts: string[] = [];
  readonly told: { text: string; fields: object }[] = [];
  readonly coordinator: GroupCoordinator;
  settings: GroupSettings;
  #led: ShardLog | null = null;
  #topic: TopicImage | null = null;
  #ids = 0;

  constructor(settings: Partial<GroupSettings> = {}) {
    this.settings = { ...groupSettings, ...settings };
    const tell = (fields: object, text: string): void => void this.told.push({ text, fields });
    const log: Log = { debug: tell, info: tell, warn: tell, error: tell, child: () => log };
    this.coordinator = new GroupCoordinator({
      ...{ nodeId, clock: this.clock, codecs: realCodecs, log, metrics: noMetrics },
      halt: (reason) => {
        this.halts.push(reason);
        throw new Error(`halted: ${reason}`);
      },
      image: () => this.#image(),
      settings: () => this.settings,
      shardLog: () => this.#led,
      endOffset: () => null,
    });
  }

  /** A coordinator that leads the partition and has loaded it. */
  static async start(settings: Partial<GroupSettings> = {}): Promise<GroupStage> {
    const stage = new GroupStage(settings);
    stage.lead();
    await settle();
    return stage;
  }

  #image(): MetadataImage {
    const topic = this.#topic;
    return {
      topicIdsByName: new Map(topic === null ? [] : [[offsetsTopic, topic.topicId]]),
      topics: new Map(topic === null ? [] : [[topic.topicId, topic]]),
    } as unknown as MetadataImage;
  }

  #says(leader: number, leaderEpoch: number): void {
    const partition = { partition: 0, leader, leaderEpoch };
    this.#topic = { topicId: "t", name: offsetsTopic, partitions: [partition] } as unknown as TopicImage;
    this.coordinator.imageChanged();
  }

  /** This broker leads, in a new epoch. */
  lead(): void {
    this.#led = this.partition.lead();
    this.#says(nodeId, this.partition.leaderEpoch);
  }

  /** Another broker leads. */
  resign(): void {
    this.partition.resign();
    this.#led = null;
    this.#says(2, this.partition.leaderEpoch);
  }

  /** Another broker leads, and then this one again. */
  async failOver(): Promise<void> {
    this.resign();
    await settle();
    this.partition.loseUncommitted();
    this.lead();
    await settle();
  }

  shard(group = "g"): GroupShard {
    return this.coordinator.shardFor(group);
  }

  /** Time passes, a tick at a time. */
  async pass(ms: number): Promise<void> {
    await settle();
    for (let passed = 0; passed < ms; passed += tickMs) {
      this.clock.advance(tickMs);
      await settle();
    }
  }

  stop(): void {
    this.coordinator.stop();
  }

  // ---- What clients ask ----

  join(options: MemberOptions = {}): Promise<JoinReply> {
    const { group = "g", memberId = "", instance = null, version = 9, protocolType = "consumer" } = options;
    const { protocols = { range: subscription("t") }, sessionMs = 10_000, rebalanceMs = 30_000 } = options;
    return this.shard(group).classic.join(group, {
      ...{ apiVersion: version, memberId, groupInstanceId: instance, protocolType },
      ...{ clientId: "client", clientHost: "/127.0.0.1" },
      protocols: Object.entries(protocols).map(([name, said]) => ({
        ...{ name, metadata: typeof said === "string" ? bytesOf(said) : said },
      })),
      ...{ sessionTimeoutMs: sessionMs, rebalanceTimeoutMs: rebalanceMs },
      newMemberId: `${instance ?? "client"}-${++this.#ids}`,
    });
  }

  /** With the member id asked for first, as clients of version 4 and newer do. */
  async joinTwice(options: MemberOptions = {}): Promise<JoinReply> {
    const { memberId } = await this.join(options);
    return this.join({ ...options, memberId });
  }

  sync(
    { memberId, generation }: { memberId: string; generation: number },
    assignments: Readonly<Record<string, string>> = {},
    facts: { group?: string; instance?: string | null; type?: string | null; protocol?: string | null } = {},
  ): Promise<SyncReply> {
    const { group = "g", instance = null, type = null, protocol = null } = facts;
    return this.shard(group).classic.sync(group, {
      ...{ memberId, generation, groupInstanceId: instance, protocolType: type, protocolName: protocol },
      assignments: Object.entries(assignments).map(([id, assignment]) => ({
        ...{ memberId: id, assignment: bytesOf(assignment) },
      })),
    });
  }

  heartbeat(
    member: { memberId: string; generation: number },
    { group = "g", instance = null }: { group?: string; instance?: string | null } = {},
  ): number {
    return this.shard(group).classic.heartbeat(group, { ...member, groupInstanceId: instance });
  }

  leave(
    memberId: string,
    { group = "g", instance = null }: { group?: string; instance?: string | null } = {},
  ) {
    return this.shard(group).classic.leave(group, [{ memberId, groupInstanceId: instance }]);
  }

  commit(
    who: { memberId?: string; generation?: number; instance?: string | null; group?: string },
    offset: number,
    more: {
      topic?: string;
      partition?: number;
      metadata?: string | null;
      version?: number;
      keepMs?: number;
    } = {},
  ) {
    const { memberId = "", generation = -1, instance = null, group = "g" } = who;
    const { topic = "t", partition = 0, metadata = null, version = 9, keepMs = -1 } = more;
    const place = { partitionIndex: partition, committedOffset: offset };
    const one = { ...place, committedLeaderEpoch: 3, commitTimestamp: -1 };
    return this.shard(group).offsets.commit(group, {
      ...{ memberId, generation, groupInstanceId: instance, apiVersion: version, retentionTimeMs: keepMs },
      topics: [{ name: topic, partitions: [{ ...one, committedMetadata: metadata }] }],
    });
  }

  /** What is committed for one partition; -1: nothing. */
  committed(group = "g", topic = "t", partition = 0): number {
    const topics = this.shard(group).offsets.fetch(group, [{ name: topic, partitionIndexes: [partition] }]);
    return topics[0]!.partitions[0]!.committedOffset;
  }

  state(group = "g"): string {
    return this.shard(group).classic.find(group)?.phase ?? "none";
  }

  /** A stable group of members, the leader first, each with "for <member id>" assigned. */
  async stable(count = 1, options: MemberOptions = {}): Promise<Member[]> {
    const { group = "g" } = options;
    const joins = Array.from({ length: count }, () => this.joinTwice(options));
    await this.pass(2 * this.settings.initialRebalanceDelayMs + 2 * tickMs);
    const replies = await Promise.all(joins);
    const members = replies.map((joined) => ({
      ...{ memberId: joined.memberId, generation: joined.generationId, joined },
    }));
    members.sort((one, other) => Number(isLeader(other.joined)) - Number(isLeader(one.joined)));
    const assignments = Object.fromEntries(members.map(({ memberId }) => [memberId, `for ${memberId}`]));
    const syncs = members.map((member, at) => this.sync(member, at === 0 ? assignments : {}, { group }));
    await settle();
    await Promise.all(syncs);
    return members;
  }
}

export const isLeader = ({ leader, memberId }: JoinReply): boolean => leader === memberId;
