// core: every API of the client protocol that has a layout here, by name and by key. Whether a broker
// offers it, and in which versions, is said in advertised.ts.

import type { MessageSchema } from "./schema.ts";
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from "./schemas/add-offsets-to-txn.ts";
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from "./schemas/add-partitions-to-txn.ts";
import { addRaftVoterRequest, addRaftVoterResponse } from "./schemas/add-raft-voter.ts";
import { alterClientQuotasRequest, alterClientQuotasResponse } from "./schemas/alter-client-quotas.ts";
import { alterConfigsRequest, alterConfigsResponse } from "./schemas/alter-configs.ts";
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from "./schemas/alter-partition-reassignments.ts";
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from "./schemas/alter-replica-log-dirs.ts";
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from "./schemas/alter-user-scram-credentials.ts";
import { apiVersionsRequest, apiVersionsResponse } from "./schemas/api-versions.ts";
import {
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
} from "./schemas/assign-replicas-to-dirs.ts";
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from "./schemas/consumer-group-describe.ts";
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from "./schemas/consumer-group-heartbeat.ts";
import { createAclsRequest, createAclsResponse } from "./schemas/create-acls.ts";
import {
  createDelegationTokenRequest,
  createDelegationTokenResponse,
} from "./schemas/create-delegation-token.ts";
import { createPartitionsRequest, createPartitionsResponse } from "./schemas/create-partitions.ts";
import { createTopicsRequest, createTopicsResponse } from "./schemas/create-topics.ts";
import { deleteAclsRequest, deleteAclsResponse } from "./schemas/delete-acls.ts";
import { deleteGroupsRequest, deleteGroupsResponse } from "./schemas/delete-groups.ts";
import { deleteRecordsRequest, deleteRecordsResponse } from "./schemas/delete-records.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "./schemas/delete-topics.ts";
import { describeAclsRequest, describeAclsResponse } from "./schemas/describe-acls.ts";
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from "./schemas/describe-client-quotas.ts";
import { describeClusterRequest, describeClusterResponse } from "./schemas/describe-cluster.ts";
import { describeConfigsRequest, describeConfigsResponse } from "./schemas/describe-configs.ts";
import {
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
} from "./schemas/describe-delegation-token.ts";
import { describeGroupsRequest, describeGroupsResponse } from "./schemas/describe-groups.ts";
import { describeLogDirsRequest, describeLogDirsResponse } from "./schemas/describe-log-dirs.ts";
import { describeProducersRequest, describeProducersResponse } from "./schemas/describe-producers.ts";
import { describeQuorumRequest, describeQuorumResponse } from "./schemas/describe-quorum.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "./schemas/describe-topic-partitions.ts";
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from "./schemas/describe-transactions.ts";
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from "./schemas/describe-user-scram-credentials.ts";
import { electLeadersRequest, electLeadersResponse } from "./schemas/elect-leaders.ts";
import { endTxnRequest, endTxnResponse } from "./schemas/end-txn.ts";
import {
  expireDelegationTokenRequest,
  expireDelegationTokenResponse,
} from "./schemas/expire-delegation-token.ts";
import { fetchRequest, fetchResponse } from "./schemas/fetch.ts";
import { findCoordinatorRequest, findCoordinatorResponse } from "./schemas/find-coordinator.ts";
import { heartbeatRequest, heartbeatResponse } from "./schemas/heartbeat.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "./schemas/incremental-alter-configs.ts";
import { initProducerIdRequest, initProducerIdResponse } from "./schemas/init-producer-id.ts";
import { joinGroupRequest, joinGroupResponse } from "./schemas/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "./schemas/leave-group.ts";
import {
  listClientMetricsResourcesRequest,
  listClientMetricsResourcesResponse,
} from "./schemas/list-client-metrics-resources.ts";
import { listGroupsRequest, listGroupsResponse } from "./schemas/list-groups.ts";
import { listOffsetsRequest, listOffsetsResponse } from "./schemas/list-offsets.ts";
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from "./schemas/list-partition-reassignments.ts";
import { listTransactionsRequest, listTransactionsResponse } from "./schemas/list-transactions.ts";
import { metadataRequest, metadataResponse } from "./schemas/metadata.ts";
import { offsetCommitRequest, offsetCommitResponse } from "./schemas/offset-commit.ts";
import { offsetDeleteRequest, offsetDeleteResponse } from "./schemas/offset-delete.ts";
import { offsetFetchRequest, offsetFetchResponse } from "./schemas/offset-fetch.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "./schemas/offset-for-leader-epoch.ts";
import { produceRequest, produceResponse } from "./schemas/produce.ts";
import { removeRaftVoterRequest, removeRaftVoterResponse } from "./schemas/remove-raft-voter.ts";
import {
  renewDelegationTokenRequest,
  renewDelegationTokenResponse,
} from "./schemas/renew-delegation-token.ts";
import { saslAuthenticateRequest, saslAuthenticateResponse } from "./schemas/sasl-authenticate.ts";
import { saslHandshakeRequest, saslHandshakeResponse } from "./schemas/sasl-handshake.ts";
import { syncGroupRequest, syncGroupResponse } from "./schemas/sync-group.ts";
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from "./schemas/txn-offset-commit.ts";
import { unregisterBrokerRequest, unregisterBrokerResponse } from "./schemas/unregister-broker.ts";
import { updateFeaturesRequest, updateFeaturesResponse } from "./schemas/update-features.ts";
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from "./schemas/write-txn-markers.ts";

