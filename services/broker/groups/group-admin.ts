// shell: DescribeGroups, ListGroups and DeleteGroups, of the groups that this broker coordinates.

import { describeConsumerGroup } from "../../../cluster/coordinator/consumer/describe.ts";
import {
  deleteGroup,
  describeGroup,
  listGroups as listShard,
} from "../../../cluster/coordinator/shard/listing.ts";
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import { allGroupOperations, operationsNotAsked } from "../authorized-operations.ts";
import type { BrokerPorts } from "../ports.ts";
import { checkGroupId } from "./group-ids.ts";

export async function describeGroups(
  ports: BrokerPorts,
  request: RequestOf<"DescribeGroups">,
): Promise<ResponseOf<"DescribeGroups">> {
  const { groups, includeAuthorizedOperations } = request;
  const authorizedOperations = includeAuthorizedOperations ? allGroupOperations : operationsNotAsked;
  return {
    throttleTimeMs: 0,
    groups: groups.map((groupId) => ({ ...describe(ports, groupId), authorizedOperations })),
  };
}

function describe(ports: BrokerPorts, groupId: string) {
  try {
    checkGroupId(groupId);
    const shard = ports.groups.shardFor(groupId);
    return { errorCode: ErrorCode.NONE, ...describeGroup(shard, shard.classic, groupId) };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return {
      errorCode: error.code,
      groupId,
      groupState: "",
      protocolType: "",
      protocolData: "",
      members: [],
    };
  }
}

export async function listGroups(
  ports: BrokerPorts,
  request: RequestOf<"ListGroups">,
): Promise<ResponseOf<"ListGroups">> {
  if (ports.groups.isLoading) {
    const text = "groups are being loaded here; the list would lack some of them";
    throw new BrokerError("COORDINATOR_LOAD_IN_PROGRESS", text);
  }
  const states = request.statesFilter.map((name) => name.toLowerCase());
  const types = request.typesFilter.map((name) => name.toLowerCase());
  const all = [...ports.groups.shards()].flatMap((shard) => listShard(shard, shard.classic));
  const groups = all.filter(
    ({ groupState, groupType }) =>
      (states.length === 0 || states.includes(groupState.toLowerCase())) &&
      (types.length === 0 || types.includes(groupType.toLowerCase())),
  );
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups };
}

export async function deleteGroups(
  ports: BrokerPorts,
  request: RequestOf<"DeleteGroups">,
): Promise<ResponseOf<"DeleteGroups">> {
  const { offsetsCommitTimeoutMs: timeoutMs } = ports.groupSettings();
  const results = await Promise.all(
    request.groupsNames.map(async (groupId) => {
      try {
        checkGroupId(groupId);
        const shard = ports.groups.shardFor(groupId);
        await deleteGroup(shard, shard.classic, { groupId, timeoutMs });
        return { groupId, errorCode: ErrorCode.NONE };
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        return { groupId, errorCode: error.code };
      }
    }),
  );
  return { throttleTimeMs: 0, results };
}

export async function consumerGroupDescribe(
  ports: BrokerPorts,
  { groupIds, includeAuthorizedOperations }: RequestOf<"ConsumerGroupDescribe">,
): Promise<ResponseOf<"ConsumerGroupDescribe">> {
  const { image } = ports.metadata;
  const settings = ports.groupSettings();
  const authorized = includeAuthorizedOperations ? { authorizedOperations: allGroupOperations } : {};
  const groups = groupIds.map((groupId) => {
    try {
      checkGroupId(groupId);
      const group = ports.groups.shardFor(groupId).committedGroup(groupId);
      return { ...describeConsumerGroup(group, groupId, { image, settings }), ...authorized };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const nothing = describeConsumerGroup(null, groupId, { image, settings });
      return { ...nothing, errorCode: error.code, errorMessage: error.message };
    }
  });
  return { throttleTimeMs: 0, groups };
}
