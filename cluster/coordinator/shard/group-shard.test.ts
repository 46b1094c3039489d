// test: a shard of groups over its log: loading, failing writes, late commits, the end of a leadership: rows
// 70 and 71 of the protocol's semantics.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import { bytesOf, GroupStage, isSettled, outcome, settle } from "../../../test/coordinator/group-stage.ts";
import { unpackRecord } from "../state/packed-record.ts";
import { encodeGroupRecord } from "../state/record-codec.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

function offsetRecord(offset: number) {
  const value = { offset, leaderEpoch: -1, metadata: "", committedAtMs: 1, expiresAtMs: -1 };
  const bytes = encodeGroupRecord({ kind: "offset", groupId: "g", topic: "t", partition: 0, value });
  return { ...unpackRecord(bytes), timestamp: 1 };
}

describe("who coordinates", () => {
  it("row 70: NOT_COORDINATOR while the topic is not there, and where another broker leads", async () => {
    stage = new GroupStage();
    expect(await outcome(() => stage.shard())).toBe("NOT_COORDINATOR");
    stage.lead();
    stage.resign();
    expect(await outcome(() => stage.shard())).toBe("NOT_COORDINATOR");
    expect(stage.coordinator.isLoading).toBe(false);
  });

  it("row 70: COORDINATOR_LOAD_IN_PROGRESS until all that was in the log is committed and read", async () => {
    stage = new GroupStage();
    stage.partition.put({ records: [offsetRecord(5)] });
    stage.partition.commitsAlone = false;
    stage.partition.put({ records: [offsetRecord(6)] });
    stage.partition.highWatermark = 1;
    stage.lead();
    await settle();
    expect(stage.coordinator.isLoading).toBe(true);
    for (const ask of [() => stage.shard(), () => stage.join(), () => stage.commit({}, 9)])
      expect(await outcome(ask)).toBe("COORDINATOR_LOAD_IN_PROGRESS");
    expect([...stage.coordinator.shards()]).toEqual([]);
    stage.partition.commit();
    await settle();
    expect(stage.committed()).toBe(6);
    expect(stage.told.find(({ text }) => text === "groups were loaded")?.fields).toMatchObject({
      records: 2,
    });
  });

  it("row 70: sessions of members that were loaded begin anew", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 6_000 });
    await stage.pass(5_000);
    await stage.failOver();
    await stage.pass(5_800);
    expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
    await stage.failOver();
    await stage.pass(6_200);
    expect(await outcome(() => stage.heartbeat(member!))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("records of others, of newer releases and without sense are left alone", async () => {
    stage = new GroupStage();
    const key = (...bytes: number[]) => new Uint8Array(bytes);
    const good = offsetRecord(5);
    const newer = { ...good, value: new Uint8Array([0, 99, 1, 2, 3]), timestamp: 1 };
    const strange = [
      { key: key(0, 15, 1, 2, 3), value: key(0, 0), timestamp: 1 },
      { key: key(0, 1), value: key(0, 0), timestamp: 1 },
      { key: key(7), value: key(1), timestamp: 1 },
      { key: key(), value: null, timestamp: 1 },
      { key: bytesOf("somebody produced this"), value: bytesOf("here"), timestamp: 1 },
      { ...good, value: key(0) },
      { ...good, value: key(0, 3, 0) },
      newer,
    ];
    stage.partition.put({ records: [good, ...strange] });
    stage.lead();
    await settle();
    expect(stage.committed()).toBe(5);
    expect(stage.halts).toEqual([]);
    expect(stage.told.some(({ text }) => text === "a record of groups cannot be read")).toBe(true);
  });
});