export interface ApiDefinition<Req = unknown, Res = unknown> {
  readonly key: number;
  readonly name: string;
  readonly request: MessageSchema<Req>;
  readonly response: MessageSchema<Res>;
}

function api<Req, Res>(
  key: number,
  name: string,
  request: MessageSchema<Req>,
  response: MessageSchema<Res>,
): ApiDefinition<Req, Res> {
  return { key, name, request, response };
}

export const apis = {
  Produce: api(0, "Produce", produceRequest, produceResponse),
  Fetch: api(1, "Fetch", fetchRequest, fetchResponse),
  ListOffsets: api(2, "ListOffsets", listOffsetsRequest, listOffsetsResponse),
  Metadata: api(3, "Metadata", metadataRequest, metadataResponse),
  OffsetCommit: api(8, "OffsetCommit", offsetCommitRequest, offsetCommitResponse),
  OffsetFetch: api(9, "OffsetFetch", offsetFetchRequest, offsetFetchResponse),
  FindCoordinator: api(10, "FindCoordinator", findCoordinatorRequest, findCoordinatorResponse),
  JoinGroup: api(11, "JoinGroup", joinGroupRequest, joinGroupResponse),
  Heartbeat: api(12, "Heartbeat", heartbeatRequest, heartbeatResponse),
  LeaveGroup: api(13, "LeaveGroup", leaveGroupRequest, leaveGroupResponse),
  SyncGroup: api(14, "SyncGroup", syncGroupRequest, syncGroupResponse),
  DescribeGroups: api(15, "DescribeGroups", describeGroupsRequest, describeGroupsResponse),
  ListGroups: api(16, "ListGroups", listGroupsRequest, listGroupsResponse),
  SaslHandshake: api(17, "SaslHandshake", saslHandshakeRequest, saslHandshakeResponse),
  ApiVersions: api(18, "ApiVersions", apiVersionsRequest, apiVersionsResponse),
  CreateTopics: api(19, "CreateTopics", createTopicsRequest, createTopicsResponse),
  DeleteTopics: api(20, "DeleteTopics", deleteTopicsRequest, deleteTopicsResponse),
  DeleteRecords: api(21, "DeleteRecords", deleteRecordsRequest, deleteRecordsResponse),
  InitProducerId: api(22, "InitProducerId", initProducerIdRequest, initProducerIdResponse),
  OffsetForLeaderEpoch: api(
    23,
    "OffsetForLeaderEpoch",
    offsetForLeaderEpochRequest,
    offsetForLeaderEpochResponse,
  ),
  AddPartitionsToTxn: api(24, "AddPartitionsToTxn", addPartitionsToTxnRequest, addPartitionsToTxnResponse),
  AddOffsetsToTxn: api(25, "AddOffsetsToTxn", addOffsetsToTxnRequest, addOffsetsToTxnResponse),
  EndTxn: api(26, "EndTxn", endTxnRequest, endTxnResponse),
  WriteTxnMarkers: api(27, "WriteTxnMarkers", writeTxnMarkersRequest, writeTxnMarkersResponse),
  TxnOffsetCommit: api(28, "TxnOffsetCommit", txnOffsetCommitRequest, txnOffsetCommitResponse),
  DescribeAcls: api(29, "DescribeAcls", describeAclsRequest, describeAclsResponse),
  CreateAcls: api(30, "CreateAcls", createAclsRequest, createAclsResponse),
  DeleteAcls: api(31, "DeleteAcls", deleteAclsRequest, deleteAclsResponse),
  DescribeConfigs: api(32, "DescribeConfigs", describeConfigsRequest, describeConfigsResponse),
  AlterConfigs: api(33, "AlterConfigs", alterConfigsRequest, alterConfigsResponse),
  AlterReplicaLogDirs: api(
    34,
    "AlterReplicaLogDirs",
    alterReplicaLogDirsRequest,
    alterReplicaLogDirsResponse,
  ),
  DescribeLogDirs: api(35, "DescribeLogDirs", describeLogDirsRequest, describeLogDirsResponse),
  SaslAuthenticate: api(36, "SaslAuthenticate", saslAuthenticateRequest, saslAuthenticateResponse),
  CreatePartitions: api(37, "CreatePartitions", createPartitionsRequest, createPartitionsResponse),
  CreateDelegationToken: api(
    38,
    "CreateDelegationToken",
    createDelegationTokenRequest,
    createDelegationTokenResponse,
  ),
  RenewDelegationToken: api(
    39,
    "RenewDelegationToken",
    renewDelegationTokenRequest,
    renewDelegationTokenResponse,
  ),
  ExpireDelegationToken: api(
    40,
    "ExpireDelegationToken",
    expireDelegationTokenRequest,
    expireDelegationTokenResponse,
  ),
  DescribeDelegationToken: api(
    41,
    "DescribeDelegationToken",
    describeDelegationTokenRequest,
    describeDelegationTokenResponse,
  ),
  DeleteGroups: api(42, "DeleteGroups", deleteGroupsRequest, deleteGroupsResponse),
  ElectLeaders: api(43, "ElectLeaders", electLeadersRequest, electLeadersResponse),
  IncrementalAlterConfigs: api(
    44,
    "IncrementalAlterConfigs",
    incrementalAlterConfigsRequest,
    incrementalAlterConfigsResponse,
  ),
  AlterPartitionReassignments: api(
    45,
    "AlterPartitionReassignments",
    alterPartitionReassignmentsRequest,
    alterPartitionReassignmentsResponse,
  ),
  ListPartitionReassignments: api(
    46,
    "ListPartitionReassignments",
    listPartitionReassignmentsRequest,
    listPartitionReassignmentsResponse,
  ),
  OffsetDelete: api(47, "OffsetDelete", offsetDeleteRequest, offsetDeleteResponse),
  DescribeClientQuotas: api(
    48,
    "DescribeClientQuotas",
    describeClientQuotasRequest,
    describeClientQuotasResponse,
  ),
  AlterClientQuotas: api(49, "AlterClientQuotas", alterClientQuotasRequest, alterClientQuotasResponse),
  DescribeUserScramCredentials: api(
    50,
    "DescribeUserScramCredentials",
    describeUserScramCredentialsRequest,
    describeUserScramCredentialsResponse,
  ),
  AlterUserScramCredentials: api(
    51,
    "AlterUserScramCredentials",
    alterUserScramCredentialsRequest,
    alterUserScramCredentialsResponse,
  ),
  DescribeQuorum: api(55, "DescribeQuorum", describeQuorumRequest, describeQuorumResponse),
  UpdateFeatures: api(57, "UpdateFeatures", updateFeaturesRequest, updateFeaturesResponse),
  DescribeCluster: api(60, "DescribeCluster", describeClusterRequest, describeClusterResponse),
  DescribeProducers: api(61, "DescribeProducers", describeProducersRequest, describeProducersResponse),
  UnregisterBroker: api(64, "UnregisterBroker", unregisterBrokerRequest, unregisterBrokerResponse),
  DescribeTransactions: api(
    65,
    "DescribeTransactions",
    describeTransactionsRequest,
    describeTransactionsResponse,
  ),
  ListTransactions: api(66, "ListTransactions", listTransactionsRequest, listTransactionsResponse),
  ConsumerGroupHeartbeat: api(
    68,
    "ConsumerGroupHeartbeat",
    consumerGroupHeartbeatRequest,
    consumerGroupHeartbeatResponse,
  ),
  ConsumerGroupDescribe: api(
    69,
    "ConsumerGroupDescribe",
    consumerGroupDescribeRequest,
    consumerGroupDescribeResponse,
  ),
  ListClientMetricsResources: api(
    74,
    "ListClientMetricsResources",
    listClientMetricsResourcesRequest,
    listClientMetricsResourcesResponse,
  ),
  /** Of brokers to the controller; no client is offered it. */
  AssignReplicasToDirs: api(
    73,
    "AssignReplicasToDirs",
    assignReplicasToDirsRequest,
    assignReplicasToDirsResponse,
  ),
  DescribeTopicPartitions: api(
    75,
    "DescribeTopicPartitions",
    describeTopicPartitionsRequest,
    describeTopicPartitionsResponse,
  ),
  AddRaftVoter: api(80, "AddRaftVoter", addRaftVoterRequest, addRaftVoterResponse),
  RemoveRaftVoter: api(81, "RemoveRaftVoter", removeRaftVoterRequest, removeRaftVoterResponse),
} as const;

export type ApiName = keyof typeof apis;

/** The values of an API's request and response, by its name. */
export type RequestOf<Name extends ApiName> =
  (typeof apis)[Name] extends ApiDefinition<infer Req, unknown> ? Req : never;
export type ResponseOf<Name extends ApiName> =
  (typeof apis)[Name] extends ApiDefinition<unknown, infer Res> ? Res : never;

const byKey: ReadonlyMap<number, ApiDefinition> = new Map(
  Object.values(apis).map((definition) => [definition.key, definition]),
);

/** Null when no layout is known for this key. */
export function apiByKey(key: number): ApiDefinition | null {
  return byKey.get(key) ?? null;
}
