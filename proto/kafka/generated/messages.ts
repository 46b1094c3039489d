// core: types of all messages of the Kafka protocol. Generated from proto/kafka/schemas by
// scripts/generate-kafka-types.ts: change the tables, not this file.
import type { Uuid } from "../../../base/uuid.ts";

export interface ProduceRequest {
  /** Versions 3+. Default null. */
  transactionalId: string | null;
  acks: number;
  timeoutMs: number;
  topicData: ProduceRequestTopicProduceData[];
}

export interface ProduceRequestTopicProduceData {
  name: string;
  partitionData: ProduceRequestPartitionProduceData[];
}

export interface ProduceRequestPartitionProduceData {
  index: number;
  records: Uint8Array | null;
}

export interface ProduceResponse {
  responses: ProduceResponseTopicProduceResponse[];
  /** Versions 1+. */
  throttleTimeMs: number;
  /** Versions 10+. */
  nodeEndpoints: ProduceResponseNodeEndpoint[];
}

export interface ProduceResponseTopicProduceResponse {
  name: string;
  partitionResponses: ProduceResponsePartitionProduceResponse[];
}

export interface ProduceResponsePartitionProduceResponse {
  index: number;
  errorCode: number;
  baseOffset: number;
  /** Versions 2+. Default -1. */
  logAppendTimeMs: number;
  /** Versions 5+. Default -1. */
  logStartOffset: number;
  /** Versions 8+. */
  recordErrors: ProduceResponseBatchIndexAndErrorMessage[];
  /** Versions 8+. Default null. */
  errorMessage: string | null;
  /** Versions 10+. */
  currentLeader: ProduceResponseLeaderIdAndEpoch;
}

export interface ProduceResponseBatchIndexAndErrorMessage {
  /** Versions 8+. */
  batchIndex: number;
  /** Versions 8+. Default null. */
  batchIndexErrorMessage: string | null;
}

export interface ProduceResponseLeaderIdAndEpoch {
  /** Versions 10+. Default -1. */
  leaderId: number;
  /** Versions 10+. Default -1. */
  leaderEpoch: number;
}

export interface ProduceResponseNodeEndpoint {
  /** Versions 10+. */
  nodeId: number;
  /** Versions 10+. */
  host: string;
  /** Versions 10+. */
  port: number;
  /** Versions 10+. Default null. */
  rack: string | null;
}

export interface FetchRequest {
  /** Versions 12+. Default null. */
  clusterId: string | null;
  /** Versions 0-14. Default -1. */
  replicaId: number;
  /** Versions 15+. */
  replicaState: FetchRequestReplicaState;
  maxWaitMs: number;
  minBytes: number;
  /** Versions 3+. Default 2147483647. */
  maxBytes: number;
  /** Versions 4+. */
  isolationLevel: number;
  /** Versions 7+. */
  sessionId: number;
  /** Versions 7+. Default -1. */
  sessionEpoch: number;
  topics: FetchRequestFetchTopic[];
  /** Versions 7+. */
  forgottenTopicsData: FetchRequestForgottenTopic[];
  /** Versions 11+. */
  rackId: string;
}

export interface FetchRequestReplicaState {
  /** Versions 15+. Default -1. */
  replicaId: number;
  /** Versions 15+. Default -1. */
  replicaEpoch: number;
}

export interface FetchRequestFetchTopic {
  /** Versions 0-12. */
  topic: string;
  /** Versions 13+. */
  topicId: Uuid;
  partitions: FetchRequestFetchPartition[];
}

export interface FetchRequestFetchPartition {
  partition: number;
  /** Versions 9+. Default -1. */
  currentLeaderEpoch: number;
  fetchOffset: number;
  /** Versions 12+. Default -1. */
  lastFetchedEpoch: number;
  /** Versions 5+. Default -1. */
  logStartOffset: number;
  partitionMaxBytes: number;
  /** Versions 17+. */
  replicaDirectoryId: Uuid;
}

export interface FetchRequestForgottenTopic {
  /** Versions 7-12. */
  topic: string;
  /** Versions 13+. */
  topicId: Uuid;
  /** Versions 7+. */
  partitions: number[];
}

export interface FetchResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  /** Versions 7+. */
  errorCode: number;
  /** Versions 7+. */
  sessionId: number;
  responses: FetchResponseFetchableTopicResponse[];
  /** Versions 16+. */
  nodeEndpoints: FetchResponseNodeEndpoint[];
}

export interface FetchResponseFetchableTopicResponse {
  /** Versions 0-12. */
  topic: string;
  /** Versions 13+. */
  topicId: Uuid;
  partitions: FetchResponsePartitionData[];
}

export interface FetchResponsePartitionData {
  partitionIndex: number;
  errorCode: number;
  highWatermark: number;
  /** Versions 4+. Default -1. */
  lastStableOffset: number;
  /** Versions 5+. Default -1. */
  logStartOffset: number;
  /** Versions 12+. */
  divergingEpoch: FetchResponseEpochEndOffset;
  /** Versions 12+. */
  currentLeader: FetchResponseLeaderIdAndEpoch;
  /** Versions 12+. */
  snapshotId: FetchResponseSnapshotId;
  /** Versions 4+. */
  abortedTransactions: FetchResponseAbortedTransaction[] | null;
  /** Versions 11+. Default -1. */
  preferredReadReplica: number;
  records: Uint8Array | null;
}

export interface FetchResponseEpochEndOffset {
  /** Versions 12+. Default -1. */
  epoch: number;
  /** Versions 12+. Default -1. */
  endOffset: number;
}

export interface FetchResponseLeaderIdAndEpoch {
  /** Versions 12+. Default -1. */
  leaderId: number;
  /** Versions 12+. Default -1. */
  leaderEpoch: number;
}

export interface FetchResponseSnapshotId {
  endOffset: number;
  epoch: number;
}

export interface FetchResponseAbortedTransaction {
  /** Versions 4+. */
  producerId: number;
  /** Versions 4+. */
  firstOffset: number;
}

export interface FetchResponseNodeEndpoint {
  /** Versions 16+. */
  nodeId: number;
  /** Versions 16+. */
  host: string;
  /** Versions 16+. */
  port: number;
  /** Versions 16+. Default null. */
  rack: string | null;
}

export interface ListOffsetsRequest {
  replicaId: number;
  /** Versions 2+. */
  isolationLevel: number;
  topics: ListOffsetsRequestListOffsetsTopic[];
  /** Versions 10+. */
  timeoutMs: number;
}

export interface ListOffsetsRequestListOffsetsTopic {
  name: string;
  partitions: ListOffsetsRequestListOffsetsPartition[];
}

export interface ListOffsetsRequestListOffsetsPartition {
  partitionIndex: number;
  /** Versions 4+. Default -1. */
  currentLeaderEpoch: number;
  timestamp: number;
  /** Versions 0. Default 1. */
  maxNumOffsets: number;
}

export interface ListOffsetsResponse {
  /** Versions 2+. */
  throttleTimeMs: number;
  topics: ListOffsetsResponseListOffsetsTopicResponse[];
}

export interface ListOffsetsResponseListOffsetsTopicResponse {
  name: string;
  partitions: ListOffsetsResponseListOffsetsPartitionResponse[];
}

export interface ListOffsetsResponseListOffsetsPartitionResponse {
  partitionIndex: number;
  errorCode: number;
  /** Versions 0. */
  oldStyleOffsets: number[];
  /** Versions 1+. Default -1. */
  timestamp: number;
  /** Versions 1+. Default -1. */
  offset: number;
  /** Versions 4+. Default -1. */
  leaderEpoch: number;
}

export interface MetadataRequest {
  topics: MetadataRequestMetadataRequestTopic[] | null;
  /** Versions 4+. Default true. */
  allowAutoTopicCreation: boolean;
  /** Versions 8-10. */
  includeClusterAuthorizedOperations: boolean;
  /** Versions 8+. */
  includeTopicAuthorizedOperations: boolean;
}

export interface MetadataRequestMetadataRequestTopic {
  /** Versions 10+. */
  topicId: Uuid;
  name: string | null;
}

export interface MetadataResponse {
  /** Versions 3+. */
  throttleTimeMs: number;
  brokers: MetadataResponseMetadataResponseBroker[];
  /** Versions 2+. Default null. */
  clusterId: string | null;
  /** Versions 1+. Default -1. */
  controllerId: number;
  topics: MetadataResponseMetadataResponseTopic[];
  /** Versions 8-10. Default -2147483648. */
  clusterAuthorizedOperations: number;
}

