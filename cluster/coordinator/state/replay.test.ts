// test: what records make of the state of a shard: the same in one call or in many, with maps that are owned
// or not, and from a compacted log.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupRecord } from "../../../test/coordinator/arbitrary-records.ts";
import type { ReplayEntry } from "../../machine/machine.ts";
import type { GroupRecord, WrittenRecord } from "./group-records.ts";
import type { GroupState } from "./group-state.ts";
import { hashOf, type OwnedMaps, shardOf } from "./group-table.ts";
import { unpackRecord } from "./packed-record.ts";
import { encodeGroupRecord } from "./record-codec.ts";
import { emptyShard, replayGroupRecords, type ShardState } from "./replay.ts";

const entriesOf = (records: readonly GroupRecord[]): ReplayEntry<GroupRecord>[] =>
  records.map((record, offset) => ({ envelope: { offset, epoch: 1, timestamp: 0 }, record }));

function replay(records: readonly GroupRecord[], state = emptyShard, owned?: OwnedMaps): ShardState {
  return replayGroupRecords(state, entriesOf(records), owned).state;
}

function groupsOf({ groups }: ShardState): Map<string, GroupState> {
  const all = new Map([...groups.values()].map((group) => [group.groupId, group]));
  expect(groups.size).toBe(all.size);
  return all;
}

const many = fc.array(groupRecord, { maxLength: 40 });

describe("replaying records of groups", () => {
  it("in one call or in many gives equal states, and leaves the ones before as they were", () => {
    fc.assert(
      fc.property(many, fc.nat(40), (records, cut) => {
        const whole = groupsOf(replay(records));
        const half = replay(records.slice(0, cut));
        const before = structuredClone(groupsOf(half));
        expect(groupsOf(replay(records.slice(cut), half))).toEqual(whole);
        expect(groupsOf(half)).toEqual(before);
        const owned: OwnedMaps = new Set();
        let state = emptyShard;
        for (const record of records) state = replay([record], state, owned);
        expect(groupsOf(state)).toEqual(whole);
        expect(emptyShard.groups.size).toBe(0);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("from the log as compaction leaves it, the last of each key, gives the same groups", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }), many, (choices, drawn) => {
        const records = lives(choices, drawn);
        const last = new Map(records.map((record, at) => [keyOf(record), at]));
        const kept = records.filter((record, at) => last.get(keyOf(record)) === at);
        expect(groupsOf(replay(kept))).toEqual(groupsOf(replay(records)));
        // Later the tombstones go as well.
        const old = kept.filter(({ value }) => value !== null);
        expect(groupsOf(replay(old))).toEqual(groupsOf(replay(records)));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it("tombstones never begin a group", () => {
    fc.assert(
      fc.property(many, (records) => {
        const ends = records.map((record) => ({ ...record, value: null }));
        expect(groupsOf(replay(ends)).size).toBe(0);
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it("a group that ended and began anew has nothing of its first life", () => {
    const groupId = "g";
    const value = { offset: 5, leaderEpoch: -1, metadata: "", committedAtMs: 1, expiresAtMs: -1 };
    const commit = { kind: "offset", groupId, topic: "t", partition: 0, value } as const;
    const members = { kind: "groupEpoch", groupId, value: { epoch: 3 } } as const;
    const state = replay([commit, members, { ...members, value: null }, { ...commit, value: null }]);
    expect(state.groups.get(groupId)).toBeNull();
    const again = replay([{ ...commit, partition: 1 }], state).groups.get(groupId);
    expect(again).toMatchObject({ classic: null, consumer: null });
    expect([...again!.offsets.get("t")!.keys()]).toEqual([1]);
  });

  it("tells which groups records were replayed for, and skips those of others", () => {
    const { state, change } = replayGroupRecords(emptyShard, entriesOf([{ kind: "other" }]));
    expect([state, change.size]).toEqual([emptyShard, 0]);
    const end = { kind: "groupEpoch", groupId: "g", value: { epoch: 1 } } as const;
    expect([...replayGroupRecords(emptyShard, entriesOf([end])).change]).toEqual(["g"]);
  });
});

const keyOf = (record: WrittenRecord): string =>
  Buffer.from(unpackRecord(encodeGroupRecord(record)).key).toString("hex");

/**
 * Records in an order in which a coordinator writes them: a group of the consumer protocol begins with its
 * epoch, its members say what they are before they have anything, and it ends with tombstones for all.
 */
function lives(choices: readonly number[], drawn: readonly WrittenRecord[]): WrittenRecord[] {
  const records: WrittenRecord[] = [];
  const alive = new Map<string, WrittenRecord>();
  const write = (record: WrittenRecord): void => {
    records.push(record);
    if (record.value === null) alive.delete(keyOf(record));
    else alive.set(keyOf(record), record);
  };
  drawn.forEach((record, at) => {
    const { groupId } = record;
    const ofGroup = [...alive.values()].filter((one) => one.groupId === groupId && isOfConsumers(one));
    if (choices[at] === 0) {
      // The epoch is the last to go.
      for (const one of ofGroup) if (one.kind !== "groupEpoch") write({ ...one, value: null });
      const epoch = ofGroup.find(({ kind }) => kind === "groupEpoch");
      if (epoch !== undefined) write({ ...epoch, value: null } as WrittenRecord);
      return;
    }
    if (isOfConsumers(record)) {
      if (record.value === null) return;
      if (ofGroup.length === 0) write({ kind: "groupEpoch", groupId, value: { epoch: at } });
    }
    if (record.kind === "current") {
      const { memberId } = record;
      const isKnown = ofGroup.some((one) => one.kind === "member" && one.memberId === memberId);
      if (!isKnown) return;
    }
    write(record);
  });
  return records;
}

const isOfConsumers = ({ kind }: WrittenRecord): boolean => kind !== "offset" && kind !== "classicGroup";

describe("places of groups", () => {
  it("are those that Kafka gives them", () => {
    // String.hashCode of Java.
    expect([hashOf(""), hashOf("a"), hashOf("group"), hashOf("hello world")]).toEqual([
      0, 97, 98629247, 1794106052,
    ]);
    // The one whose absolute value is no int: Kafka takes 0.
    expect(hashOf("polygenelubricants")).toBe(-(2 ** 31));
    expect(shardOf("polygenelubricants", 50)).toBe(0);
    expect(shardOf("group", 50)).toBe(98629247 % 50);
  });
});
