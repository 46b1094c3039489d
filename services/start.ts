// entry: one node as a process: configuration, the real environment, the node, its three doors, and an
// orderly stop at a signal.
import { readFileSync } from "node:fs";
import { type RealEnv, realEnv } from "../base/real/env.ts";
import { ThreadedWork } from "./cleaning/threaded-work.ts";
import { ConfigError } from "./config/config-error.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { resolveConfig } from "./config/resolve.ts";
import { type HttpServer, startHttpServer } from "./http/server.ts";
import { KafkaDoor } from "./kafka/door.ts";
import { type RunningNode, startNode } from "./node.ts";
import { grpcPeers } from "./peer/caller.ts";
import { type PeerServer, startPeerServer } from "./peer/server.ts";

const drainMs = 2_000;

export interface NodeOptions {
  configFile: string | null;
  settings: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string | undefined>>;
}

interface Door {
  close(options: { drainMs: number }): Promise<void>;
}

interface Doors {
  kafka: KafkaDoor | null;
  peer: PeerServer;
  http: HttpServer | null;
}

/** Runs until SIGINT or SIGTERM, or until the process that started it is gone. */
export async function runNode(options: NodeOptions): Promise<void> {
  try {
    await run(options);
  } catch (error) {
    // Nothing is left to be told by the launcher, which must see this process end.
    process.channel?.unref();
    throw error;
  }
}

async function run(options: NodeOptions): Promise<void> {
  const config = readConfig(options);
  const env = realEnv({ logLevel: config.logLevel, nodeId: config.nodeId, processMetrics: true });
  for (const warning of config.warnings) env.log.warn({}, warning);
  const asked = stopAsked();
  const work = new ThreadedWork((what) =>
    env.log.error({ what }, "the thread that compacts logs broke down"),
  );
  const node = await startNode(config, env, grpcPeers, work);
  let doors: Doors;
  const opened: Door[] = [];
  try {
    doors = await openDoors(config, env, node, opened);
  } catch (error) {
    for (const door of opened) await door.close({ drainMs: 0 });
    await node.stop();
    throw portError(error);
  }
  env.log.info(placesOf(config, node, doors), "node started");
  const reason = await asked;
  env.log.info({ reason }, "stopping");
  await node.leave();
  await doors.kafka?.close({ drainMs });
  await node.stop();
  await doors.peer.close();
  await doors.http?.close();
  env.log.info({}, "stopped");
  process.exit(0);
}

function readConfig(options: NodeOptions): NodeConfig {
  let file: { name: string; text: string } | undefined;
  if (options.configFile !== null) {
    try {
      file = { name: options.configFile, text: readFileSync(options.configFile, "utf8") };
    } catch (error) {
      throw new ConfigError(
        `--config ${options.configFile} cannot be read: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return resolveConfig({
    file,
    environment: options.environment,
    overrides: Object.entries(options.settings).map(([name, value]) => `${name}=${value}`),
  });
}

/** Each is in `opened` as soon as it is. */
async function openDoors(
  config: NodeConfig,
  env: RealEnv,
  node: RunningNode,
  opened: Door[],
): Promise<Doors> {
  const notReady = (): readonly string[] => node.notReady();
  const http = config.httpListener
    ? await startHttpServer({
        ...config.httpListener,
        notReady,
        metrics: () => env.metrics.expose(),
        timeline: (from) => ({ node: config.nodeId, events: node.timeline.since(from) }),
      })
    : null;
  if (http !== null) opened.push(http);
  const peer = await startPeerServer({
    api: node.peer,
    ...config.peerListener,
    log: env.log,
    process: env.host,
    isServing: () => notReady().length === 0,
  });
  opened.push(peer);
  node.onReadinessChange(() => peer.healthChanged());
  const kafka = node.broker === null ? null : await openKafkaDoor(config, env, node);
  if (kafka !== null) opened.push(kafka);
  await node.begin({
    listeners: config.listeners.map((listener) => ({
      name: listener.name,
      host: listener.advertisedHost,
      port:
        listener.advertisedPort ||
        (kafka?.addresses.find(({ name }) => name === listener.name)?.port ?? listener.port),
    })),
    peer: { host: config.peerAdvertised.host, port: config.peerAdvertised.port || peer.address.port },
  });
  return { kafka, peer, http };
}

function openKafkaDoor(config: NodeConfig, env: RealEnv, node: RunningNode): Promise<KafkaDoor> {
  return KafkaDoor.open({
    env,
    broker: node.broker!,
    listeners: config.listeners,
    requestBytesMax: config.requestBytesMax,
    connectionsMax: config.connectionsMax,
    connectionsPerAddressMax: config.connectionsPerAddressMax,
    connectionIdleMs: config.connectionIdleMs,
  });
}

function stopAsked(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
    // A broker that a launcher started does not outlive it.
    if (process.env.OTTLA_CHILD === "1" && process.connected)
      process.once("disconnect", () => resolve("launcher gone"));
  });
}

/** What whoever reads the log wants to know first: who this is, where it listens, where its data is. */
function placesOf(config: NodeConfig, node: RunningNode, { kafka, peer, http }: Doors) {
  const place = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;
  return {
    roles: rolesText(config),
    cluster: node.clusterId,
    listeners: kafka?.addresses.map((address) => `${address.name}://${place(address)}`) ?? [],
    peers: place(peer.address),
    ...(http === null ? {} : { http: place(http.address) }),
    logDirs: config.logDirs,
    flushPolicy: config.flushPolicy,
  };
}

function rolesText(config: NodeConfig): string {
  return [config.isBroker ? "broker" : "", config.isController ? "controller" : ""]
    .filter((role) => role !== "")
    .join(",");
}

/** A port in use is wrong input: exit code 2, and a sentence that names it. */
function portError(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("code" in error) || error.code !== "EADDRINUSE")
    return error;
  const { address, port } = error as { address?: string; port?: number };
  return new ConfigError(
    `port ${port ?? "?"} on ${address ?? "?"} is in use; stop what listens there or choose another port`,
  );
}