export interface MetadataResponseMetadataResponseBroker {
  nodeId: number;
  host: string;
  port: number;
  /** Versions 1+. Default null. */
  rack: string | null;
}

export interface MetadataResponseMetadataResponseTopic {
  errorCode: number;
  name: string | null;
  /** Versions 10+. */
  topicId: Uuid;
  /** Versions 1+. */
  isInternal: boolean;
  partitions: MetadataResponseMetadataResponsePartition[];
  /** Versions 8+. Default -2147483648. */
  topicAuthorizedOperations: number;
}

export interface MetadataResponseMetadataResponsePartition {
  errorCode: number;
  partitionIndex: number;
  leaderId: number;
  /** Versions 7+. Default -1. */
  leaderEpoch: number;
  replicaNodes: number[];
  isrNodes: number[];
  /** Versions 5+. */
  offlineReplicas: number[];
}

export interface OffsetCommitRequest {
  groupId: string;
  /** Versions 1+. Default -1. */
  generationIdOrMemberEpoch: number;
  /** Versions 1+. */
  memberId: string;
  /** Versions 7+. Default null. */
  groupInstanceId: string | null;
  /** Versions 2-4. Default -1. */
  retentionTimeMs: number;
  topics: OffsetCommitRequestOffsetCommitRequestTopic[];
}

export interface OffsetCommitRequestOffsetCommitRequestTopic {
  name: string;
  partitions: OffsetCommitRequestOffsetCommitRequestPartition[];
}

export interface OffsetCommitRequestOffsetCommitRequestPartition {
  partitionIndex: number;
  committedOffset: number;
  /** Versions 6+. Default -1. */
  committedLeaderEpoch: number;
  /** Versions 1. Default -1. */
  commitTimestamp: number;
  committedMetadata: string | null;
}

export interface OffsetCommitResponse {
  /** Versions 3+. */
  throttleTimeMs: number;
  topics: OffsetCommitResponseOffsetCommitResponseTopic[];
}

export interface OffsetCommitResponseOffsetCommitResponseTopic {
  name: string;
  partitions: OffsetCommitResponseOffsetCommitResponsePartition[];
}

export interface OffsetCommitResponseOffsetCommitResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

export interface OffsetFetchRequest {
  /** Versions 0-7. */
  groupId: string;
  /** Versions 0-7. */
  topics: OffsetFetchRequestOffsetFetchRequestTopic[] | null;
  /** Versions 8+. */
  groups: OffsetFetchRequestOffsetFetchRequestGroup[];
  /** Versions 7+. */
  requireStable: boolean;
}

export interface OffsetFetchRequestOffsetFetchRequestTopic {
  /** Versions 0-7. */
  name: string;
  /** Versions 0-7. */
  partitionIndexes: number[];
}

export interface OffsetFetchRequestOffsetFetchRequestGroup {
  /** Versions 8+. */
  groupId: string;
  /** Versions 9+. Default null. */
  memberId: string | null;
  /** Versions 9+. Default -1. */
  memberEpoch: number;
  /** Versions 8+. */
  topics: OffsetFetchRequestOffsetFetchRequestTopics[] | null;
}

export interface OffsetFetchRequestOffsetFetchRequestTopics {
  /** Versions 8+. */
  name: string;
  /** Versions 8+. */
  partitionIndexes: number[];
}

export interface OffsetFetchResponse {
  /** Versions 3+. */
  throttleTimeMs: number;
  /** Versions 0-7. */
  topics: OffsetFetchResponseOffsetFetchResponseTopic[];
  /** Versions 2-7. */
  errorCode: number;
  /** Versions 8+. */
  groups: OffsetFetchResponseOffsetFetchResponseGroup[];
}

export interface OffsetFetchResponseOffsetFetchResponseTopic {
  /** Versions 0-7. */
  name: string;
  /** Versions 0-7. */
  partitions: OffsetFetchResponseOffsetFetchResponsePartition[];
}

export interface OffsetFetchResponseOffsetFetchResponsePartition {
  /** Versions 0-7. */
  partitionIndex: number;
  /** Versions 0-7. */
  committedOffset: number;
  /** Versions 5-7. Default -1. */
  committedLeaderEpoch: number;
  /** Versions 0-7. */
  metadata: string | null;
  /** Versions 0-7. */
  errorCode: number;
}

export interface OffsetFetchResponseOffsetFetchResponseGroup {
  /** Versions 8+. */
  groupId: string;
  /** Versions 8+. */
  topics: OffsetFetchResponseOffsetFetchResponseTopics[];
  /** Versions 8+. */
  errorCode: number;
}

export interface OffsetFetchResponseOffsetFetchResponseTopics {
  /** Versions 8+. */
  name: string;
  /** Versions 8+. */
  partitions: OffsetFetchResponseOffsetFetchResponsePartitions[];
}

export interface OffsetFetchResponseOffsetFetchResponsePartitions {
  /** Versions 8+. */
  partitionIndex: number;
  /** Versions 8+. */
  committedOffset: number;
  /** Versions 8+. Default -1. */
  committedLeaderEpoch: number;
  /** Versions 8+. */
  metadata: string | null;
  /** Versions 8+. */
  errorCode: number;
}

export interface FindCoordinatorRequest {
  /** Versions 0-3. */
  key: string;
  /** Versions 1+. */
  keyType: number;
  /** Versions 4+. */
  coordinatorKeys: string[];
}

export interface FindCoordinatorResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  /** Versions 0-3. */
  errorCode: number;
  /** Versions 1-3. */
  errorMessage: string | null;
  /** Versions 0-3. */
  nodeId: number;
  /** Versions 0-3. */
  host: string;
  /** Versions 0-3. */
  port: number;
  /** Versions 4+. */
  coordinators: FindCoordinatorResponseCoordinator[];
}

export interface FindCoordinatorResponseCoordinator {
  /** Versions 4+. */
  key: string;
  /** Versions 4+. */
  nodeId: number;
  /** Versions 4+. */
  host: string;
  /** Versions 4+. */
  port: number;
  /** Versions 4+. */
  errorCode: number;
  /** Versions 4+. */
  errorMessage: string | null;
}

export interface JoinGroupRequest {
  groupId: string;
  sessionTimeoutMs: number;
  /** Versions 1+. Default -1. */
  rebalanceTimeoutMs: number;
  memberId: string;
  /** Versions 5+. Default null. */
  groupInstanceId: string | null;
  protocolType: string;
  protocols: JoinGroupRequestJoinGroupRequestProtocol[];
  /** Versions 8+. Default null. */
  reason: string | null;
}

export interface JoinGroupRequestJoinGroupRequestProtocol {
  name: string;
  metadata: Uint8Array;
}

export interface JoinGroupResponse {
  /** Versions 2+. */
  throttleTimeMs: number;
  errorCode: number;
  generationId: number;
  /** Versions 7+. Default null. */
  protocolType: string | null;
  protocolName: string | null;
  leader: string;
  /** Versions 9+. */
  skipAssignment: boolean;
  memberId: string;
  members: JoinGroupResponseJoinGroupResponseMember[];
}

export interface JoinGroupResponseJoinGroupResponseMember {
  memberId: string;
  /** Versions 5+. Default null. */
  groupInstanceId: string | null;
  metadata: Uint8Array;
}

export interface HeartbeatRequest {
  groupId: string;
  generationId: number;
  memberId: string;
  /** Versions 3+. Default null. */
  groupInstanceId: string | null;
  /** Versions 4+. Default false. */
  asksForInterval: boolean;
}

export interface HeartbeatResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 4+. Default 0. */
  heartbeatIntervalMs: number;
}

export interface LeaveGroupRequest {
  groupId: string;
  /** Versions 0-2. */
  memberId: string;
  /** Versions 3+. */
  members: LeaveGroupRequestMemberIdentity[];
}

export interface LeaveGroupRequestMemberIdentity {
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+. Default null. */
  groupInstanceId: string | null;
  /** Versions 5+. Default null. */
  reason: string | null;
}

export interface LeaveGroupResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 3+. */
  members: LeaveGroupResponseMemberResponse[];
}

export interface LeaveGroupResponseMemberResponse {
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+. */
  groupInstanceId: string | null;
  /** Versions 3+. */
  errorCode: number;
}

