// adapter: the public entry: `import { Producer, Consumer, Admin } from "ottla"`. Binds the clients to the
// real clock, network and codecs. Importing it is quick and loads no broker.
import type { ClientEnv } from "../base/ports/env.ts";
import { realClientEnv } from "../base/real/env.ts";
import { AdminClient } from "./admin/admin.ts";
import type { AdminOptions } from "./admin/admin-options.ts";
import { ConsumerClient } from "./consumer/consumer.ts";
import type { ConsumerOptions } from "./consumer/consumer-options.ts";
import { ProducerClient } from "./producer/producer.ts";
import type { ProducerOptions } from "./producer/producer-options.ts";
import type { AnyTopic, RawTopic } from "./topics/topic.ts";

export { BrokerError, ErrorCode, type ErrorName } from "../proto/errors.ts";
export type { OffsetListing, OffsetPlace } from "./admin/admin.ts";
export type {
  ConfigChange,
  LeaderElection,
  LogDirDescription,
  PartitionGrowth,
} from "./admin/alter-calls.ts";
export type {
  ClusterDescription,
  ConfigDescription,
  ConfigEntry,
  ConfigSource,
  ConfigSubject,
  QuorumDescription,
  QuorumMember,
} from "./admin/cluster-calls.ts";
export type { GroupDescription, GroupMember } from "./admin/group-description.ts";
export type { GroupLag, PartitionLag } from "./admin/group-lag.ts";
export type { GroupFilter, GroupListing, GroupState, GroupType } from "./admin/group-listing.ts";
export type { GroupOffset, NewGroupOffset } from "./admin/group-offsets.ts";
export type { MemberName, MemberRemoval } from "./admin/group-removal.ts";
export type { RecordDeletion, RecordsDeleted } from "./admin/record-calls.ts";
export type {
  CreatedTopic,
  NewTopic,
  PartitionDescription,
  TopicDescription,
  TopicListing,
} from "./admin/topic-calls.ts";
export type { BrokerInfo } from "./cluster/metadata-cache.ts";
export type { CloseOptions, GroupMetadata, PositionLag, ReadOptions } from "./consumer/consumer.ts";
export type { Assignment, From, To } from "./consumer/consumer-options.ts";
export type { ConsumerBatch, ConsumerRecord, RecordOf } from "./consumer/consumer-record.ts";
export type { RecordRange } from "./consumer/range.ts";
export type { RangePlace, RangeQuery } from "./consumer/range-query.ts";
export {
  ClientError,
  type ClientErrorCode,
  HandlerError,
  LogTruncationError,
  OffsetOutOfRangeError,
  RecordFormatError,
  type ValidationIssue,
} from "./errors.ts";
export type {
  BatchTold,
  ClientEvent,
  FailedRecordTold,
  GroupEvent,
  OnClientEvent,
  RunEvent,
} from "./events.ts";
export type { Assignor, AssignorMember, AssignorPast, AssignorQuestion } from "./group/assignors/assignor.ts";
export type { AssignorName } from "./group/assignors/known-assignors.ts";
export type { CommittedOffset, OffsetCommit } from "./group/committed-offset.ts";
export type { OnPartitions } from "./group/group-options.ts";
export type { TopicPartition } from "./group/places.ts";
export type { BrokerPattern, SubscriptionInput } from "./group/subscription.ts";
export type { Partitioner, PartitionQuestion } from "./producer/producer-options.ts";
export type { Delivery, HeadersInput, OnDelivered, ProducerRecord } from "./producer/record.ts";
export {
  type DeadLetterOptions,
  deadLetter,
  type FailurePolicy,
  type FailureStage,
  type RetryOptions,
  type RetryTopicsOptions,
  retry,
  retryTopics,
  skip,
  stop,
} from "./run/failure-policy.ts";
export type { RecordOrigin } from "./run/retry-headers.ts";
export {
  type BatchContext,
  type EachBatch,
  type EachBatchOptions,
  type EachRecord,
  type EachRecordOptions,
  FailedRecordError,
  type HandedBatch,
  type RecordContext,
  type RunOptions,
} from "./run/run-options.ts";
export type { RunOrder } from "./run/work-order.ts";
export { bytes, type Codec, float64, int32, int64, nullable, type RawPart, string } from "./topics/codecs.ts";
export { json } from "./topics/json.ts";
export { type AnyTopic, type RawTopic, type Topic, topic } from "./topics/topic.ts";
export type { AdminOptions, ConsumerOptions, ProducerOptions };

let shared: ClientEnv | null = null;

/** One for all clients of a process: it holds no state of theirs. */
function env(): ClientEnv {
  shared ??= realClientEnv();
  return shared;
}

/** Writes records. `await using producer = new Producer({ bootstrap: "localhost:9092" })`. */
export class Producer extends ProducerClient {
  constructor(options: ProducerOptions) {
    super(env(), options);
  }
}

/** Reads records: of partitions that it names, or as a member of a group. */
export class Consumer<T extends AnyTopic = RawTopic> extends ConsumerClient<T> {
  constructor(options: ConsumerOptions<T>) {
    super(env(), options);
  }
}

/** Administers a cluster. */
export class Admin extends AdminClient {
  constructor(options: AdminOptions) {
    super(env(), options);
  }
}
