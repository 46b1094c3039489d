// test: a cluster's metadata without a log: decisions of the controller's cores are applied at once, and
// after each batch of records the image is held to what must never happen.
import { uuidFromBytes } from "../../base/uuid.ts";
import { activationRecords } from "../../cluster/controller/activation.ts";
import { alterPartition } from "../../cluster/controller/alter-partition.ts";
import { registerBroker } from "../../cluster/controller/brokers.ts";
import { createTopics } from "../../cluster/controller/create-topics.ts";
import { fenceRecords, heartbeatRecords } from "../../cluster/controller/heartbeats.ts";
import { effectiveMinIsr } from "../../cluster/controller/partition-change.ts";
import { ElectionSettings } from "../../cluster/controller/partitions.ts";
import type { ControllerSettings, Decided, TopicSettings } from "../../cluster/controller/settings.ts";
import { applyRecords } from "../../cluster/metadata/apply.ts";
import { emptyImage, type MetadataImage, type PartitionImage } from "../../cluster/metadata/image.ts";
import { allPartitions, isReplicaOnline } from "../../cluster/metadata/queries.ts";
import { decodeRecord, encodeRecord } from "../../cluster/metadata/record-codec.ts";
import type { NewRecord } from "../../cluster/metadata/record-schemas.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { CreateTopicsResponse } from "../../proto/kafka/generated/messages.ts";
import type { RegisterBrokerRequest, SessionBeat } from "../../proto/peer/peer-api.ts";

export const uuid = (n: number): string =>
  uuidFromBytes(Buffer.from((n + 1).toString(16).padStart(32, "0"), "hex"));

const defaults: Readonly<Record<string, string>> = {
  "retention.ms": "604800000",
  "min.insync.replicas": "2",
  "unclean.leader.election.enable": "false",
};

/** A few settings with Kafka's order of precedence: enough for every decision. */
export const smallTopicSettings: TopicSettings = {
  names: Object.keys(defaults),
  problem: (name, value) =>
    /^-?\d+$|^true$|^false$/.test(value) ? null : `${name}: the value is "${value}"`,
  effective(image, topicName, name) {
    const own = image.configs.get(`topic:${topicName}`)?.get(name);
    if (own !== undefined) return { text: own, source: 1 };
    const all = image.configs.get("broker:")?.get(name);
    return all === undefined ? { text: defaults[name] ?? "", source: 5 } : { text: all, source: 3 };
  },
};

export const smallSettings: ControllerSettings = {
  clusterId: uuid(9_999),
  partitionsDefault: 3,
  replicationFactorDefault: -1,
  topicDeletionEnabled: true,
  minInsyncReplicas: { value: 2, isExplicit: false },
  topics: smallTopicSettings,
  configs: {
    names: (scope) =>
      scope === "topic" ? [...smallTopicSettings.names, "cleanup.policy"] : smallTopicSettings.names,
    whyNot: (scope, name) => (scope !== "topic" && name === "node.id" ? "node.id cannot be changed" : null),
    problem: (_, name, value) => (name === "cleanup.policy" ? null : smallTopicSettings.problem(name, value)),
    isList: (_, name) => name === "cleanup.policy",
    inForce: () => "delete",
  },
  leaderRebalance: () => ({ isEnabled: true, everyMs: 10_000, imbalancePercentMax: 10 }),
};

export class CoreWorld {
  image: MetadataImage = emptyImage;
  settings: ControllerSettings = smallSettings;
  readonly alive = new Set<number>();
  /** By partition: replicas that hold every committed record, as the rules of the high watermark have it. */
  readonly holders = new Map<string, Set<number>>();
  cleanElections = 0;
  elrElections = 0;
  uncleanElections = 0;
  #fresh = 0;
  #registering: RegisterBrokerRequest | null = null;