export interface SyncGroupRequest {
  groupId: string;
  generationId: number;
  memberId: string;
  /** Versions 3+. Default null. */
  groupInstanceId: string | null;
  /** Versions 5+. Default null. */
  protocolType: string | null;
  /** Versions 5+. Default null. */
  protocolName: string | null;
  assignments: SyncGroupRequestSyncGroupRequestAssignment[];
}

export interface SyncGroupRequestSyncGroupRequestAssignment {
  memberId: string;
  assignment: Uint8Array;
}

export interface SyncGroupResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 5+. Default null. */
  protocolType: string | null;
  /** Versions 5+. Default null. */
  protocolName: string | null;
  assignment: Uint8Array;
}

export interface DescribeGroupsRequest {
  groups: string[];
  /** Versions 3+. */
  includeAuthorizedOperations: boolean;
}

export interface DescribeGroupsResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  groups: DescribeGroupsResponseDescribedGroup[];
}

export interface DescribeGroupsResponseDescribedGroup {
  errorCode: number;
  groupId: string;
  groupState: string;
  protocolType: string;
  protocolData: string;
  members: DescribeGroupsResponseDescribedGroupMember[];
  /** Versions 3+. Default -2147483648. */
  authorizedOperations: number;
}

export interface DescribeGroupsResponseDescribedGroupMember {
  memberId: string;
  /** Versions 4+. Default null. */
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  memberMetadata: Uint8Array;
  memberAssignment: Uint8Array;
}

export interface ListGroupsRequest {
  /** Versions 4+. */
  statesFilter: string[];
  /** Versions 5+. */
  typesFilter: string[];
}

export interface ListGroupsResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  errorCode: number;
  groups: ListGroupsResponseListedGroup[];
}

export interface ListGroupsResponseListedGroup {
  groupId: string;
  protocolType: string;
  /** Versions 4+. */
  groupState: string;
  /** Versions 5+. */
  groupType: string;
}

export interface SaslHandshakeRequest {
  mechanism: string;
}

export interface SaslHandshakeResponse {
  errorCode: number;
  mechanisms: string[];
}

export interface ApiVersionsRequest {
  /** Versions 3+. */
  clientSoftwareName: string;
  /** Versions 3+. */
  clientSoftwareVersion: string;
}

export interface ApiVersionsResponse {
  errorCode: number;
  apiKeys: ApiVersionsResponseApiVersion[];
  /** Versions 1+. */
  throttleTimeMs: number;
  /** Versions 3+. */
  supportedFeatures: ApiVersionsResponseSupportedFeatureKey[];
  /** Versions 3+. Default -1. */
  finalizedFeaturesEpoch: number;
  /** Versions 3+. */
  finalizedFeatures: ApiVersionsResponseFinalizedFeatureKey[];
  /** Versions 3+. */
  zkMigrationReady: boolean;
}

export interface ApiVersionsResponseApiVersion {
  apiKey: number;
  minVersion: number;
  maxVersion: number;
}

export interface ApiVersionsResponseSupportedFeatureKey {
  /** Versions 3+. */
  name: string;
  /** Versions 3+. */
  minVersion: number;
  /** Versions 3+. */
  maxVersion: number;
}

export interface ApiVersionsResponseFinalizedFeatureKey {
  /** Versions 3+. */
  name: string;
  /** Versions 3+. */
  maxVersionLevel: number;
  /** Versions 3+. */
  minVersionLevel: number;
}

export interface CreateTopicsRequest {
  topics: CreateTopicsRequestCreatableTopic[];
  timeoutMs: number;
  /** Versions 1+. */
  validateOnly: boolean;
}

export interface CreateTopicsRequestCreatableTopic {
  name: string;
  numPartitions: number;
  replicationFactor: number;
  assignments: CreateTopicsRequestCreatableReplicaAssignment[];
  configs: CreateTopicsRequestCreatableTopicConfig[];
}

export interface CreateTopicsRequestCreatableReplicaAssignment {
  partitionIndex: number;
  brokerIds: number[];
}

export interface CreateTopicsRequestCreatableTopicConfig {
  name: string;
  value: string | null;
}

export interface CreateTopicsResponse {
  /** Versions 2+. */
  throttleTimeMs: number;
  topics: CreateTopicsResponseCreatableTopicResult[];
}

export interface CreateTopicsResponseCreatableTopicResult {
  name: string;
  /** Versions 7+. */
  topicId: Uuid;
  errorCode: number;
  /** Versions 1+. */
  errorMessage: string | null;
  /** Versions 5+. */
  topicConfigErrorCode: number;
  /** Versions 5+. Default -1. */
  numPartitions: number;
  /** Versions 5+. Default -1. */
  replicationFactor: number;
  /** Versions 5+. */
  configs: CreateTopicsResponseCreatableTopicConfigs[] | null;
}

export interface CreateTopicsResponseCreatableTopicConfigs {
  /** Versions 5+. */
  name: string;
  /** Versions 5+. */
  value: string | null;
  /** Versions 5+. */
  readOnly: boolean;
  /** Versions 5+. Default -1. */
  configSource: number;
  /** Versions 5+. */
  isSensitive: boolean;
}

export interface DeleteTopicsRequest {
  /** Versions 6+. */
  topics: DeleteTopicsRequestDeleteTopicState[];
  /** Versions 0-5. */
  topicNames: string[];
  timeoutMs: number;
}

export interface DeleteTopicsRequestDeleteTopicState {
  /** Versions 6+. Default null. */
  name: string | null;
  /** Versions 6+. */
  topicId: Uuid;
}

export interface DeleteTopicsResponse {
  /** Versions 1+. */
  throttleTimeMs: number;
  responses: DeleteTopicsResponseDeletableTopicResult[];
}

export interface DeleteTopicsResponseDeletableTopicResult {
  name: string | null;
  /** Versions 6+. */
  topicId: Uuid;
  errorCode: number;
  /** Versions 5+. Default null. */
  errorMessage: string | null;
}

export interface DeleteRecordsRequest {
  topics: DeleteRecordsRequestDeleteRecordsTopic[];
  timeoutMs: number;
}

export interface DeleteRecordsRequestDeleteRecordsTopic {
  name: string;
  partitions: DeleteRecordsRequestDeleteRecordsPartition[];
}

export interface DeleteRecordsRequestDeleteRecordsPartition {
  partitionIndex: number;
  offset: number;
}

export interface DeleteRecordsResponse {
  throttleTimeMs: number;
  topics: DeleteRecordsResponseDeleteRecordsTopicResult[];
}

export interface DeleteRecordsResponseDeleteRecordsTopicResult {
  name: string;
  partitions: DeleteRecordsResponseDeleteRecordsPartitionResult[];
}

export interface DeleteRecordsResponseDeleteRecordsPartitionResult {
  partitionIndex: number;
  lowWatermark: number;
  errorCode: number;
}

export interface InitProducerIdRequest {
  transactionalId: string | null;
  transactionTimeoutMs: number;
  /** Versions 3+. Default -1. */
  producerId: number;
  /** Versions 3+. Default -1. */
  producerEpoch: number;
}

export interface InitProducerIdResponse {
  throttleTimeMs: number;
  errorCode: number;
  producerId: number;
  producerEpoch: number;
}

export interface OffsetForLeaderEpochRequest {
  /** Versions 3+. Default -2. */
  replicaId: number;
  topics: OffsetForLeaderEpochRequestOffsetForLeaderTopic[];
}

export interface OffsetForLeaderEpochRequestOffsetForLeaderTopic {
  topic: string;
  partitions: OffsetForLeaderEpochRequestOffsetForLeaderPartition[];
}

export interface OffsetForLeaderEpochRequestOffsetForLeaderPartition {
  partition: number;
  /** Versions 2+. Default -1. */
  currentLeaderEpoch: number;
  leaderEpoch: number;
}

export interface OffsetForLeaderEpochResponse {
  /** Versions 2+. */
  throttleTimeMs: number;
  topics: OffsetForLeaderEpochResponseOffsetForLeaderTopicResult[];
}

export interface OffsetForLeaderEpochResponseOffsetForLeaderTopicResult {
  topic: string;
  partitions: OffsetForLeaderEpochResponseEpochEndOffset[];
}

