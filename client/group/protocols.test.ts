// test: what is special to one of the two protocols of groups: cooperative hand-overs, assignors, fencing by
// instance id, old brokers; patterns of the broker's, epochs, the way back to the classic protocol. And what
// a runner of handlers is told.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { GroupStage, type Reading } from "../../test/fakes/group-stage.ts";
import type { Assignor } from "./assignors/assignor.ts";

const share = (reading: Reading): number => reading.consumer.assignment().length;

describe("the classic protocol", () => {
  it("keeps partitions that stay, cooperatively, and reads on meanwhile", async () => {
    const stage = new GroupStage("classic");
    const assignors = ["cooperativeSticky"] as const;
    const one = stage.read({ assignors });
    await stage.until(() => share(one) === 4);
    const two = stage.read({ assignors });
    await stage.until(() => share(one) === 2 && share(two) === 2);
    expect(one.log).toEqual(["+t0,t1,t2,t3", "-t2,t3"]);
    expect(two.log).toEqual(["+t2,t3"]);
    await stage.world.run(one.consumer.close());
    await stage.until(() => share(two) === 4);
    expect(two.log).toEqual(["+t2,t3", "+t0,t1"]);
    await stage.close();
  });

  it("gives up everything eagerly by default, with Kafka's default assignors", async () => {
    const stage = new GroupStage("classic");
    const one = stage.read();
    await stage.until(() => share(one) === 4);
    const two = stage.read();
    await stage.until(() => share(one) === 2 && share(two) === 2);
    expect(one.log).toEqual(["+t0,t1,t2,t3", "-t0,t1,t2,t3", "+t0,t1"]);
    const join = stage.cluster.requests.find(({ api }) => api === "JoinGroup")!.body;
    expect(join.protocols.map((item: { name: string }) => item.name)).toEqual([
      "range",
      "cooperative-sticky",
    ]);
    expect(join).toMatchObject({
      protocolType: "consumer",
      sessionTimeoutMs: 3_000,
      rebalanceTimeoutMs: 4_000,
    });
    await stage.close();
  });

  it.each(["roundRobin", "sticky", "cooperativeSticky"] as const)("divides by %s", async (name) => {
    const stage = new GroupStage("classic", { partitions: 7 });
    const readings = [1, 2, 3].map(() => stage.read({ assignors: [name] }));
    await stage.until(() => stage.isDivided(readings) && readings.every((one) => share(one) >= 2));
    await stage.world.run(readings[0]!.consumer.close());
    await stage.until(() => stage.isDivided(readings.slice(1)));
    await stage.close();
  });

  it("divides by an own assignor, and says when that divides wrongly", async () => {
    const stage = new GroupStage("classic");
    const own: Assignor = {
      name: "all-to-the-first",
      rebalance: "eager",
      userData: () => null,
      assign: ({ members, partitionCounts }) => {
        const count = partitionCounts.get("t")!;
        const all = Array.from({ length: count }, (_, partition) => ({ topic: "t", partition }));
        return new Map([[members.map((item) => item.memberId).sort()[0]!, all]]);
      },
    };
    const two = [stage.read({ assignors: [own] }), stage.read({ assignors: [own] })];
    await stage.until(() => stage.isDivided(two) && stage.groups.group("g").members.size === 2);
    expect(two.map(share).sort()).toEqual([0, 4]);
    await stage.close();
    const twice: Assignor = {
      ...own,
      assign: ({ members }) => {
        const place = { topic: "t", partition: 0 };
        return new Map(members.map((item) => [item.memberId, [place, place]]));
      },
    };
    const wrong = stage.read({ assignors: [twice] });
    expect(await stage.world.run(wrong.ended)).toMatchObject({ code: "INVALID_OPTION" });
    await stage.close();
  });

  it("is over for a member whose instance id another one took", async () => {
    const stage = new GroupStage("classic");
    const one = stage.read({ groupInstanceId: "same" });
    await stage.until(() => share(one) === 4);
    const two = stage.read({ groupInstanceId: "same" });
    expect(await stage.world.run(one.ended)).toMatchObject({ errorName: "FENCED_INSTANCE_ID" });
    expect(one.log.at(-1)).toBe("!t0,t1,t2,t3");
    await stage.until(() => share(two) === 4);
    await stage.close();
  });

  it("is spoken with old brokers too", async () => {
    const versions = {
      FindCoordinator: 0,
      JoinGroup: 0,
      SyncGroup: 0,
      Heartbeat: 0,
      LeaveGroup: 0,
      OffsetCommit: 2,
      OffsetFetch: 1,
    };
    for (const given of [
      versions,
      { JoinGroup: 4, OffsetFetch: 7, LeaveGroup: 3, FindCoordinator: 3, OffsetCommit: 6 },
    ]) {
      const stage = new GroupStage("classic", { versions: given });
      const readings = [stage.read(), stage.read()];
      await stage.until(() => stage.isDivided(readings) && readings.every((one) => share(one) === 2));
      stage.write("t", 0, 3);
      await stage.until(() => stage.groups.committed("g", "t", 0) === 3);
      await stage.close();
      expect(stage.groups.group("g").members.size).toBe(0);
    }
  });

  it("joins again, and again, while the coordinator loads", async () => {
    const stage = new GroupStage("classic");
    let left = 3;
    stage.cluster.fault = ({ api }) => {
      if (!["JoinGroup", "SyncGroup", "OffsetFetch"].includes(api) || left-- <= 0) return null;
      const errorCode = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      return {
        kind: "answer",
        body: api === "OffsetFetch" ? { groups: [{ groupId: "g", errorCode }] } : { errorCode },
      };
    };
    const one = stage.read();
    await stage.until(() => share(one) === 4);
    await stage.close();
  });

  it.each([
    ["as often as an Ottla broker asks for", null, 200, 200],
    ["every 3 s where none asks", null, 0, 3_000],
    ["as the program says", 1_000, 200, 1_000],
  ])("is heard of %s", async (_how, heartbeatIntervalMs, askedMs, everyMs) => {
    const stage = new GroupStage("classic");
    stage.cluster.fault = ({ api, body }) => {
      if (api !== "Heartbeat") return null;
      const { asksForInterval } = body as { asksForInterval: boolean };
      const answer = { errorCode: 0, heartbeatIntervalMs: asksForInterval ? askedMs : 0 };
      return { kind: "answer", body: answer };
    };
    const one = stage.read({ heartbeatIntervalMs, sessionTimeoutMs: 60_000 });
    await stage.until(() => share(one) === 4);
    await stage.world.runFor(1_000);
    const before = stage.cluster.count("Heartbeat");
    await stage.world.runFor(12_000);
    const expected = 12_000 / everyMs;
    expect(stage.cluster.count("Heartbeat") - before).toBeGreaterThan(0.9 * expected - 1);
    expect(stage.cluster.count("Heartbeat") - before).toBeLessThanOrEqual(expected + 1);
    await stage.close();
  });

  it("does not spin when the group rebalances without end", async () => {
    const stage = new GroupStage("classic");
    stage.cluster.fault = ({ api }) =>
      api === "SyncGroup" ? { kind: "answer", body: { errorCode: ErrorCode.REBALANCE_IN_PROGRESS } } : null;
    stage.read();
    await stage.world.runFor(20_000);
    expect(stage.cluster.count("JoinGroup")).toBeLessThan(80);
    await stage.close();
  });
});

