// adapter: many groups of one member each that do nothing but stay: each joins over a connection of its own
// and sends heartbeats as its protocol wants them. Nobody reads, so what it costs is the groups' alone.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { errorName } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { encodeMessage } from "../../proto/kafka/codec.ts";
import type { MessageSchema } from "../../proto/kafka/schema.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from "../../proto/kafka/schemas/consumer-protocol.ts";
import { coordinatorsOf } from "./group-coordinators.ts";
import type { HeartbeatLoad, LoadResult } from "./load-spec.ts";
import { Meter } from "./meter.ts";
import { Wire } from "./wire.ts";

/** What Ottla's clients and Kafka's do by default with the classic protocol. */
const classicHeartbeatMs = 3_000;
const classicSessionMs = 45_000;
const rebalanceTimeoutMs = 60_000;
/** Joins under way at once: the classic protocol waits a while for more members of a group. */
const joiningMax = 250;
const retryMs = 50;
const joinTriesMax = 400;

interface IdleMember {
  /** Resolves with the time until the next one, in ms. Rejects when the member is out. */
  heartbeat(): Promise<number>;
  leave(): Promise<void>;
}

/** One who asks again later: the coordinator is not ready for it. */
class NotYet extends Error {}

export async function runHeartbeatLoad(spec: HeartbeatLoad): Promise<LoadResult> {
  const { bootstrap, topic, groups, groupPrefix, protocol, warmupMs, measureMs } = spec;
  const meter = new Meter(spec.serverPids);
  const names = Array.from({ length: groups }, (_, group) => `${groupPrefix}-${group}`);
  const coordinators = await coordinatorsOf(bootstrap, names);
  const wires: Wire[] = [];
  const members: IdleMember[] = [];
  let isStopped = false;
  const joinOne = async (group: number): Promise<void> => {
    const wire = await Wire.open(coordinators[group]!);
    wires.push(wire);
    const member = await joined(wire, names[group]!, topic, protocol);
    members.push(member);
    const beat = async (): Promise<void> => {
      for (let waitMs = await member.heartbeat(); !isStopped; waitMs = await timed(member))
        await sleep(waitMs);
    };
    beat().catch((error: Error) => isStopped || meter.failed(error.message));
  };
  const timed = async (member: IdleMember): Promise<number> => {
    const sentMs = performance.now();
    const waitMs = await member.heartbeat();
    meter.answered(performance.now() - sentMs, 1);
    return waitMs;
  };
  const waiting = [...names.keys()];
  const joining = Array.from({ length: Math.min(joiningMax, groups) }, async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) await joinOne(group);
  });
  await Promise.all(joining);
  await sleep(warmupMs);
  meter.begin();
  await sleep(measureMs);
  meter.end();
  isStopped = true;
  await Promise.all(members.map((member) => member.leave().catch(() => undefined)));
  for (const wire of wires) wire.close();
  return meter.result();
}

async function joined(
  wire: Wire,
  groupId: string,
  topic: string,
  protocol: HeartbeatLoad["protocol"],
): Promise<IdleMember> {
  for (let tries = 1; ; tries++) {
    try {
      return await (protocol === "consumer" ? joinModern : joinClassic)(wire, groupId, topic);
    } catch (error) {
      if (!(error instanceof NotYet) || tries === joinTriesMax) throw error;
      await sleep(retryMs);
    }
  }
}

async function joinClassic(wire: Wire, groupId: string, topic: string): Promise<IdleMember> {
  const subscription = { topics: [topic] };
  const join = await wire.ask(apis.JoinGroup, 3, {
    groupId,
    sessionTimeoutMs: classicSessionMs,
    rebalanceTimeoutMs,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: withVersion(consumerProtocolSubscription, subscription) }],
  });
  if (join.errorCode !== 0) throw new NotYet(`JoinGroup: ${errorName(join.errorCode)}`);
  const { memberId, generationId } = join;
  const partitions = { assignedPartitions: [{ topic, partitions: [0] }] };
  const assignment = withVersion(consumerProtocolAssignment, partitions);
  const one = { groupId, generationId, memberId };
  const sync = await wire.ask(apis.SyncGroup, 2, { ...one, assignments: [{ memberId, assignment }] });
  if (sync.errorCode !== 0) throw new NotYet(`SyncGroup: ${errorName(sync.errorCode)}`);
  return {
    async heartbeat() {
      const { errorCode } = await wire.ask(apis.Heartbeat, 2, one);
      if (errorCode !== 0) throw new Error(`Heartbeat of ${groupId}: ${errorName(errorCode)}`);
      return classicHeartbeatMs;
    },
    async leave() {
      await wire.ask(apis.LeaveGroup, 2, { groupId, memberId });
    },
  };
}

async function joinModern(wire: Wire, groupId: string, topic: string): Promise<IdleMember> {
  const memberId = randomUUID();
  let memberEpoch = 0;
  const first = { rebalanceTimeoutMs, subscribedTopicNames: [topic], topicPartitions: [] };
  const beat = async (more: Partial<HeartbeatFields>) => {
    const body = { groupId, memberId, memberEpoch, rebalanceTimeoutMs: -1, ...more };
    const answer = await wire.ask(apis.ConsumerGroupHeartbeat, 1, body);
    const { errorCode } = answer;
    if (errorCode !== 0) throw new NotYet(`ConsumerGroupHeartbeat of ${groupId}: ${errorName(errorCode)}`);
    memberEpoch = answer.memberEpoch;
    return answer;
  };
  let answer = await beat(first);
  return {
    async heartbeat() {
      // What came is told back once, as had; after that only the sign of life.
      const topicPartitions = answer.assignment?.topicPartitions;
      answer = await beat(topicPartitions ? { topicPartitions } : {});
      return answer.heartbeatIntervalMs;
    },
    async leave() {
      memberEpoch = -1;
      await beat({});
    },
  };
}

interface HeartbeatFields {
  rebalanceTimeoutMs: number;
  subscribedTopicNames: string[];
  topicPartitions: { topicId: string; partitions: number[] }[];
}

/** Members' own messages begin with their version: 0 here. */
function withVersion<T>(schema: MessageSchema<T>, value: Parameters<typeof encodeMessage<T>>[2]): Uint8Array {
  return Buffer.concat([Buffer.alloc(2), encodeMessage(schema, 0, value)]);
}
