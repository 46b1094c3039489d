// test: the operations of three brokers over real replicas in virtual time, with a controller that the test
// plays.
import { expect } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import type { BrokerImage, MetadataImage } from "../../cluster/metadata/image.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";
import type { BrokerApi, RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, type ErrorName, errorName } from "../../proto/errors.ts";
import { type ApiName, apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { defaultMessage } from "../../proto/kafka/codec.ts";
import { createBroker } from "../../services/broker/broker.ts";
import type { BrokerPorts, ControllerPort } from "../../services/broker/ports.ts";
import { resolveConfig } from "../../services/config/resolve.ts";
import { groupSettingsOf } from "../../services/group-side.ts";
import { TopicConfigs } from "../../services/topic-configs.ts";
import { topicId, VirtualCluster } from "../replication/virtual-cluster.ts";

export const zero = "AAAAAAAAAAAAAAAAAAAAAA";

export class Stage {
  readonly cluster: VirtualCluster;
  readonly brokers = new Map<number, BrokerApi>();
  readonly forwarded: Parameters<ControllerPort["forward"]>[0][] = [];
  answer: (request: Parameters<ControllerPort["forward"]>[0]) => Promise<Uint8Array> = () =>
    Promise.reject(new Error("no controller in this test"));
  allocations = 0;
  /** Laid over the image of the cluster. */
  changes: Partial<MetadataImage> = {};
  readonly watchers = new Set<() => void>();
  #cancel = new Set<() => void>();

  constructor(options: { minInsyncReplicas?: number; overrides?: string[]; partitions?: number } = {}) {
    this.cluster = new VirtualCluster({
      seed: 3,
      partitions: options.partitions ?? 1,
      flushPolicy: "durable",
      minInsyncReplicas: options.minInsyncReplicas ?? 2,
    });
    for (const node of this.cluster.nodes) this.brokers.set(node.nodeId, this.#broker(node.nodeId, options));
  }

  get image(): MetadataImage {
    const { image } = this.cluster.controller;
    const listener = (id: number, name: string, port: number) => ({ name, host: `broker-${id}`, port });
    const brokers = new Map(
      [...image.brokers].map(([id, broker]): [number, BrokerImage] => [
        id,
        { ...broker, rack: "r", listeners: [listener(id, "PLAINTEXT", 9092), listener(id, "INSIDE", 9093)] },
      ]),
    );
    return { ...image, brokers, ...this.changes };
  }

  get leader(): BrokerApi {
    return this.brokers.get(this.leaderId)!;
  }

  get leaderId(): number {
    return this.image.topics.get(topicId)!.partitions[0]!.leader;
  }

  get other(): BrokerApi {
    return this.brokers.get(this.leaderId === 1 ? 2 : 1)!;
  }

  #broker(nodeId: number, options: { overrides?: string[] }): BrokerApi {
    const overrides = [`node.id=${nodeId}`, ...(options.overrides ?? [])];
    const config = resolveConfig({ overrides });
    const image = (): MetadataImage => this.image;
    const node = this.cluster.nodes[nodeId - 1]!;
    const ports: BrokerPorts = {
      nodeId,
      get incarnationId() {
        return node.incarnationId;
      },
      clusterId: "cluster",
      clock: this.cluster.time.clock(() => true),
      random: this.cluster.random,
      metadata: {
        get image() {
          return image();
        },
        watch: (listener) => {
          this.watchers.add(listener);
          return () => void this.watchers.delete(listener);
        },
      },
      replicas: {
        partition: (id, index) => this.cluster.nodes[nodeId - 1]!.replicas?.partition(id, index),
      },
      controller: {
        forward: (request) => {
          this.forwarded.push(request);
          return this.answer(request);
        },
        allocateProducerIds: async () => ({
          errorCode: 0,
          firstProducerId: 1000 * ++this.allocations,
          count: 3,
        }),
      },
      config,
      topicConfigs: new TopicConfigs(config, image),
      logDirs: () => [],
      // Of topics only: there are no groups on this stage.
      groups: {
        isLoading: false,
        classicHeartbeatIntervalMs: () => 0,
        shards: function* () {},
        shardFor: () => {
          throw new BrokerError("NOT_COORDINATOR");
        },
      },
      groupSettings: () => groupSettingsOf(config),
    };
    return createBroker(ports);
  }

  context(change: Partial<RequestContext> = {}): RequestContext {
    const signal = {
      cancelled: false,
      onCancel: (run: () => void) => {
        this.#cancel.add(run);
        return () => void this.#cancel.delete(run);
      },
    };
    const clientHost = "/127.0.0.1";
    return {
      clientId: "c",
      clientHost,
      listenerName: "PLAINTEXT",
      connectionId: 1,
      apiVersion: 11,
      signal,
      ...change,
    };
  }

  /** Runs the virtual time until the promise settles. */
  async run<T>(promise: Promise<T>, withinMs = 20_000): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    for (let passed = 0; !settled && passed < withinMs; passed += 5) await this.cluster.time.run(5);
    expect(settled).toBe(true);
    return done;
  }
}

