// test: a replica whose directory is lost begins anew elsewhere only once nobody counts on what it held.
import { describe, expect, it } from "vitest";
import { zeroUuid } from "../../base/uuid.ts";
import { emptyImage, type PartitionImage } from "./image.ts";
import { mayBeginAnew } from "./queries.ts";

const [left, lost] = ["AAAAAAAAAAAAAAAAAAAAAQ", "AAAAAAAAAAAAAAAAAAAAAg"];
const id = 2;

/** Broker 2 has one directory left; its replica was in the one that is lost. */
function asked(changes: Partial<PartitionImage> = {}, directoryIds: readonly string[] = [left]): boolean {
  const broker = {
    id,
    epoch: 7,
    incarnationId: left,
    listeners: [],
    peerHost: "h",
    peerPort: 1,
    rack: null,
    directoryIds,
    fenced: false,
    inControlledShutdown: false,
  };
  const partition: PartitionImage = {
    topicId: lost,
    partition: 0,
    replicas: [1, id, 3],
    isr: [1, 3],
    elr: [],
    lastKnownElr: [],
    leader: 1,
    leaderEpoch: 4,
    partitionEpoch: 9,
    directories: [left, lost, left],
    ...changes,
  };
  return mayBeginAnew({ ...emptyImage, brokers: new Map([[id, broker]]) }, partition, id);
}

describe("a replica of a lost directory", () => {
  it("begins anew once it is in no set that counts on it", () => {
    expect(asked()).toBe(true);
  });

  it("does not while it leads, is in sync, or may be elected", () => {
    expect(asked({ leader: id })).toBe(false);
    expect(asked({ isr: [1, id] })).toBe(false);
    expect(asked({ elr: [id] })).toBe(false);
  });

  it("does not where its directory works, is not known, or none is left", () => {
    expect(asked({}, [left, lost])).toBe(false);
    expect(asked({ directories: [left, zeroUuid, left] })).toBe(false);
    expect(asked({}, [])).toBe(false);
  });
});
