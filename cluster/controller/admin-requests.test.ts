// test: decisions about settings, growth and leadership, on an image without a log.
import { describe, expect, it } from "vitest";
import { errorName } from "../../proto/errors.ts";
import { CoreWorld, uuid } from "../../test/controller/core-world.ts";
import { activationRecords } from "./activation.ts";
import { alterConfigs, incrementalAlterConfigs } from "./alter-configs.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import { electLeaders, rebalanceRecords } from "./elect-leaders.ts";
import { fenceRecords } from "./heartbeats.ts";

function setUp() {
  const world = new CoreWorld();
  world.activate();
  world.start(1, 2, 3);
  let seed = 0;
  const create = (name: string, assignments: readonly number[][]) => {
    const rows = assignments.map((brokerIds, partitionIndex) => ({
      brokerIds: [...brokerIds],
      partitionIndex,
    }));
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: rows, configs: [] };
    const request = { topics: [topic], timeoutMs: 0, validateOnly: false };
    const topicIds = [uuid(500 + seed++)];
    world.carryOut(createTopics(world.image, request, { settings: world.settings, topicIds, seed }));
  };
  const alter = (
    resourceType: number,
    resourceName: string,
    configs: [string, number, string | null][],
    validateOnly = false,
  ) => {
    const rows = configs.map(([name, configOperation, value]) => ({ name, configOperation, value }));
    const resources = [{ resourceType, resourceName, configs: rows }];
    const decided = incrementalAlterConfigs(world.image, { resources, validateOnly }, world.settings);
    return errorName(world.carryOut(decided).responses[0]!.errorCode);
  };
  const of = (key: string) => Object.fromEntries(world.image.configs.get(key) ?? []);
  const partition = (name: string, index = 0) =>
    world.image.topics.get(world.image.topicIdsByName.get(name)!)!.partitions[index]!;
  const fence = (id: number) => {
    const broker = world.image.brokers.get(id)!;
    world.apply(fenceRecords(world.image, [broker], world.settings));
  };
  const elect = (electionType: number, topicPartitions: { topic: string; partitions: number[] }[] | null) => {
    const request = { electionType, topicPartitions, timeoutMs: 0 };
    const reply = world.carryOut(electLeaders(world.image, request, world.settings));
    return reply.replicaElectionResults.flatMap(({ partitionResult }) =>
      partitionResult.map(({ errorCode }) => errorName(errorCode)),
    );
  };
  return { world, create, alter, of, partition, fence, elect };
}

describe("changes of settings", () => {
  it("set, take back, add to lists and take from them", () => {
    const { create, alter, of } = setUp();
    create("a", [[1, 2, 3]]);
    expect(alter(2, "a", [["retention.ms", 0, "5"]])).toBe("NONE");
    expect(alter(2, "a", [["cleanup.policy", 2, "compact"]])).toBe("NONE");
    expect(of("topic:a")).toEqual({ "retention.ms": "5", "cleanup.policy": "delete,compact" });
    expect(alter(2, "a", [["cleanup.policy", 2, "compact"]])).toBe("NONE");
    expect(alter(2, "a", [["cleanup.policy", 3, "delete"]])).toBe("NONE");
    expect(alter(2, "a", [["retention.ms", 1, null]])).toBe("NONE");
    expect(of("topic:a")).toEqual({ "cleanup.policy": "compact" });
  });

  it("are refused as a whole, and only looked at when asked to", () => {
    const { create, alter, of } = setUp();
    create("a", [[1, 2, 3]]);
    const good: [string, number, string] = ["retention.ms", 0, "5"];
    expect(alter(2, "a", [good, ["min.insync.replicas", 0, "few"]])).toBe("INVALID_CONFIG");
    expect(alter(2, "a", [good, ["retention.mss", 0, "5"]])).toBe("INVALID_CONFIG");
    expect(alter(2, "a", [good, good])).toBe("INVALID_REQUEST");
    expect(alter(2, "a", [["retention.ms", 0, null]])).toBe("INVALID_REQUEST");
    expect(alter(2, "a", [["retention.ms", 9, "5"]])).toBe("INVALID_REQUEST");
    expect(alter(2, "a", [["retention.ms", 2, "5"]])).toBe("INVALID_CONFIG");
    expect(alter(2, "b", [good])).toBe("UNKNOWN_TOPIC_OR_PARTITION");
    expect(alter(4, "9", [good])).toBe("BROKER_ID_NOT_REGISTERED");
    expect(alter(4, "one", [good])).toBe("INVALID_REQUEST");
    expect(alter(4, "", [["node.id", 0, "5"]])).toBe("INVALID_REQUEST");
    expect(alter(8, "1", [good])).toBe("INVALID_REQUEST");
    expect(alter(2, "a", [good], true)).toBe("NONE");
    expect(of("topic:a")).toEqual({});
  });

  it("of the old kind take back what they do not name", () => {
    const { world, create, alter, of } = setUp();
    create("a", [[1, 2, 3]]);
    alter(2, "a", [["retention.ms", 0, "5"]]);
    const configs = [{ name: "min.insync.replicas", value: "1" }];
    const resources = [{ resourceType: 2, resourceName: "a", configs }];
    world.carryOut(alterConfigs(world.image, { resources, validateOnly: false }, world.settings));
    expect(of("topic:a")).toEqual({ "min.insync.replicas": "1" });
  });

  it("of min.insync.replicas forget who is no longer eligible, and outlast a new controller", () => {
    const { world, create, alter, of, partition, fence } = setUp();
    create("a", [[1, 2, 3]]);
    fence(2);
    fence(3);
    expect(partition("a")).toMatchObject({ isr: [1], elr: [3] });
    expect(alter(4, "", [["min.insync.replicas", 0, "1"]])).toBe("NONE");
    expect(partition("a").elr).toEqual([]);
    const explicit = { ...world.settings, minInsyncReplicas: { value: 3, isExplicit: true } };
    expect(activationRecords(world.image, explicit)).toEqual([]);
    expect(alter(4, "", [["min.insync.replicas", 1, null]])).toBe("NONE");
    expect(of("broker:")).toEqual({ "min.insync.replicas": "2" });
    expect(activationRecords(world.image, explicit)[0]).toMatchObject({ type: "Config", value: "3" });
  });
});