export interface OffsetForLeaderEpochResponseEpochEndOffset {
  errorCode: number;
  partition: number;
  /** Versions 1+. Default -1. */
  leaderEpoch: number;
  endOffset: number;
}

export interface AddPartitionsToTxnRequest {
  /** Versions 4+. */
  transactions: AddPartitionsToTxnRequestAddPartitionsToTxnTransaction[];
  /** Versions 0-3. */
  v3AndBelowTransactionalId: string;
  /** Versions 0-3. */
  v3AndBelowProducerId: number;
  /** Versions 0-3. */
  v3AndBelowProducerEpoch: number;
  /** Versions 0-3. */
  v3AndBelowTopics: AddPartitionsToTxnRequestAddPartitionsToTxnTopic[];
}

export interface AddPartitionsToTxnRequestAddPartitionsToTxnTransaction {
  /** Versions 4+. */
  transactionalId: string;
  /** Versions 4+. */
  producerId: number;
  /** Versions 4+. */
  producerEpoch: number;
  /** Versions 4+. */
  verifyOnly: boolean;
  /** Versions 4+. */
  topics: AddPartitionsToTxnRequestAddPartitionsToTxnTopic[];
}

export interface AddPartitionsToTxnRequestAddPartitionsToTxnTopic {
  name: string;
  partitions: number[];
}

export interface AddPartitionsToTxnResponse {
  throttleTimeMs: number;
  /** Versions 4+. */
  errorCode: number;
  /** Versions 4+. */
  resultsByTransaction: AddPartitionsToTxnResponseAddPartitionsToTxnResult[];
  /** Versions 0-3. */
  resultsByTopicV3AndBelow: AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult[];
}

export interface AddPartitionsToTxnResponseAddPartitionsToTxnResult {
  /** Versions 4+. */
  transactionalId: string;
  /** Versions 4+. */
  topicResults: AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult[];
}

export interface AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult {
  name: string;
  resultsByPartition: AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult[];
}

export interface AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult {
  partitionIndex: number;
  partitionErrorCode: number;
}

export interface AddOffsetsToTxnRequest {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  groupId: string;
}

export interface AddOffsetsToTxnResponse {
  throttleTimeMs: number;
  errorCode: number;
}

export interface EndTxnRequest {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  committed: boolean;
}

export interface EndTxnResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 5+. Default -1. */
  producerId: number;
  /** Versions 5+. Default -1. */
  producerEpoch: number;
}

export interface WriteTxnMarkersRequest {
  markers: WriteTxnMarkersRequestWritableTxnMarker[];
}

export interface WriteTxnMarkersRequestWritableTxnMarker {
  producerId: number;
  producerEpoch: number;
  transactionResult: boolean;
  topics: WriteTxnMarkersRequestWritableTxnMarkerTopic[];
  coordinatorEpoch: number;
}

export interface WriteTxnMarkersRequestWritableTxnMarkerTopic {
  name: string;
  partitionIndexes: number[];
}

export interface WriteTxnMarkersResponse {
  markers: WriteTxnMarkersResponseWritableTxnMarkerResult[];
}

export interface WriteTxnMarkersResponseWritableTxnMarkerResult {
  producerId: number;
  topics: WriteTxnMarkersResponseWritableTxnMarkerTopicResult[];
}

export interface WriteTxnMarkersResponseWritableTxnMarkerTopicResult {
  name: string;
  partitions: WriteTxnMarkersResponseWritableTxnMarkerPartitionResult[];
}

export interface WriteTxnMarkersResponseWritableTxnMarkerPartitionResult {
  partitionIndex: number;
  errorCode: number;
}

export interface TxnOffsetCommitRequest {
  transactionalId: string;
  groupId: string;
  producerId: number;
  producerEpoch: number;
  /** Versions 3+. Default -1. */
  generationId: number;
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+. Default null. */
  groupInstanceId: string | null;
  topics: TxnOffsetCommitRequestTxnOffsetCommitRequestTopic[];
}

export interface TxnOffsetCommitRequestTxnOffsetCommitRequestTopic {
  name: string;
  partitions: TxnOffsetCommitRequestTxnOffsetCommitRequestPartition[];
}

export interface TxnOffsetCommitRequestTxnOffsetCommitRequestPartition {
  partitionIndex: number;
  committedOffset: number;
  /** Versions 2+. Default -1. */
  committedLeaderEpoch: number;
  committedMetadata: string | null;
}

export interface TxnOffsetCommitResponse {
  throttleTimeMs: number;
  topics: TxnOffsetCommitResponseTxnOffsetCommitResponseTopic[];
}

export interface TxnOffsetCommitResponseTxnOffsetCommitResponseTopic {
  name: string;
  partitions: TxnOffsetCommitResponseTxnOffsetCommitResponsePartition[];
}

export interface TxnOffsetCommitResponseTxnOffsetCommitResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

export interface DescribeAclsRequest {
  resourceTypeFilter: number;
  resourceNameFilter: string | null;
  /** Versions 1+. Default 3. */
  patternTypeFilter: number;
  principalFilter: string | null;
  hostFilter: string | null;
  operation: number;
  permissionType: number;
}

export interface DescribeAclsResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  resources: DescribeAclsResponseDescribeAclsResource[];
}

export interface DescribeAclsResponseDescribeAclsResource {
  resourceType: number;
  resourceName: string;
  /** Versions 1+. Default 3. */
  patternType: number;
  acls: DescribeAclsResponseAclDescription[];
}

