// shell: JoinGroup, SyncGroup, Heartbeat and LeaveGroup: requests of members of groups, brought to the shard
// that has the group. What is refused as a whole is thrown, and the door gives it the shape of its API.
import { randomUuid } from "../../../base/uuid.ts";
import type { Asker } from "../../../cluster/coordinator/shard/consumer-side.ts";
import type { RequestContext } from "../../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { BrokerPorts } from "../ports.ts";
import { checkGroupId } from "./group-ids.ts";

const firstVersionWithMembers = 3;

export async function joinGroup(
  ports: BrokerPorts,
  request: RequestOf<"JoinGroup">,
  context: RequestContext,
): Promise<ResponseOf<"JoinGroup">> {
  const { groupId, sessionTimeoutMs, groupInstanceId, memberId, protocolType } = request;
  checkGroupId(groupId);
  checkSession(ports, sessionTimeoutMs);
  const { clientId, clientHost, apiVersion } = context;
  const shard = ports.groups.shardFor(groupId);
  const newMemberId = `${groupInstanceId ?? clientId}-${randomUuid(ports.random)}`;
  if (!shard.consumer.makeRoom(groupId))
    return await shard.consumer.classicJoin(request, { clientId, clientHost, apiVersion, newMemberId });
  const reply = await shard.classic.join(groupId, {
    ...{ apiVersion, memberId, groupInstanceId, clientId, clientHost, protocolType, sessionTimeoutMs },
    // Version 0 has none.
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    // The group keeps them for longer than the request lives. (A slice of a Buffer is no copy.)
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) })),
    newMemberId,
  });
  return { throttleTimeMs: 0, ...reply };
}

function checkSession({ groupSettings }: BrokerPorts, sessionTimeoutMs: number): void {
  const { sessionTimeoutMinMs: min, sessionTimeoutMaxMs: max } = groupSettings();
  if (sessionTimeoutMs >= min && sessionTimeoutMs <= max) return;
  const text =
    `a session of ${sessionTimeoutMs} ms was asked for; group.min.session.timeout.ms and ` +
    `group.max.session.timeout.ms allow ${min} to ${max}`;
  throw new BrokerError("INVALID_SESSION_TIMEOUT", text);
}

export async function syncGroup(
  ports: BrokerPorts,
  request: RequestOf<"SyncGroup">,
  context: RequestContext,
): Promise<ResponseOf<"SyncGroup">> {
  const { groupId, generationId: generation, memberId, groupInstanceId } = request;
  const { protocolType, protocolName } = request;
  checkGroupId(groupId);
  const assignments = request.assignments.map((one) => ({
    memberId: one.memberId,
    assignment: new Uint8Array(one.assignment),
  }));
  const shard = ports.groups.shardFor(groupId);
  if (shard.consumer.has(groupId)) return await shard.consumer.classicSync(request, askerOf(context));
  const facts = { generation, memberId, groupInstanceId, protocolType, protocolName, assignments };
  return { throttleTimeMs: 0, ...(await shard.classic.sync(groupId, facts)) };
}

export async function heartbeat(
  ports: BrokerPorts,
  request: RequestOf<"Heartbeat">,
  context: RequestContext,
): Promise<ResponseOf<"Heartbeat">> {
  const { groupId, generationId: generation, memberId, groupInstanceId } = request;
  checkGroupId(groupId);
  const shard = ports.groups.shardFor(groupId);
  const heartbeatIntervalMs = request.asksForInterval ? ports.groups.classicHeartbeatIntervalMs() : 0;
  if (shard.consumer.has(groupId))
    return { ...(await shard.consumer.classicHeartbeat(request, askerOf(context))), heartbeatIntervalMs };
  const errorCode = shard.classic.heartbeat(groupId, { generation, memberId, groupInstanceId });
  return { throttleTimeMs: 0, errorCode, heartbeatIntervalMs };
}

export async function leaveGroup(
  ports: BrokerPorts,
  request: RequestOf<"LeaveGroup">,
  context: RequestContext,
): Promise<ResponseOf<"LeaveGroup">> {
  const { groupId, memberId } = request;
  checkGroupId(groupId);
  const hasMany = context.apiVersion >= firstVersionWithMembers;
  const leavers = hasMany ? request.members : [{ memberId, groupInstanceId: null }];
  const shard = ports.groups.shardFor(groupId);
  if (shard.consumer.has(groupId)) return await shard.consumer.classicLeave(request, askerOf(context));
  const codes = leaveAll(() => shard.classic.leave(groupId, leavers), leavers.length);
  return {
    throttleTimeMs: 0,
    errorCode: hasMany ? ErrorCode.NONE : codes[0]!,
    members: hasMany
      ? leavers.map((leaver, at) => ({
          memberId: leaver.memberId,
          groupInstanceId: leaver.groupInstanceId,
          errorCode: codes[at]!,
        }))
      : [],
  };
}

/** Of a request by which nobody joins. */
function askerOf({ clientId, clientHost, apiVersion }: RequestContext): Asker {
  return { clientId, clientHost, apiVersion, newMemberId: "" };
}

export async function consumerGroupHeartbeat(
  ports: BrokerPorts,
  request: RequestOf<"ConsumerGroupHeartbeat">,
  { clientId, clientHost, apiVersion }: RequestContext,
): Promise<ResponseOf<"ConsumerGroupHeartbeat">> {
  const { groupId } = request;
  checkGroupId(groupId);
  if (!ports.groupSettings().consumerProtocolEnabled) {
    const text = "group.coordinator.rebalance.protocols does not name the consumer protocol";
    throw new BrokerError("UNSUPPORTED_VERSION", text);
  }
  const shard = ports.groups.shardFor(groupId);
  const newMemberId = randomUuid(ports.random);
  return await shard.consumer.heartbeat(request, { clientId, clientHost, apiVersion, newMemberId });
}

/** A group that is not there has none of the members either. */
function leaveAll(leave: () => number[], count: number): number[] {
  try {
    return leave();
  } catch (error) {
    if (!(error instanceof BrokerError) || error.errorName !== "UNKNOWN_MEMBER_ID") throw error;
    return new Array(count).fill(ErrorCode.UNKNOWN_MEMBER_ID);
  }
}
