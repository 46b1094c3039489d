// test: finding coordinators: many at once, one by one where brokers are older, and anew once they are lost.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import { readAdminOptions } from "../admin/admin-options.ts";
import { Cluster } from "./cluster.ts";
import { type CoordinatorKind, Coordinators } from "./coordinators.ts";

function setUp(options: FakeOptions & { kind?: CoordinatorKind } = {}) {
  const fake = new FakeCluster({ brokers: 2, ...options });
  const settings = readAdminOptions({ bootstrap: fake.bootstrap, requestTimeoutMs: 500 });
  const cluster = new Cluster(fake.client, settings);
  const coordinators = new Coordinators(cluster, { kind: options.kind ?? "group" });
  const asked = () => fake.requests.filter(({ api }) => api === "FindCoordinator").map(({ body }) => body);
  return { fake, cluster, coordinators, asked, world: fake.world };
}

describe("coordinators", () => {
  it("are found many at once, and remembered", async () => {
    const { fake, coordinators, asked, world } = setUp();
    fake.groups.add("a", { coordinator: 2 });
    const keys = ["a", ...Array.from({ length: 1_500 }, (_, n) => `g${n}`), "a"];
    const found = await world.run(coordinators.findAll(keys));
    expect(found.size).toBe(1_501);
    expect(found.get("a")).toEqual({ id: 2, host: "b2", port: 9092 });
    expect(asked().map(({ coordinatorKeys }) => coordinatorKeys.length)).toEqual([1_000, 501]);
    await world.run(coordinators.findAll(keys));
    expect(asked()).toHaveLength(2);
    coordinators.forget("a");
    expect(coordinators.known("a")).toBe(null);
    await world.run(coordinators.find("a"));
    expect(asked()).toHaveLength(3);
  });

  it("are found one by one by older brokers, in the oldest only of groups", async () => {
    for (const version of [3, 0]) {
      const { coordinators, asked, world } = setUp({ versions: { FindCoordinator: version } });
      expect((await world.run(coordinators.findAll(["a", "b"]))).size).toBe(2);
      expect(asked().map(({ key }) => key)).toEqual(["a", "b"]);
    }
    const old = setUp({ versions: { FindCoordinator: 0 }, kind: "transaction" });
    await expect(old.world.run(old.coordinators.find("tx"))).rejects.toMatchObject({
      code: "UNSUPPORTED_BY_BROKER",
    });
    const one = setUp({ versions: { FindCoordinator: 1 }, kind: "transaction" });
    await one.world.run(one.coordinators.find("tx"));
    expect(one.asked()[0]).toMatchObject({ key: "tx", keyType: 1 });
  });

  it("that are not there are said not to be, and not remembered", async () => {
    const { fake, coordinators, world } = setUp();
    const code = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    fake.fault = ({ api }) => (api === "FindCoordinator" ? { kind: "code", code } : null);
    const error = await world.run(coordinators.find("a").catch((reason) => reason));
    expect(error).toMatchObject({ errorName: "COORDINATOR_NOT_AVAILABLE", retriable: true });
    expect(error.message).toMatch(/^find the coordinator of group a: COORDINATOR_NOT_AVAILABLE/);
    fake.fault = () => null;
    expect(await world.run(coordinators.find("a"))).toMatchObject({ id: 1 });
  });

  it("that cannot be reached are forgotten; one that refuses a request is not", async () => {
    const { fake, coordinators, world } = setUp();
    const ask = () => coordinators.toCoordinator("a", apis.DescribeGroups, { groups: ["a"] });
    expect((await world.run(ask())).groups).toHaveLength(1);
    const unknown = coordinators.toCoordinator("a", apis.DescribeAcls, {} as never).catch((reason) => reason);
    expect(await world.run(unknown)).toMatchObject({ code: "UNSUPPORTED_BY_BROKER" });
    expect(coordinators.known("a")).not.toBe(null);
    fake.fault = ({ api }) => (api === "DescribeGroups" ? { kind: "cutBefore" } : null);
    await expect(world.run(ask())).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(coordinators.known("a")).toBe(null);
  });
});
