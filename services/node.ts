// shell: one node, put together: directories, consensus, controller, replicas, the operations for clients and for peers. A page of
// wiring: whatever decides anything is elsewhere.
//
//   log directories -> raft -> controller or follower of the metadata -> image -> replicas, lifecycle, operations
import type { Env } from "../base/ports/env.ts";
import { randomUuid, zeroUuid } from "../base/uuid.ts";
import type { MetadataDelta, MetadataImage } from "../cluster/metadata/image.ts";
import { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import { raftTiming } from "../cluster/raft/driver/raft-settings.ts";
import { ReplicaSet } from "../cluster/replication/replica-set.ts";
import type { BrokerApi } from "../proto/broker-api.ts";
import type { PeerApi, Peers, RegisteredListener } from "../proto/peer/peer-api.ts";
import { createBroker } from "./broker/broker.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { ControllerLink } from "./controller-link.ts";
import { mayHaveLostWrites, openDirectories } from "./directories.ts";
import { ImageView } from "./image-view.ts";
import { BrokerLifecycle } from "./lifecycle.ts";
import { metadataSide } from "./metadata-side.ts";
import { peerApi } from "./peer-api.ts";
import { PeerConnections } from "./peer-connections.ts";
import { BrokerLogs, metadataTopic } from "./replica-logs.ts";
import { Timeline } from "./timeline.ts";
import { TopicConfigs } from "./topic-configs.ts";

export interface Announcement {
  readonly listeners: readonly RegisteredListener[];
  readonly peer: { readonly host: string; readonly port: number };
}

export interface RunningNode {
  readonly clusterId: string;
  /** Null on a node that is no broker. */
  readonly broker: BrokerApi | null;
  readonly peer: PeerApi;
  readonly timeline: Timeline;
  readonly image: MetadataImage;
  readonly raft: RaftNode;
  readonly replicas: ReplicaSet | null;
  /** Why this node cannot serve yet; empty when it can. */
  notReady(): readonly string[];
  onReadinessChange(listener: () => void): void;
  /** The doors are open: consensus begins, and the broker registers under these addresses. */
  begin(announcement: Announcement): Promise<void>;
  /** Controlled shutdown: leaderships move away, bounded in time. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

const metadataLogConfig = {
  segmentBytes: 64 * 1024 * 1024,
  segmentMs: Number.MAX_SAFE_INTEGER,
  indexIntervalBytes: 4_096,
  maxMessageBytes: 16 * 1024 * 1024,
  producerExpirationMs: Number.MAX_SAFE_INTEGER,
};
const leaveMs = 8_000;
const transferMs = 2_000;

export async function startNode(config: NodeConfig, env: Env, peers: Peers): Promise<RunningNode> {
  const { clock, log } = env;
  const { nodeId } = config;
  const incarnationId = randomUuid(env.random);
  const timeline = new Timeline();
  const note = (kind: string, detail: Readonly<Record<string, unknown>>): void =>
    timeline.add({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), kind, detail });
  const offline = new Set<string>();
  const late: { directoryFailed: (id: string) => void } = { directoryFailed: () => {} };
  const directories = await openDirectories(config, env, (id) => {
    offline.add(id);
    if (id === directories.metadata.identity.directoryId)
      env.host.halt(`the directory of the metadata log failed`);
    late.directoryFailed(id);
  });
  const { clusterId, metadata } = directories;
  const view = new ImageView();
  const connections = new PeerConnections(peers, (id) => {
    const broker = view.image.brokers.get(id);
    if (broker) return { nodeId: id, host: broker.peerHost, port: broker.peerPort };
    const voter = config.voters.find((one) => one.id === id);
    return voter ? { nodeId: id, host: voter.host, port: voter.port } : null;
  });
  const topicConfigs = new TopicConfigs(config, () => view.image);
  const side = metadataSide({
    config,
    env,
    clusterId,
    note,
    store: (snapshot) => void raft.takeSnapshot(snapshot.end, snapshot.epoch, snapshot.bytes),
  });
  const raft = new RaftNode({
    env,
    clusterId,
    nodeId,
    directoryId: metadata.identity.directoryId,
    voters: config.voters.map(({ directoryId, ...voter }) =>
      directoryId ? { ...voter, directoryId } : voter,
    ),
    log: metadata.openLog({ topicName: metadataTopic, partition: 0 }, zeroUuid, metadataLogConfig),
    folder: `${metadata.path}/${metadataTopic}-0`,
    peers,
    events: side.events,
    timing: raftTiming(config.electionTimeoutMs),
  });
  side.attach(raft.journal);
  const leaderId = (): number => raft.leaderId();
  const connect = (id: number) => connections.connect(id);
  const link = new ControllerLink({
    clock,
    random: env.random,
    nodeId,
    brokerEpoch: () => lifecycle?.brokerEpoch ?? -1,
    leaderId,
    connect,
    local: side.controller,
  });

  const logs = new BrokerLogs(config.isBroker ? directories.all : [], (topic) =>
    topicConfigs.logConfig(topic),
  );
  const unclean = logs.recoverAll();
  for (const directory of directories.all) {
    if (mayHaveLostWrites(directory, config.flushPolicy)) unclean.push(directory.identity.directoryId);
  }
  const replicas = config.isBroker
    ? new ReplicaSet(env, {
        nodeId,
        incarnationId,
        logs,
        highWatermarks: logs,
        configOf: (topic) => topicConfigs.partitionConfig(topic),
        lagTimeMaxMs: config.replicaLagTimeMaxMs,
        connect,
        alterPartition: (request) => link.alterPartition(request),
        onDirectoryFailed: (id) => {
          offline.add(id);
          lifecycle?.directoryFailed();
        },
        onEvent: ({ kind, ...detail }) => note(kind, { broker: nodeId, ...detail }),
      })
    : null;
  late.directoryFailed = (id) => replicas?.failDirectory(id);

  let lifecycle: BrokerLifecycle | null = null;
  let readinessChanged = (): void => {};
  let isRefused: string | null = null;
  side.subscribe((image: MetadataImage, delta: MetadataDelta) => {
    replicas?.applyImage(image, delta);
    view.publish(image);
    lifecycle?.metadataApplied();
  });
  raft.onLeaderChange((leader, term) => {
    note(leader === nodeId ? "elected" : "leader-known", { node: leader, term });
    lifecycle?.controllerChanged();
    readinessChanged();
  });
  const broker =
    replicas === null
      ? null
      : createBroker({
          nodeId,
          clusterId,
          clock,
          random: env.random,
          metadata: view,
          replicas,
          controller: link,
          config,
          topicConfigs,
        });

  return {
    clusterId,
    broker,
    peer: peerApi({ controller: side.controller, raft, replicas }),
    timeline,
    get image() {
      return view.image;
    },
    raft,
    replicas,
    notReady() {
      const reasons: string[] = [];
      if (isRefused !== null) reasons.push(isRefused);
      if (leaderId() < 0) reasons.push("no controller is known");
      if (lifecycle !== null && lifecycle.brokerEpoch < 0) reasons.push("the broker is not registered");
      if (config.isBroker && (lifecycle === null || lifecycle.isFenced)) reasons.push("the broker is fenced");
      for (const directory of offline) reasons.push(`log directory ${directory} has failed`);
      return reasons;
    },
    onReadinessChange(listener) {
      readinessChanged = listener;
    },
    async begin({ listeners, peer }) {
      if (config.isBroker) {
        lifecycle = new BrokerLifecycle({
          clock,
          random: env.random,
          log: log.child({ component: "lifecycle" }),
          registration: {
            nodeId,
            clusterId,
            incarnationId,
            listeners: [...listeners],
            peerHost: peer.host,
            peerPort: peer.port,
            rack: config.rack,
            directoryIds: directories.all.map(({ identity }) => identity.directoryId),
            uncleanDirectoryIds: [...new Set(unclean)],
          },
          heartbeatIntervalMs: config.heartbeatIntervalMs,
          sessionTimeoutMs: config.sessionTimeoutMs,
          leaderId,
          connect,
          local: side.controller,
          metadataEnd: () => view.image.end,
          offlineDirectoryIds: () => [...offline],
          onChange: () => readinessChanged(),
          onRefused: (error, message) => {
            isRefused = `the controller refuses this broker: ${error}: ${message}`;
            log.error({ error }, isRefused);
          },
        });
      }
      await raft.start();
      lifecycle?.start();
    },
    async leave() {
      if (config.controlledShutdown) await lifecycle?.shutDown({ timeoutMs: leaveMs });
      await raft.transferLeadership(transferMs);
    },
    async stop() {
      lifecycle?.stop();
      await replicas?.stop();
      await raft.stop();
      side.close();
      connections.close();
      for (const directory of directories.all) await directory.close();
    },
  };
}
