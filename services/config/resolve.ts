// core: from settings to the configuration of a node: what depends on other settings is decided here, and
// what does not fit together is a ConfigError.
import { uuidToBytes } from "../../base/uuid.ts";
import { isWildcard, type NamedAddress, parseHostPort, parseListeners, parseVoters } from "./addresses.ts";
import { ConfigError } from "./config-error.ts";
import type { HostPort, ListenerConfig, NodeConfig, VoterConfig } from "./node-config.ts";
import { convertSynonym, topicSynonyms } from "./topic-defaults.ts";
import { type ConfigSources, ConfigValues, type SettingName } from "./values.ts";

/** Throws ConfigError. */
export function resolveConfig(sources: ConfigSources): NodeConfig {
  const values = new ConfigValues(sources);
  const nodeId = nodeIdOf(values);
  const { isBroker, isController } = rolesOf(values);
  const { clients, controllers } = splitListeners(values);
  if (isBroker && clients.length === 0) {
    throw new ConfigError("listeners: a broker needs at least one listener for clients, and none is left");
  }
  const peerListener = peerListenerOf(values, clients, controllers);
  const voters = votersOf(values, { nodeId, isController, peerListener });
  const http = values.get("ottla.http.listener");
  const logDirs = values.get("log.dirs") ?? [values.need("log.dir")];
  if (logDirs.length === 0)
    throw new ConfigError('log.dirs: the value is ""; it must name at least one folder');
  return {
    nodeId,
    clusterId: clusterIdOf(values),
    isBroker,
    isController,
    rack: values.get("broker.rack"),
    listeners: isBroker ? advertise(values, clients) : [],
    peerListener,
    peerAdvertised: peerAdvertisedOf(values, { nodeId, voters, peerListener }),
    httpListener: http === null ? null : parseHostPort("ottla.http.listener", http),
    voters,
    logDirs,
    metadataLogDir: values.get("metadata.log.dir") ?? logDirs[0]!,
    ...timesOf(values),
    ...boundsOf(values),
    flushPolicy: values.need("ottla.flush.policy"),
    produceValidation: values.need("ottla.produce.validation"),
    controlledShutdown: values.need("controlled.shutdown.enable"),
    deleteTopicEnabled: values.need("delete.topic.enable"),
    partitionsDefault: values.need("num.partitions"),
    replicationFactorDefault: replicationFactorOf(values),
    logLevel: values.need("ottla.log.level"),
    topicDefaults: topicDefaultsOf(values),
    values,
    warnings: values.warnings,
  };
}

function timesOf(values: ConfigValues) {
  const heartbeatIntervalMs = values.need("broker.heartbeat.interval.ms");
  const sessionTimeoutMs = values.need("broker.session.timeout.ms");
  if (heartbeatIntervalMs * 2 > sessionTimeoutMs) {
    throw new ConfigError(
      `broker.session.timeout.ms: the value is ${sessionTimeoutMs}; it must be at least twice ` +
        `broker.heartbeat.interval.ms, which is ${heartbeatIntervalMs}, or one late heartbeat fences a ` +
        `broker`,
    );
  }
  return {
    heartbeatIntervalMs,
    sessionTimeoutMs,
    disconnectGraceMs: values.need("ottla.session.disconnect.grace.ms"),
    electionTimeoutMs: values.need("controller.quorum.election.timeout.ms"),
    replicaLagTimeMaxMs: values.need("replica.lag.time.max.ms"),
    connectionIdleMs: values.need("connections.max.idle.ms"),
    producerExpirationMs: values.need("producer.id.expiration.ms"),
    retentionCheckIntervalMs: values.need("log.retention.check.interval.ms"),
  };
}

function boundsOf(values: ConfigValues) {
  return {
    snapshotEveryBytes: values.need("metadata.log.max.record.bytes.between.snapshots"),
    metadataTrailingRecords: values.need("ottla.metadata.log.trailing.records"),
    requestBytesMax: values.need("socket.request.max.bytes"),
    connectionsMax: values.need("max.connections"),
    connectionsPerAddressMax: values.need("max.connections.per.ip"),
    fetchBytesMax: values.need("fetch.max.bytes"),
    diskReserveBytes: values.need("ottla.log.dir.reserve.bytes"),
  };
}

function nodeIdOf(values: ConfigValues): number {
  const nodeId = values.get("node.id");
  const brokerId = values.get("broker.id");
  if (nodeId !== null && brokerId !== null && nodeId !== brokerId) {
    throw new ConfigError(
      `node.id is ${nodeId} and broker.id is ${brokerId}; they must be the same (or leave broker.id out)`,
    );
  }
  const id = nodeId ?? brokerId;
  if (id === null)
    throw new ConfigError("node.id is not set; every node needs a number of its own, for example node.id=1");
  return id;
}

function rolesOf(values: ConfigValues): { isBroker: boolean; isController: boolean } {
  const roles = values.need("process.roles");
  if (roles.length === 0)
    throw new ConfigError('process.roles: the value is ""; it must be broker, controller, or both');
  return { isBroker: roles.includes("broker"), isController: roles.includes("controller") };
}

function clusterIdOf(values: ConfigValues): string | null {
  const id = values.get("cluster.id");
  if (id !== null && uuidToBytes(id) === null) {
    throw new ConfigError(
      `cluster.id: the value is "${id}"; it must be 22 characters of URL-safe base64 (16 bytes)`,
    );
  }
  return id;
}

