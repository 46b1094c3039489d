// test: who leads and who is in sync, by example and under random failures.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { ErrorCode, errorName } from "../../proto/errors.ts";
import { CoreWorld, uuid } from "../../test/controller/core-world.ts";
import type { MetadataImage, PartitionImage } from "../metadata/image.ts";
import { allPartitions } from "../metadata/queries.ts";

function worldOf(brokers: number[], configs: Record<string, string> = {}): CoreWorld {
  const world = new CoreWorld();
  world.activate();
  world.start(...brokers);
  world.create("t", [brokers], configs);
  return world;
}

const shape = ({ leader, isr, elr, lastKnownElr }: PartitionImage) => ({ leader, isr, elr, lastKnownElr });
const without = { lastKnownElr: [] as number[] };

describe("leaders and in-sync sets", () => {
  it("a fenced leader is followed by the next in-sync replica, in a new leader epoch", () => {
    const world = worldOf([1, 2, 3]);
    expect(shape(world.partition("t"))).toEqual({ leader: 1, isr: [1, 2, 3], elr: [], ...without });
    world.fence(1);
    expect(shape(world.partition("t"))).toEqual({ leader: 2, isr: [2, 3], elr: [], ...without });
    expect(world.partition("t").leaderEpoch).toBe(1);
    world.fence(3);
    expect(shape(world.partition("t"))).toEqual({ leader: 2, isr: [2], elr: [3], ...without });
    expect(world.partition("t").leaderEpoch).toBe(1);
  });

  it("the last one leaves an empty set; whoever was eligible leads again, others do not", () => {
    const world = worldOf([1, 2, 3]);
    world.fence(1);
    world.fence(2, 3);
    expect(shape(world.partition("t"))).toEqual({ leader: -1, isr: [], elr: [2, 3], ...without });
    world.start(1);
    expect(world.partition("t").leader).toBe(-1);
    world.start(3);
    expect(shape(world.partition("t"))).toEqual({ leader: 3, isr: [3], elr: [2], ...without });
    expect(world.alter(world.partition("t"), [3, 1])).toBe(ErrorCode.NONE);
    expect(shape(world.partition("t"))).toEqual({ leader: 3, isr: [3, 1], elr: [], ...without });
  });

  it("brokers that are fenced together elect none of each other", () => {
    const world = worldOf([1, 2, 3]);
    const epoch = world.partition("t").leaderEpoch;
    world.fence(1, 2);
    expect(world.partition("t").leader).toBe(3);
    expect(world.partition("t").leaderEpoch).toBe(epoch + 1);
  });

  it("a registration ends the leader epoch of all the broker led, even if it was never missed", () => {
    const world = worldOf([1]);
    const { leaderEpoch } = world.partition("t");
    world.alive.clear();
    world.register(1);
    expect(shape(world.partition("t"))).toEqual({ leader: -1, isr: [], elr: [1], ...without });
    world.beat(1);
    expect(shape(world.partition("t"))).toEqual({ leader: 1, isr: [1], elr: [], ...without });
    expect(world.partition("t").leaderEpoch).toBe(leaderEpoch + 2);
  });

  it("the last member without its log leaves the partition offline, never empty", () => {
    const world = worldOf([1, 2, 3]);
    world.fence(1);
    world.fence(2);
    world.alive.clear();
    world.register(3, { uncleanDirectoryIds: [uuid(103)] });
    expect(shape(world.partition("t"))).toEqual({ leader: -1, isr: [], elr: [2], lastKnownElr: [3] });
    world.beat(3);
    expect(world.partition("t").leader).toBe(-1);
    world.register(2, { directoryIds: [uuid(700)], uncleanDirectoryIds: [uuid(700)] });
    world.beat(2);
    world.start(1);
    expect(shape(world.partition("t"))).toEqual({ leader: -1, isr: [], elr: [], lastKnownElr: [2, 3] });
    expect(world.partition("t").directories[1]).toBe(uuid(700));
  });

  it("only where the topic allows it may somebody lead who was not eligible", () => {
    const world = worldOf([1, 2, 3], { "unclean.leader.election.enable": "true" });
    world.fence(1);
    world.fence(2, 3);
    world.start(1);
    expect(shape(world.partition("t"))).toEqual({ leader: 1, isr: [1], elr: [], ...without });
    expect(world.uncleanElections).toBe(1);
  });

  it("a broker that shuts down leads nothing and leaves the sets it can", () => {
    const world = worldOf([1, 2, 3]);
    world.create("alone", [[1]]);
    world.beat(1, { wantShutdown: true });
    expect(shape(world.partition("t"))).toEqual({ leader: 2, isr: [2, 3], elr: [], ...without });
    expect(shape(world.partition("alone"))).toEqual({ leader: -1, isr: [], elr: [1], ...without });
    expect(world.image.brokers.get(1)!.inControlledShutdown).toBe(true);
    expect(world.image.brokers.get(1)!.fenced).toBe(false);
    world.alive.clear();
    world.start(1);
    expect(world.partition("alone").leader).toBe(1);
  });

  it("replicas on a directory that failed lead nothing, others of the same broker go on", () => {
    const world = new CoreWorld();
    world.activate();
    world.register(1, { directoryIds: [uuid(1), uuid(2)] });
    world.beat(1);
    world.start(2);
    world.create("t", [[1, 2]]);
    world.create("u", [[1, 2]]);
    const { topicId } = world.partition("u");
    const change = { type: "PartitionChange", topicId, partitionId: 0 } as const;
    world.apply([{ ...change, directories: [uuid(2), uuid(102)] }]);
    world.beat(1, { offlineDirectoryIds: [uuid(2)] });
    expect(world.partition("u").leader).toBe(2);
    expect(world.partition("t").leader).toBe(1);
    expect(world.alter(world.partition("u"), [2, 1])).toBe(ErrorCode.INELIGIBLE_REPLICA);
  });

  it("another min.insync.replicas forgets, in the same batch, who is no longer eligible", () => {
    const world = worldOf([1, 2, 3]);
    world.fence(2);
    world.fence(3);
    expect(world.partition("t").elr).toEqual([3]);
    world.activate(1);
    expect(shape(world.partition("t"))).toEqual({ leader: 1, isr: [1], elr: [], ...without });
    expect(world.image.configs.get("broker:")!.get("min.insync.replicas")).toBe("1");
  });
});

