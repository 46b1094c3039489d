// shell: one node, put together: directories, consensus, controller, replicas, the operations for clients and
// for peers. A page of wiring: whatever decides anything is elsewhere.
//
//   log directories -> raft -> controller, or follower of it -> image -> replicas, lifecycle, operations
import type { Env } from "../base/ports/env.ts";
import { randomUuid, type Uuid, zeroUuid } from "../base/uuid.ts";
import type { GroupCoordinator } from "../cluster/coordinator/group-coordinator.ts";
import type { CleaningWork } from "../cluster/log/cleaning/cleaning-work.ts";
import { StepwiseWork } from "../cluster/log/cleaning/stepwise-work.ts";
import { emptyImage, type MetadataDelta, type MetadataImage } from "../cluster/metadata/image.ts";
import { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import { raftTiming } from "../cluster/raft/driver/raft-settings.ts";
import { ReplicaSet } from "../cluster/replication/replica-set.ts";
import type { BrokerApi } from "../proto/broker-api.ts";
import type { PeerAddress, PeerApi, Peers, RegisteredListener } from "../proto/peer/peer-api.ts";
import { createBroker } from "./broker/broker.ts";
import type { Cleaner } from "./cleaning/cleaner.ts";
import { nodeCleaner } from "./cleaning/node-cleaner.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { ControllerLink } from "./controller-link.ts";
import { type Directories, mayHaveLostWrites, openDirectories } from "./directories.ts";
import { DirectoryAssignments } from "./directory-assignments.ts";
import { DirectoryFailures } from "./directory-failures.ts";
import { groupCoordinator, groupSettingsOf } from "./group-side.ts";
import { ImageView } from "./image-view.ts";
import { leaveCluster } from "./leave.ts";
import { BrokerLifecycle } from "./lifecycle.ts";
import { logDirFacts } from "./log-dirs.ts";
import { metadataLogConfig } from "./metadata-log.ts";
import { type MetadataSide, metadataSide } from "./metadata-side.ts";
import { peerApi } from "./peer-api.ts";
import { PeerConnections } from "./peer-connections.ts";
import { type ControllerCalls, controllerCalls } from "./quorum.ts";
import { BrokerLogs, metadataTopic } from "./replica-logs.ts";
import { RetentionRounds } from "./retention.ts";
import { Story } from "./story.ts";
import type { Timeline } from "./timeline.ts";
import { TopicConfigs } from "./topic-configs.ts";

/** Where clients and peers reach this node; known once its doors are open. */
export interface Announcement {
  readonly listeners: readonly RegisteredListener[];
  readonly peer: { readonly host: string; readonly port: number };
}

/**
 * Opens the log directories and recovers what is in them. Then open the doors on `broker` and `peer`, and
 * call `begin`. `work`: how logs are compacted; in small steps by default. Throws ForeignDirectoryError when
 * a folder belongs to another cluster or node.
 */
export async function startNode(
  config: NodeConfig,
  env: Env,
  peers: Peers,
  work: CleaningWork = new StepwiseWork(env),
): Promise<RunningNode> {
  const failures = new DirectoryFailures();
  const directories = await openDirectories(config, env, ({ directoryId, reason, isMetadata }) => {
    if (isMetadata) env.host.halt(`the log directory of the metadata failed: ${reason}`);
    failures.add(directoryId);
  });
  return new RunningNode({ config, env, peers, directories, failures, work });
}

export class RunningNode {
  readonly clusterId: string;
  /** Null on a node that is no broker. */
  readonly broker: BrokerApi | null;
  readonly peer: PeerApi;
  readonly raft: RaftNode;
  readonly replicas: ReplicaSet | null;
  /** Null on a node that is no broker. */
  readonly groups: GroupCoordinator | null;
  readonly #story: Story;
  readonly #config: NodeConfig;
  readonly #env: Env;
  readonly #directories: Directories;
  readonly #failures: DirectoryFailures;
  readonly #incarnationId: Uuid;
  readonly #view = new ImageView();
  /** The same, a moment before it is published: replicas are made and led by settings of this image. */
  #applying: MetadataImage = emptyImage;
  readonly #connections: PeerConnections;
  readonly #topicConfigs: TopicConfigs;
  readonly #side: MetadataSide;
  /** Null on a node that is no controller. */
  readonly #controller: ControllerCalls | null;
  readonly #link: ControllerLink;
  readonly #uncleanDirectories: Uuid[];
  readonly #logs: BrokerLogs;
  readonly #retention: RetentionRounds;
  readonly #cleaner: Cleaner | null;
  readonly #assignments: DirectoryAssignments;
  #lifecycle: BrokerLifecycle | null = null;
  #refusal: string | null = null;
  #readinessChanged: () => void = () => {};

  constructor(parts: {
    config: NodeConfig;
    env: Env;
    peers: Peers;
    directories: Directories;
    failures: DirectoryFailures;
    work: CleaningWork;
  }) {
    const { config, env, directories, failures } = parts;
    this.#config = config;
    this.#env = env;
    this.#story = new Story(env);
    this.#directories = directories;
    this.#failures = failures;
    this.clusterId = directories.clusterId;
    this.#incarnationId = randomUuid(env.random);
    this.#connections = new PeerConnections(parts.peers, (id) => this.#addressOf(id));
    this.#topicConfigs = new TopicConfigs(config, () => this.#applying);
    this.#side = metadataSide({
      config,
      env,
      clusterId: this.clusterId,
      note: (kind, detail) => this.#note(kind, detail),
      isCutOff: (id) => this.raft.isCutOff(id),
      store: ({ end, epoch, bytes }) => void this.raft.takeSnapshot(end, epoch, bytes),
    });
    this.raft = this.#makeRaft(parts.peers);
    const { controller } = this.#side;
    this.#controller =
      controller === null
        ? null
        : controllerCalls(controller, this.raft, {
            clusterId: this.clusterId,
            tickMs: raftTiming(config.electionTimeoutMs).tickMs,
          });
    this.#link = this.#makeLink();
    this.#logs = new BrokerLogs({
      directories: config.isBroker ? directories.data : [],
      configOf: (topic) => this.#topicConfigs.logConfig(topic),
      onOpened: ({ topicId, partition }) => this.#assignments.opened(topicId, partition),
    });
    this.#uncleanDirectories = this.#recover(this.#logs);
    this.replicas = config.isBroker ? this.#makeReplicas(this.#logs) : null;
    this.groups = this.replicas === null ? null : this.#makeGroups(this.replicas);
    this.#retention = new RetentionRounds({
      clock: env.clock,
      everyMs: config.retentionCheckIntervalMs,
      partitions: () => this.replicas?.partitions() ?? [],
      retentionOf: (topic) => this.#topicConfigs.retention(topic),
    });
    const { work } = parts;
    const [logs, topicConfigs] = [this.#logs, this.#topicConfigs];
    this.#cleaner = nodeCleaner({ config, env, work, logs, topicConfigs, image: () => this.#applying });
    this.#assignments = this.#makeAssignments();
    this.broker =
      this.replicas === null || this.groups === null ? null : this.#makeBroker(this.replicas, this.groups);
    this.peer = peerApi({ controller: this.#controller, raft: this.raft, replicas: this.replicas });
    this.#follow();
  }

  get image(): MetadataImage {
    return this.#view.image;
  }

  /** Why this node cannot serve yet; empty when it can. */
  notReady(): readonly string[] {
    const reasons: string[] = [];
    if (this.#refusal !== null) reasons.push(this.#refusal);
    if (this.raft.leaderId() < 0) reasons.push("no controller is known");
    if (this.#config.isBroker) {
      const lifecycle = this.#lifecycle;
      if (lifecycle === null || lifecycle.brokerEpoch < 0) reasons.push("the broker is not registered");
      else if (lifecycle.isFenced) reasons.push("the broker is fenced");
    }
    if (this.#config.isBroker && this.#workingDirectories().length === 0)
      reasons.push("no log directory works");
    return reasons;
  }

  onReadinessChange(listener: () => void): void {
    this.#readinessChanged = listener;
  }

  /** The doors are open: consensus begins, and the broker registers under these addresses. */
  async begin(announcement: Announcement): Promise<void> {
    if (this.#config.isBroker) this.#lifecycle = this.#makeLifecycle(announcement);
    await this.raft.start();
    if (this.#lifecycle === null) this.#registered();
    else this.#lifecycle.start();
  }

  /** Controlled shutdown: leaderships move away, bounded in time. */
  async leave(): Promise<void> {
    const { clock } = this.#env;
    const lifecycle = this.#config.controlledShutdown ? this.#lifecycle : null;
    await leaveCluster({ clock, raft: this.raft, lifecycle });
  }

  async stop(): Promise<void> {
    this.#lifecycle?.stop();
    this.#retention.stop();
    this.#cleaner?.stop();
    this.#assignments.stop();
    this.groups?.stop();
    await this.replicas?.stop();
    await this.raft.stop();
    this.#side.close();
    this.#connections.close();
    for (const directory of this.#directories.all) await directory.close();
  }

  // ---- The parts ----

  #makeRaft(peers: Peers): RaftNode {
    const { metadata } = this.#directories;
    const raft = new RaftNode({
      env: this.#env,
      clusterId: this.clusterId,
      nodeId: this.#config.nodeId,
      directoryId: metadata.identity.directoryId,
      voters: this.#config.voters.map(({ directoryId, ...voter }) =>
        directoryId === null ? voter : { ...voter, directoryId },
      ),
      log: metadata.openLog({ topicName: metadataTopic, partition: 0 }, zeroUuid, metadataLogConfig),
      folder: `${metadata.path}/${metadataTopic}-0`,
      peers,
      events: this.#side.events,
      timing: raftTiming(this.#config.electionTimeoutMs),
      trailingOffsets: this.#config.metadataTrailingRecords,
      mayVote: this.#config.isController,
    });
    this.#side.attach(raft.journal);
    return raft;
  }

  #makeLink(): ControllerLink {
    return new ControllerLink({
      clock: this.#env.clock,
      random: this.#env.random,
      nodeId: this.#config.nodeId,
      brokerEpoch: () => this.#lifecycle?.brokerEpoch ?? -1,
      leaderId: () => this.raft.leaderId(),
      connect: (id) => this.#connections.connect(id),
      local: this.#controller,
    });
  }

  /** Recovers every log; answers the directories that cannot vouch for what is in them. */
  #recover(logs: BrokerLogs): Uuid[] {
    const unclean = new Set(logs.recoverAll());
    for (const directory of this.#directories.all) {
      const isUnclean = directory.hasUntoldDamage || mayHaveLostWrites(directory, this.#config.flushPolicy);
      if (isUnclean) unclean.add(directory.identity.directoryId);
    }
    return [...unclean];
  }

  #makeReplicas(logs: BrokerLogs): ReplicaSet {
    const { nodeId, replicaLagTimeMaxMs } = this.#config;
    const replicas = new ReplicaSet(this.#env, {
      nodeId,
      incarnationId: this.#incarnationId,
      logs,
      highWatermarks: logs,
      configOf: (topic) => this.#topicConfigs.partitionConfig(topic),
      lagTimeMaxMs: replicaLagTimeMaxMs,
      connect: (id) => this.#connections.connect(id),
      alterPartition: (request) => this.#link.alterPartition(request),
      onDirectoryFailed: (id) => this.#failures.add(id),
      onEvent: ({ kind, ...detail }) => this.#note(kind, { broker: nodeId, ...detail }),
    });
    this.#failures.onFailed = (id) => {
      replicas.failDirectory(id);
      this.#lifecycle?.directoryFailed();
      this.#readinessChanged();
    };
    return replicas;
  }

  #makeAssignments(): DirectoryAssignments {
    const { clock, random, log } = this.#env;
    return new DirectoryAssignments({
      ...{ nodeId: this.#config.nodeId, clock, random, log },
      brokerEpoch: () => this.#lifecycle?.brokerEpoch ?? -1,
      image: () => this.#view.image,
      // Of those that play their part here already: which of two logs counts is known then.
      placeOf: (topicId, partition) =>
        this.replicas?.partition(topicId, partition) ? this.#logs.placeOf(topicId, partition) : null,
      forward: (request) => this.#link.forward({ ...request, clientId: `broker-${this.#config.nodeId}` }),
      onTold: () => this.#lifecycle?.directoryFailed(),
    });
  }

  #workingDirectories(): Uuid[] {
    const working = this.#directories.data.filter(({ failure }) => failure === null);
    return working.map(({ identity }) => identity.directoryId);
  }

  #makeGroups(replicas: ReplicaSet): GroupCoordinator {
    const settings = groupSettingsOf(this.#config);
    const { nodeId } = this.#config;
    return groupCoordinator({ env: this.#env, nodeId, settings, replicas, image: () => this.#view.image });
  }

  #makeBroker(replicas: ReplicaSet, groups: GroupCoordinator): BrokerApi {
    const groupSettings = groupSettingsOf(this.#config);
    return createBroker({
      nodeId: this.#config.nodeId,
      incarnationId: this.#incarnationId,
      clusterId: this.clusterId,
      clock: this.#env.clock,
      random: this.#env.random,
      metadata: this.#view,
      replicas,
      controller: this.#link,
      config: this.#config,
      topicConfigs: this.#topicConfigs,
      ...{ groups, groupSettings: () => groupSettings },
      logDirs: () => logDirFacts(this.#directories.data, this.#env.disk, () => replicas.partitions()),
    });
  }

  #makeLifecycle({ listeners, peer }: Announcement): BrokerLifecycle {
    const { nodeId, rack, heartbeatIntervalMs, sessionTimeoutMs } = this.#config;
    return new BrokerLifecycle({
      clock: this.#env.clock,
      random: this.#env.random,
      log: this.#env.log.child({ component: "lifecycle" }),
      registration: {
        nodeId,
        clusterId: this.clusterId,
        incarnationId: this.#incarnationId,
        listeners: [...listeners],
        peerHost: peer.host,
        peerPort: peer.port,
        rack,
        directoryIds: this.#workingDirectories(),
        uncleanDirectoryIds: this.#uncleanDirectories,
      },
      heartbeatIntervalMs,
      sessionTimeoutMs,
      leaderId: () => this.raft.leaderId(),
      connect: (id) => this.#connections.connect(id),
      local: this.#controller,
      metadataEnd: () => this.#view.image.end,
      offlineDirectoryIds: () => [...this.#failures.ids].filter((id) => this.#assignments.isTold(id)),
      onRegistered: () => this.#registered(),
      onChange: () => this.#readinessChanged(),
      onRefused: (error, message) => {
        this.#refusal = `the controller refuses this broker: ${error}: ${message}`;
        this.#env.log.error({ error }, this.#refusal);
      },
    });
  }

  /** The controller knows of every directory that cannot vouch for its replicas. */
  #registered(): void {
    this.#assignments.registered();
    for (const directory of this.#directories.all) directory.told();
  }

  /**
   * Committed metadata comes down, to replicas first: whoever asks for the image then finds them as it says.
   */
  #follow(): void {
    this.#side.subscribe((image: MetadataImage, delta: MetadataDelta) => {
      this.#applying = image;
      this.replicas?.applyImage(image, delta);
      this.#view.publish(image);
      this.groups?.imageChanged([...delta.removedTopics.values()].map(({ name }) => name));
      this.#assignments.look(delta);
      if (delta.configs.size > 0) this.#logs.configsChanged();
      this.#lifecycle?.metadataApplied();
    });
    this.raft.onLeaderChange((leader, term) => {
      this.#note(leader < 0 ? "controller-lost" : "elected", { node: leader, term });
      this.#lifecycle?.controllerChanged();
      this.#link.controllerChanged();
      this.#readinessChanged();
    });
  }

  #addressOf(nodeId: number): PeerAddress | null {
    const broker = this.#view.image.brokers.get(nodeId);
    if (broker) return { nodeId, host: broker.peerHost, port: broker.peerPort };
    const recorded = this.raft.status()?.voters.find(({ id }) => id === nodeId);
    if (recorded?.host != null) return { nodeId, host: recorded.host, port: recorded.port ?? 0 };
    const voter = this.#config.voters.find(({ id }) => id === nodeId);
    return voter ? { nodeId, host: voter.host, port: voter.port } : null;
  }

  get timeline(): Timeline {
    return this.#story.timeline;
  }

  #note(kind: string, detail: Readonly<Record<string, unknown>>): void {
    this.#story.note(kind, detail);
  }
}