export async function stage(options: ConstructorParameters<typeof Stage>[0] = {}): Promise<Stage> {
  const made = new Stage(options);
  await made.cluster.time.run(2000);
  return made;
}

export function ask<Name extends ApiName>(name: Name, fields: Partial<RequestOf<Name>>): RequestOf<Name> {
  return { ...(defaultMessage(apis[name].request as never) as object), ...fields } as RequestOf<Name>;
}

export function clientBatch(
  value: string,
  options: { producerId?: number; baseSequence?: number } = {},
): Uint8Array {
  const { producerId = -1, baseSequence = -1 } = options;
  const records = [{ key: null, value: Buffer.from(value), timestamp: 1_700_000_000_000, headers: [] }];
  const epoch = producerId < 0 ? -1 : 0;
  return buildBatch({ records, codecs: realCodecs, producerId, producerEpoch: epoch, baseSequence });
}

export function produceRequest(
  acks: number,
  value = "v",
  topic = "flights",
  index = 0,
): RequestOf<"Produce"> {
  const partitionData = [{ index, records: clientBatch(value) }];
  return ask("Produce", { acks, timeoutMs: 1500, topicData: [{ name: topic, partitionData }] });
}

export function produced(response: ResponseOf<"Produce">): { error: ErrorName; baseOffset: number } {
  const [one] = response.responses[0]!.partitionResponses;
  return { error: errorName(one!.errorCode), baseOffset: one!.baseOffset };
}

export interface FetchOptions {
  offset?: number;
  maxWaitMs?: number;
  minBytes?: number;
  maxBytes?: number;
  partitions?: number[];
  currentLeaderEpoch?: number;
  lastFetchedEpoch?: number;
}

export function fetchRequest(options: FetchOptions = {}): RequestOf<"Fetch"> {
  const { offset = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20 } = options;
  const partitions = (options.partitions ?? [0]).map((partition) => ({
    partition,
    currentLeaderEpoch: options.currentLeaderEpoch ?? -1,
    fetchOffset: offset,
    lastFetchedEpoch: options.lastFetchedEpoch ?? -1,
    logStartOffset: -1,
    partitionMaxBytes: maxBytes,
    replicaDirectoryId: zero,
  }));
  return ask("Fetch", {
    maxWaitMs,
    minBytes,
    maxBytes,
    topics: [{ topic: "flights", topicId: zero, partitions }],
  });
}

export function values(response: ResponseOf<"Fetch">, at = 0): string[] {
  const { records } = response.responses[0]!.partitions[at]!;
  return [...readBatches(records!, realCodecs)].flatMap((one) =>
    one.records.map(({ value }) => Buffer.from(value!).toString()),
  );
}
