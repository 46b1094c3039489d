// test: metadata, topics, producer ids, settings and versions: what a client is told in every case.
import { describe, expect, it } from "vitest";
import type { TopicImage } from "../../cluster/metadata/image.ts";
import { ErrorCode, errorName } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import { ask, stage, zero } from "../../test/broker/broker-stage.ts";
import { topicId } from "../../test/replication/virtual-cluster.ts";

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
    const asked = ask("Metadata", { topics, allowAutoTopicCreation: false });
    const response = await made.leader.metadata(asked, made.context());
    expect(response.topics.map(({ errorCode, name }) => [errorName(errorCode), name])).toEqual([
      ["NONE", "flights"],
      ["UNKNOWN_TOPIC_OR_PARTITION", "nowhere"],
      ["INVALID_TOPIC_EXCEPTION", "not a name"],
      ["NONE", "flights"],
      ["UNKNOWN_TOPIC_ID", null],
    ]);
  });

  it("calls no topic unknown before it knows the cluster, and waits a little for that", async () => {
    const made = await stage();
    const { leader } = made;
    const topics = [named("flights"), named("nowhere")];
    const metadata = (allowAutoTopicCreation: boolean) =>
      leader.metadata(ask("Metadata", { topics, allowAutoTopicCreation }), made.context());
    const names = (answer: Awaited<ReturnType<typeof metadata>>) =>
      answer.topics.map(({ errorCode }) => errorName(errorCode));
    // As after a restart: what it has read so far ends before its topics.
    const nothing = { brokers: new Map(), topics: new Map(), topicIdsByName: new Map() };
    made.changes = nothing;
    const early = await made.run(metadata(true));
    expect(names(early)).toEqual(["LEADER_NOT_AVAILABLE", "LEADER_NOT_AVAILABLE"]);
    expect(made.forwarded).toHaveLength(0);
    const waiting = metadata(false);
    made.changes = {};
    for (const watcher of made.watchers) watcher();
    expect(names(await waiting)).toEqual(["NONE", "UNKNOWN_TOPIC_OR_PARTITION"]);
  });

  it("makes topics that are asked for where client and settings allow it", async () => {
    const made = await stage();
    made.answer = async ({ body }) => {
      const { topics } = decodeMessage(apis.CreateTopics.request, 7, body);
      const rows = topics.map(({ name }) => ({ name, errorCode: ErrorCode.TOPIC_ALREADY_EXISTS }));
      return encodeMessage(apis.CreateTopics.response, 7, { topics: rows });
    };
    const topics = [named("flights"), named("new"), named("not a name"), named("__consumer_offsets")];
    const request = ask("Metadata", { topics, allowAutoTopicCreation: true });
    await made.run(made.leader.metadata(request, made.context()));
    const sent = made.forwarded.map(({ body }) => decodeMessage(apis.CreateTopics.request, 7, body));
    expect(sent.map((one) => one.topics.map(({ name, numPartitions }) => [name, numPartitions]))).toEqual([
      [["new", -1]],
    ]);
    made.changes = { configs: new Map([["broker:", new Map([["auto.create.topics.enable", "false"]])]]) };
    const response = await made.leader.metadata(request, made.context());
    expect(errorName(response.topics[1]!.errorCode)).toBe("UNKNOWN_TOPIC_OR_PARTITION");
    expect(made.forwarded).toHaveLength(1);
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

describe("partitions of topics", () => {
  it("are told in pieces, each with where to go on", async () => {
    const made = await stage({ partitions: 3 });
    const [one] = [...made.image.topics.values()];
    const other: TopicImage = { ...one!, topicId: "BBBBBBBBBBBBBBBBBBBBBA", name: "arrivals" };
    made.changes = {
      topics: new Map([...made.image.topics, [other.topicId, other]]),
      topicIdsByName: new Map([...made.image.topicIdsByName, [other.name, other.topicId]]),
    };
    const found: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    for (let rounds = 1; ; rounds++) {
      const request = ask("DescribeTopicPartitions", { topics: [], responsePartitionLimit: 2, cursor });
      const answer = await made.leader.describeTopicPartitions(request, made.context());
      for (const { name, partitions } of answer.topics)
        found.push(...partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`));
      cursor = answer.nextCursor;
      if (cursor !== null) continue;
      expect(rounds).toBe(3);
      break;
    }
    const names = [0, 1, 2].map((index) => `arrivals-${index}`);
    expect(found).toEqual([...names, ...names.map((name) => name.replace("arrivals", "flights"))]);
    const missing = ask("DescribeTopicPartitions", { topics: [{ name: "nowhere" }, { name: "no name" }] });
    const { topics } = await made.leader.describeTopicPartitions(missing, made.context());
    expect(topics.map(({ errorCode }) => errorName(errorCode))).toEqual([
      "INVALID_TOPIC_EXCEPTION",
      "UNKNOWN_TOPIC_OR_PARTITION",
    ]);
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
