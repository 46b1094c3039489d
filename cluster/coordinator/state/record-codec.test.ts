// test: the bytes of the records of __consumer_offsets: what is written can be read, is what Kafka writes,
// and strange bytes are told from damaged ones.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { groupRecord, recordsByKind } from "../../../test/coordinator/arbitrary-records.ts";
import type { GroupRecord, WrittenRecord } from "./group-records.ts";
import { packRecord, unpackRecord } from "./packed-record.ts";
import { decodeGroupRecord, encodeGroupRecord } from "./record-codec.ts";

/** Key and value as hexadecimal digits. */
function hexOf(record: WrittenRecord): { key: string; value: string | null } {
  const { key, value } = unpackRecord(encodeGroupRecord(record));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return { key: hex(key), value: value === null ? null : hex(value) };
}

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");
const decode = (key: string, value: string | null): GroupRecord =>
  decodeGroupRecord(packRecord({ key: bytesOf(key), value: value === null ? null : bytesOf(value) }));
const plain = (hex: string): string => hex.replaceAll(" ", "");

const offset = { kind: "offset", groupId: "g", topic: "t", partition: 2 } as const;
const offsetKey = "0001 0001 67 0001 74 00000002";
const committed = { offset: 5, leaderEpoch: 7, metadata: "m", committedAtMs: 100, expiresAtMs: -1 };
const committedBytes = "0003 0000000000000005 00000007 0001 6d 0000000000000064";

describe("records of groups, as Kafka writes them", () => {
  it("a committed offset: key version 1, value version 3", () => {
    const expected = { key: plain(offsetKey), value: plain(committedBytes) };
    expect(hexOf({ ...offset, value: committed })).toEqual(expected);
    expect(decode(offsetKey, committedBytes)).toEqual({ ...offset, value: committed });
  });

  it("a committed offset that has an end of its own: value version 1", () => {
    const value = { ...committed, leaderEpoch: -1, expiresAtMs: 200 };
    const bytes = "0001 0000000000000005 0001 6d 0000000000000064 00000000000000c8";
    expect(hexOf({ ...offset, value }).value).toBe(plain(bytes));
    expect(decode(offsetKey, bytes)).toEqual({ ...offset, value });
  });

  it("older versions of a committed offset are read: key 0, values 0, 1 and 2", () => {
    const older = { ...committed, leaderEpoch: -1 };
    const common = "0000000000000005 0001 6d 0000000000000064";
    for (const version of ["0000", "0002"])
      expect(decode(offsetKey.replace("0001", "0000"), `${version} ${common}`)).toEqual({
        ...{ ...offset, value: older },
      });
    const without = decode(offsetKey, `0001 ${common} ffffffffffffffff`);
    expect(without).toEqual({ ...offset, value: older });
  });

  it("a classic group: key version 2, value version 3", () => {
    const member = {
      ...{ memberId: "m", groupInstanceId: null, clientId: "c", clientHost: "/h" },
      ...{ rebalanceTimeoutMs: 300, sessionTimeoutMs: 45 },
      ...{ subscription: new Uint8Array([1, 2]), assignment: new Uint8Array([3]) },
    };
    const value = {
      ...{ protocolType: "consumer", generation: 9, protocol: "range", leader: "m", stateSinceMs: 100 },
      members: [member],
    };
    const bytes =
      "0003 0008 636f6e73756d6572 00000009 0005 72616e6765 0001 6d 0000000000000064 00000001 " +
      "0001 6d ffff 0001 63 0002 2f68 0000012c 0000002d 00000002 0102 00000001 03";
    expect(hexOf({ kind: "classicGroup", groupId: "g", value })).toEqual({
      ...{ key: plain("0002 0001 67"), value: plain(bytes) },
    });
    expect(decode("0002 0001 67", bytes)).toEqual({ kind: "classicGroup", groupId: "g", value });
  });

  it("an empty classic group has neither protocol nor leader", () => {
    const value = {
      ...{ protocolType: "consumer", generation: 10, protocol: null, leader: null, stateSinceMs: 100 },
      members: [],
    };
    const bytes = "0003 0008 636f6e73756d6572 0000000a ffff ffff 0000000000000064 00000000";
    expect(hexOf({ kind: "classicGroup", groupId: "g", value }).value).toBe(plain(bytes));
  });

  it("the oldest classic groups are read: without rebalance timeouts, and since when is not known", () => {
    const bytes =
      "0000 0008 636f6e73756d6572 00000009 0005 72616e6765 0001 6d 00000001 " +
      "0001 6d 0001 63 0002 2f68 0000002d 00000000 00000000";
    const read = decode("0002 0001 67", bytes);
    expect(read).toMatchObject({ value: { stateSinceMs: -1, members: [{ rebalanceTimeoutMs: 45 }] } });
  });

  it("the epoch of a group, and what a member has, of the consumer protocol: keys 3 and 8", () => {
    const epoch = { kind: "groupEpoch", groupId: "g", value: { epoch: 4 } } as const;
    expect(hexOf(epoch)).toEqual({ key: plain("0003 0001 67"), value: plain("0000 00000004 00") });
    const assigned = new Map([["AAAAAAAAAAAAAAAAAAAAAQ", [0, 1]]]);
    const value = {
      memberEpoch: 4,
      previousMemberEpoch: 3,
      state: 1,
      assigned,
      pendingRevocation: new Map(),
    };
    const uuid = `${"00".repeat(15)}01`;
    expect(hexOf({ kind: "current", groupId: "g", memberId: "m", value })).toEqual({
      key: plain("0008 0001 67 0001 6d"),
      value: plain(`0000 00000004 00000003 01 02 ${uuid} 03 00000000 00000001 00 01 00`),
    });
  });

  it("a tombstone has a key and no value", () => {
    expect(hexOf({ ...offset, value: null })).toEqual({ key: plain(offsetKey), value: null });
    expect(decode("0002 0001 67", null)).toEqual({ kind: "classicGroup", groupId: "g", value: null });
  });
});

