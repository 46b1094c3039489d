// port: what a node is started with: all settings, checked and put together.
import type { Uuid } from "../../base/uuid.ts";
import type { ConfigValues } from "./values.ts";

export interface HostPort {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface ListenerConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly advertisedHost: string;
  /** 0: the port it really listens on. */
  readonly advertisedPort: number;
}

export interface VoterConfig {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** Null: the directory is not fixed by the configuration. */
  readonly directoryId: Uuid | null;
}

export interface NodeConfig {
  readonly nodeId: number;
  /** Null: whatever the formatted folders say. */
  readonly clusterId: Uuid | null;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly rack: string | null;
  /** For clients; the first one is preferred where one must be chosen. Empty for a mere controller. */
  readonly listeners: readonly ListenerConfig[];
  /** Where other nodes connect, and what they are told. */
  readonly peerListener: HostPort;
  /** A port of 0: the port it really listens on. */
  readonly peerAdvertised: HostPort;
  readonly httpListener: HostPort | null;
  readonly voters: readonly VoterConfig[];
  readonly logDirs: readonly string[];
  readonly metadataLogDir: string;
  readonly flushPolicy: "durable" | "os";
  readonly produceValidation: "full" | "header";
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly disconnectGraceMs: number;
  readonly electionTimeoutMs: number;
  readonly replicaLagTimeMaxMs: number;
  readonly snapshotEveryBytes: number;
  readonly metadataTrailingRecords: number;
  readonly controlledShutdown: boolean;
  readonly requestBytesMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** -1: never. */
  readonly connectionIdleMs: number;
  readonly fetchBytesMax: number;
  readonly deleteTopicEnabled: boolean;
  /** Partitions of a topic whose creator does not say. */
  readonly partitionsDefault: number;
  /** -1: 3, or the number of brokers if that is less. */
  readonly replicationFactorDefault: number;
  readonly producerExpirationMs: number;
  readonly retentionCheckIntervalMs: number;
  /** Bytes of each disk that records leave free. */
  readonly diskReserveBytes: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  /** Topic settings that follow from the broker's, by topic setting name. */
  readonly topicDefaults: ReadonlyMap<string, string>;
  /** Every setting with its text and where it is from, for DescribeConfigs. */
  readonly values: ConfigValues;
  /** To be logged once at the start. */
  readonly warnings: readonly string[];
}
