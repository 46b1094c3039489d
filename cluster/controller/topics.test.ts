// test: making and deleting topics, placement, producer ids: every answer, and what is written.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { BrokerError, errorName } from "../../proto/errors.ts";
import type { CreateTopicsRequestCreatableTopic } from "../../proto/kafka/generated/messages.ts";
import { CoreWorld, uuid } from "../../test/controller/core-world.ts";
import { createTopics } from "./create-topics.ts";
import { deleteTopics } from "./delete-topics.ts";
import { type PlacementBroker, placeReplicas } from "./placement.ts";
import { allocateProducerIds } from "./producer-ids.ts";

function worldOf(...brokers: number[]): CoreWorld {
  const world = new CoreWorld();
  world.activate();
  world.start(...brokers);
  return world;
}

type Asked = Partial<CreateTopicsRequestCreatableTopic>;
const topic = (name: string, extra: Asked = {}): CreateTopicsRequestCreatableTopic => ({
  name,
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [],
  configs: [],
  ...extra,
});

function create(world: CoreWorld, topics: CreateTopicsRequestCreatableTopic[], validateOnly = false) {
  const context = { settings: world.settings, topicIds: topics.map((_, at) => uuid(300 + at)), seed: 7 };
  const request = { topics, timeoutMs: 0, validateOnly };
  return world.carryOut(createTopics(world.image, request, context)).topics;
}

/** Error name and message of one topic. */
function refusal(world: CoreWorld, asked: CreateTopicsRequestCreatableTopic): string {
  const before = world.image;
  const [result] = create(world, [asked]);
  expect(world.image).toBe(before);
  expect(result!.topicId).toBe(zeroUuid);
  return `${errorName(result!.errorCode)} ${result!.errorMessage}`;
}

