// test: three brokers' worth of replication over virtual time, a fake controller and simulated disks, with a
// checker of what must never happen that runs after every event.
import type { Log } from "../../base/ports/log.ts";
import { realCodecs } from "../../base/real/codecs.ts";
import type { MetadataDelta, MetadataImage } from "../../cluster/metadata/image.ts";
import type { Partition } from "../../cluster/replication/partition.ts";
import { ReplicaSet } from "../../cluster/replication/replica-set.ts";
import type {
  PartitionConfig,
  PartitionId,
  ReplicationEvent,
} from "../../cluster/replication/replication-ports.ts";
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
  PeerCaller,
  PullData,
  PullPositions,
} from "../../proto/peer/peer-api.ts";
import { type Acknowledged, CommittedTruth } from "./committed-truth.ts";
import { FakeController } from "./fake-controller.ts";
import { MemoryDisk, MemoryLog } from "./memory-log.ts";
import { namedBatch, noMetrics } from "./named-batch.ts";
import { SeededRandom, StreamPair, VirtualTime } from "./virtual-time.ts";

export interface ClusterOptions {
  seed: number;
  partitions: number;
  flushPolicy: "durable" | "os";
  minInsyncReplicas: number;
  nodes?: number;
  lagTimeMaxMs?: number;
  syncMs?: [number, number];
}

export class VirtualNode {
  readonly nodeId: number;
  readonly cluster: VirtualCluster;
  readonly disks = new Map<string, MemoryDisk>();
  readonly checkpoint = new Map<string, number>();
  readonly logs = new Map<string, MemoryLog>();
  readonly ids = new Map<string, PartitionId>();
  readonly deleted: PartitionId[] = [];
  readonly failedDirectories: string[] = [];
  #incarnation = 0;
  #life = 0;
  replicas: ReplicaSet | null = null;
  streams = new Set<StreamPair<PullPositions, PullData>>();
  imagesSeen = 0;
  inbox: (() => void)[] = [];
  lastImageMs = 0;

  constructor(cluster: VirtualCluster, nodeId: number) {
    this.cluster = cluster;
    this.nodeId = nodeId;
  }

  get incarnationId(): string {
    return `node-${this.nodeId}-${this.#incarnation}`;
  }

  get isUp(): boolean {
    return this.replicas !== null;
  }

  partition(index: number): Partition | undefined {
    return this.replicas?.partition(topicId, index);
  }

  start(): void {
    const { time, random, options } = this.cluster;
    const life = ++this.#life;
    this.#incarnation++;
    const isAlive = (): boolean => this.#life === life;
    const clock = time.clock(isAlive);
    const env = {
      clock,
      random: new SeededRandom(random.uint32()),
      codecs: realCodecs,
      metrics: noMetrics,
      log: this.cluster.log(this.nodeId),
    };
    const [syncMin, syncMax] = options.syncMs ?? [1, 8];
    this.logs.clear();
    this.replicas = new ReplicaSet(env, {
      nodeId: this.nodeId,
      incarnationId: this.incarnationId,
      lagTimeMaxMs: options.lagTimeMaxMs ?? 500,
      logs: {
        list: () => [...this.ids.values()],
        openOrCreate: (id) => {
          const key = `${id.topicId}-${id.partition}`;
          let disk = this.disks.get(key);
          if (disk === undefined) this.disks.set(key, (disk = new MemoryDisk()));
          const log = new MemoryLog(disk, clock, () => random.between(syncMin, syncMax));
          this.logs.set(key, log);
          this.ids.set(key, id);
          return { log, directoryId: "directory" };
        },
        leave: () => {},
        delete: (id) => {
          const key = `${id.topicId}-${id.partition}`;
          this.logs.delete(key);
          this.disks.delete(key);
          this.ids.delete(key);
          this.deleted.push(id);
        },
      },
      highWatermarks: {
        load: (id, partition) => this.checkpoint.get(`${id}-${partition}`) ?? 0,
        store: async (changed) => {
          for (const one of changed)
            this.checkpoint.set(`${one.topicId}-${one.partition}`, one.highWatermark);
        },
      },
      configOf: () => this.cluster.config,
      connect: (to) => this.#caller(to),
      alterPartition: (request) => this.cluster.alterPartition(request, isAlive),
      onDirectoryFailed: (directory) => this.failedDirectories.push(directory),
      onEvent: (event) => this.cluster.onEvent(this, event),
    });
    this.cluster.controller.register(this.nodeId, this.incarnationId);
  }

