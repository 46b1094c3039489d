// test: the operations of a broker over real replicas in virtual time: what a client is told in every case.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import type { BrokerImage, MetadataImage, TopicImage } from "../../cluster/metadata/image.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";
import type { BrokerApi, RequestContext } from "../../proto/broker-api.ts";
import { ErrorCode, type ErrorName, errorName } from "../../proto/errors.ts";
import { type ApiName, apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { decodeMessage, defaultMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import { topicId, VirtualCluster } from "../../test/replication/virtual-cluster.ts";
import { resolveConfig } from "../config/resolve.ts";
import { TopicConfigs } from "../topic-configs.ts";
import { createBroker } from "./broker.ts";
import type { BrokerPorts, ControllerPort } from "./ports.ts";

const zero = "AAAAAAAAAAAAAAAAAAAAAA";

class Stage {
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
    const ports: BrokerPorts = {
      nodeId,
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
    return { clientId: "c", listenerName: "PLAINTEXT", connectionId: 1, apiVersion: 11, signal, ...change };
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

async function stage(options: ConstructorParameters<typeof Stage>[0] = {}): Promise<Stage> {
  const made = new Stage(options);
  await made.cluster.time.run(2000);
  return made;
}

function ask<Name extends ApiName>(name: Name, fields: Partial<RequestOf<Name>>): RequestOf<Name> {
  return { ...(defaultMessage(apis[name].request as never) as object), ...fields } as RequestOf<Name>;
}

function clientBatch(
  value: string,
  options: { producerId?: number; baseSequence?: number } = {},
): Uint8Array {
  const { producerId = -1, baseSequence = -1 } = options;
  const records = [{ key: null, value: Buffer.from(value), timestamp: 1_700_000_000_000, headers: [] }];
  const epoch = producerId < 0 ? -1 : 0;
  return buildBatch({ records, codecs: realCodecs, producerId, producerEpoch: epoch, baseSequence });
}

function produceRequest(acks: number, value = "v", topic = "flights", index = 0): RequestOf<"Produce"> {
  const partitionData = [{ index, records: clientBatch(value) }];
  return ask("Produce", { acks, timeoutMs: 1500, topicData: [{ name: topic, partitionData }] });
}

function produced(response: ResponseOf<"Produce">): { error: ErrorName; baseOffset: number } {
  const [one] = response.responses[0]!.partitionResponses;
  return { error: errorName(one!.errorCode), baseOffset: one!.baseOffset };
}

interface FetchOptions {
  offset?: number;
  maxWaitMs?: number;
  minBytes?: number;
  maxBytes?: number;
  partitions?: number[];
  currentLeaderEpoch?: number;
  lastFetchedEpoch?: number;
}

function fetchRequest(options: FetchOptions = {}): RequestOf<"Fetch"> {
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

function values(response: ResponseOf<"Fetch">, at = 0): string[] {
  const { records } = response.responses[0]!.partitions[at]!;
  return [...readBatches(records!, realCodecs)].flatMap((one) =>
    one.records.map(({ value }) => Buffer.from(value!).toString()),
  );
}

describe("produce", () => {
  it("with acks=all answers once it is committed, with the base offset", async () => {
    const made = await stage();
    const first = made.leader.produce(produceRequest(-1, "a"), made.context());
    const second = made.leader.produce(produceRequest(-1, "b"), made.context());
    expect(produced(await made.run(first))).toEqual({ error: "NONE", baseOffset: 0 });
    expect(produced(await made.run(second))).toEqual({ error: "NONE", baseOffset: 1 });
  });

  it("with acks=1 answers at once", async () => {
    const made = await stage();
    const response = await made.leader.produce(produceRequest(1), made.context());
    expect(produced(response)).toEqual({ error: "NONE", baseOffset: 0 });
  });

  it("tells each partition what is wrong with it, and does the others", async () => {
    const made = await stage();
    const good = { index: 0, records: clientBatch("good") };
    const damaged = clientBatch("damaged");
    damaged[damaged.length - 1]! ^= 1;
    const request = ask("Produce", {
      acks: 1,
      topicData: [
        { name: "nowhere", partitionData: [{ index: 0, records: clientBatch("x") }] },
        {
          name: "flights",
          partitionData: [
            { index: 9, records: clientBatch("x") },
            { index: 0, records: damaged },
            { index: 0, records: null },
            good,
          ],
        },
        { name: "__consumer_offsets", partitionData: [{ index: 0, records: clientBatch("x") }] },
      ],
    });
    const { responses } = await made.leader.produce(request, made.context());
    const codes = responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ errorCode }) => errorName(errorCode)),
    );
    expect(codes).toEqual([
      ["UNKNOWN_TOPIC_OR_PARTITION"],
      ["UNKNOWN_TOPIC_OR_PARTITION", "CORRUPT_MESSAGE", "INVALID_RECORD", "NONE"],
      ["UNKNOWN_TOPIC_OR_PARTITION"],
    ]);
    expect(responses[1]!.partitionResponses[0]!.errorMessage).toContain("none of number 9");
  });

  it("refuses acks that mean nothing, and transactions", async () => {
    const made = await stage();
    const odd = await made.leader.produce(produceRequest(2), made.context());
    expect(produced(odd).error).toBe("INVALID_REQUIRED_ACKS");
    const transactional = { ...produceRequest(-1), transactionalId: "t" };
    expect(produced(await made.leader.produce(transactional, made.context())).error).toBe(
      "INVALID_TXN_STATE",
    );
  });

  it("tells a client at the wrong broker where the leader is, on its listener", async () => {
    const made = await stage();
    const context = made.context({ listenerName: "INSIDE" });
    const response = await made.other.produce(produceRequest(-1), context);
    expect(produced(response).error).toBe("NOT_LEADER_OR_FOLLOWER");
    const { leaderId } = made;
    expect(response.responses[0]!.partitionResponses[0]!.currentLeader.leaderId).toBe(leaderId);
    expect(response.nodeEndpoints).toEqual([
      { nodeId: leaderId, host: `broker-${leaderId}`, port: 9093, rack: "r" },
    ]);
  });

  it("says when too few are in sync, and when time is up", async () => {
    const made = await stage();
    for (const node of made.cluster.nodes)
      if (node.nodeId !== made.leaderId) node.crash({ keepsCache: true });
    const waiting = await made.run(made.leader.produce(produceRequest(-1), made.context()));
    expect(["REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"]).toContain(produced(waiting).error);
    for (const { nodeId, isUp } of made.cluster.nodes) if (!isUp) made.cluster.controller.fence(nodeId);
    await made.cluster.time.run(3000);
    const refused = await made.run(made.leader.produce(produceRequest(-1), made.context()));
    expect(produced(refused).error).toBe("NOT_ENOUGH_REPLICAS");
  });
});

describe("fetch", () => {
  it("reads committed records, with the batch that holds the offset", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    await made.run(made.leader.produce(produceRequest(-1, "b"), made.context()));
    const all = await made.leader.fetch(fetchRequest(), made.context());
    expect(values(all)).toEqual(["a", "b"]);
    expect(all).toMatchObject({ errorCode: 0, sessionId: 0 });
    const later = await made.leader.fetch(fetchRequest({ offset: 1 }), made.context());
    expect(values(later)).toEqual(["b"]);
    expect(later.responses[0]!.partitions[0]!.highWatermark).toBe(2);
  });

  it("waits for the first byte, and answers as soon as it is committed", async () => {
    const made = await stage();
    const fetching = made.leader.fetch(fetchRequest({ maxWaitMs: 10_000 }), made.context());
    await made.cluster.time.run(500);
    const before = made.cluster.time.nowMs;
    void made.leader.produce(produceRequest(-1, "news"), made.context());
    expect(values(await made.run(fetching))).toEqual(["news"]);
    expect(made.cluster.time.nowMs - before).toBeLessThan(200);
  });

  it("answers empty when time is up, and with less than was wanted", async () => {
    const made = await stage();
    const before = made.cluster.time.nowMs;
    const empty = await made.run(made.leader.fetch(fetchRequest({ maxWaitMs: 300 }), made.context()));
    expect(values(empty)).toEqual([]);
    expect(made.cluster.time.nowMs - before).toBeGreaterThanOrEqual(300);
    await made.run(made.leader.produce(produceRequest(-1, "little"), made.context()));
    const request = fetchRequest({ maxWaitMs: 300, minBytes: 100_000 });
    expect(values(await made.run(made.leader.fetch(request, made.context())))).toEqual(["little"]);
  });

  it("does not wait for a client that has gone", async () => {
    const made = await stage();
    let gone = (): void => {};
    const signal = {
      cancelled: false,
      onCancel(run: () => void) {
        gone = () => {
          this.cancelled = true;
          run();
        };
        return () => {};
      },
    };
    const fetching = made.leader.fetch(fetchRequest({ maxWaitMs: 60_000 }), made.context({ signal }));
    await made.cluster.time.run(10);
    gone();
    await made.run(fetching, 100);
  });

  it("gives the first batch whole, however small the limit, and only the first", async () => {
    const made = await stage({ partitions: 3 });
    const { topics } = made.image;
    const { leaderId } = made;
    const led = topics
      .get(topicId)!
      .partitions.filter(({ leader }) => leader === leaderId)
      .map(({ partition }) => partition);
    for (const index of [...led, ...led]) {
      await made.run(made.leader.produce(produceRequest(-1, `p${index}`, "flights", index), made.context()));
    }
    const request = fetchRequest({ maxBytes: 1, partitions: [...led, ...led] });
    const response = await made.leader.fetch(request, made.context());
    const sizes = response.responses[0]!.partitions.map(({ records }) => records!.length);
    expect(sizes[0]).toBeGreaterThan(1);
    expect(sizes.slice(1).every((size) => size === 0)).toBe(true);
    expect(values(response)).toEqual([`p${led[0]}`]);
  });

  it("reports errors at once: offsets, epochs, leaders, topics", async () => {
    const made = await stage();
    const epoch = made.image.topics.get(topicId)!.partitions[0]!.leaderEpoch;
    const wait = { maxWaitMs: 60_000 };
    const codeOf = async (
      broker: BrokerApi,
      request: RequestOf<"Fetch">,
      version = 11,
    ): Promise<ErrorName> => {
      const response = await made.run(broker.fetch(request, made.context({ apiVersion: version })), 100);
      return errorName(response.responses[0]!.partitions[0]!.errorCode);
    };
    const { leader, other } = made;
    expect(await codeOf(leader, fetchRequest({ ...wait, offset: 5 }))).toBe("OFFSET_OUT_OF_RANGE");
    const newer = fetchRequest({ ...wait, currentLeaderEpoch: epoch + 1 });
    expect(await codeOf(leader, newer)).toBe("UNKNOWN_LEADER_EPOCH");
    const older = fetchRequest({ ...wait, currentLeaderEpoch: epoch - 1 });
    if (epoch > 0) expect(await codeOf(leader, older)).toBe("FENCED_LEADER_EPOCH");
    expect(await codeOf(other, fetchRequest(wait))).toBe("NOT_LEADER_OR_FOLLOWER");
    expect(await codeOf(leader, fetchRequest({ ...wait, partitions: [7] }))).toBe(
      "UNKNOWN_TOPIC_OR_PARTITION",
    );
    expect(await codeOf(leader, fetchRequest(wait), 13)).toBe("UNKNOWN_TOPIC_ID");
  });

  it("names topics by id from version 13 on", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    const request = fetchRequest();
    request.topics[0]!.topicId = topicId;
    request.topics[0]!.topic = "";
    const response = await made.leader.fetch(request, made.context({ apiVersion: 13 }));
    expect(response.responses[0]!.topicId).toBe(topicId);
    expect(values(response)).toEqual(["a"]);
  });

  it("refuses sessions it never handed out, and followers of the Kafka protocol", async () => {
    const made = await stage();
    const session = { ...fetchRequest(), sessionId: 5, sessionEpoch: 2 };
    const refused = made.leader.fetch(session, made.context());
    await expect(refused).rejects.toMatchObject({ errorName: "FETCH_SESSION_ID_NOT_FOUND" });
    const follower = { ...fetchRequest(), replicaId: 2 };
    const denied = made.leader.fetch(follower, made.context());
    await expect(denied).rejects.toMatchObject({ errorName: "CLUSTER_AUTHORIZATION_FAILED" });
  });
});