export interface DescribeAclsResponseAclDescription {
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

export interface CreateAclsRequest {
  creations: CreateAclsRequestAclCreation[];
}

export interface CreateAclsRequestAclCreation {
  resourceType: number;
  resourceName: string;
  /** Versions 1+. Default 3. */
  resourcePatternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

export interface CreateAclsResponse {
  throttleTimeMs: number;
  results: CreateAclsResponseAclCreationResult[];
}

export interface CreateAclsResponseAclCreationResult {
  errorCode: number;
  errorMessage: string | null;
}

export interface DeleteAclsRequest {
  filters: DeleteAclsRequestDeleteAclsFilter[];
}

export interface DeleteAclsRequestDeleteAclsFilter {
  resourceTypeFilter: number;
  resourceNameFilter: string | null;
  /** Versions 1+. Default 3. */
  patternTypeFilter: number;
  principalFilter: string | null;
  hostFilter: string | null;
  operation: number;
  permissionType: number;
}

export interface DeleteAclsResponse {
  throttleTimeMs: number;
  filterResults: DeleteAclsResponseDeleteAclsFilterResult[];
}

export interface DeleteAclsResponseDeleteAclsFilterResult {
  errorCode: number;
  errorMessage: string | null;
  matchingAcls: DeleteAclsResponseDeleteAclsMatchingAcl[];
}

export interface DeleteAclsResponseDeleteAclsMatchingAcl {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
  /** Versions 1+. Default 3. */
  patternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

export interface DescribeConfigsRequest {
  resources: DescribeConfigsRequestDescribeConfigsResource[];
  /** Versions 1+. */
  includeSynonyms: boolean;
  /** Versions 3+. */
  includeDocumentation: boolean;
}

export interface DescribeConfigsRequestDescribeConfigsResource {
  resourceType: number;
  resourceName: string;
  configurationKeys: string[] | null;
}

export interface DescribeConfigsResponse {
  throttleTimeMs: number;
  results: DescribeConfigsResponseDescribeConfigsResult[];
}

export interface DescribeConfigsResponseDescribeConfigsResult {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
  configs: DescribeConfigsResponseDescribeConfigsResourceResult[];
}

export interface DescribeConfigsResponseDescribeConfigsResourceResult {
  name: string;
  value: string | null;
  readOnly: boolean;
  /** Versions 0. */
  isDefault: boolean;
  /** Versions 1+. Default -1. */
  configSource: number;
  isSensitive: boolean;
  /** Versions 1+. */
  synonyms: DescribeConfigsResponseDescribeConfigsSynonym[];
  /** Versions 3+. */
  configType: number;
  /** Versions 3+. */
  documentation: string | null;
}

export interface DescribeConfigsResponseDescribeConfigsSynonym {
  /** Versions 1+. */
  name: string;
  /** Versions 1+. */
  value: string | null;
  /** Versions 1+. */
  source: number;
}

export interface AlterConfigsRequest {
  resources: AlterConfigsRequestAlterConfigsResource[];
  validateOnly: boolean;
}

export interface AlterConfigsRequestAlterConfigsResource {
  resourceType: number;
  resourceName: string;
  configs: AlterConfigsRequestAlterableConfig[];
}

export interface AlterConfigsRequestAlterableConfig {
  name: string;
  value: string | null;
}

export interface AlterConfigsResponse {
  throttleTimeMs: number;
  responses: AlterConfigsResponseAlterConfigsResourceResponse[];
}

export interface AlterConfigsResponseAlterConfigsResourceResponse {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

export interface AlterReplicaLogDirsRequest {
  dirs: AlterReplicaLogDirsRequestAlterReplicaLogDir[];
}

export interface AlterReplicaLogDirsRequestAlterReplicaLogDir {
  path: string;
  topics: AlterReplicaLogDirsRequestAlterReplicaLogDirTopic[];
}

export interface AlterReplicaLogDirsRequestAlterReplicaLogDirTopic {
  name: string;
  partitions: number[];
}

export interface AlterReplicaLogDirsResponse {
  throttleTimeMs: number;
  results: AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult[];
}

export interface AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult {
  topicName: string;
  partitions: AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult[];
}

export interface AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult {
  partitionIndex: number;
  errorCode: number;
}

export interface DescribeLogDirsRequest {
  topics: DescribeLogDirsRequestDescribableLogDirTopic[] | null;
}

export interface DescribeLogDirsRequestDescribableLogDirTopic {
  topic: string;
  partitions: number[];
}

export interface DescribeLogDirsResponse {
  throttleTimeMs: number;
  /** Versions 3+. */
  errorCode: number;
  results: DescribeLogDirsResponseDescribeLogDirsResult[];
}

export interface DescribeLogDirsResponseDescribeLogDirsResult {
  errorCode: number;
  logDir: string;
  topics: DescribeLogDirsResponseDescribeLogDirsTopic[];
  /** Versions 4+. Default -1. */
  totalBytes: number;
  /** Versions 4+. Default -1. */
  usableBytes: number;
}

export interface DescribeLogDirsResponseDescribeLogDirsTopic {
  name: string;
  partitions: DescribeLogDirsResponseDescribeLogDirsPartition[];
}

export interface DescribeLogDirsResponseDescribeLogDirsPartition {
  partitionIndex: number;
  partitionSize: number;
  offsetLag: number;
  isFutureKey: boolean;
}

export interface SaslAuthenticateRequest {
  authBytes: Uint8Array;
}

export interface SaslAuthenticateResponse {
  errorCode: number;
  errorMessage: string | null;
  authBytes: Uint8Array;
  /** Versions 1+. */
  sessionLifetimeMs: number;
}

export interface CreatePartitionsRequest {
  topics: CreatePartitionsRequestCreatePartitionsTopic[];
  timeoutMs: number;
  validateOnly: boolean;
}

export interface CreatePartitionsRequestCreatePartitionsTopic {
  name: string;
  count: number;
  assignments: CreatePartitionsRequestCreatePartitionsAssignment[] | null;
}

export interface CreatePartitionsRequestCreatePartitionsAssignment {
  brokerIds: number[];
}

export interface CreatePartitionsResponse {
  throttleTimeMs: number;
  results: CreatePartitionsResponseCreatePartitionsTopicResult[];
}

export interface CreatePartitionsResponseCreatePartitionsTopicResult {
  name: string;
  errorCode: number;
  errorMessage: string | null;
}

export interface CreateDelegationTokenRequest {
  /** Versions 3+. */
  ownerPrincipalType: string | null;
  /** Versions 3+. */
  ownerPrincipalName: string | null;
  renewers: CreateDelegationTokenRequestCreatableRenewers[];
  maxLifetimeMs: number;
}

export interface CreateDelegationTokenRequestCreatableRenewers {
  principalType: string;
  principalName: string;
}

export interface CreateDelegationTokenResponse {
  errorCode: number;
  principalType: string;
  principalName: string;
  /** Versions 3+. */
  tokenRequesterPrincipalType: string;
  /** Versions 3+. */
  tokenRequesterPrincipalName: string;
  issueTimestampMs: number;
  expiryTimestampMs: number;
  maxTimestampMs: number;
  tokenId: string;
  hmac: Uint8Array;
  throttleTimeMs: number;
}

export interface RenewDelegationTokenRequest {
  hmac: Uint8Array;
  renewPeriodMs: number;
}

export interface RenewDelegationTokenResponse {
  errorCode: number;
  expiryTimestampMs: number;
  throttleTimeMs: number;
}

export interface ExpireDelegationTokenRequest {
  hmac: Uint8Array;
  expiryTimePeriodMs: number;
}

export interface ExpireDelegationTokenResponse {
  errorCode: number;
  expiryTimestampMs: number;
  throttleTimeMs: number;
}

export interface DescribeDelegationTokenRequest {
  owners: DescribeDelegationTokenRequestDescribeDelegationTokenOwner[] | null;
}

export interface DescribeDelegationTokenRequestDescribeDelegationTokenOwner {
  principalType: string;
  principalName: string;
}

export interface DescribeDelegationTokenResponse {
  errorCode: number;
  tokens: DescribeDelegationTokenResponseDescribedDelegationToken[];
  throttleTimeMs: number;
}

export interface DescribeDelegationTokenResponseDescribedDelegationToken {
  principalType: string;
  principalName: string;
  /** Versions 3+. */
  tokenRequesterPrincipalType: string;
  /** Versions 3+. */
  tokenRequesterPrincipalName: string;
  issueTimestamp: number;
  expiryTimestamp: number;
  maxTimestamp: number;
  tokenId: string;
  hmac: Uint8Array;
  renewers: DescribeDelegationTokenResponseDescribedDelegationTokenRenewer[];
}

export interface DescribeDelegationTokenResponseDescribedDelegationTokenRenewer {
  principalType: string;
  principalName: string;
}

export interface DeleteGroupsRequest {
  groupsNames: string[];
}

export interface DeleteGroupsResponse {
  throttleTimeMs: number;
  results: DeleteGroupsResponseDeletableGroupResult[];
}

export interface DeleteGroupsResponseDeletableGroupResult {
  groupId: string;
  errorCode: number;
}

export interface ElectLeadersRequest {
  /** Versions 1+. */
  electionType: number;
  topicPartitions: ElectLeadersRequestTopicPartitions[] | null;
  timeoutMs: number;
}

export interface ElectLeadersRequestTopicPartitions {
  topic: string;
  partitions: number[];
}

export interface ElectLeadersResponse {
  throttleTimeMs: number;
  /** Versions 1+. */
  errorCode: number;
  replicaElectionResults: ElectLeadersResponseReplicaElectionResult[];
}

export interface ElectLeadersResponseReplicaElectionResult {
  topic: string;
  partitionResult: ElectLeadersResponsePartitionResult[];
}

export interface ElectLeadersResponsePartitionResult {
  partitionId: number;
  errorCode: number;
  errorMessage: string | null;
}

export interface IncrementalAlterConfigsRequest {
  resources: IncrementalAlterConfigsRequestAlterConfigsResource[];
  validateOnly: boolean;
}

export interface IncrementalAlterConfigsRequestAlterConfigsResource {
  resourceType: number;
  resourceName: string;
  configs: IncrementalAlterConfigsRequestAlterableConfig[];
}

export interface IncrementalAlterConfigsRequestAlterableConfig {
  name: string;
  configOperation: number;
  value: string | null;
}

export interface IncrementalAlterConfigsResponse {
  throttleTimeMs: number;
  responses: IncrementalAlterConfigsResponseAlterConfigsResourceResponse[];
}

export interface IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

export interface AlterPartitionReassignmentsRequest {
  timeoutMs: number;
  topics: AlterPartitionReassignmentsRequestReassignableTopic[];
}

export interface AlterPartitionReassignmentsRequestReassignableTopic {
  name: string;
  partitions: AlterPartitionReassignmentsRequestReassignablePartition[];
}

export interface AlterPartitionReassignmentsRequestReassignablePartition {
  partitionIndex: number;
  replicas: number[] | null;
}

export interface AlterPartitionReassignmentsResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  responses: AlterPartitionReassignmentsResponseReassignableTopicResponse[];
}

export interface AlterPartitionReassignmentsResponseReassignableTopicResponse {
  name: string;
  partitions: AlterPartitionReassignmentsResponseReassignablePartitionResponse[];
}

export interface AlterPartitionReassignmentsResponseReassignablePartitionResponse {
  partitionIndex: number;
  errorCode: number;
  errorMessage: string | null;
}

export interface ListPartitionReassignmentsRequest {
  timeoutMs: number;
  topics: ListPartitionReassignmentsRequestListPartitionReassignmentsTopics[] | null;
}

export interface ListPartitionReassignmentsRequestListPartitionReassignmentsTopics {
  name: string;
  partitionIndexes: number[];
}

export interface ListPartitionReassignmentsResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  topics: ListPartitionReassignmentsResponseOngoingTopicReassignment[];
}

export interface ListPartitionReassignmentsResponseOngoingTopicReassignment {
  name: string;
  partitions: ListPartitionReassignmentsResponseOngoingPartitionReassignment[];
}

export interface ListPartitionReassignmentsResponseOngoingPartitionReassignment {
  partitionIndex: number;
  replicas: number[];
  addingReplicas: number[];
  removingReplicas: number[];
}

export interface OffsetDeleteRequest {
  groupId: string;
  topics: OffsetDeleteRequestOffsetDeleteRequestTopic[];
}

export interface OffsetDeleteRequestOffsetDeleteRequestTopic {
  name: string;
  partitions: OffsetDeleteRequestOffsetDeleteRequestPartition[];
}

export interface OffsetDeleteRequestOffsetDeleteRequestPartition {
  partitionIndex: number;
}

export interface OffsetDeleteResponse {
  errorCode: number;
  throttleTimeMs: number;
  topics: OffsetDeleteResponseOffsetDeleteResponseTopic[];
}

export interface OffsetDeleteResponseOffsetDeleteResponseTopic {
  name: string;
  partitions: OffsetDeleteResponseOffsetDeleteResponsePartition[];
}

export interface OffsetDeleteResponseOffsetDeleteResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

export interface DescribeClientQuotasRequest {
  components: DescribeClientQuotasRequestComponentData[];
  strict: boolean;
}

export interface DescribeClientQuotasRequestComponentData {
  entityType: string;
  matchType: number;
  match: string | null;
}

export interface DescribeClientQuotasResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  entries: DescribeClientQuotasResponseEntryData[] | null;
}

export interface DescribeClientQuotasResponseEntryData {
  entity: DescribeClientQuotasResponseEntityData[];
  values: DescribeClientQuotasResponseValueData[];
}

export interface DescribeClientQuotasResponseEntityData {
  entityType: string;
  entityName: string | null;
}

export interface DescribeClientQuotasResponseValueData {
  key: string;
  value: number;
}

export interface AlterClientQuotasRequest {
  entries: AlterClientQuotasRequestEntryData[];
  validateOnly: boolean;
}

export interface AlterClientQuotasRequestEntryData {
  entity: AlterClientQuotasRequestEntityData[];
  ops: AlterClientQuotasRequestOpData[];
}

export interface AlterClientQuotasRequestEntityData {
  entityType: string;
  entityName: string | null;
}

export interface AlterClientQuotasRequestOpData {
  key: string;
  value: number;
  remove: boolean;
}

export interface AlterClientQuotasResponse {
  throttleTimeMs: number;
  entries: AlterClientQuotasResponseEntryData[];
}

export interface AlterClientQuotasResponseEntryData {
  errorCode: number;
  errorMessage: string | null;
  entity: AlterClientQuotasResponseEntityData[];
}

export interface AlterClientQuotasResponseEntityData {
  entityType: string;
  entityName: string | null;
}

export interface DescribeUserScramCredentialsRequest {
  users: DescribeUserScramCredentialsRequestUserName[] | null;
}

export interface DescribeUserScramCredentialsRequestUserName {
  name: string;
}

export interface DescribeUserScramCredentialsResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  results: DescribeUserScramCredentialsResponseDescribeUserScramCredentialsResult[];
}

