// test: what is known of the cluster and how it is kept fresh.
import { describe, expect, it } from "vitest";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import { connectionRules } from "../options/connection-options.ts";
import { readOptions } from "../options/read-options.ts";
import { Cluster } from "./cluster.ts";
import { MetadataCache } from "./metadata-cache.ts";

function setUp(options: FakeOptions = {}, more: object = {}) {
  const fake = new FakeCluster(options);
  fake.addTopic("t", 2);
  const given = { bootstrap: fake.bootstrap, ...more };
  const cluster = new Cluster(fake.client, readOptions("test", connectionRules, given));
  return { fake, cluster, world: fake.world };
}

const wait = { timeoutMs: 5_000, unknownTopicMs: 500 };

describe("the cluster", () => {
  it("makes one request of many wishes", async () => {
    const { fake, cluster, world } = setUp();
    cluster.track("t");
    await world.run(Promise.all([cluster.topic("t", wait), cluster.topic("t", wait), cluster.refreshed()]));
    expect(fake.count("Metadata")).toBe(1);
  });

  it("does not wait for a bootstrap broker that is silent or gone", async () => {
    const { fake, cluster, world } = setUp({ brokers: 3 });
    fake.crash(1);
    fake.fault = ({ broker }) => (broker === 2 ? { kind: "silence", carriedOut: false } : null);
    const before = fake.client.clock.monotonicMs();
    await world.run(cluster.topic("t", wait));
    expect(fake.client.clock.monotonicMs() - before).toBeLessThan(1_500);
  });

  it("names every broker that did not answer", async () => {
    const { fake, cluster, world } = setUp({ brokers: 2 });
    fake.crash(1);
    fake.crash(2);
    const asked = world.run(cluster.topic("t", wait)).catch((error) => error);
    const error = await asked;
    expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    expect(error.message).toMatch(/b1:9092.*b2:9092|b2:9092.*b1:9092/);
  });

  it("refreshes when it is old", async () => {
    const { fake, cluster, world } = setUp({}, { metadataMaxAgeMs: 1_000 });
    await world.run(cluster.topic("t", wait));
    await world.runFor(3_500);
    expect(fake.count("Metadata")).toBe(4);
    cluster.close();
    await world.runFor(3_000);
    expect(fake.count("Metadata")).toBe(4);
  });

  it("backs off while it finds nobody", async () => {
    const { fake, cluster, world } = setUp();
    fake.crash(1);
    const attempts: number[] = [];
    const { connect } = fake.client.network;
    (fake.client.network as { connect: typeof connect }).connect = (options) => {
      attempts.push(fake.client.clock.monotonicMs());
      return connect.call(fake.client.network, options);
    };
    await world.run(cluster.topic("t", wait).catch(() => {}));
    expect(attempts.length).toBeGreaterThan(5);
    expect(attempts.length).toBeLessThan(60);
  });

  it("rejects what waits when it is closed", async () => {
    const { fake, cluster, world } = setUp();
    fake.crash(1);
    const waiting = cluster.topic("t", wait);
    await world.runFor(200);
    cluster.close();
    await expect(world.run(waiting)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("the metadata cache", () => {
  const answer = (leaderId: number, leaderEpoch: number, topicId = "id") => ({
    throttleTimeMs: 0,
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 1, rack: null })),
    clusterId: "c",
    controllerId: 1,
    clusterAuthorizedOperations: 0,
    topics: [
      {
        errorCode: 0,
        name: "t",
        topicId,
        isInternal: false,
        topicAuthorizedOperations: 0,
        partitions: [
          {
            errorCode: 0,
            partitionIndex: 0,
            leaderId,
            leaderEpoch,
            replicaNodes: [1, 2],
            isrNodes: [1],
            offlineReplicas: [],
          },
        ],
      },
    ],
  });

  it("never goes back to an older leader epoch, except for a topic made anew", () => {
    const cache = new MetadataCache();
    cache.update(answer(1, 5));
    cache.update(answer(2, 4));
    expect(cache.partition("t", 0)).toMatchObject({ leader: 1, leaderEpoch: 5 });
    cache.update(answer(2, 6));
    expect(cache.partition("t", 0)).toMatchObject({ leader: 2, leaderEpoch: 6 });
    cache.update(answer(1, 0, "other"));
    expect(cache.partition("t", 0)).toMatchObject({ leader: 1, leaderEpoch: 0 });
  });

  it("takes a hint only when it is newer and names a broker that is known", () => {
    const cache = new MetadataCache();
    cache.update(answer(1, 5));
    const hint = { topic: "t", partition: 0, leaderId: 2, endpoints: [] };
    expect(cache.applyHint({ ...hint, leaderEpoch: 5 })).toBe(false);
    expect(cache.applyHint({ ...hint, leaderId: 9, leaderEpoch: 6 })).toBe(false);
    expect(cache.applyHint({ ...hint, leaderEpoch: 6 })).toBe(true);
    const endpoints = [{ nodeId: 9, host: "b9", port: 1, rack: null }];
    expect(cache.applyHint({ ...hint, leaderId: 9, leaderEpoch: 7, endpoints })).toBe(true);
    expect(cache.broker(9)?.host).toBe("b9");
  });
});