describe("records of groups", () => {
  it("of every kind are read as they were written", () => {
    for (const kind of recordsByKind)
      fc.assert(
        fc.property(kind, (record) => {
          expect(decodeGroupRecord(encodeGroupRecord(record))).toEqual(record);
        }),
        { seed: 1, numRuns: 100 },
      );
  });

  it("hold nothing of the bytes that they were read from", () => {
    fc.assert(
      fc.property(groupRecord, (record) => {
        const bytes = Buffer.from(encodeGroupRecord(record));
        const read = decodeGroupRecord(bytes);
        bytes.fill(0xff);
        expect(read).toEqual(record);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it("of other kinds are left alone; newer versions of a known kind are refused in words", () => {
    expect(decode("000f 0001 67", "0000")).toEqual({ kind: "other" });
    expect(decode("7fff", null)).toEqual({ kind: "other" });
    expect(decode("ffff 0001 67", "0000")).toEqual({ kind: "other" });
    const newer = () => decode(offsetKey, "0063 00");
    expect(newer).toThrow(BrokerError);
    expect(newer).toThrow("has version 99 of OffsetCommitValue");
  });

  it("that are damaged throw ProtocolError or BrokerError, and nothing else", () => {
    const whole = fc.tuple(groupRecord, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean());
    fc.assert(
      fc.property(whole, ([record, at, byte, isCut]) => {
        const bytes = encodeGroupRecord(record);
        const { key } = unpackRecord(bytes);
        const place = 4 + (at % (bytes.length - 4));
        if (!isCut) bytes[place] = byte;
        const given = isCut ? bytes.subarray(0, Math.max(4 + key.length, place)) : bytes;
        try {
          decodeGroupRecord(given);
        } catch (error) {
          expect(error instanceof ProtocolError || error instanceof BrokerError).toBe(true);
        }
      }),
      { seed: 3, numRuns: 1_000 },
    );
    for (const key of ["", "00", "0001", "0001 0001", `${offsetKey} 00`, "0002 ffff"])
      expect(() => decode(key, "0000")).toThrow(ProtocolError);
    expect(() => decode(offsetKey, "00")).toThrow(ProtocolError);
    expect(() => decode(offsetKey, `${committedBytes} 00`)).toThrow(ProtocolError);
  });
});