export interface DescribeUserScramCredentialsResponseDescribeUserScramCredentialsResult {
  user: string;
  errorCode: number;
  errorMessage: string | null;
  credentialInfos: DescribeUserScramCredentialsResponseCredentialInfo[];
}

export interface DescribeUserScramCredentialsResponseCredentialInfo {
  mechanism: number;
  iterations: number;
}

export interface AlterUserScramCredentialsRequest {
  deletions: AlterUserScramCredentialsRequestScramCredentialDeletion[];
  upsertions: AlterUserScramCredentialsRequestScramCredentialUpsertion[];
}

export interface AlterUserScramCredentialsRequestScramCredentialDeletion {
  name: string;
  mechanism: number;
}

export interface AlterUserScramCredentialsRequestScramCredentialUpsertion {
  name: string;
  mechanism: number;
  iterations: number;
  salt: Uint8Array;
  saltedPassword: Uint8Array;
}

export interface AlterUserScramCredentialsResponse {
  throttleTimeMs: number;
  results: AlterUserScramCredentialsResponseAlterUserScramCredentialsResult[];
}

export interface AlterUserScramCredentialsResponseAlterUserScramCredentialsResult {
  user: string;
  errorCode: number;
  errorMessage: string | null;
}

export interface DescribeQuorumRequest {
  topics: DescribeQuorumRequestTopicData[];
}

export interface DescribeQuorumRequestTopicData {
  topicName: string;
  partitions: DescribeQuorumRequestPartitionData[];
}

export interface DescribeQuorumRequestPartitionData {
  partitionIndex: number;
}

export interface DescribeQuorumResponse {
  errorCode: number;
  /** Versions 2+. */
  errorMessage: string | null;
  topics: DescribeQuorumResponseTopicData[];
  /** Versions 2+. */
  nodes: DescribeQuorumResponseNode[];
}

export interface DescribeQuorumResponseTopicData {
  topicName: string;
  partitions: DescribeQuorumResponsePartitionData[];
}

export interface DescribeQuorumResponsePartitionData {
  partitionIndex: number;
  errorCode: number;
  /** Versions 2+. */
  errorMessage: string | null;
  leaderId: number;
  leaderEpoch: number;
  highWatermark: number;
  currentVoters: DescribeQuorumResponseReplicaState[];
  observers: DescribeQuorumResponseReplicaState[];
}

export interface DescribeQuorumResponseReplicaState {
  replicaId: number;
  /** Versions 2+. */
  replicaDirectoryId: Uuid;
  logEndOffset: number;
  /** Versions 1+. Default -1. */
  lastFetchTimestamp: number;
  /** Versions 1+. Default -1. */
  lastCaughtUpTimestamp: number;
}

export interface DescribeQuorumResponseNode {
  /** Versions 2+. */
  nodeId: number;
  /** Versions 2+. */
  listeners: DescribeQuorumResponseListener[];
}

export interface DescribeQuorumResponseListener {
  /** Versions 2+. */
  name: string;
  /** Versions 2+. */
  host: string;
  /** Versions 2+. */
  port: number;
}

export interface UpdateFeaturesRequest {
  timeoutMs: number;
  featureUpdates: UpdateFeaturesRequestFeatureUpdateKey[];
  /** Versions 1+. */
  validateOnly: boolean;
}

export interface UpdateFeaturesRequestFeatureUpdateKey {
  feature: string;
  maxVersionLevel: number;
  /** Versions 0. */
  allowDowngrade: boolean;
  /** Versions 1+. Default 1. */
  upgradeType: number;
}

export interface UpdateFeaturesResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  /** Versions 0-1. */
  results: UpdateFeaturesResponseUpdatableFeatureResult[];
}

export interface UpdateFeaturesResponseUpdatableFeatureResult {
  feature: string;
  errorCode: number;
  errorMessage: string | null;
}

export interface DescribeClusterRequest {
  includeClusterAuthorizedOperations: boolean;
  /** Versions 1+. Default 1. */
  endpointType: number;
}

export interface DescribeClusterResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  /** Versions 1+. Default 1. */
  endpointType: number;
  clusterId: string;
  controllerId: number;
  brokers: DescribeClusterResponseDescribeClusterBroker[];
  clusterAuthorizedOperations: number;
}

export interface DescribeClusterResponseDescribeClusterBroker {
  brokerId: number;
  host: string;
  port: number;
  rack: string | null;
}

export interface DescribeProducersRequest {
  topics: DescribeProducersRequestTopicRequest[];
}

export interface DescribeProducersRequestTopicRequest {
  name: string;
  partitionIndexes: number[];
}