describe("what a leader may ask for", () => {
  const refusals = (
    world: CoreWorld,
    change: (seen: PartitionImage) => PartitionImage,
    isr = [1, 2],
  ): string => errorName(world.alter(change(world.partition("t")), isr));

  it("is checked against epochs, replicas and the lives of the members", () => {
    const world = worldOf([1, 2, 3]);
    expect(refusals(world, (seen) => ({ ...seen, leaderEpoch: seen.leaderEpoch + 1 }))).toBe(
      "NOT_CONTROLLER",
    );
    expect(refusals(world, (seen) => ({ ...seen, partitionEpoch: 7 }))).toBe("NOT_CONTROLLER");
    expect(refusals(world, (seen) => ({ ...seen, leader: 2 }), [2])).toBe("INVALID_REQUEST");
    expect(refusals(world, (seen) => ({ ...seen, topicId: uuid(1) }))).toBe("UNKNOWN_TOPIC_ID");
    expect(refusals(world, (seen) => ({ ...seen, partition: 5 }))).toBe("UNKNOWN_TOPIC_OR_PARTITION");
    expect(refusals(world, (seen) => seen, [2, 3])).toBe("INVALID_REQUEST");
    expect(refusals(world, (seen) => seen, [1, 1])).toBe("INVALID_REQUEST");
    expect(refusals(world, (seen) => seen, [1, 4])).toBe("INVALID_REQUEST");
    expect(refusals(world, (seen) => seen, [])).toBe("INVALID_REQUEST");
    expect(refusals(world, (seen) => seen)).toBe("NONE");
    expect(refusals(world, (seen) => ({ ...seen, partitionEpoch: 0 }))).toBe("INVALID_UPDATE_VERSION");
    const seen = world.partition("t");
    const seenImage = world.image;
    world.alive.clear();
    world.start(3);
    expect(errorName(world.alter(seen, [1, 2, 3], seenImage))).toBe("INELIGIBLE_REPLICA");
    world.beat(3, { wantShutdown: true });
    expect(errorName(world.alter(seen, [1, 2, 3]))).toBe("INELIGIBLE_REPLICA");
    world.fence(2);
    expect(errorName(world.alter(world.partition("t"), [1, 2]))).toBe("INELIGIBLE_REPLICA");
    world.fence(1);
    world.start(2);
    expect(errorName(world.alter(seen, [1], seenImage))).toBe("FENCED_LEADER_EPOCH");
  });

  it("comes from the present registration of the broker", () => {
    const world = worldOf([1, 2, 3]);
    const seenImage = world.image;
    const seen = world.partition("t");
    world.alive.clear();
    world.start(1);
    expect(errorName(world.alter(seen, [1, 2], seenImage))).toBe("STALE_BROKER_EPOCH");
  });

  it("raises the partition epoch even if the set is that already", () => {
    const world = worldOf([1, 2, 3]);
    const { partitionEpoch } = world.partition("t");
    expect(world.alter(world.partition("t"), [1, 2, 3])).toBe(ErrorCode.NONE);
    expect(world.partition("t").partitionEpoch).toBe(partitionEpoch + 1);
  });
});