describe("offsets", () => {
  async function offsetsOf(made: Stage, timestamp: number) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 }];
    const request = ask("ListOffsets", { topics: [{ name: "flights", partitions }] });
    const { topics } = await made.leader.listOffsets(request, made.context());
    const { errorCode, offset } = topics[0]!.partitions[0]!;
    return [errorName(errorCode), offset];
  }

  it("are found by name and by time", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    await made.run(made.leader.produce(produceRequest(-1, "b"), made.context()));
    expect(await offsetsOf(made, -1)).toEqual(["NONE", 2]);
    expect(await offsetsOf(made, -2)).toEqual(["NONE", 0]);
    expect(await offsetsOf(made, -4)).toEqual(["NONE", 0]);
    expect(await offsetsOf(made, -5)).toEqual(["NONE", -1]);
    const epoch = made.image.topics.get(topicId)!.partitions[0]!.leaderEpoch;
    const asked = { partition: 0, currentLeaderEpoch: -1, leaderEpoch: epoch };
    const request = ask("OffsetForLeaderEpoch", { topics: [{ topic: "flights", partitions: [asked] }] });
    const response = await made.leader.offsetForLeaderEpoch(request, made.context());
    expect(response.topics[0]!.partitions[0]).toMatchObject({
      errorCode: 0,
      leaderEpoch: epoch,
      endOffset: 2,
    });
  });
});

