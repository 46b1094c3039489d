// test: records to bytes and back, images from records in one call or many, snapshots, deltas.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../base/assert.ts";
import { uuidFromBytes, zeroUuid } from "../../base/uuid.ts";
import { BrokerError } from "../../proto/errors.ts";
import { applyRecords, type PlacedRecord } from "./apply.ts";
import { deltaBetween, isEmptyDelta } from "./deltas.ts";
import { areEqual } from "./equal-images.ts";
import { emptyImage, type MetadataImage } from "./image.ts";
import { MetadataPublisher } from "./publisher.ts";
import { allPartitions, isReplicaOnline, topicNamed } from "./queries.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { NewRecord } from "./record-schemas.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

const uuid = (n: number): string => uuidFromBytes(Buffer.from(n.toString(16).padStart(32, "0"), "hex"));

/** Turns numbers into a record that fits the image, whatever the numbers are. */
function recordFor(image: MetadataImage, [what, a, b]: readonly [number, number, number]): NewRecord {
  const brokers = [...image.brokers.values()];
  const broker = brokers[a % Math.max(1, brokers.length)];
  const partitions = [...allPartitions(image)];
  const partition = partitions[a % Math.max(1, partitions.length)];
  const topics = [...image.topics.values()];
  const topic = topics[a % Math.max(1, topics.length)];
  const ids = [b % 5, (b + 1) % 5, (b + 2) % 5];
  switch (what % 13) {
    case 0: {
      const endPoints = [{ name: "PLAINTEXT", host: `host${b}`, port: 9000 + a }];
      const rack = b % 2 === 0 ? null : `rack${b}`;
      const names = {
        incarnationId: uuid(1 + b),
        logDirs: [uuid(50 + a)],
        peerHost: "peer",
        peerPort: 1 + b,
      };
      return { type: "RegisterBroker", brokerId: a % 5, endPoints, rack, fenced: b % 3 !== 0, ...names };
    }
    case 1:
      if (broker) return { type: "UnregisterBroker", brokerId: broker.id, brokerEpoch: broker.epoch };
      break;
    case 2:
    case 3:
      if (!image.topicIdsByName.has(`topic${a}`) && !image.topics.has(uuid(1000 + b)))
        return { type: "Topic", name: `topic${a}`, topicId: uuid(1000 + b) };
      break;
    case 4:
    case 5:
      if (topic) {
        const { topicId } = topic;
        const partitionId = topic.partitions.length;
        return {
          type: "Partition",
          topicId,
          partitionId,
          replicas: ids,
          isr: ids,
          leader: ids[0]!,
          leaderEpoch: b,
        };
      }
      break;
    case 6: {
      const isTopic = topic !== undefined && b % 2 === 0;
      const resource = isTopic
        ? { resourceType: 2, resourceName: topic.name }
        : { resourceType: 4, resourceName: "" };
      return { type: "Config", ...resource, name: `name${a % 3}`, value: b % 4 === 0 ? null : `${b}` };
    }
    case 7:
    case 8:
      if (partition) {
        const { topicId, partition: partitionId } = partition;
        const change = { type: "PartitionChange", topicId, partitionId } as const;
        const leader = [-2, -1, ids[1]!][a % 3]!;
        if (b % 2 === 0) return { ...change, isr: ids.slice(0, a % 4), leader };
        return {
          ...change,
          leader,
          eligibleLeaderReplicas: [ids[0]!],
          lastKnownElr: [],
          directories: ids.map(uuid),
        };
      }
      break;
    case 9:
      if (broker)
        return { type: b % 2 === 0 ? "FenceBroker" : "UnfenceBroker", id: broker.id, epoch: broker.epoch };
      break;
    case 10:
      if (topic && b % 3 === 0) return { type: "RemoveTopic", topicId: topic.topicId };
      break;
    case 11:
      if (broker) {
        const identity = { brokerId: broker.id, brokerEpoch: broker.epoch };
        const logDirs = b % 2 === 0 ? null : [uuid(b)];
        return {
          type: "BrokerRegistrationChange",
          ...identity,
          fenced: (b % 3) - 1,
          inControlledShutdown: b % 2,
          logDirs,
        };
      }
      break;
    default:
      if (a % 2 === 0) return { type: "FeatureLevel", name: "metadata.version", featureLevel: b % 3 };
      return { type: "ProducerIds", brokerId: 1, brokerEpoch: 2, nextProducerId: 1000 * a };
  }
  return { type: "NoOp" };
}

