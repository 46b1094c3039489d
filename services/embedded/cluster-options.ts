// core: how a cluster inside a test is asked for: options, their defaults and bounds, and the configuration
// of each broker that follows. Timings are those of a test: failures are noticed within a few hundred
// milliseconds, and groups settle within about one hundred.
import { nearestName } from "../../base/nearest-name.ts";
import type { Uuid } from "../../base/uuid.ts";
import { ConfigError } from "../config/config-error.ts";
import type { NodeConfig } from "../config/node-config.ts";
import { resolveConfig } from "../config/resolve.ts";
import { ClusterError } from "./cluster-error.ts";

/** Settings by Kafka's names, as in a broker's properties file. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ClusterOptions {
  /** How many brokers; 3 if not given. */
  readonly brokers?: number;
  /**
   * How many of them vote on the metadata, the first ones. If not given the largest odd number that is at
   * most 5 and at most `brokers`.
   */
  readonly controllers?: number;
  /** "memory" (the default) leaves nothing on disk; "disk" uses a temporary folder, removed at the end. */
  readonly data?: "memory" | "disk";
  /** Log directories of each broker; 1 if not given. */
  readonly logDirs?: number;
  /** For all brokers. */
  readonly settings?: Settings;
  /** For one broker, by its id; over `settings`. */
  readonly brokerSettings?: Readonly<Record<number, Settings>>;
  /**
   * How long `start`, `restart`, `waitForReady` and `createTopic` wait, in milliseconds; 15,000 if not given.
   */
  readonly timeoutMs?: number;
  /** Gets every line the brokers log, from `ottla.log.level` up. */
  readonly onLog?: (line: LogLine) => void;
}

export interface LogLine {
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  readonly broker: number;
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type ClusterPlan = Required<Omit<ClusterOptions, "onLog">> & {
  readonly onLog: (line: LogLine) => void;
};

const brokersMax = 50;
const maker = "Cluster.start";

const testTimings: Settings = {
  "controller.quorum.election.timeout.ms": 100,
  "broker.heartbeat.interval.ms": 100,
  "broker.session.timeout.ms": 600,
  "ottla.session.disconnect.grace.ms": 50,
  "replica.lag.time.max.ms": 1_500,
  "group.initial.rebalance.delay.ms": 20,
  "group.consumer.heartbeat.interval.ms": 50,
  "group.min.session.timeout.ms": 100,
  "offsets.topic.num.partitions": 3,
};

/** What the cluster itself decides for each broker. */
const fixedSettings = [
  ...["node.id", "broker.id", "cluster.id", "process.roles", "listeners", "advertised.listeners"],
  ...["listener.security.protocol.map", "controller.listener.names", "controller.quorum.voters"],
  ...["ottla.peer.listener", "ottla.peer.advertised.listener", "ottla.http.listener"],
  ...["log.dirs", "log.dir", "metadata.log.dir"],
];

/** Throws ClusterError INVALID_OPTION. */
export function planCluster(options: ClusterOptions): ClusterPlan {
  const defaults: ClusterPlan = {
    brokers: 3,
    controllers: 0,
    data: "memory",
    logDirs: 1,
    settings: {},
    brokerSettings: {},
    timeoutMs: 15_000,
    onLog: () => {},
  };
  const known = Object.keys(defaults);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    fail(`there is no option "${name}"${near === null ? "" : `; did you mean "${near}"?`}`);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const plan: ClusterPlan = { ...defaults, ...given };
  const { brokers, data } = plan;
  wholeNumber("brokers", brokers, brokersMax);
  wholeNumber("logDirs", plan.logDirs, 16);
  wholeNumber("timeoutMs", plan.timeoutMs, 3_600_000);
  const controllers = options.controllers ?? mostVoters(brokers);
  wholeNumber("controllers", controllers, brokers);
  if (data !== "memory" && data !== "disk") fail(`data is ${quote(data)}; it should be "memory" or "disk"`);
  for (const [name, value] of Object.entries(plan.brokerSettings)) {
    const id = Number(name);
    if (!Number.isInteger(id) || id < 1 || id > brokers) {
      fail(`brokerSettings has "${name}"; brokers are numbered 1 to ${brokers}`);
    }
    refuseFixed(`brokerSettings[${id}]`, value);
  }
  refuseFixed("settings", plan.settings);
  return { ...plan, controllers };
}

export interface BrokerPlace {
  readonly id: number;
  readonly clusterId: Uuid;
  readonly logDirs: readonly string[];
  /** Identity of the metadata directory of each broker, by its number less one. */
  readonly directoryIds: readonly Uuid[];
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Brokers know each other by such names; no name service does. */
export function machineName(id: number): string {
  return `broker-${id}`;
}

/** Throws ClusterError INVALID_OPTION for a setting that is unknown or has a wrong value. */
export function configOfBroker(plan: ClusterPlan, place: BrokerPlace): NodeConfig {
  const { id, host, port } = place;
  const voters = place.directoryIds
    .slice(0, plan.controllers)
    .map((directoryId, index) => `${index + 1}@${machineName(index + 1)}:1:${directoryId}`);
  const settings: Settings = {
    ...testTimings,
    ...plan.settings,
    ...plan.brokerSettings[id],
    "node.id": id,
    "cluster.id": place.clusterId,
    "process.roles": id <= plan.controllers ? "broker,controller" : "broker",
    listeners: `PLAINTEXT://${host}:${port}`,
    "controller.quorum.voters": voters.join(","),
    "ottla.peer.listener": `${machineName(id)}:1`,
    "log.dirs": place.logDirs.join(","),
  };
  try {
    const overrides = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    return resolveConfig({ environment: {}, overrides });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ClusterError("INVALID_OPTION", `${maker}: broker ${id}: ${error.message}`, { cause: error });
  }
}

function mostVoters(brokers: number): number {
  const most = Math.min(5, brokers);
  return most % 2 === 1 ? most : most - 1;
}

function refuseFixed(option: string, settings: Settings): void {
  if (typeof settings !== "object" || settings === null) {
    fail(`${option} is ${quote(settings)}; it should be an object of settings by Kafka's names`);
  }
  const fixed = Object.keys(settings).find((name) => fixedSettings.includes(name));
  if (fixed === undefined) return;
  fail(`${option} has "${fixed}", which a cluster inside a test decides itself`);
}

function wholeNumber(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  fail(`${name} is ${quote(value)}; it should be a whole number from 1 to ${most}`);
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function fail(text: string): never {
  throw new ClusterError("INVALID_OPTION", `${maker}: ${text}`);
}