export interface DescribeProducersResponse {
  throttleTimeMs: number;
  topics: DescribeProducersResponseTopicResponse[];
}

export interface DescribeProducersResponseTopicResponse {
  name: string;
  partitions: DescribeProducersResponsePartitionResponse[];
}

export interface DescribeProducersResponsePartitionResponse {
  partitionIndex: number;
  errorCode: number;
  errorMessage: string | null;
  activeProducers: DescribeProducersResponseProducerState[];
}

export interface DescribeProducersResponseProducerState {
  producerId: number;
  producerEpoch: number;
  lastSequence: number;
  lastTimestamp: number;
  coordinatorEpoch: number;
  currentTxnStartOffset: number;
}

export interface UnregisterBrokerRequest {
  brokerId: number;
}

export interface UnregisterBrokerResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
}

export interface DescribeTransactionsRequest {
  transactionalIds: string[];
}

export interface DescribeTransactionsResponse {
  throttleTimeMs: number;
  transactionStates: DescribeTransactionsResponseTransactionState[];
}

export interface DescribeTransactionsResponseTransactionState {
  errorCode: number;
  transactionalId: string;
  transactionState: string;
  transactionTimeoutMs: number;
  transactionStartTimeMs: number;
  producerId: number;
  producerEpoch: number;
  topics: DescribeTransactionsResponseTopicData[];
}

export interface DescribeTransactionsResponseTopicData {
  topic: string;
  partitions: number[];
}

export interface ListTransactionsRequest {
  stateFilters: string[];
  producerIdFilters: number[];
  /** Versions 1+. Default -1. */
  durationFilter: number;
}

export interface ListTransactionsResponse {
  throttleTimeMs: number;
  errorCode: number;
  unknownStateFilters: string[];
  transactionStates: ListTransactionsResponseTransactionState[];
}

export interface ListTransactionsResponseTransactionState {
  transactionalId: string;
  producerId: number;
  transactionState: string;
}

export interface ConsumerGroupHeartbeatRequest {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  instanceId: string | null;
  rackId: string | null;
  rebalanceTimeoutMs: number;
  subscribedTopicNames: string[] | null;
  /** Versions 1+. Default null. */
  subscribedTopicRegex: string | null;
  serverAssignor: string | null;
  topicPartitions: ConsumerGroupHeartbeatRequestTopicPartitions[] | null;
}

export interface ConsumerGroupHeartbeatRequestTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

export interface ConsumerGroupHeartbeatResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  memberId: string | null;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  assignment: ConsumerGroupHeartbeatResponseAssignment | null;
}

export interface ConsumerGroupHeartbeatResponseAssignment {
  topicPartitions: ConsumerGroupHeartbeatResponseTopicPartitions[];
}

export interface ConsumerGroupHeartbeatResponseTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

export interface ConsumerGroupDescribeRequest {
  groupIds: string[];
  includeAuthorizedOperations: boolean;
}

export interface ConsumerGroupDescribeResponse {
  throttleTimeMs: number;
  groups: ConsumerGroupDescribeResponseDescribedGroup[];
}

export interface ConsumerGroupDescribeResponseDescribedGroup {
  errorCode: number;
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  groupEpoch: number;
  assignmentEpoch: number;
  assignorName: string;
  members: ConsumerGroupDescribeResponseMember[];
  authorizedOperations: number;
}

export interface ConsumerGroupDescribeResponseMember {
  memberId: string;
  instanceId: string | null;
  rackId: string | null;
  memberEpoch: number;
  clientId: string;
  clientHost: string;
  subscribedTopicNames: string[];
  subscribedTopicRegex: string | null;
  assignment: ConsumerGroupDescribeResponseAssignment;
  targetAssignment: ConsumerGroupDescribeResponseAssignment;
  /** Versions 1+. Default -1. */
  memberType: number;
}

export interface ConsumerGroupDescribeResponseAssignment {
  topicPartitions: ConsumerGroupDescribeResponseTopicPartitions[];
}

export interface ConsumerGroupDescribeResponseTopicPartitions {
  topicId: Uuid;
  topicName: string;
  partitions: number[];
}

export interface ListClientMetricsResourcesRequest {
}

export interface ListClientMetricsResourcesResponse {
  throttleTimeMs: number;
  errorCode: number;
  clientMetricsResources: ListClientMetricsResourcesResponseClientMetricsResource[];
}

export interface ListClientMetricsResourcesResponseClientMetricsResource {
  name: string;
}

export interface AssignReplicasToDirsRequest {
  brokerId: number;
  brokerEpoch: number;
  directories: AssignReplicasToDirsRequestDirectoryData[];
}

export interface AssignReplicasToDirsRequestDirectoryData {
  id: Uuid;
  topics: AssignReplicasToDirsRequestTopicData[];
}

export interface AssignReplicasToDirsRequestTopicData {
  topicId: Uuid;
  partitions: AssignReplicasToDirsRequestPartitionData[];
}

export interface AssignReplicasToDirsRequestPartitionData {
  partitionIndex: number;
}

export interface AssignReplicasToDirsResponse {
  throttleTimeMs: number;
  errorCode: number;
  directories: AssignReplicasToDirsResponseDirectoryData[];
}

export interface AssignReplicasToDirsResponseDirectoryData {
  id: Uuid;
  topics: AssignReplicasToDirsResponseTopicData[];
}

export interface AssignReplicasToDirsResponseTopicData {
  topicId: Uuid;
  partitions: AssignReplicasToDirsResponsePartitionData[];
}

export interface AssignReplicasToDirsResponsePartitionData {
  partitionIndex: number;
  errorCode: number;
}

export interface DescribeTopicPartitionsRequest {
  topics: DescribeTopicPartitionsRequestTopicRequest[];
  responsePartitionLimit: number;
  cursor: DescribeTopicPartitionsRequestCursor | null;
}

export interface DescribeTopicPartitionsRequestTopicRequest {
  name: string;
}

export interface DescribeTopicPartitionsRequestCursor {
  topicName: string;
  partitionIndex: number;
}

export interface DescribeTopicPartitionsResponse {
  throttleTimeMs: number;
  topics: DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic[];
  nextCursor: DescribeTopicPartitionsResponseCursor | null;
}

export interface DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic {
  errorCode: number;
  name: string | null;
  topicId: Uuid;
  isInternal: boolean;
  partitions: DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition[];
  topicAuthorizedOperations: number;
}

export interface DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition {
  errorCode: number;
  partitionIndex: number;
  leaderId: number;
  leaderEpoch: number;
  replicaNodes: number[];
  isrNodes: number[];
  eligibleLeaderReplicas: number[] | null;
  lastKnownElr: number[] | null;
  offlineReplicas: number[];
}

export interface DescribeTopicPartitionsResponseCursor {
  topicName: string;
  partitionIndex: number;
}

export interface AddRaftVoterRequest {
  clusterId: string | null;
  timeoutMs: number;
  voterId: number;
  voterDirectoryId: Uuid;
  listeners: AddRaftVoterRequestListener[];
}

export interface AddRaftVoterRequestListener {
  name: string;
  host: string;
  port: number;
}

export interface AddRaftVoterResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
}

export interface RemoveRaftVoterRequest {
  clusterId: string | null;
  voterId: number;
  voterDirectoryId: Uuid;
}

export interface RemoveRaftVoterResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
}

export interface RequestHeader {
  requestApiKey: number;
  requestApiVersion: number;
  correlationId: number;
  /** Versions 1+. */
  clientId: string | null;
}

export interface ResponseHeader {
  correlationId: number;
}

export interface OffsetCommitKey {
  group: string;
  topic: string;
  partition: number;
}

export interface OffsetCommitValue {
  offset: number;
  /** Versions 3+. Default -1. */
  leaderEpoch: number;
  metadata: string;
  commitTimestamp: number;
  /** Versions 1. Default -1. */
  expireTimestamp: number;
}

export interface GroupMetadataKey {
  group: string;
}

export interface GroupMetadataValue {
  protocolType: string;
  generation: number;
  protocol: string | null;
  leader: string | null;
  /** Versions 2+. Default -1. */
  currentStateTimestamp: number;
  members: GroupMetadataValueMemberMetadata[];
}