  crash(options: { keepsCache: boolean }): void {
    this.#life++;
    this.replicas = null;
    for (const stream of this.streams) stream.cut();
    for (const log of this.logs.values())
      log.crash({ ...options, keepsPart: () => this.cluster.random.float() });
  }

  #caller(to: number): PeerCaller {
    const { cluster } = this;
    const openPull = () => {
      const pair = new StreamPair<PullPositions, PullData>(
        cluster.time,
        () => cluster.random.between(...cluster.delayMs),
        () => cluster.blackHoles.has(`${this.nodeId}>${to}`),
      );
      this.streams.add(pair);
      const peer = cluster.nodes[to - 1]!;
      peer.streams.add(pair);
      cluster.time.after(1, () => {
        if (peer.replicas === null || cluster.cuts.has(`${this.nodeId}-${to}`)) pair.cut();
        else if (pair.isOpen) peer.replicas.pull(pair.right);
      });
      return pair.left;
    };
    return { openPull } as unknown as PeerCaller;
  }
}

export const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";

export class VirtualCluster {
  readonly options: ClusterOptions;
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly controller: FakeController;
  readonly nodes: VirtualNode[] = [];
  readonly events: (ReplicationEvent & { nodeId: number })[] = [];
  readonly errors: string[] = [];
  readonly cuts = new Set<string>();
  readonly blackHoles = new Set<string>();
  /** Nodes that cannot reach the controller: images and requests wait, and requests fail. */
  readonly isolated = new Set<number>();
  imageDelayMs: [number, number] = [1, 25];
  delayMs: [number, number] = [1, 6];
  config: PartitionConfig;
  readonly truth: CommittedTruth;
  readonly acknowledged: Acknowledged[] = [];
  #nextId = 1;
  readonly #past: MetadataImage[] = [];
  refused = 0;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.config = {
      minInsyncReplicas: options.minInsyncReplicas,
      flushPolicy: options.flushPolicy,
      maxMessageBytes: 1 << 20,
      compacted: false,
      timestampType: "CreateTime",
      timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
      timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
      validation: "full",
    };
    this.controller = new FakeController((image, delta) => this.#publish(image, delta));
    const count = options.nodes ?? 3;
    for (let id = 1; id <= count; id++) this.nodes.push(new VirtualNode(this, id));
    this.truth = new CommittedTruth(this.nodes, options.partitions);
    this.time.afterEvent = () => this.check();
    for (const node of this.nodes) node.start();
    const ids = this.nodes.map((node) => node.nodeId);
    this.controller.createTopic(
      topicId,
      "flights",
      Array.from({ length: options.partitions }, (_, index) =>
        ids.map((_id, at) => ids[(at + index) % count]!),
      ),
    );
  }