describe("growth of topics", () => {
  it("is placed or assigned, and refused with Kafka's errors", () => {
    const { world, create, partition } = setUp();
    create("a", [[1, 2]]);
    const grow = (name: string, count: number, assignments: number[][] | null, validateOnly = false) => {
      const rows = assignments?.map((brokerIds) => ({ brokerIds })) ?? null;
      const request = { topics: [{ name, count, assignments: rows }], timeoutMs: 0, validateOnly };
      const decided = createPartitions(world.image, request, { settings: world.settings, seed: 7 });
      return errorName(world.carryOut(decided).results[0]!.errorCode);
    };
    expect(grow("a", 3, null, true)).toBe("NONE");
    expect(partition("a", 1)).toBeUndefined();
    expect(grow("a", 3, null)).toBe("NONE");
    expect(partition("a", 2).replicas).toHaveLength(2);
    expect(grow("a", 4, [[3, 1]])).toBe("NONE");
    expect(partition("a", 3)).toMatchObject({ leader: 3, isr: [3, 1], leaderEpoch: 0 });
    expect(grow("a", 4, null)).toBe("INVALID_PARTITIONS");
    expect(grow("a", 2, null)).toBe("INVALID_PARTITIONS");
    expect(grow("b", 2, null)).toBe("UNKNOWN_TOPIC_OR_PARTITION");
    for (const wrong of [
      [],
      [
        [1, 2],
        [1, 2],
      ],
      [[1]],
      [[1, 1]],
      [[1, 9]],
    ])
      expect(grow("a", 5, wrong)).toBe("INVALID_REPLICA_ASSIGNMENT");
  });
});

describe("elections by request", () => {
  it("bring leadership to the preferred replica once it is in sync", () => {
    const { world, create, partition, fence, elect } = setUp();
    create("a", [[1, 2, 3]]);
    fence(1);
    expect(partition("a").leader).toBe(2);
    const asked = [{ topic: "a", partitions: [0, 7] }];
    expect(elect(0, asked)).toEqual(["PREFERRED_LEADER_NOT_AVAILABLE", "UNKNOWN_TOPIC_OR_PARTITION"]);
    world.start(1);
    expect(rebalanceRecords(world.image, world.settings)).toEqual([]);
    const { topicId } = partition("a");
    world.apply([{ type: "PartitionChange", topicId, partitionId: 0, isr: [2, 3, 1] }]);
    expect(rebalanceRecords(world.image, world.settings)).toMatchObject([{ leader: 1, topicId }]);
    const { leaderEpoch } = partition("a");
    expect(elect(0, null)).toEqual(["NONE"]);
    expect(partition("a")).toMatchObject({ leader: 1, leaderEpoch: leaderEpoch + 1 });
    expect(elect(0, null)).toEqual([]);
    expect(elect(0, asked.slice(0, 1))).toEqual(["ELECTION_NOT_NEEDED", "UNKNOWN_TOPIC_OR_PARTITION"]);
  });

  it("take any replica only where nobody leads, and only when asked to", () => {
    const { create, partition, fence, elect } = setUp();
    create("a", [[1, 2]]);
    create("b", [[1]]);
    fence(1);
    expect(partition("b").leader).toBe(-1);
    expect(elect(1, [{ topic: "a", partitions: [0] }])).toEqual(["ELECTION_NOT_NEEDED"]);
    expect(elect(1, [{ topic: "b", partitions: [0] }])).toEqual(["ELIGIBLE_LEADERS_NOT_AVAILABLE"]);
  });
});