export interface GroupMetadataValueMemberMetadata {
  memberId: string;
  /** Versions 3+. Default null. */
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  /** Versions 1+. Default -1. */
  rebalanceTimeout: number;
  sessionTimeout: number;
  subscription: Uint8Array;
  assignment: Uint8Array;
}

export interface ConsumerGroupCurrentMemberAssignmentKey {
  groupId: string;
  memberId: string;
}

export interface ConsumerGroupCurrentMemberAssignmentValue {
  memberEpoch: number;
  previousMemberEpoch: number;
  state: number;
  assignedPartitions: ConsumerGroupCurrentMemberAssignmentValueTopicPartitions[];
  partitionsPendingRevocation: ConsumerGroupCurrentMemberAssignmentValueTopicPartitions[];
}

export interface ConsumerGroupCurrentMemberAssignmentValueTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

export interface ConsumerGroupMemberMetadataKey {
  groupId: string;
  memberId: string;
}

export interface ConsumerGroupMemberMetadataValue {
  instanceId: string | null;
  rackId: string | null;
  clientId: string;
  clientHost: string;
  subscribedTopicNames: string[];
  subscribedTopicRegex: string | null;
  rebalanceTimeoutMs: number;
  serverAssignor: string | null;
  classicMemberMetadata: ConsumerGroupMemberMetadataValueClassicMemberMetadata | null;
}

export interface ConsumerGroupMemberMetadataValueClassicMemberMetadata {
  sessionTimeoutMs: number;
  supportedProtocols: ConsumerGroupMemberMetadataValueClassicProtocol[];
}

export interface ConsumerGroupMemberMetadataValueClassicProtocol {
  name: string;
  metadata: Uint8Array;
}

export interface ConsumerGroupMetadataKey {
  groupId: string;
}

export interface ConsumerGroupMetadataValue {
  epoch: number;
}

export interface ConsumerGroupPartitionMetadataKey {
  groupId: string;
}

export interface ConsumerGroupPartitionMetadataValue {
  topics: ConsumerGroupPartitionMetadataValueTopicMetadata[];
}

export interface ConsumerGroupPartitionMetadataValueTopicMetadata {
  topicId: Uuid;
  topicName: string;
  numPartitions: number;
  partitionMetadata: ConsumerGroupPartitionMetadataValuePartitionMetadata[];
}

export interface ConsumerGroupPartitionMetadataValuePartitionMetadata {
  partition: number;
  racks: string[];
}

export interface ConsumerGroupRegularExpressionKey {
  groupId: string;
  regularExpression: string;
}

export interface ConsumerGroupRegularExpressionValue {
  topics: string[];
  version: number;
  timestamp: number;
}

export interface ConsumerGroupTargetAssignmentMemberKey {
  groupId: string;
  memberId: string;
}

export interface ConsumerGroupTargetAssignmentMemberValue {
  topicPartitions: ConsumerGroupTargetAssignmentMemberValueTopicPartition[];
}

export interface ConsumerGroupTargetAssignmentMemberValueTopicPartition {
  topicId: Uuid;
  partitions: number[];
}

export interface ConsumerGroupTargetAssignmentMetadataKey {
  groupId: string;
}

export interface ConsumerGroupTargetAssignmentMetadataValue {
  assignmentEpoch: number;
}

export interface ConsumerProtocolAssignment {
  assignedPartitions: ConsumerProtocolAssignmentTopicPartition[];
  userData: Uint8Array | null;
}

export interface ConsumerProtocolAssignmentTopicPartition {
  topic: string;
  partitions: number[];
}

export interface ConsumerProtocolSubscription {
  topics: string[];
  userData: Uint8Array | null;
  /** Versions 1+. */
  ownedPartitions: ConsumerProtocolSubscriptionTopicPartition[];
  /** Versions 2+. Default -1. */
  generationId: number;
  /** Versions 3+. Default null. */
  rackId: string | null;
}

export interface ConsumerProtocolSubscriptionTopicPartition {
  /** Versions 1+. */
  topic: string;
  /** Versions 1+. */
  partitions: number[];
}

export interface DefaultPrincipalData {
  type: string;
  name: string;
  tokenAuthenticated: boolean;
}

export interface KRaftVersionRecord {
  version: number;
  kRaftVersion: number;
}

export interface LeaderChangeMessage {
  version: number;
  leaderId: number;
  voters: LeaderChangeMessageVoter[];
  grantingVoters: LeaderChangeMessageVoter[];
}

export interface LeaderChangeMessageVoter {
  voterId: number;
  /** Versions 1+. */
  voterDirectoryId: Uuid;
}

export interface SnapshotFooterRecord {
  version: number;
}

export interface SnapshotHeaderRecord {
  version: number;
  lastContainedLogTimestamp: number;
}

export interface VotersRecord {
  version: number;
  voters: VotersRecordVoter[];
}

export interface VotersRecordVoter {
  voterId: number;
  voterDirectoryId: Uuid;
  endpoints: VotersRecordEndpoint[];
  kRaftVersionFeature: VotersRecordKRaftVersionFeature;
}

export interface VotersRecordEndpoint {
  name: string;
  host: string;
  port: number;
}

export interface VotersRecordKRaftVersionFeature {
  minSupportedVersion: number;
  maxSupportedVersion: number;
}

export interface ShareGroupCurrentMemberAssignmentKey {
  groupId: string;
  memberId: string;
}

export interface ShareGroupCurrentMemberAssignmentValue {
  memberEpoch: number;
  previousMemberEpoch: number;
  state: number;
  assignedPartitions: ShareGroupCurrentMemberAssignmentValueTopicPartitions[];
}

export interface ShareGroupCurrentMemberAssignmentValueTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

export interface ShareGroupMemberMetadataKey {
  groupId: string;
  memberId: string;
}

export interface ShareGroupMemberMetadataValue {
  rackId: string | null;
  clientId: string;
  clientHost: string;
  subscribedTopicNames: string[];
}

export interface ShareGroupMetadataKey {
  groupId: string;
}

export interface ShareGroupMetadataValue {
  epoch: number;
}

export interface ShareGroupPartitionMetadataKey {
  groupId: string;
}

export interface ShareGroupPartitionMetadataValue {
  topics: ShareGroupPartitionMetadataValueTopicMetadata[];
}

export interface ShareGroupPartitionMetadataValueTopicMetadata {
  topicId: Uuid;
  topicName: string;
  numPartitions: number;
  partitionMetadata: ShareGroupPartitionMetadataValuePartitionMetadata[];
}

export interface ShareGroupPartitionMetadataValuePartitionMetadata {
  partition: number;
  racks: string[];
}

export interface ShareGroupStatePartitionMetadataKey {
  groupId: string;
}

export interface ShareGroupStatePartitionMetadataValue {
  initializedTopics: ShareGroupStatePartitionMetadataValueTopicPartitionsInfo[];
  deletingTopics: ShareGroupStatePartitionMetadataValueTopicInfo[];
}

export interface ShareGroupStatePartitionMetadataValueTopicPartitionsInfo {
  topicId: Uuid;
  topicName: string;
  partitions: number[];
}

export interface ShareGroupStatePartitionMetadataValueTopicInfo {
  topicId: Uuid;
  topicName: string;
}

export interface ShareGroupTargetAssignmentMemberKey {
  groupId: string;
  memberId: string;
}

export interface ShareGroupTargetAssignmentMemberValue {
  topicPartitions: ShareGroupTargetAssignmentMemberValueTopicPartition[];
}

export interface ShareGroupTargetAssignmentMemberValueTopicPartition {
  topicId: Uuid;
  partitions: number[];
}

export interface ShareGroupTargetAssignmentMetadataKey {
  groupId: string;
}

export interface ShareGroupTargetAssignmentMetadataValue {
  assignmentEpoch: number;
}

export interface TransactionLogKey {
  transactionalId: string;
}

export interface TransactionLogValue {
  producerId: number;
  /** Versions 1+. Default -1. */
  previousProducerId: number;
  /** Versions 1+. Default -1. */
  nextProducerId: number;
  producerEpoch: number;
  transactionTimeoutMs: number;
  transactionStatus: number;
  transactionPartitions: TransactionLogValuePartitionsSchema[] | null;
  transactionLastUpdateTimestampMs: number;
  transactionStartTimestampMs: number;
  /** Versions 1+. */
  clientTransactionVersion: number;
}

export interface TransactionLogValuePartitionsSchema {
  topic: string;
  partitionIds: number[];
}