  log(nodeId: number): Log {
    const log: Log = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (fields, text) => void this.errors.push(`${nodeId} ${text} ${JSON.stringify(fields)}`),
      child: () => log,
    };
    return log;
  }

  #publish(image: MetadataImage, delta: MetadataDelta): void {
    this.#past.push(image);
    if (this.#past.length > 20) this.#past.shift();
    for (const node of this.nodes) this.#deliver(node, image, delta);
  }

  #deliver(node: VirtualNode, image: MetadataImage, delta: MetadataDelta): void {
    const { replicas, incarnationId } = node;
    if (replicas === null) return;
    const atMs = Math.max(this.time.nowMs + this.random.between(...this.imageDelayMs), node.lastImageMs);
    node.lastImageMs = atMs;
    // A node that has just started misses earlier deltas: its first image comes whole.
    const whole = node.imagesSeen === 0;
    node.imagesSeen++;
    const old = this.random.pick(this.#past);
    this.#apply(node, atMs, () => {
      // It reads the metadata log from where its snapshot is: what it sees first may be long past.
      if (whole) replicas.applyImage(old, null);
      replicas.applyImage(image, whole ? null : delta);
      if (image.brokers.get(node.nodeId)?.incarnationId === incarnationId)
        this.controller.unfence(node.nodeId, incarnationId);
    });
  }

  /** In order, each not before its time, none while the node is isolated. */
  #apply(node: VirtualNode, atMs: number, run: () => void): void {
    const { replicas, inbox } = node;
    inbox.push(run);
    const deliver = (): void => {
      if (node.replicas !== replicas) return;
      if (this.isolated.has(node.nodeId)) this.time.after(this.random.between(1, 20), deliver);
      else inbox.shift()!();
    };
    this.time.after(atMs - this.time.nowMs, deliver);
  }

  restart(node: VirtualNode): void {
    node.imagesSeen = 0;
    node.inbox = [];
    node.start();
  }

  alterPartition(request: AlterPartitionRequest, isAlive: () => boolean): Promise<AlterPartitionResponse> {
    return new Promise((resolve, reject) => {
      const fate = this.random.float();
      const back = (run: () => void): void => {
        this.time.after(this.random.between(1, 10), () => {
          if (isAlive()) run();
        });
      };
      this.time.after(this.random.between(1, 10), () => {
        if (fate < 0.1 || this.isolated.has(request.nodeId))
          return back(() => reject(new Error("lost on the way")));
        const answer = this.controller.alterPartition(request);
        if (fate < 0.2) return back(() => reject(new Error("the answer was lost")));
        back(() => resolve(answer));
      });
    });
  }

  onEvent(node: VirtualNode, event: ReplicationEvent): void {
    this.events.push({ nodeId: node.nodeId, ...event });
    if (event.kind !== "becameLeader") return;
    // Every election is from the in-sync set, so whatever was committed must be here.
    const image = this.controller.image.topics.get(topicId)!.partitions[event.partition]!;
    if (image.leaderEpoch !== event.leaderEpoch) return;
    const log = node.partition(event.partition)?.log as MemoryLog | undefined;
    if (log !== undefined) this.truth.checkLeader(node, event.partition, log);
  }

  produce(index: number, options: { acks: -1 | 1; records?: number; timeoutMs?: number }): Promise<boolean> {
    const id = this.#nextId++;
    const leaders = this.nodes.filter((node) => node.partition(index)?.isLeader === true);
    if (leaders.length === 0) return Promise.resolve(false);
    const partition = this.random.pick(leaders).partition(index)!;
    const { acks, records = this.random.between(1, 3), timeoutMs = 2000 } = options;
    try {
      const answer = partition.append({ batch: namedBatch(id, records), acks, origin: "internal" });
      if (acks === 1) return Promise.resolve(true);
      const { end, leaderEpoch, baseOffset } = answer;
      return partition.awaitCommitted({ end, leaderEpoch, timeoutMs }).then(
        () => {
          this.acknowledged.push({ partition: index, offset: baseOffset, id });
          return true;
        },
        () => {
          this.refused++;
          return false;
        },
      );
    } catch {
      this.refused++;
      return Promise.resolve(false);
    }
  }

  /** What must never happen; runs after every event. */
  check(): void {
    this.truth.check();
    if (this.errors.length > 0) throw new Error(this.errors.join("\n"));
  }

  checkConverged(): void {
    this.truth.checkConverged(this.controller.image.topics.get(topicId)!, this.acknowledged);
  }
}