const seeds = fc.array(fc.tuple(fc.nat(1000), fc.nat(20), fc.nat(20)), { maxLength: 120 });

/** The records, and the image after each, applied one by one. */
function play(numbers: readonly (readonly [number, number, number])[]) {
  let image = emptyImage;
  const entries: PlacedRecord[] = [];
  const images: MetadataImage[] = [];
  numbers.forEach((three, offset) => {
    const record = decodeRecord(encodeRecord(recordFor(image, three)));
    const entry = { envelope: { offset, epoch: 1 + (offset >> 4), timestamp: 0 }, record };
    entries.push(entry);
    image = applyRecords(image, [entry]).image;
    images.push(image);
  });
  return { image, entries, images };
}

describe("records of the metadata log", () => {
  it("come back as they were written, defaults filled in", () => {
    const bytes = encodeRecord({ type: "PartitionChange", partitionId: 3, topicId: uuid(7), isr: [] });
    expect(decodeRecord(bytes)).toEqual({
      type: "PartitionChange",
      partitionId: 3,
      topicId: uuid(7),
      isr: [],
      leader: -2,
      replicas: null,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
      directories: null,
    });
    // Frame version, type 5, version 0, as Kafka writes them.
    expect([...bytes.subarray(0, 3)]).toEqual([1, 5, 0]);
  });

  it("of a newer release are refused by name", () => {
    const refusal = (bytes: Uint8Array): string => {
      try {
        decodeRecord(bytes);
      } catch (error) {
        if (error instanceof BrokerError && error.errorName === "UNSUPPORTED_VERSION") return error.message;
        throw error;
      }
      return "";
    };
    expect(refusal(Uint8Array.of(2, 5, 0))).toContain("frame version is 2");
    expect(refusal(Uint8Array.of(1, 99, 0))).toContain("type is 99");
    expect(refusal(Uint8Array.of(1, 8, 1, 0))).toContain("version of UnfenceBroker is 1");
  });

  it("that are damaged are refused", () => {
    const bytes = encodeRecord({ type: "Topic", name: "flights", topicId: uuid(1) });
    expect(() => decodeRecord(bytes.subarray(0, bytes.length - 3))).toThrow();
    expect(() => decodeRecord(Buffer.concat([bytes, Uint8Array.of(0)]))).toThrow();
    expect(() => decodeRecord(new Uint8Array(0))).toThrow();
  });
});