describe("metadata", () => {
  const named = (name: string | null, id = zero) => ({ topicId: id, name });

  it("names brokers by the listener that was asked on, and leaves out those that are fenced", async () => {
    const made = await stage();
    made.cluster.controller.fence(3);
    const response = await made.leader.metadata(ask("Metadata", { topics: null }), made.context());
    expect(response.brokers.map(({ nodeId, host, port }) => [nodeId, host, port])).toEqual([
      [1, "broker-1", 9092],
      [2, "broker-2", 9092],
    ]);
    expect(response.clusterId).toBe("cluster");
    expect(response.brokers.map(({ nodeId }) => nodeId)).toContain(response.controllerId);
    const [topic] = response.topics;
    expect(topic).toMatchObject({ name: "flights", topicId, errorCode: 0, isInternal: false });
    expect(topic!.partitions[0]).toMatchObject({ replicaNodes: [1, 2, 3], offlineReplicas: [3] });
    const elsewhere = await made.leader.metadata(
      ask("Metadata", { topics: [] }),
      made.context({ listenerName: "OTHER" }),
    );
    expect([elsewhere.brokers, elsewhere.topics]).toEqual([[], []]);
  });

  it("says what is wrong with the topics that were asked for", async () => {
    const made = await stage();
    const topics = [
      named("flights"),
      named("nowhere"),
      named("not a name"),
      named(null, topicId),
      named(null, "BBBBBBBBBBBBBBBBBBBBBA"),
    ];
    const response = await made.leader.metadata(ask("Metadata", { topics }), made.context());
    expect(response.topics.map(({ errorCode, name }) => [errorName(errorCode), name])).toEqual([
      ["NONE", "flights"],
      ["UNKNOWN_TOPIC_OR_PARTITION", "nowhere"],
      ["INVALID_TOPIC_EXCEPTION", "not a name"],
      ["NONE", "flights"],
      ["UNKNOWN_TOPIC_ID", null],
    ]);
  });

  it("is encodable in every version that is offered", async () => {
    const made = await stage();
    const topics = [named("flights"), named(null, "BBBBBBBBBBBBBBBBBBBBBA")];
    const response = await made.leader.metadata(ask("Metadata", { topics }), made.context());
    for (let version = 0; version <= 12; version++) {
      const bytes = encodeMessage(apis.Metadata.response, version, response);
      expect(decodeMessage(apis.Metadata.response, version, bytes).brokers).toHaveLength(3);
    }
  });

  it("of the cluster is told too, but not of its controllers", async () => {
    const made = await stage();
    const request = ask("DescribeCluster", { endpointType: 1, includeClusterAuthorizedOperations: true });
    const response = await made.leader.describeCluster(request, made.context());
    expect(response.brokers).toHaveLength(3);
    expect(response.clusterAuthorizedOperations).toBe(8096);
    const controllers = made.leader.describeCluster(
      ask("DescribeCluster", { endpointType: 2 }),
      made.context(),
    );
    await expect(controllers).rejects.toMatchObject({ errorName: "MISMATCHED_ENDPOINT_TYPE" });
  });
});