/** Random lives and deaths; CoreWorld checks after every batch of records. */
class Chaos {
  readonly world = new CoreWorld();
  readonly random: SeededRandom;
  readonly brokers = [1, 2, 3, 4];
  /** What leaders saw lately: late requests are made of it. */
  #remembered: { image: MetadataImage; partition: PartitionImage }[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.world.activate();
    this.world.start(...this.brokers);
    for (let at = 0; at < 6; at++) {
      const replicas = this.random.shuffled(this.brokers).slice(0, 1 + this.random.below(3));
      const configs: Record<string, string> = {};
      if (this.random.chance(0.3)) configs["min.insync.replicas"] = String(1 + this.random.below(3));
      if (this.random.chance(0.15)) configs["unclean.leader.election.enable"] = "true";
      this.world.create(`t${at}`, [replicas], configs);
    }
  }

  step(): void {
    const { world, random } = this;
    const id = random.pick(this.brokers);
    const dice = random.below(100);
    if (dice < 10) world.fence(id);
    else if (dice < 14) world.fence(...random.shuffled(this.brokers).slice(0, 2));
    else if (dice < 24) this.#restart(id);
    else if (dice < 45) world.beat(id, random.chance(0.1) ? { metadataEnd: 0 } : {});
    else if (dice < 49) world.beat(id, { wantShutdown: true });
    else if (dice < 50)
      world.beat(id, { offlineDirectoryIds: [...world.image.brokers.get(id)!.directoryIds] });
    else if (dice < 52) world.activate(1 + random.below(3));
    else this.#alter();
  }

  #restart(id: number): void {
    const { world, random } = this;
    world.alive.delete(id);
    if (random.chance(0.75)) world.register(id);
    else {
      const directory = random.chance(0.5) ? uuid(100 + id) : uuid(2_000 + random.below(1_000));
      world.register(id, { directoryIds: [directory], uncleanDirectoryIds: [directory] });
    }
    // A directory that is neither unclean nor the old one counts as gone.
    if (random.chance(0.6)) world.beat(id);
  }

  /** The leader, as somebody saw it lately, asks for a set. */
  #alter(): void {
    const { world, random } = this;
    const partitions = [...allPartitions(world.image)];
    this.#remembered.push({ image: world.image, partition: random.pick(partitions) });
    if (this.#remembered.length > 20) this.#remembered.shift();
    const seen = random.chance(0.8) ? this.#remembered.at(-1)! : random.pick(this.#remembered);
    if (seen.partition.leader < 0) return;
    const members = random.shuffled(seen.partition.replicas).filter(() => random.chance(0.75));
    world.alter(seen.partition, members, seen.image);
  }

  /** Everybody comes back with the log it has. */
  heal(): void {
    const { world } = this;
    for (const id of this.brokers) {
      world.alive.delete(id);
      const known = world.image.brokers.get(id)!.directoryIds;
      world.register(id, { directoryIds: known.length > 0 ? [...known] : [uuid(100 + id)] });
    }
    for (const id of this.brokers) world.beat(id);
  }
}

describe("the controller's decisions under random failures", () => {
  it("lose no committed record and leave nobody leaderless who could be led", () => {
    const sums = { clean: 0, elr: 0, unclean: 0, offline: 0 };
    for (let seed = 0; seed < 150; seed++) {
      const chaos = new Chaos(seed);
      const { world } = chaos;
      try {
        for (let at = 0; at < 150; at++) chaos.step();
        chaos.heal();
        for (const partition of allPartitions(world.image)) {
          const holders = world.holders.get(`${partition.topicId}-${partition.partition}`)!;
          const placed = [...holders].filter((id) => {
            const directory = partition.directories[partition.replicas.indexOf(id)]!;
            return world.image.brokers.get(id)!.directoryIds.includes(directory);
          });
          if (partition.leader < 0) sums.offline++;
          else continue;
          expect(placed, `${JSON.stringify(partition)} is offline, ${placed} hold its records`).toEqual([]);
        }
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
      sums.clean += world.cleanElections;
      sums.elr += world.elrElections;
      sums.unclean += world.uncleanElections;
    }
    // Each of the paths was taken.
    for (const count of Object.values(sums)) expect(count).toBeGreaterThan(20);
  });
});