describe("creating topics", () => {
  it("takes the defaults where nothing is said, and tells what it took", () => {
    const world = worldOf(1, 2, 3, 4);
    const [result] = create(world, [topic("flights", { configs: [{ name: "retention.ms", value: "-1" }] })]);
    expect(errorName(result!.errorCode)).toBe("NONE");
    expect(result).toMatchObject({ topicId: uuid(300), numPartitions: 3, replicationFactor: 3 });
    expect(result!.configs!.find(({ name }) => name === "retention.ms")).toMatchObject({
      value: "-1",
      configSource: 1,
    });
    expect(result!.configs!.find(({ name }) => name === "min.insync.replicas")).toMatchObject({ value: "2" });
    const made = world.image.topics.get(uuid(300))!;
    expect(made.partitions.length).toBe(3);
    for (const partition of made.partitions) {
      expect(partition.isr).toEqual(partition.replicas);
      expect(partition.leader).toBe(partition.replicas[0]);
      expect(partition.directories).toEqual(partition.replicas.map((id) => uuid(100 + id)));
    }
    expect(world.image.configs.get("topic:flights")!.get("retention.ms")).toBe("-1");
  });

  it("replicates to fewer where there are fewer brokers", () => {
    expect(create(worldOf(1), [topic("t")])[0]!.replicationFactor).toBe(1);
    expect(create(worldOf(1, 2), [topic("t")])[0]!.replicationFactor).toBe(2);
  });

  it("refuses names that cannot be, exist, or collide", () => {
    const world = worldOf(1);
    create(world, [topic("a.b")]);
    for (const name of ["", ".", "..", "a b", "ä", "x".repeat(250), "a/b"])
      expect(refusal(world, topic(name))).toMatch(/^INVALID_TOPIC_EXCEPTION/);
    expect(refusal(world, topic("a.b"))).toMatch(/^TOPIC_ALREADY_EXISTS .*"a.b"/);
    expect(refusal(world, topic("a_b"))).toMatch(/^INVALID_TOPIC_EXCEPTION .*"a.b"/);
    expect(refusal(world, topic("__cluster_metadata"))).toMatch(/^INVALID_REQUEST/);
  });

  it("refuses numbers that cannot be", () => {
    const world = worldOf(1, 2);
    const over = limits.partitionsPerTopicMax + 1;
    for (const numPartitions of [0, -2, over])
      expect(refusal(world, topic("t", { numPartitions }))).toMatch(/^INVALID_PARTITIONS/);
    for (const replicationFactor of [0, -2, 3])
      expect(refusal(world, topic("t", { replicationFactor }))).toMatch(/^INVALID_REPLICATION_FACTOR/);
    expect(refusal(worldOf(), topic("t"))).toMatch(/^INVALID_REPLICATION_FACTOR .*no broker/);
    world.fence(1, 2);
    expect(refusal(world, topic("t"))).toMatch(/^INVALID_REPLICATION_FACTOR .*fenced/);
  });

  it("refuses settings that are not known, twice there, without a value or of the wrong type", () => {
    const world = worldOf(1);
    const config = (name: string, value: string | null) => ({ name, value });
    const withConfigs = (...configs: { name: string; value: string | null }[]) => topic("t", { configs });
    expect(refusal(world, withConfigs(config("retention.sm", "1")))).toMatch(
      /^INVALID_CONFIG .*"retention.sm".*nearest one is retention.ms/,
    );
    expect(refusal(world, withConfigs(config("retention.ms", null)))).toMatch(/^INVALID_CONFIG/);
    expect(refusal(world, withConfigs(config("retention.ms", "soon")))).toMatch(/^INVALID_CONFIG .*"soon"/);
    const twice = [config("retention.ms", "1"), config("retention.ms", "2")];
    expect(refusal(world, withConfigs(...twice))).toMatch(/^INVALID_CONFIG .*twice/);
  });

  it("places as it is told, if that can be", () => {
    const world = worldOf(1, 2, 3);
    world.fence(3);
    const by = (...lists: number[][]) => ({
      assignments: lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    });
    create(world, [topic("t", by([3, 1], [2, 3]))]);
    // Nothing can be committed before a second one is in sync: who is away misses nothing, and may lead.
    expect(world.partition("t", 0)).toMatchObject({ replicas: [3, 1], isr: [1], elr: [3], leader: 1 });
    expect(world.partition("t", 1)).toMatchObject({ replicas: [2, 3], isr: [2], leader: 2 });
    const refused = (extra: Asked): string => refusal(world, topic("u", extra));
    expect(refused(by([1, 1]))).toMatch(/^INVALID_REPLICA_ASSIGNMENT .*twice/);
    expect(refused(by([1, 9]))).toMatch(/^INVALID_REPLICA_ASSIGNMENT .*broker 9/);
    expect(refused(by([1, 2], [1]))).toMatch(/^INVALID_REPLICA_ASSIGNMENT/);
    expect(refused(by([]))).toMatch(/^INVALID_REPLICA_ASSIGNMENT/);
    expect(refused(by([3]))).toMatch(/^INVALID_REPLICA_ASSIGNMENT .*fenced/);
    expect(refused({ assignments: [{ partitionIndex: 1, brokerIds: [1] }] })).toMatch(
      /^INVALID_REPLICA_ASSIGNMENT/,
    );
    expect(refused({ ...by([1]), numPartitions: 1 })).toMatch(/^INVALID_REQUEST/);
  });

  it("decides on each topic of a request by itself", () => {
    const world = worldOf(1);
    const results = create(world, [
      topic("a"),
      topic("!"),
      topic("b"),
      topic("c"),
      topic("c"),
      topic("a.x"),
      topic("a_x"),
    ]);
    expect(results.map(({ name, errorCode }) => `${name} ${errorName(errorCode)}`)).toEqual([
      "a NONE",
      "! INVALID_TOPIC_EXCEPTION",
      "b NONE",
      "c INVALID_REQUEST",
      "a.x NONE",
      "a_x INVALID_TOPIC_EXCEPTION",
    ]);
    expect([...world.image.topicIdsByName.keys()].sort()).toEqual(["a", "a.x", "b"]);
  });

  it("changes nothing when it is only to validate", () => {
    const world = worldOf(1);
    const before = world.image;
    const results = create(world, [topic("a"), topic("")], true);
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual(["NONE", "INVALID_TOPIC_EXCEPTION"]);
    expect(results[0]).toMatchObject({ topicId: zeroUuid, numPartitions: 3 });
    expect(world.image).toBe(before);
  });

  it("bounds what one request may make", () => {
    const world = worldOf(1);
    const half = Math.ceil(limits.partitionsPerRequestMax / 2) + 1;
    const results = create(world, [topic("a", { numPartitions: half }), topic("b", { numPartitions: half })]);
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual(["NONE", "POLICY_VIOLATION"]);
  });
});

