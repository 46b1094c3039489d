// One cluster for all tests of the file: it starts in a fifth of a second. Each test takes a service of its own.
import { Cluster } from "ottla/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderService, orders } from "./orders.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic(orders, { partitions: 3 });
});

afterAll(() => cluster.stop());

test("sums up per customer", async () => {
  await using service = new OrderService(cluster.bootstrap);
  await service.place({ id: "1", customer: "gregor", cents: 1_000 });
  await service.place({ id: "2", customer: "gregor", cents: 250 });
  await service.place({ id: "3", customer: "grete", cents: 40 });
  const totals = await service.totals();
  expect(totals.get("gregor")).toBe(1_250);
  expect(totals.get("grete")).toBe(40);
});

test("no order is lost or counted twice when a broker is killed", async () => {
  await using service = new OrderService(cluster.bootstrap);
  const placing = Array.from({ length: 50 }, (_, i) =>
    service.place({ id: `k${i}`, customer: "josef", cents: 1 }),
  );
  const leader = cluster.leaderOf(orders.name, 0);
  await leader.kill();
  await Promise.all(placing);
  await service.place({ id: "after", customer: "josef", cents: 1 });
  expect((await service.totals()).get("josef")).toBe(51);
  await leader.restart();
  await cluster.waitForReady();
});

test("an order is taken while the leader hangs", async () => {
  await using service = new OrderService(cluster.bootstrap);
  const leader = cluster.leaderOf(orders.name, 0);
  await leader.pause();
  await service.place({ id: "p1", customer: "leni", cents: 7 });
  await leader.resume();
  await cluster.waitForReady();
  expect((await service.totals()).get("leni")).toBe(7);
});

test("an order is taken while the controller is cut off", async () => {
  await using service = new OrderService(cluster.bootstrap);
  const controller = cluster.broker(cluster.controllerId());
  await controller.isolate();
  await service.place({ id: "i1", customer: "klamm", cents: 9 });
  await cluster.waitForReady();
  expect(cluster.controllerId()).not.toBe(controller.id);
  await controller.heal();
  await cluster.waitForReady();
  expect((await service.totals()).get("klamm")).toBe(9);
});