describe("the consumer protocol", () => {
  it("says everything once, then only what changed, and acknowledges what it gave up", async () => {
    const stage = new GroupStage("consumer");
    const one = stage.read({ remoteAssignor: "uniform", rack: "r1" });
    await stage.until(() => share(one) === 4);
    await stage.world.runFor(2_000);
    const bodies = stage.cluster.requests
      .filter(({ api }) => api === "ConsumerGroupHeartbeat")
      .map(({ body }) => body);
    expect(bodies[0]).toMatchObject({
      memberEpoch: 0,
      rackId: "r1",
      serverAssignor: "uniform",
      subscribedTopicNames: ["t"],
      topicPartitions: [],
      rebalanceTimeoutMs: 4_000,
    });
    expect(bodies[1].topicPartitions[0].partitions).toEqual([0, 1, 2, 3]);
    for (const body of bodies.slice(2)) {
      expect(body).toMatchObject({
        subscribedTopicNames: null,
        topicPartitions: null,
        rebalanceTimeoutMs: -1,
      });
    }
    const two = stage.read();
    await stage.until(() => share(one) === 2 && share(two) === 2);
    expect(one.log).toEqual(["+t0,t1,t2,t3", expect.stringMatching(/^-t\d,t\d$/)]);
    await stage.close();
    expect(stage.groups.modernGroup("g").members.size).toBe(0);
  });

  it("has the broker match a pattern, and learns the names of what it gets", async () => {
    const stage = new GroupStage("consumer");
    stage.cluster.addTopic("orders-1", 1);
    const one = stage.read({ subscribe: { re2: "orders-.*" } });
    await stage.until(() => share(one) === 1);
    stage.cluster.addTopic("orders-2", 2);
    await stage.until(() => share(one) === 3);
    stage.write("orders-2", 1, 1);
    await stage.until(() => one.seen.includes("orders-2 1 0"));
    await stage.close();
  });

  it("is left for the classic protocol where brokers or the group do not do it", async () => {
    const old = new GroupStage("classic");
    const one = old.read();
    await old.until(() => share(one) === 4);
    expect(old.cluster.count("ConsumerGroupHeartbeat")).toBe(0);
    await old.close();

    for (const code of [ErrorCode.UNSUPPORTED_VERSION, ErrorCode.GROUP_ID_NOT_FOUND]) {
      const stage = new GroupStage("consumer");
      stage.groups.modernGroup("h").refuse = code;
      const two = stage.read({ groupId: "h" });
      await stage.until(() => stage.groups.group("h").members.size === 1);
      stage.groups.modern.delete("h");
      await stage.until(() => share(two) === 4);
      await stage.close();
    }
    const strict = old.read({ groupProtocol: "consumer" });
    expect(await old.world.run(strict.ended)).toMatchObject({ code: "UNSUPPORTED_BY_BROKER" });
    await old.close();
  });

  it("is not used when assignors are given", async () => {
    const stage = new GroupStage("consumer");
    const one = stage.read({ assignors: ["range"] });
    await stage.until(() => share(one) === 4);
    expect(stage.cluster.count("ConsumerGroupHeartbeat")).toBe(0);
    await stage.close();
    const consumer = stage.make({ groupProtocol: "classic" });
    await expect(consumer.subscribe({ re2: "x" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("waits until the place of a static member that died is free", async () => {
    const stage = new GroupStage("consumer");
    stage.groups.modernGroup("g").refuse = ErrorCode.UNRELEASED_INSTANCE_ID;
    const one = stage.read();
    await stage.world.runFor(3_000);
    expect(share(one)).toBe(0);
    stage.groups.modernGroup("g").refuse = null;
    await stage.until(() => share(one) === 4);
    await stage.close();
  });

  it.each([ErrorCode.UNSUPPORTED_ASSIGNOR, ErrorCode.INVALID_REGULAR_EXPRESSION])(
    "ends at error %i, which no retry mends",
    async (code) => {
      const stage = new GroupStage("consumer");
      stage.groups.modernGroup("g").refuse = code;
      const one = stage.read();
      expect(await stage.world.run(one.ended)).toMatchObject({ code });
      await stage.close();
    },
  );

  it("commits again with the new epoch when the old one is stale", async () => {
    const stage = new GroupStage("consumer", { partitions: 1 });
    const one = stage.read({ autoCommit: false });
    stage.write("t", 0, 2);
    await stage.until(() => one.seen.length === 2);
    stage.groups.modernGroup("g").members.get(one.consumer.groupMetadata().memberId)!.epoch += 1;
    stage.groups.modernGroup("g").epoch += 1;
    await stage.world.run(one.consumer.commit());
    expect(stage.groups.committed("g", "t", 0)).toBe(2);
    expect(one.log).toEqual(["+t0"]);
    await stage.close();
  });
});

describe("a run of handlers", () => {
  it("commits what is handled, and is waited for when partitions go", async () => {
    const stage = new GroupStage("classic", { partitions: 2 });
    const consumer = stage.make();
    const handled: string[] = [];
    let hold: Promise<void> = Promise.resolve();
    let release: () => void = () => {};
    await stage.world.run(consumer.subscribe(["t"]));
    const running = consumer.run({
      eachRecord: async ({ partition, offset }) => {
        await hold;
        handled.push(`${partition}/${offset}`);
      },
    });
    stage.write("t", 0, 3);
    stage.write("t", 1, 2);
    await stage.until(() => handled.length === 5);
    await stage.until(() => [0, 1].map((at) => stage.groups.committed("g", "t", at)).join() === "3,2");

    hold = new Promise((resolve) => {
      release = resolve;
    });
    stage.write("t", 0, 1);
    stage.write("t", 1, 1);
    const other = stage.read();
    await stage.world.runFor(800);
    // What is in work ends, and is committed, before a partition goes.
    expect(share(other)).toBe(0);
    release();
    await stage.until(() => share(other) === 1 && consumer.assignment().length === 1);
    expect(handled).toHaveLength(7);
    expect([0, 1].map((at) => stage.groups.committed("g", "t", at))).toEqual([4, 3]);
    expect(other.seen).toEqual([]);
    await stage.world.run(consumer.close());
    await stage.world.run(running);
    await stage.close();
  });
});
