// core: which operation of BrokerApi answers which API of the protocol.
import type { BrokerApi, RequestContext } from "../../proto/broker-api.ts";
import type { ApiName } from "../../proto/kafka/apis.ts";

type AnyOperation = (request: unknown, context: RequestContext) => Promise<unknown>;

export type Operations = ReadonlyMap<ApiName, AnyOperation>;

export function operationsOf(api: BrokerApi): Operations {
  const rows: [ApiName, unknown][] = [
    ["ApiVersions", api.apiVersions],
    ["Metadata", api.metadata],
    ["Produce", api.produce],
    ["Fetch", api.fetch],
    ["ListOffsets", api.listOffsets],
    ["OffsetForLeaderEpoch", api.offsetForLeaderEpoch],
    ["CreateTopics", api.createTopics],
    ["DeleteTopics", api.deleteTopics],
    ["CreatePartitions", api.createPartitions],
    ["DeleteRecords", api.deleteRecords],
    ["ElectLeaders", api.electLeaders],
    ["IncrementalAlterConfigs", api.incrementalAlterConfigs],
    ["AlterConfigs", api.alterConfigs],
    ["DescribeTopicPartitions", api.describeTopicPartitions],
    ["DescribeLogDirs", api.describeLogDirs],
    ["InitProducerId", api.initProducerId],
    ["DescribeCluster", api.describeCluster],
    ["DescribeConfigs", api.describeConfigs],
    ["DescribeQuorum", api.describeQuorum],
    ["AddRaftVoter", api.addRaftVoter],
    ["RemoveRaftVoter", api.removeRaftVoter],
    ["FindCoordinator", api.findCoordinator],
    ["JoinGroup", api.joinGroup],
    ["SyncGroup", api.syncGroup],
    ["Heartbeat", api.heartbeat],
    ["LeaveGroup", api.leaveGroup],
    ["OffsetCommit", api.offsetCommit],
    ["OffsetFetch", api.offsetFetch],
    ["OffsetDelete", api.offsetDelete],
    ["DescribeGroups", api.describeGroups],
    ["ListGroups", api.listGroups],
    ["DeleteGroups", api.deleteGroups],
    ["ConsumerGroupHeartbeat", api.consumerGroupHeartbeat],
    ["ConsumerGroupDescribe", api.consumerGroupDescribe],
  ];
  return new Map(
    rows.map(([name, operation]) => [
      name,
      // The codec gave the request by the schema of the same API, so the types belong together.
      (request, context) => (operation as AnyOperation).call(api, request, context),
    ]),
  );
}