  apply(records: readonly NewRecord[]): void {
    if (records.length === 0) return;
    const before = this.image;
    const entries = records.map((record, at) => ({
      envelope: { offset: before.end + at, epoch: 1, timestamp: 0 },
      record: decodeRecord(encodeRecord(record)),
    }));
    this.image = applyRecords(before, entries).image;
    this.#check(before);
  }

  carryOut<Reply>(decided: Decided<Reply>): Reply {
    this.apply(decided.records);
    return decided.reply;
  }

  activate(minInsyncReplicas?: number): void {
    if (minInsyncReplicas !== undefined) {
      const value = { value: minInsyncReplicas, isExplicit: true };
      this.settings = { ...this.settings, minInsyncReplicas: value };
    }
    this.apply(activationRecords(this.image, this.settings));
  }

  registration(id: number, extra: Partial<RegisterBrokerRequest> = {}): RegisterBrokerRequest {
    return {
      nodeId: id,
      clusterId: this.settings.clusterId,
      incarnationId: uuid(1_000 + this.#fresh++),
      listeners: [{ name: "PLAINTEXT", host: "localhost", port: 9_000 + id }],
      peerHost: "localhost",
      peerPort: 9_100 + id,
      rack: null,
      directoryIds: [uuid(100 + id)],
      uncleanDirectoryIds: [],
      ...extra,
    };
  }

  /** A new process of this broker; answers the error code. */
  register(id: number, extra: Partial<RegisterBrokerRequest> = {}): number {
    const request = this.registration(id, extra);
    this.#registering = request;
    const isAlive = (one: number): boolean => this.alive.has(one);
    const { errorCode } = this.carryOut(
      registerBroker(this.image, request, { settings: this.settings, isAlive }),
    );
    this.#registering = null;
    return errorCode;
  }

  beat(id: number, extra: Partial<SessionBeat> = {}): void {
    const broker = this.image.brokers.get(id)!;
    const beat = {
      nodeId: id,
      brokerEpoch: broker.epoch,
      metadataEnd: this.image.end,
      wantShutdown: false,
      offlineDirectoryIds: [],
      ...extra,
    };
    this.alive.add(id);
    this.apply(heartbeatRecords(this.image, beat, this.settings));
  }

  /** Registered and unfenced. */
  start(...ids: number[]): void {
    for (const id of ids) {
      this.alive.delete(id);
      this.register(id);
      this.beat(id);
    }
  }

  fence(...ids: number[]): void {
    for (const id of ids) this.alive.delete(id);
    const brokers = ids.map((id) => this.image.brokers.get(id)!);
    this.apply(fenceRecords(this.image, brokers, this.settings));
  }

  create(name: string, replicas: number[][], configs: Record<string, string> = {}): CreateTopicsResponse {
    const topic = {
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    };
    const request = { topics: [topic], timeoutMs: 0, validateOnly: false };
    const topicIds = [uuid(5_000 + this.#fresh++)];
    return this.carryOut(createTopics(this.image, request, { settings: this.settings, topicIds, seed: 1 }));
  }

  partition(name: string, index = 0): PartitionImage {
    return this.image.topics.get(this.image.topicIdsByName.get(name)!)!.partitions[index]!;
  }

  /** What the leader of this partition, as `seen`, asks for; answers the item's error code. */
  alter(seen: PartitionImage, isr: readonly number[], seenImage: MetadataImage = this.image): number {
    const epochOf = (id: number): number => seenImage.brokers.get(id)?.epoch ?? -1;
    const reply = this.carryOut(
      alterPartition(
        this.image,
        {
          nodeId: seen.leader,
          brokerEpoch: epochOf(seen.leader),
          items: [
            {
              topicId: seen.topicId,
              partition: seen.partition,
              leaderEpoch: seen.leaderEpoch,
              partitionEpoch: seen.partitionEpoch,
              isr: isr.map((nodeId) => ({ nodeId, brokerEpoch: epochOf(nodeId) })),
            },
          ],
        },
        this.settings,
      ),
    );
    return reply.errorCode === ErrorCode.NONE ? reply.items[0]!.errorCode : reply.errorCode;
  }

  // ---- What must never happen ----

  #check(before: MetadataImage): void {
    const elections = new ElectionSettings(this.image, this.settings.topics);
    for (const partition of allPartitions(this.image)) {
      const name = `${partition.topicId}-${partition.partition}`;
      const was = before.topics.get(partition.topicId)?.partitions[partition.partition];
      const { minInsyncReplicas, allowsUnclean } = elections.of(partition.topicId);
      const minIsr = effectiveMinIsr(partition, minInsyncReplicas);
      const fail = (text: string): never => {
        throw new Error(`${name}: ${text}: ${JSON.stringify({ was, now: partition })}`);
      };
      this.#checkSets(partition, minIsr, fail);
      if (was !== undefined) checkEpochs(was, partition, fail);
      this.#checkHolders(name, { was, now: partition, minIsr, allowsUnclean }, fail);
    }
  }

  #checkSets(partition: PartitionImage, minIsr: number, fail: (text: string) => never): void {
    const { replicas, isr, elr, lastKnownElr, leader } = partition;
    const all = [...isr, ...elr, ...lastKnownElr];
    if (!all.every((id) => replicas.includes(id))) fail("a member is no replica");
    if (new Set(all).size < all.length) fail("a replica is in two sets");
    if (leader >= 0 && !isr.includes(leader)) fail("the leader is not in sync");
    if (!isr.every((id) => isReplicaOnline(this.image, partition, id))) fail("a member is not online");
    if (isr.length >= minIsr && elr.length + lastKnownElr.length > 0) fail("ELR beside a full set");
    if (leader < 0 && isr.length > 0) fail("nobody leads, and somebody could");
    const electable = elr.filter((id) => isReplicaOnline(this.image, partition, id));
    if (leader < 0 && electable.length > 0) fail("nobody leads, and an eligible replica is online");
  }

  /** The broker that registers has another disk than the one this partition was on, or a damaged one. */
  #losesLog(was: PartitionImage): boolean {
    if (this.#registering === null) return false;
    const { nodeId, directoryIds, uncleanDirectoryIds } = this.#registering;
    const directory = was.directories[was.replicas.indexOf(nodeId)] ?? "";
    return !directoryIds.includes(directory) || uncleanDirectoryIds.includes(directory);
  }

  #checkHolders(
    name: string,
    now: { was: PartitionImage | undefined; now: PartitionImage; minIsr: number; allowsUnclean: boolean },
    fail: (text: string) => never,
  ): void {
    const { isr, leader } = now.now;
    const holders = this.holders.get(name) ?? new Set(isr);
    if (now.was !== undefined && this.#losesLog(now.was)) holders.delete(this.#registering!.nodeId);
    const isNewLeader = leader >= 0 && now.was !== undefined && now.was.leaderEpoch !== now.now.leaderEpoch;
    if (isNewLeader && !holders.has(leader)) {
      if (!now.allowsUnclean) fail(`the new leader lacks committed records, only ${[...holders]} have them`);
      this.uncleanElections++;
      holders.clear();
    } else if (isNewLeader) {
      if (now.was!.isr.includes(leader)) this.cleanElections++;
      else this.elrElections++;
    }
    // With enough members the high watermark moves on, and only they are sure to follow.
    if (isr.length >= now.minIsr) holders.clear();
    for (const id of isr) holders.add(id);
    this.holders.set(name, holders);
  }
}

function checkEpochs(was: PartitionImage, now: PartitionImage, fail: (text: string) => never): void {
  if (now.leaderEpoch < was.leaderEpoch || now.partitionEpoch < was.partitionEpoch)
    fail("an epoch went back");
  if (now.leader !== was.leader && now.leaderEpoch === was.leaderEpoch) fail("a leader without a new epoch");
  const { partitionEpoch: one, ...rest } = was;
  const { partitionEpoch: other, ...others } = now;
  if (JSON.stringify(rest) !== JSON.stringify(others) && one === other) fail("a change without a new epoch");
}
