// shell: changing settings, growing topics, electing leaders, looking into log directories.
import { type BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { type ConfigSubject, resourceOf } from "./cluster-calls.ts";

/** At least one of the four. */
export interface ConfigChange {
  readonly subject: ConfigSubject;
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** Back to what counts without them. */
  readonly delete?: readonly string[];
  /** Values of lists. */
  readonly append?: Readonly<Record<string, string>>;
  readonly subtract?: Readonly<Record<string, string>>;
}

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface PartitionGrowth {
  readonly topic: string;
  /** In all. */
  readonly partitions: number;
  /** The brokers of each partition that is added, the preferred leader first. */
  readonly replicaAssignments?: readonly (readonly number[])[];
}

export interface LeaderElection {
  readonly topic: string;
  readonly partition: number;
  /** Null: elected. ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE, ... */
  readonly error: BrokerError | null;
}

export interface LogDirDescription {
  readonly brokerId: number;
  readonly path: string;
  /** Null: it works. */
  readonly error: BrokerError | null;
  /** -1: not known. */
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly replicas: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly sizeBytes: number;
    readonly offsetLag: number;
  }[];
}

function editsOf(change: ConfigChange): { name: string; configOperation: number; value: string | null }[] {
  const rows = (operation: "set" | "append" | "subtract") =>
    Object.entries(change[operation] ?? {}).map(([name, value]) => ({
      ...{ name, configOperation: operations[operation] },
      value: String(value),
    }));
  const deleted = (change.delete ?? []).map((name) => ({
    ...{ name, configOperation: operations.delete },
    value: null,
  }));
  return [...rows("set"), ...deleted, ...rows("append"), ...rows("subtract")];
}

export async function alterConfigs(
  calls: AdminCalls,
  changes: readonly ConfigChange[],
  options: { readonly validateOnly?: boolean },
): Promise<void> {
  const subjects = changes.map(({ subject }) => resourceOf(subject));
  const resources = changes.map((change, at) => ({
    resourceType: subjects[at]!.type,
    resourceName: subjects[at]!.name,
    configs: editsOf(change),
  }));
  const body = { resources, validateOnly: options.validateOnly ?? false };
  await calls.retrying("alter settings", async () => {
    const answer = await calls.toController(apis.IncrementalAlterConfigs, body);
    for (const row of answer.responses) {
      if (row.errorCode === ErrorCode.NONE) continue;
      const subject = subjects.find(
        ({ type, name }) => type === row.resourceType && name === row.resourceName,
      );
      const what = `alter the settings of ${subject?.shown ?? row.resourceName}`;
      throw brokerError(what, row.errorCode, row.errorMessage);
    }
  });
}

export async function createPartitions(
  calls: AdminCalls,
  growths: readonly PartitionGrowth[],
  options: { readonly validateOnly?: boolean },
): Promise<void> {
  const { apiTimeoutMs, requestTimeoutMs } = calls.settings;
  const body = {
    topics: growths.map(({ topic, partitions, replicaAssignments }) => ({
      name: topic,
      count: partitions,
      assignments: replicaAssignments?.map((brokerIds) => ({ brokerIds })) ?? null,
    })),
    timeoutMs: Math.min(apiTimeoutMs, requestTimeoutMs),
    validateOnly: options.validateOnly ?? false,
  };
  await calls.retrying("create partitions", async () => {
    const answer = await calls.toController(apis.CreatePartitions, body);
    for (const { name, errorCode, errorMessage } of answer.results) {
      if (errorCode === ErrorCode.NONE) continue;
      throw brokerError(`create partitions of topic ${name}`, errorCode, errorMessage);
    }
  });
}

export async function electLeaders(
  calls: AdminCalls,
  query: {
    readonly election: "preferred" | "unclean";
    readonly partitions?: readonly { readonly topic: string; readonly partition: number }[];
  },
): Promise<LeaderElection[]> {
  const byTopic = query.partitions && Map.groupBy(query.partitions, ({ topic }) => topic);
  const topicPartitions =
    byTopic === undefined
      ? null
      : [...byTopic].map(([topic, rows]) => ({ topic, partitions: rows.map(({ partition }) => partition) }));
  const { apiTimeoutMs, requestTimeoutMs } = calls.settings;
  const body = {
    electionType: query.election === "preferred" ? 0 : 1,
    topicPartitions,
    timeoutMs: Math.min(apiTimeoutMs, requestTimeoutMs),
  };
  const versions = { min: query.election === "preferred" ? 0 : 1 };
  return await calls.retrying("elect leaders", async () => {
    const answer = await calls.toController(apis.ElectLeaders, body, { versions });
    if (answer.errorCode !== ErrorCode.NONE) throw brokerError("elect leaders", answer.errorCode);
    return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => {
        const what = `elect a leader of ${topic}-${partition}`;
        const error = errorCode === ErrorCode.NONE ? null : brokerError(what, errorCode, errorMessage);
        return { topic, partition, error };
      }),
    );
  });
}

export async function describeLogDirs(
  calls: AdminCalls,
  brokers: readonly number[] | undefined,
): Promise<LogDirDescription[]> {
  if (brokers === undefined || calls.cluster.cache.brokers.length === 0) await calls.cluster.refreshed();
  const ids = brokers ?? calls.cluster.cache.brokers.map(({ id }) => id);
  if (ids.length === 0)
    throw new ClientError("CLUSTER_UNREACHABLE", "describe log directories: no broker is known");
  const found = await Promise.all(ids.map((id) => describeLogDirsOf(calls, id)));
  return found.flat();
}

async function describeLogDirsOf(calls: AdminCalls, brokerId: number): Promise<LogDirDescription[]> {
  const what = `describe the log directories of broker ${brokerId}`;
  return await calls.retrying(what, async () => {
    const answer = await calls.cluster.toBroker(brokerId, "control", apis.DescribeLogDirs, { topics: null });
    if (answer.errorCode !== ErrorCode.NONE) throw brokerError(what, answer.errorCode);
    return answer.results.map(({ logDir: path, errorCode, totalBytes, usableBytes, topics }) => ({
      ...{ brokerId, path, totalBytes, usableBytes },
      error: errorCode === ErrorCode.NONE ? null : brokerError(path, errorCode),
      replicas: topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag }) => ({
          ...{ topic, partition, sizeBytes, offsetLag },
        })),
      ),
    }));
  });
}