describe("deleting topics", () => {
  const remove = (
    world: CoreWorld,
    asked: { name?: string; topicId?: string }[],
    topicNames: string[] = [],
  ) => {
    const topics = asked.map(({ name = null, topicId = zeroUuid }) => ({ name, topicId }));
    const request = { topics, topicNames, timeoutMs: 0 };
    const { responses } = world.carryOut(deleteTopics(world.image, request, world.settings));
    return responses.map((one) => `${one.name} ${errorName(one.errorCode)}`);
  };

  it("goes by name or by id, and forgets the settings too", () => {
    const world = worldOf(1);
    create(world, [topic("a", { configs: [{ name: "retention.ms", value: "1" }] }), topic("b"), topic("c")]);
    expect(remove(world, [{ name: "a" }, { topicId: uuid(301) }])).toEqual(["a NONE", "b NONE"]);
    expect(remove(world, [], ["c", "d"])).toEqual(["c NONE", "d UNKNOWN_TOPIC_OR_PARTITION"]);
    expect(world.image.topics.size + world.image.topicIdsByName.size).toBe(0);
    expect(world.image.configs.has("topic:a")).toBe(false);
    create(world, [topic("a")]);
    expect(world.image.topicIdsByName.has("a")).toBe(true);
  });

  it("refuses what is not there, named twice, or not named", () => {
    const world = worldOf(1);
    create(world, [topic("a")]);
    const both = { name: "a", topicId: uuid(300) };
    expect(remove(world, [{ topicId: uuid(1) }, both, {}, { name: "a" }, { topicId: uuid(300) }])).toEqual([
      "null UNKNOWN_TOPIC_ID",
      "a INVALID_REQUEST",
      "null INVALID_REQUEST",
      "a NONE",
      "null INVALID_REQUEST",
    ]);
  });

  it("can be switched off", () => {
    const world = worldOf(1);
    world.settings = { ...world.settings, topicDeletionEnabled: false };
    expect(() => remove(world, [{ name: "a" }])).toThrow(BrokerError);
  });
});

describe("placement", () => {
  const broker = fc.record({ rack: fc.constantFrom(null, "a", "b", "c"), isAway: fc.boolean() });
  const brokers = fc
    .array(broker, { minLength: 1, maxLength: 9 })
    .map((list) => list.map((one, id): PlacementBroker => ({ ...one, id })))
    .filter((list) => list.some(({ isAway }) => !isAway));

  it("never repeats a broker, leads by one that is there, spreads over racks, and is repeatable", () => {
    fc.assert(
      fc.property(
        brokers,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.nat(),
        (list, partitions, factor, seed) => {
          const replicationFactor = 1 + (factor % list.length);
          const request = { brokers: list, partitions, replicationFactor, seed };
          const placed = placeReplicas(request);
          expect(placeReplicas(request)).toEqual(placed);
          const here = list.filter(({ isAway }) => !isAway);
          const racks = new Set(here.map(({ rack }) => rack)).size;
          for (const replicas of placed) {
            expect(replicas.length).toBe(replicationFactor);
            expect(new Set(replicas).size).toBe(replicationFactor);
            expect(list[replicas[0]!]!.isAway).toBe(false);
            const present = replicas.filter((id) => !list[id]!.isAway);
            // Those away come last, and only when the others do not suffice.
            expect(present).toEqual(replicas.slice(0, Math.min(replicationFactor, here.length)));
            const used = new Set(present.map((id) => list[id]!.rack)).size;
            expect(used).toBe(Math.min(racks, present.length));
          }
        },
      ),
    );
  });

  it("gives each broker as many leaders and replicas as the others", () => {
    for (const racks of [
      [null, null, null],
      ["a", "b", "c"],
      ["a", "a", "b", "b"],
    ]) {
      const list = racks.map((rack, id) => ({ id, rack, isAway: false }));
      for (let seed = 0; seed < 20; seed++) {
        const placed = placeReplicas({ brokers: list, partitions: 48, replicationFactor: 2, seed });
        const leaders = list.map(({ id }) => placed.filter(([first]) => first === id).length);
        expect(leaders).toEqual(list.map(() => 48 / list.length));
        const replicas = list.map(({ id }) => placed.filter((ids) => ids.includes(id)).length);
        expect(Math.max(...replicas) - Math.min(...replicas)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("spreads what one broker led over all others", () => {
    const list = [1, 2, 3, 4].map((id) => ({ id, rack: null, isAway: false }));
    const placed = placeReplicas({ brokers: list, partitions: 36, replicationFactor: 2, seed: 3 });
    const heirs = new Set(placed.filter(([first]) => first === 1).map(([, second]) => second));
    expect(heirs).toEqual(new Set([2, 3, 4]));
  });
});

describe("producer ids", () => {
  it("come in blocks that never overlap, to registered brokers only", () => {
    const world = worldOf(1, 2);
    const ask = (nodeId: number, brokerEpoch = world.image.brokers.get(nodeId)?.epoch ?? 0) =>
      world.carryOut(allocateProducerIds(world.image, { nodeId, brokerEpoch }));
    expect([ask(1), ask(2), ask(1)].map((one) => one.firstProducerId)).toEqual([0, 1_000, 2_000]);
    expect(errorName(ask(1, 12_345).errorCode)).toBe("STALE_BROKER_EPOCH");
    expect(errorName(ask(9).errorCode)).toBe("BROKER_ID_NOT_REGISTERED");
    expect(world.image.nextProducerId).toBe(3_000);
  });
});
