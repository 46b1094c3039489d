// port: everything a client may ask of one broker. The Kafka door carries it in production (services/kafka),
// and whoever lives in the same process may call it directly.
//
// One method per client operation, one shape per operation whatever version was asked: what differs between
// versions ends in the codec. An expected failure of one topic or partition is an error code inside the
// response; a call that fails as a whole throws BrokerError.
import type { ApiName, RequestOf, ResponseOf } from "./kafka/apis.ts";

export interface RequestContext {
  /** What the client calls itself; "" when it gave none. For logs and quotas only. */
  readonly clientId: string;
  /** Where it connects from, as brokers tell of members of groups; "/" and the address. */
  readonly clientHost: string;
  /** The listener the request came in on: answers name brokers by their address on the same listener. */
  readonly listenerName: string;
  /** Of this process, for logs. */
  readonly connectionId: number;
  /** For the few places where a version has its own meaning, not its own shape. */
  readonly apiVersion: number;
  /** Aborted once nobody waits for the answer any more; a waiting operation may then end early. */
  readonly signal: CancelSignal;
}

/** What a waiting operation needs to know of its caller. */
export interface CancelSignal {
  readonly cancelled: boolean;
  /** Calls `run` when the caller has gone (at once if it has); until the function it answers is called. */
  onCancel(run: () => void): () => void;
}

type Operation<Name extends ApiName> = (
  request: RequestOf<Name>,
  context: RequestContext,
) => Promise<ResponseOf<Name>>;

export interface BrokerApi {
  apiVersions: Operation<"ApiVersions">;
  metadata: Operation<"Metadata">;
  /** Byte strings of the request are lent until the promise settles; batches in it may be changed. */
  produce: Operation<"Produce">;
  fetch: Operation<"Fetch">;
  listOffsets: Operation<"ListOffsets">;
  offsetForLeaderEpoch: Operation<"OffsetForLeaderEpoch">;
  createTopics: Operation<"CreateTopics">;
  deleteTopics: Operation<"DeleteTopics">;
  createPartitions: Operation<"CreatePartitions">;
  deleteRecords: Operation<"DeleteRecords">;
  electLeaders: Operation<"ElectLeaders">;
  incrementalAlterConfigs: Operation<"IncrementalAlterConfigs">;
  alterConfigs: Operation<"AlterConfigs">;
  describeTopicPartitions: Operation<"DescribeTopicPartitions">;
  describeLogDirs: Operation<"DescribeLogDirs">;
  initProducerId: Operation<"InitProducerId">;
  describeCluster: Operation<"DescribeCluster">;
  describeConfigs: Operation<"DescribeConfigs">;
  describeQuorum: Operation<"DescribeQuorum">;
  addRaftVoter: Operation<"AddRaftVoter">;
  removeRaftVoter: Operation<"RemoveRaftVoter">;
  findCoordinator: Operation<"FindCoordinator">;
  /** Byte strings of the request are lent until the promise settles, here and in `syncGroup`. */
  joinGroup: Operation<"JoinGroup">;
  syncGroup: Operation<"SyncGroup">;
  heartbeat: Operation<"Heartbeat">;
  leaveGroup: Operation<"LeaveGroup">;
  offsetCommit: Operation<"OffsetCommit">;
  offsetFetch: Operation<"OffsetFetch">;
  offsetDelete: Operation<"OffsetDelete">;
  describeGroups: Operation<"DescribeGroups">;
  listGroups: Operation<"ListGroups">;
  deleteGroups: Operation<"DeleteGroups">;
  consumerGroupHeartbeat: Operation<"ConsumerGroupHeartbeat">;
  consumerGroupDescribe: Operation<"ConsumerGroupDescribe">;
}
