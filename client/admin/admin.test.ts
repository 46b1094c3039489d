// test: the admin client against fake brokers.
import { describe, expect, it } from "vitest";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { FakeCluster } from "../../test/fakes/fake-cluster.ts";
import { AdminClient } from "./admin.ts";

function setUp(brokers = 2) {
  const cluster = new FakeCluster({ brokers });
  const admin = new AdminClient(cluster.client, { bootstrap: cluster.bootstrap, apiTimeoutMs: 5_000 });
  return { cluster, admin, world: cluster.world };
}

describe("an admin", () => {
  it("creates, lists, describes and deletes topics", async () => {
    const { cluster, admin, world } = setUp();
    const configs = { "retention.ms": -1 };
    const made = await world.run(
      admin.createTopics([{ name: "a", partitions: 3, replicationFactor: 2, configs }, { name: "b" }]),
    );
    expect(made.map(({ name, partitions }) => [name, partitions])).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
    const sent = cluster.requests.find((request) => request.api === "CreateTopics")!.body;
    expect(sent.topics[0].configs).toEqual([{ name: "retention.ms", value: "-1" }]);
    expect(sent.topics[1]).toMatchObject({ numPartitions: -1, replicationFactor: -1 });
    await world.run(admin.waitForTopic("a"));
    expect((await world.run(admin.listTopics())).map((topic) => topic.name)).toEqual(["a", "b"]);
    const [topic] = await world.run(admin.describeTopics(["a"]));
    expect(topic!.partitions[1]).toMatchObject({ partition: 1, leader: 2, leaderEpoch: 0, isr: [1, 2] });
    await world.run(admin.deleteTopics(["a"]));
    await expect(world.run(admin.describeTopics(["a"]))).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    await expect(world.run(admin.deleteTopics(["a"]))).rejects.toThrow(
      "delete topic a: the cluster does not",
    );
  });

  it("names what was refused", async () => {
    const { cluster, admin, world } = setUp();
    cluster.addTopic("a");
    const refused = await world.run(admin.createTopics([{ name: "a" }]).catch((error) => error));
    expect(refused).toBeInstanceOf(BrokerError);
    expect(refused).toMatchObject({ errorName: "TOPIC_ALREADY_EXISTS", code: 36, retriable: false });
    expect(refused.message).toBe(
      "create topic a: TOPIC_ALREADY_EXISTS: A topic of this name exists already.",
    );
  });

  it("tries again after what passes, and says in the end what stood in the way", async () => {
    const { cluster, admin, world } = setUp();
    let cuts = 2;
    cluster.fault = ({ api }) => (api === "DeleteTopics" && cuts-- > 0 ? { kind: "cutAfter" } : null);
    cluster.addTopic("a");
    await world.run(admin.deleteTopics(["a"]));
    cluster.fault = ({ api }) => (api === "Metadata" ? { kind: "cutBefore" } : null);
    const error = await world.run(admin.listTopics().catch((reason) => reason));
    expect(error).toMatchObject({ code: "TIMED_OUT", retriable: true });
    expect(error.message).toMatch(/^list topics: not done within 5000 ms: Metadata: no broker answered/);
  });

  it("looks up offsets", async () => {
    const { cluster, admin, world } = setUp();
    cluster.addTopic("a", 3);
    for (const log of cluster.topics.get("a")!.logs) log.startOffset = log.endOffset = 7;
    const offsets = await world.run(admin.listOffsets({ topic: "a", at: "latest" }));
    expect(offsets.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 7],
      [1, 7],
      [2, 7],
    ]);
    const none = await world.run(admin.listOffsets({ topic: "a", partition: 1, at: { timestamp: 99 } }));
    expect(none).toMatchObject([{ partition: 1, offset: -1, timestamp: -1 }]);
    await expect(world.run(admin.listOffsets({ topic: "a", partition: 3, at: "latest" }))).rejects.toThrow(
      "a has the partitions 0 to 2, not 3",
    );
    let refusals = 2;
    cluster.fault = ({ api }) =>
      api === "ListOffsets" && refusals-- > 0 ? { kind: "code", code: ErrorCode.OFFSET_NOT_AVAILABLE } : null;
    expect((await world.run(admin.listOffsets({ topic: "a", at: "earliest" }))).length).toBe(3);
  });

  it("describes the cluster", async () => {
    const { admin, world } = setUp(3);
    const cluster = await world.run(admin.describeCluster());
    expect(cluster.clusterId).toBe("fake");
    expect(cluster.brokers.map((broker) => `${broker.id} ${broker.host}:${broker.port}`)).toEqual([
      "1 b1:9092",
      "2 b2:9092",
      "3 b3:9092",
    ]);
    await expect(world.run(admin.describeQuorum())).rejects.toMatchObject({ code: "UNSUPPORTED_BY_BROKER" });
    await admin.close();
    await expect(admin.listTopics()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