describe("the image", () => {
  it("is the same whether records are applied one by one or in batches", () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 30 })), (numbers, sizes) => {
        const { image, entries } = play(numbers);
        let batched = emptyImage;
        for (let at = 0, turn = 0; at < entries.length; turn++) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? entries.length;
          batched = applyRecords(batched, entries.slice(at, at + size)).image;
          at += size;
        }
        expect(areEqual(batched, image)).toBe(true);
      }),
    );
  });

  it("never changes once it is made", () => {
    fc.assert(
      fc.property(seeds, (numbers) => {
        const { images } = play(numbers);
        const before = images.map((image) => Buffer.from(encodeSnapshot(image)).toString("hex"));
        const { entries } = play(numbers);
        for (const [at, image] of images.entries())
          if (at < entries.length - 1) applyRecords(image, [entries[at + 1]!]);
        expect(images.map((image) => Buffer.from(encodeSnapshot(image)).toString("hex"))).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it("comes back from its snapshot, and equal images have equal bytes", () => {
    fc.assert(
      fc.property(seeds, (numbers) => {
        const { image } = play(numbers);
        const bytes = encodeSnapshot(image);
        const again = decodeSnapshot(bytes);
        expect(areEqual(again, image)).toBe(true);
        expect(Buffer.compare(encodeSnapshot(again), bytes)).toBe(0);
        expect(isEmptyDelta(deltaBetween(image, again))).toBe(true);
      }),
    );
  });

  it("has a delta that names everything that a comparison finds", () => {
    fc.assert(
      fc.property(seeds, fc.nat(100), (numbers, cut) => {
        const { entries } = play(numbers);
        const start = applyRecords(emptyImage, entries.slice(0, cut)).image;
        const { image, delta } = applyRecords(start, entries.slice(cut));
        const found = deltaBetween(start, image);
        for (const id of found.brokers) expect(delta.brokers.has(id)).toBe(true);
        for (const key of found.configs) expect(delta.configs.has(key)).toBe(true);
        for (const [topicId, indexes] of found.partitions) {
          expect(delta.partitions.has(topicId)).toBe(true);
          for (const index of indexes) expect(delta.partitions.get(topicId)!.has(index)).toBe(true);
        }
        expect(new Set(delta.removedTopics.keys())).toEqual(new Set(found.removedTopics.keys()));
      }),
    );
  });

  it("takes the offset of a registration as the broker's epoch", () => {
    const record = decodeRecord(
      encodeRecord({ type: "RegisterBroker", brokerId: 4, incarnationId: uuid(9) }),
    );
    const { image } = applyRecords(emptyImage, [
      { envelope: { offset: 41, epoch: 2, timestamp: 0 }, record },
    ]);
    expect(image.brokers.get(4)!.epoch).toBe(41);
    expect(image.end).toBe(42);
    expect(decodeSnapshot(encodeSnapshot(image)).brokers.get(4)!.epoch).toBe(41);
  });

  it("refuses records that cannot follow", () => {
    const apply = (record: NewRecord): unknown => {
      const envelope = { offset: 0, epoch: 1, timestamp: 0 };
      return applyRecords(emptyImage, [{ envelope, record: decodeRecord(encodeRecord(record)) }]);
    };
    expect(() => apply({ type: "PartitionChange", topicId: uuid(1), partitionId: 0 })).toThrow(
      InvariantError,
    );
    expect(() => apply({ type: "FenceBroker", id: 1, epoch: 1 })).toThrow(InvariantError);
    expect(() => apply({ type: "RemoveTopic", topicId: uuid(1) })).toThrow(InvariantError);
  });
});

describe("queries", () => {
  it("know a replica as online only on a directory that works", () => {
    const records: NewRecord[] = [
      { type: "RegisterBroker", brokerId: 1, incarnationId: uuid(9), logDirs: [uuid(1)], fenced: false },
      { type: "Topic", name: "t", topicId: uuid(5) },
      {
        type: "Partition",
        topicId: uuid(5),
        partitionId: 0,
        replicas: [1],
        isr: [1],
        directories: [uuid(1)],
      },
      {
        type: "Partition",
        topicId: uuid(5),
        partitionId: 1,
        replicas: [1],
        isr: [1],
        directories: [uuid(2)],
      },
      {
        type: "Partition",
        topicId: uuid(5),
        partitionId: 2,
        replicas: [1],
        isr: [1],
        directories: [zeroUuid],
      },
    ];
    const placed = records.map((record, offset) => ({
      envelope: { offset, epoch: 1, timestamp: 0 },
      record: decodeRecord(encodeRecord(record)),
    }));
    const { image } = applyRecords(emptyImage, placed);
    const online = topicNamed(image, "t")!.partitions.map((partition) =>
      isReplicaOnline(image, partition, 1),
    );
    expect(online).toEqual([true, false, true]);
  });
});

describe("a node that follows the metadata", () => {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
  const halt = (reason: string): never => {
    throw new Error(`halted: ${reason}`);
  };
  const entry = (offset: number, record: NewRecord) => ({
    envelope: { offset, epoch: 1, timestamp: 0 },
    value: encodeRecord(record),
  });

  it("publishes each image with its delta, and what a snapshot changed", () => {
    const publisher = new MetadataPublisher({ log: silent, halt });
    const other = new MetadataPublisher({ log: silent, halt });
    const heard: string[] = [];
    publisher.subscribe((image, delta) => heard.push(`${image.end}: ${[...delta.brokers]}`));
    publisher.onCommitted([entry(0, { type: "RegisterBroker", brokerId: 1, incarnationId: uuid(1) })]);
    other.onCommitted([
      entry(0, { type: "RegisterBroker", brokerId: 1, incarnationId: uuid(1) }),
      entry(1, { type: "RegisterBroker", brokerId: 2, incarnationId: uuid(2) }),
    ]);
    publisher.onSnapshot(other.snapshot());
    expect(heard).toEqual(["1: 1", "2: 2"]);
    expect(areEqual(publisher.image, other.image)).toBe(true);
  });

  it("halts on what it cannot read", () => {
    const publisher = new MetadataPublisher({ log: silent, halt });
    const envelope = { offset: 0, epoch: 1, timestamp: 0 };
    expect(() => publisher.onCommitted([{ envelope, value: Uint8Array.of(1, 99, 0) }])).toThrow("type is 99");
  });
});