describe("the end of a leadership", () => {
  it("row 70: all who wait are told NOT_COORDINATOR", async () => {
    stage = await GroupStage.start();
    const [leader, follower] = await stage.stable(2);
    const newcomer = stage.joinTwice();
    await settle();
    const back = [leader!, follower!].map(({ memberId }) => stage.join({ memberId }));
    const replies = await Promise.all([newcomer, ...back]);
    const syncing = stage.sync({ memberId: replies[2]!.memberId, generation: 2 });
    stage.partition.commitsAlone = false;
    const committing = stage.commit({ group: "h" }, 5);
    const joining = stage.joinTwice({ group: "h" });
    await settle();
    stage.resign();
    for (const waiting of [syncing, committing, joining])
      expect(await outcome(() => waiting)).toBe("NOT_COORDINATOR");
  });

  it("row 71: of what was not committed the next coordinator has what the log has", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    for (const survives of [false, true]) {
      stage.partition.commitsAlone = false;
      const lost = stage.commit({}, 6);
      await settle();
      stage.resign();
      expect(await outcome(() => lost)).toBe("NOT_COORDINATOR");
      if (survives) stage.partition.commit();
      else stage.partition.loseUncommitted();
      stage.partition.commitsAlone = true;
      stage.lead();
      await settle();
      expect(stage.committed()).toBe(survives ? 6 : 5);
    }
  });

  it("row 71: a group goes on from its last stable generation", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    stage.partition.commitsAlone = false;
    const back = stage.join({ memberId: member!.memberId });
    expect(await back).toMatchObject({ generationId: 2 });
    const syncing = stage.sync({ memberId: member!.memberId, generation: 2 });
    await settle();
    await stage.failOver();
    stage.partition.commitsAlone = true;
    expect(await outcome(() => syncing)).toBe("NOT_COORDINATOR");
    const ahead = { memberId: member!.memberId, generation: 2 };
    expect(await outcome(() => stage.heartbeat(ahead))).toBe("ILLEGAL_GENERATION");
    expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
  });

  it("leaves no timer that runs on", async () => {
    stage = await GroupStage.start();
    await stage.stable(2);
    stage.stop();
    await settle();
    stage.clock.advance(10_000_000);
    expect(stage.clock.timers.filter(({ cancelled }) => !cancelled)).toEqual([]);
    expect(stage.partition.watchers).toBe(0);
  });
});

describe("a log that fails", () => {
  it("row 71: NOT_ENOUGH_REPLICAS changes nothing and is told as COORDINATOR_NOT_AVAILABLE", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    expect(await outcome(() => stage.commit({}, 6))).toBe("COORDINATOR_NOT_AVAILABLE");
    expect(await outcome(() => stage.commit({ group: "h" }, 6))).toBe("COORDINATOR_NOT_AVAILABLE");
    stage.partition.refusal = null;
    expect([stage.committed(), stage.shard("h").group("h")]).toEqual([5, null]);
    await stage.commit({}, 7);
    expect(stage.committed()).toBe(7);
  });

  it("row 71: a disk that fails is told as NOT_COORDINATOR", async () => {
    stage = await GroupStage.start();
    stage.partition.refusal = "KAFKA_STORAGE_ERROR";
    expect(await outcome(() => stage.commit({}, 6))).toBe("NOT_COORDINATOR");
  });

  it("row 71: a commit is given up after offsets.commit.timeout.ms, and may be there later", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    stage.partition.commitsAlone = false;
    const late = stage.commit({}, 6);
    await stage.pass(4_900);
    expect(await isSettled(late)).toBe(false);
    await stage.pass(200);
    expect(await outcome(() => late)).toBe("COORDINATOR_NOT_AVAILABLE");
    expect(stage.committed()).toBe(5);
    stage.partition.commit();
    await settle();
    expect(stage.committed()).toBe(6);
  });

  it("a log that could not be read is read anew after a while, if this broker still leads", async () => {
    stage = new GroupStage();
    stage.partition.put({ records: [offsetRecord(5)] });
    stage.partition.readRefusal = "KAFKA_STORAGE_ERROR";
    stage.lead();
    await settle();
    expect(await outcome(() => stage.shard())).toBe("NOT_COORDINATOR");
    stage.partition.readRefusal = null;
    await stage.pass(1_100);
    expect(stage.committed()).toBe(5);
  });

  it("a leave whose record is refused is written once the log takes it", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    expect(stage.leave(member!.memberId)).toEqual([ErrorCode.NONE]);
    await stage.pass(3_000);
    expect(stage.state()).toBe("empty");
    expect(await outcome(() => stage.heartbeat(member!))).toBe("UNKNOWN_MEMBER_ID");
    stage.partition.refusal = null;
    await stage.pass(1_100);
    expect(stage.shard().group("g")?.classic).toMatchObject({ generation: 2, members: [] });
    expect([...stage.shard().classic.values()]).toEqual([]);
  });
});
