// core: what this release's brokers offer to clients: the versions ApiVersions answers with. Only what works
// is in here. docs/PROTOCOL.md is written from this table.
//
// Some ranges start lower than what is served: librdkafka up to 2.0.2 switches features on and off by
// whether a version lies inside the range, without ever sending it (Produce 0 stands for "knows gzip and
// snappy").
import { type ApiName, apis } from "./apis.ts";

export interface AdvertisedVersions {
  readonly min: number;
  readonly max: number;
  /**
   * Versions below this are in the range for old clients' feature checks only; requests in them are refused.
   */
  readonly serveFrom: number;
}

function versions(min: number, max: number, serveFrom = min): AdvertisedVersions {
  return { min, max, serveFrom };
}

export const advertised: Readonly<Partial<Record<ApiName, AdvertisedVersions>>> = {
  Produce: versions(0, 11, 3),
  Fetch: versions(4, 17),
  ListOffsets: versions(1, 9),
  Metadata: versions(0, 12),
  OffsetCommit: versions(2, 9),
  OffsetFetch: versions(1, 9),
  FindCoordinator: versions(0, 6),
  JoinGroup: versions(0, 9),
  Heartbeat: versions(0, 4),
  LeaveGroup: versions(0, 5),
  SyncGroup: versions(0, 5),
  DescribeGroups: versions(0, 5),
  ListGroups: versions(0, 5),
  ApiVersions: versions(0, 4),
  CreateTopics: versions(2, 7),
  DeleteTopics: versions(1, 6),
  DeleteRecords: versions(0, 2),
  InitProducerId: versions(0, 5),
  OffsetForLeaderEpoch: versions(2, 4),
  DescribeConfigs: versions(1, 4),
  AlterConfigs: versions(0, 2),
  DescribeLogDirs: versions(1, 4),
  CreatePartitions: versions(0, 3),
  DeleteGroups: versions(0, 2),
  ElectLeaders: versions(0, 2),
  IncrementalAlterConfigs: versions(0, 1),
  OffsetDelete: versions(0, 0),
  ConsumerGroupHeartbeat: versions(0, 1),
  ConsumerGroupDescribe: versions(0, 1),
  DescribeTopicPartitions: versions(0, 0),
  DescribeQuorum: versions(0, 2),
  AddRaftVoter: versions(0, 0),
  RemoveRaftVoter: versions(0, 0),
  DescribeCluster: versions(0, 1),
};

/** The rows of an ApiVersions response. */
export const advertisedApiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[] = (
  Object.keys(advertised) as ApiName[]
)
  .map((name) => ({
    apiKey: apis[name].key,
    minVersion: advertised[name]!.min,
    maxVersion: advertised[name]!.max,
  }))
  .sort((one, other) => one.apiKey - other.apiKey);

/** Says whether a request of this API and version is to be served. */
export function isServed(name: ApiName, version: number): boolean {
  const range = advertised[name];
  return range !== undefined && version >= range.serveFrom && version <= range.max;
}