describe("changes of topics", () => {
  const createRequest = ask("CreateTopics", {
    timeoutMs: 1000,
    topics: [{ name: "new", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  });

  function createdAnswer(errorCode: number): Uint8Array {
    const topics = [{ name: "new", errorCode, topicId: "BBBBBBBBBBBBBBBBBBBBBA" }];
    return encodeMessage(apis.CreateTopics.response, 7, { topics });
  }

  it("are decided by the controller, and answered once they are seen here", async () => {
    const made = await stage();
    made.answer = async () => createdAnswer(0);
    const creating = made.leader.createTopics(createRequest, made.context({ apiVersion: 7 }));
    await made.cluster.time.run(300);
    const before = made.cluster.time.nowMs;
    const partition = made.image.topics.get(topicId)!.partitions[0]!;
    const topic: TopicImage = { topicId: "BBBBBBBBBBBBBBBBBBBBBA", name: "new", partitions: [partition] };
    made.changes = {
      topics: new Map([[topic.topicId, topic]]),
      topicIdsByName: new Map([[topic.name, topic.topicId]]),
    };
    for (const watcher of [...made.watchers]) watcher();
    const response = await made.run(creating);
    expect(made.cluster.time.nowMs - before).toBeLessThan(50);
    expect(response.topics[0]).toMatchObject({ name: "new", errorCode: 0 });
    expect(made.forwarded[0]).toMatchObject({ apiKey: 19, apiVersion: 7, clientId: "c" });
    const sent = decodeMessage(apis.CreateTopics.request, 7, made.forwarded[0]!.body);
    expect(sent.topics[0]!.name).toBe("new");
    expect(made.watchers.size).toBe(0);
  });

  it("are answered in time all the same when they are not seen here", async () => {
    const made = await stage();
    made.answer = async () => createdAnswer(0);
    const response = await made.run(
      made.leader.createTopics(createRequest, made.context({ apiVersion: 7 })),
      1100,
    );
    expect(response.topics[0]!.errorCode).toBe(0);
  });

  it("that failed are not waited for", async () => {
    const made = await stage();
    made.answer = async () => createdAnswer(ErrorCode.TOPIC_ALREADY_EXISTS);
    const creating = made.leader.createTopics(createRequest, made.context({ apiVersion: 7 }));
    const response = await made.run(creating, 20);
    expect(errorName(response.topics[0]!.errorCode)).toBe("TOPIC_ALREADY_EXISTS");
  });

  it("can be forbidden", async () => {
    const made = await stage({ overrides: ["delete.topic.enable=false"] });
    const deleting = made.leader.deleteTopics(
      ask("DeleteTopics", { topicNames: ["flights"] }),
      made.context(),
    );
    await expect(deleting).rejects.toMatchObject({ errorName: "TOPIC_DELETION_DISABLED" });
    expect(made.forwarded).toEqual([]);
  });
});

describe("producer ids", () => {
  it("come from blocks, each once", async () => {
    const made = await stage();
    const request = ask("InitProducerId", { transactionalId: null });
    const ids = await Promise.all(
      Array.from({ length: 7 }, () => made.leader.initProducerId(request, made.context())),
    );
    expect(ids.map(({ producerId }) => producerId)).toEqual([1000, 1001, 1002, 2000, 2001, 2002, 3000]);
    expect(ids.every(({ producerEpoch }) => producerEpoch === 0)).toBe(true);
  });

  it("are not given for transactions, nor for half an identity", async () => {
    const made = await stage();
    const transactional = ask("InitProducerId", { transactionalId: "t" });
    const refused = made.leader.initProducerId(transactional, made.context());
    await expect(refused).rejects.toMatchObject({ errorName: "UNSUPPORTED_VERSION" });
    const half = ask("InitProducerId", { transactionalId: null, producerId: 5 });
    const odd = made.leader.initProducerId(half, made.context());
    await expect(odd).rejects.toMatchObject({ errorName: "INVALID_REQUEST" });
  });
});

describe("settings", () => {
  const resource = (
    resourceType: number,
    resourceName: string,
    configurationKeys: string[] | null = null,
  ) => ({
    resourceType,
    resourceName,
    configurationKeys,
  });

  it("of topics come from the topic, then from the broker, with their sources", async () => {
    const made = await stage({ overrides: ["log.retention.hours=1"] });
    made.changes = { configs: new Map([["topic:flights", new Map([["segment.bytes", "1000"]])]]) };
    const keys = ["segment.bytes", "retention.ms", "cleanup.policy"];
    const request = ask("DescribeConfigs", {
      resources: [resource(2, "flights", keys), resource(2, "nowhere")],
      includeSynonyms: true,
      includeDocumentation: true,
    });
    const [flights, nowhere] = (await made.leader.describeConfigs(request, made.context())).results;
    const rows = flights!.configs.map(({ name, value, configSource }) => [name, value, configSource]);
    expect(rows.sort()).toEqual([
      ["cleanup.policy", "delete", 5],
      ["retention.ms", "3600000", 4],
      ["segment.bytes", "1000", 1],
    ]);
    const segment = flights!.configs.find(({ name }) => name === "segment.bytes")!;
    expect(segment.synonyms.map(({ name, source }) => [name, source])).toEqual([
      ["segment.bytes", 1],
      ["log.segment.bytes", 5],
    ]);
    expect(segment.documentation).toContain("segment");
    expect(errorName(nowhere!.errorCode)).toBe("UNKNOWN_TOPIC_OR_PARTITION");
  });

  it("of this broker are told, of another not", async () => {
    const made = await stage();
    const { leaderId } = made;
    const request = ask("DescribeConfigs", {
      resources: [
        resource(4, String(leaderId), ["node.id", "num.partitions"]),
        resource(4, "77"),
        resource(16, "x"),
      ],
    });
    const { results } = await made.leader.describeConfigs(request, made.context());
    expect(results[0]!.configs.map(({ name, value }) => [name, value])).toEqual([
      ["node.id", String(leaderId)],
      ["num.partitions", "1"],
    ]);
    expect(results.slice(1).map(({ errorCode }) => errorName(errorCode))).toEqual([
      "INVALID_REQUEST",
      "INVALID_REQUEST",
    ]);
  });
});

describe("versions", () => {
  it("are told to clients that say who they are, or need not", async () => {
    const made = await stage();
    const nameless = ask("ApiVersions", {});
    const old = await made.leader.apiVersions(nameless, made.context({ apiVersion: 2 }));
    expect(old.apiKeys.map(({ apiKey }) => apiKey)).toContain(apis.Produce.key);
    const refused = await made.leader.apiVersions(nameless, made.context({ apiVersion: 3 }));
    expect(errorName(refused.errorCode)).toBe("INVALID_REQUEST");
    const named = ask("ApiVersions", { clientSoftwareName: "kcat", clientSoftwareVersion: "1.7.1" });
    expect((await made.leader.apiVersions(named, made.context({ apiVersion: 3 }))).errorCode).toBe(0);
  });
});