function replicationFactorOf(values: ConfigValues): number {
  const factor = values.need("default.replication.factor");
  if (factor === 0)
    throw new ConfigError('default.replication.factor: the value is "0"; it must be -1 or at least 1');
  return factor;
}

// ---- Listeners ----

function splitListeners(values: ConfigValues): { clients: NamedAddress[]; controllers: NamedAddress[] } {
  const all = parseListeners("listeners", values.need("listeners"));
  const names = (values.get("controller.listener.names") ?? []).map((name) => name.toUpperCase());
  const protocols = securityProtocols(values);
  const clients = all.filter(({ name }) => !names.includes(name));
  for (const { name } of clients) {
    const protocol = protocols.get(name);
    if (protocol === "PLAINTEXT") continue;
    throw new ConfigError(
      protocol === undefined
        ? `listeners: ${name} is not in listener.security.protocol.map; add ${name}:PLAINTEXT there`
        : `listeners: ${name} asks for ${protocol}, which is not there yet; only PLAINTEXT is`,
    );
  }
  return { clients, controllers: all.filter(({ name }) => names.includes(name)) };
}

function securityProtocols(values: ConfigValues): Map<string, string> {
  const setting = "listener.security.protocol.map";
  const known = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
  const protocols = new Map(known.map((name) => [name, name]));
  for (const item of values.need(setting)) {
    const [name, protocol, more] = item.toUpperCase().split(":");
    if (!name || !protocol || more !== undefined || !known.includes(protocol)) {
      throw new ConfigError(
        `${setting}: "${item}" must be NAME:PROTOCOL, the protocol one of ${known.join(", ")}`,
      );
    }
    protocols.set(name, protocol);
  }
  return protocols;
}

function advertise(values: ConfigValues, listeners: readonly NamedAddress[]): ListenerConfig[] {
  const setting: SettingName = "advertised.listeners";
  const told = parseListeners(setting, values.get(setting) ?? []);
  for (const { name } of told) {
    if (listeners.some((listener) => listener.name === name)) continue;
    const names = listeners.map((listener) => listener.name).join(", ");
    throw new ConfigError(`${setting}: ${name} is no client listener; those are ${names}`);
  }
  return listeners.map(({ name, host, port }) => {
    const { host: advertisedHost, port: advertisedPort } = told.find((one) => one.name === name) ?? {
      host,
      port,
    };
    if (isWildcard(advertisedHost)) {
      throw new ConfigError(
        `${setting}: clients cannot connect to ${advertisedHost}; set ${setting}=${name}://HOST:${port} ` +
          `to what they can reach`,
      );
    }
    return { name, host, port, advertisedHost, advertisedPort };
  });
}

function peerListenerOf(
  values: ConfigValues,
  clients: NamedAddress[],
  controllers: NamedAddress[],
): HostPort {
  const text = values.get("ottla.peer.listener");
  if (text !== null) return parseHostPort("ottla.peer.listener", text);
  if (controllers.length > 0) return { host: controllers[0]!.host, port: controllers[0]!.port };
  const first = clients[0];
  if (first === undefined) {
    throw new ConfigError(
      "ottla.peer.listener is not set; a node without client listeners needs it, as host:port",
    );
  }
  return { host: first.host, port: first.port === 0 ? 0 : first.port + 1 };
}

function peerAdvertisedOf(
  values: ConfigValues,
  known: { nodeId: number; voters: readonly VoterConfig[]; peerListener: HostPort },
): HostPort {
  const setting: SettingName = "ottla.peer.advertised.listener";
  const text = values.get(setting);
  const own = known.voters.find(({ id }) => id === known.nodeId);
  const { host, port } = text !== null ? parseHostPort(setting, text) : (own ?? known.peerListener);
  if (isWildcard(host)) {
    throw new ConfigError(
      `${setting}: other nodes cannot connect to ${host}; set it to a host:port they can reach`,
    );
  }
  return { host, port };
}

function votersOf(
  values: ConfigValues,
  known: { nodeId: number; isController: boolean; peerListener: HostPort },
): VoterConfig[] {
  const { nodeId, isController, peerListener } = known;
  const setting: SettingName = "controller.quorum.voters";
  const voters = parseVoters(setting, values.get(setting) ?? []);
  if (voters.length === 0 && isController) {
    const host = isWildcard(peerListener.host) ? "127.0.0.1" : peerListener.host;
    return [{ id: nodeId, host, port: peerListener.port, directoryId: null }];
  }
  if (voters.length === 0) {
    throw new ConfigError(
      `${setting} is not set; a node that is no controller must be told who is, as id@host:port`,
    );
  }
  // A controller that is none of them follows them, until it is added to the voters.
  const isVoter = voters.some(({ id }) => id === nodeId);
  if (isVoter && !isController) {
    throw new ConfigError(
      `${setting}: node ${nodeId} is a voter, but process.roles has no controller; add it there, or take ` +
        `it off the voters`,
    );
  }
  return voters;
}

// ---- Topics ----

function topicDefaultsOf(values: ConfigValues): Map<string, string> {
  const defaults = new Map<string, string>();
  for (const [topicSetting, { from }] of Object.entries(topicSynonyms)) {
    for (const { name, factor } of from) {
      const text = values.entry(name)?.text ?? null;
      if (text === null) continue;
      defaults.set(topicSetting, convertSynonym(text, factor));
      break;
    }
  }
  return defaults;
}
