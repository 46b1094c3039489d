// shell: describing the cluster, its quorum and its settings.
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { DescribeConfigsResponseDescribeConfigsResult } from "../../proto/kafka/generated/messages.ts";
import type { BrokerInfo } from "../cluster/metadata-cache.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";

export interface ClusterDescription {
  readonly clusterId: string;
  /** Brokers that are up. */
  readonly brokers: readonly BrokerInfo[];
  /** Whom clients take for the controller: with KRaft any broker, which passes on what is not its own. */
  readonly controllerId: number;
}

export interface QuorumMember {
  readonly id: number;
  /** Of the folder with its metadata log; all zeros: not known yet. */
  readonly directoryId: string;
  readonly logEndOffset: number;
  /** When it last fetched, and last had everything; milliseconds since 1970, -1: not known. */
  readonly lastFetchMs: number;
  readonly lastCaughtUpMs: number;
}

export interface QuorumDescription {
  readonly leaderId: number;
  /** The leader's term. */
  readonly leaderEpoch: number;
  /** The metadata log is committed up to here, exclusive. */
  readonly highWatermark: number;
  readonly voters: readonly QuorumMember[];
  readonly observers: readonly QuorumMember[];
}

export type ConfigSubject =
  | { readonly type: "topic"; readonly name: string }
  | { readonly type: "broker"; readonly id: number }
  /** What all brokers have that do not override it; of this only what was set is described. */
  | { readonly type: "allBrokers" };

export type ConfigSource =
  | "unknown"
  | "topic"
  | "dynamicBroker"
  | "dynamicDefault"
  | "static"
  | "default"
  | "logger";

export interface ConfigEntry {
  readonly name: string;
  /** Null when it is secret or not set. */
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly documentation: string | null;
}

export interface ConfigDescription {
  readonly subject: ConfigSubject;
  readonly configs: readonly ConfigEntry[];
}

const sources: readonly ConfigSource[] = [
  "unknown",
  "topic",
  "dynamicBroker",
  "dynamicDefault",
  "static",
  "default",
  "logger",
];
const resourceTypes = { topic: 2, broker: 4, allBrokers: 4 } as const;
const quorumTopic = "__cluster_metadata";

/** A subject as the protocol names it, and for people. */
export function resourceOf(subject: ConfigSubject): { type: number; name: string; shown: string } {
  const type = resourceTypes[subject.type];
  if (subject.type === "allBrokers") return { type, name: "", shown: "all brokers" };
  const name = subject.type === "topic" ? subject.name : String(subject.id);
  return { type, name, shown: `${subject.type} ${name}` };
}

export async function describeCluster(calls: AdminCalls): Promise<ClusterDescription> {
  return await calls.retrying("describe the cluster", async () => {
    try {
      const answer = await calls.cluster.toAny(apis.DescribeCluster, {});
      if (answer.errorCode !== ErrorCode.NONE) {
        throw brokerError("describe the cluster", answer.errorCode, answer.errorMessage);
      }
      const brokers = answer.brokers.map(({ brokerId: id, host, port, rack }) => ({ id, host, port, rack }));
      return { clusterId: answer.clusterId, brokers: sorted(brokers), controllerId: answer.controllerId };
    } catch (error) {
      if (!(error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER")) throw error;
      const answer = await calls.cluster.toAny(apis.Metadata, { topics: [] });
      const brokers = answer.brokers.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack }));
      const { clusterId, controllerId } = answer;
      return { clusterId: clusterId ?? "", brokers: sorted(brokers), controllerId };
    }
  });
}

function sorted(brokers: readonly BrokerInfo[]): BrokerInfo[] {
  return [...brokers].sort((one, other) => one.id - other.id);
}

export async function describeQuorum(calls: AdminCalls): Promise<QuorumDescription> {
  const topics = [{ topicName: quorumTopic, partitions: [{ partitionIndex: 0 }] }];
  return await calls.retrying("describe the quorum", async () => {
    const answer = await calls.cluster.toAny(apis.DescribeQuorum, { topics });
    const partition = answer.topics[0]?.partitions[0];
    const code = answer.errorCode !== ErrorCode.NONE ? answer.errorCode : (partition?.errorCode ?? -1);
    if (partition === undefined || code !== ErrorCode.NONE) {
      const message = answer.errorMessage ?? partition?.errorMessage ?? null;
      throw brokerError("describe the quorum", code, message);
    }
    const member = (row: (typeof partition.currentVoters)[number]): QuorumMember => ({
      id: row.replicaId,
      directoryId: row.replicaDirectoryId,
      logEndOffset: row.logEndOffset,
      lastFetchMs: row.lastFetchTimestamp,
      lastCaughtUpMs: row.lastCaughtUpTimestamp,
    });
    return {
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      highWatermark: partition.highWatermark,
      voters: partition.currentVoters.map(member),
      observers: partition.observers.map(member),
    };
  });
}

export async function describeConfigs(
  calls: AdminCalls,
  subjects: readonly ConfigSubject[],
  options: { readonly documentation?: boolean },
): Promise<ConfigDescription[]> {
  return await Promise.all(subjects.map((subject) => describeConfigsOf(calls, subject, options)));
}

async function describeConfigsOf(
  calls: AdminCalls,
  subject: ConfigSubject,
  options: { readonly documentation?: boolean },
): Promise<ConfigDescription> {
  const { type: resourceType, name: resourceName, shown } = resourceOf(subject);
  const what = `describe the settings of ${shown}`;
  const resource = { resourceType, resourceName, configurationKeys: null };
  const body = (version: number) => ({
    resources: [resource],
    includeSynonyms: false,
    ...(version >= 3 ? { includeDocumentation: options.documentation ?? false } : {}),
  });
  return await calls.retrying(what, async () => {
    let result: DescribeConfigsResponseDescribeConfigsResult | undefined;
    if (subject.type !== "broker") {
      result = (await calls.cluster.toAny(apis.DescribeConfigs, body)).results[0];
    } else {
      // A broker's own settings are known to that broker alone.
      if (calls.cluster.cache.broker(subject.id) === null) await calls.cluster.refreshed();
      result = (await calls.cluster.toBroker(subject.id, "control", apis.DescribeConfigs, body)).results[0];
    }
    if (result === undefined) throw new ClientError("MALFORMED_ANSWER", `${what}: the answer is empty`);
    if (result.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
      throw new ClientError("UNKNOWN_TOPIC", `${what}: the cluster does not know it`);
    }
    if (result.errorCode !== ErrorCode.NONE) throw brokerError(what, result.errorCode, result.errorMessage);
    const configs = result.configs.map((row) => ({
      name: row.name,
      value: row.value,
      source: sources[row.configSource] ?? "unknown",
      isReadOnly: row.readOnly,
      isSensitive: row.isSensitive,
      documentation: row.documentation,
    }));
    return { subject, configs };
  });
}
