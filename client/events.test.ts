// test: what a client tells of its work.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../proto/errors.ts";
import { FakeCluster } from "../test/fakes/fake-cluster.ts";
import type { ClientEvent } from "./events.ts";
import { ProducerClient } from "./producer/producer.ts";

function setUp(onEvent: (event: ClientEvent) => void) {
  const cluster = new FakeCluster({ brokers: 2 });
  cluster.addTopic("t", 1);
  const producer = new ProducerClient(cluster.client, { bootstrap: cluster.bootstrap, onEvent });
  return { cluster, producer, world: cluster.world };
}

describe("events of a client", () => {
  it("tell of connections, the cluster and batches, as many as the client counts", async () => {
    const events: ClientEvent[] = [];
    const { producer, world } = setUp((event) => events.push(event));
    for (let round = 0; round < 3; round++)
      await world.run(producer.sendBatch([1, 2, 3, 4].map((value) => ({ topic: "t", value: `v${value}` }))));
    await world.run(producer.close());
    const of = <Kind extends ClientEvent["kind"]>(kind: Kind) =>
      events.filter((event): event is Extract<ClientEvent, { kind: Kind }> => event.kind === kind);
    const delivered = of("batchDelivered");
    expect(delivered.reduce((sum, { records }) => sum + records, 0)).toBe(12);
    expect(delivered[0]).toMatchObject({ topic: "t", partition: 0, attempts: 1 });
    expect(delivered[0]!.waitedMs).toBeGreaterThan(0);
    expect(of("metadataUpdated").at(-1)).toMatchObject({ topics: 1 });
    expect(events.filter(({ kind }) => kind === "connected").length).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === "connected").length).toBe(
      events.filter(({ kind }) => kind === "disconnected").length,
    );
  });

  it("tell of retries and of leaders that moved", async () => {
    const events: ClientEvent[] = [];
    const { cluster, producer, world } = setUp((event) => events.push(event));
    await world.run(producer.send({ topic: "t", value: "a" }));
    let refusals = 1;
    cluster.fault = ({ api }) =>
      api === "Produce" && refusals-- > 0 ? { kind: "code", code: ErrorCode.NOT_ENOUGH_REPLICAS } : null;
    await world.run(producer.send({ topic: "t", value: "b" }));
    const retried = events.find(({ kind }) => kind === "batchRetried");
    expect(retried).toMatchObject({ topic: "t", partition: 0, records: 1, attempts: 1 });
    expect(retried).toHaveProperty("error.errorName", "NOT_ENOUGH_REPLICAS");
    cluster.log("t").moveTo(2);
    await world.run(producer.send({ topic: "t", value: "c" }));
    const moved = events.find(({ kind }) => kind === "leaderChanged");
    expect(moved).toMatchObject({ topic: "t", partition: 0, from: 1, to: 2 });
    await world.run(producer.close());
  });

  it("do no harm when a listener throws", async () => {
    const { producer, world } = setUp(() => {
      throw new Error("a listener that fails");
    });
    const place = await world.run(producer.send({ topic: "t", value: "a" }));
    expect(place.offset).toBe(0);
    await world.run(producer.close());
  });
});
